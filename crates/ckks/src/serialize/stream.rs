//! Bytes on their way in and out, with the checksum taken along.

use std::io::{ErrorKind, Read, Write};

use zeroize::Zeroize;

use super::head::CHECKSUM_BYTES;
use crate::error::CkksError;

/// An error about bytes that are not what they should be.
pub(super) fn malformed(
    object: &'static str,
    what: &'static str,
    found: impl ToString,
    expected: impl ToString,
) -> CkksError {
    CkksError::Bytes { object, what, found: found.to_string(), expected: expected.to_string() }
}

fn io_error(object: &'static str, error: &std::io::Error) -> CkksError {
    CkksError::Io { object, kind: error.kind(), message: error.to_string() }
}

/// Where an object is written to.
pub struct Sink<W> {
    writer: W,
    hasher: blake3::Hasher,
    object: &'static str,
    /// Packed bytes of a limb, to be used again.
    packed: Vec<u8>,
}

impl<W: Write> Sink<W> {
    pub(super) fn new(writer: W, object: &'static str) -> Self {
        Self { writer, hasher: blake3::Hasher::new(), object, packed: Vec::new() }
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), CkksError> {
        self.hasher.update(bytes);
        self.writer.write_all(bytes).map_err(|error| io_error(self.object, &error))
    }

    /// Puts what `pack` appends to an empty buffer.
    pub(super) fn put_packed(&mut self, pack: impl FnOnce(&mut Vec<u8>)) -> Result<(), CkksError> {
        let mut packed = std::mem::take(&mut self.packed);
        packed.clear();
        pack(&mut packed);
        let put = self.put(&packed);
        self.packed = packed;
        put
    }

    /// Writes the checksum.
    pub(super) fn finish(mut self) -> Result<(), CkksError> {
        let checksum = self.hasher.finalize();
        self.put(checksum.as_bytes())
    }
}

/// The hasher has seen what was written, which may be a secret key: it is wiped whether or not writing went well.
impl<W> Drop for Sink<W> {
    fn drop(&mut self) {
        self.hasher.zeroize();
    }
}

/// Where an object is read from.
pub struct Source<R> {
    reader: R,
    hasher: blake3::Hasher,
    object: &'static str,
    position: u64,
}

impl<R: Read> Source<R> {
    pub(super) fn new(reader: R, object: &'static str) -> Self {
        Self { reader, hasher: blake3::Hasher::new(), object, position: 0 }
    }

    /// What is being read, for messages.
    pub(super) fn object(&self) -> &'static str {
        self.object
    }

    pub(super) fn set_object(&mut self, object: &'static str) {
        self.object = object;
    }

    /// Fills `bytes`.
    pub(super) fn fill(&mut self, bytes: &mut [u8]) -> Result<(), CkksError> {
        self.fill_unhashed(bytes)?;
        self.hasher.update(bytes);
        Ok(())
    }

    /// Fills `bytes`, or returns false where there is not a single one left.
    pub(super) fn fill_unless_at_end(&mut self, bytes: &mut [u8]) -> Result<bool, CkksError> {
        let Some((first, _)) = bytes.split_first_mut() else { return Ok(true) };
        let count = loop {
            match self.reader.read(std::slice::from_mut(first)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other.map_err(|error| io_error(self.object, &error))?,
            }
        };
        if count == 0 {
            return Ok(false);
        }
        self.position += 1;
        self.fill_unhashed(&mut bytes[1..])?;
        self.hasher.update(bytes);
        Ok(true)
    }

    fn fill_unhashed(&mut self, bytes: &mut [u8]) -> Result<(), CkksError> {
        let wanted = self.position + bytes.len() as u64;
        self.reader.read_exact(bytes).map_err(|error| {
            if error.kind() != ErrorKind::UnexpectedEof {
                return io_error(self.object, &error);
            }
            let found = format!("an end after {} or more", self.position);
            malformed(self.object, "number of bytes", found, format!("at least {wanted}"))
        })?;
        self.position = wanted;
        Ok(())
    }

    /// Compares the checksum.
    pub(super) fn finish(mut self) -> Result<(), CkksError> {
        let expected = self.hasher.finalize();
        let mut found = [0; CHECKSUM_BYTES];
        self.fill_unhashed(&mut found)?;
        if expected == found {
            return Ok(());
        }
        let found = blake3::Hash::from_bytes(found).to_hex().to_string();
        Err(malformed(self.object, "checksum", found, expected.to_hex()))
    }
}

/// As for a [`Sink`].
impl<R> Drop for Source<R> {
    fn drop(&mut self) {
        self.hasher.zeroize();
    }
}

/// What an object says of itself, taken field by field.
#[derive(Debug)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    object: &'static str,
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8], object: &'static str) -> Self {
        Self { bytes, object }
    }

    pub(super) fn object(&self) -> &'static str {
        self.object
    }

    /// Bytes not yet taken.
    pub(super) fn remaining(&self) -> usize {
        self.bytes.len()
    }

    /// The next `K` bytes.
    pub(super) fn take<const K: usize>(&mut self) -> Result<[u8; K], CkksError> {
        let Some((head, rest)) = self.bytes.split_first_chunk::<K>() else {
            let (found, expected) = (self.bytes.len(), format!("at least {K}"));
            return Err(malformed(self.object, "number of bytes left", found, expected));
        };
        self.bytes = rest;
        Ok(*head)
    }

    pub(super) fn u8(&mut self) -> Result<u8, CkksError> {
        let [byte] = self.take()?;
        Ok(byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, CkksError> {
        self.take().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, CkksError> {
        self.take().map(u32::from_le_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32, CkksError> {
        self.take().map(i32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, CkksError> {
        self.take().map(u64::from_le_bytes)
    }

    pub(super) fn f64(&mut self) -> Result<f64, CkksError> {
        self.take().map(f64::from_le_bytes)
    }
}

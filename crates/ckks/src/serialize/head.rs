//! The head that all objects share.

use std::io::Read;

use super::stream::{Source, malformed};
use crate::error::CkksError;

/// First bytes of every object.
const MAGIC: [u8; 6] = *b"CFCKKS";

/// Version of the format; it changes when any byte would.
pub const FORMAT_VERSION: u8 = 1;

/// Bytes of the head: magic, version, kind, size, parameter hash.
pub(super) const HEAD_BYTES: usize = MAGIC.len() + 1 + 1 + 8 + FINGERPRINT_BYTES;

/// Bytes of a parameter hash.
const FINGERPRINT_BYTES: usize = 32;

/// Bytes of the checksum at the end.
pub(super) const CHECKSUM_BYTES: usize = blake3::OUT_LEN;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Parameters.
    Parameters = 1,
    /// A ciphertext.
    Ciphertext = 2,
    /// A ciphertext with a seed.
    SeededCiphertext = 3,
    /// A public key.
    PublicKey = 4,
    /// A switching key.
    SwitchingKey = 5,
    /// A relinearisation key.
    RelinearizationKey = 6,
    /// A Galois key.
    GaloisKey = 7,
    /// A secret key.
    SecretKey = 8,
    /// The keys of sparse-secret encapsulation.
    EncapsulationKey = 9,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Parameters,
        Self::Ciphertext,
        Self::SeededCiphertext,
        Self::PublicKey,
        Self::SwitchingKey,
        Self::RelinearizationKey,
        Self::GaloisKey,
        Self::SecretKey,
        Self::EncapsulationKey,
    ];

    /// For messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// The operation of reading it, for messages.
    #[must_use]
    pub fn reading(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Parameters => ("parameters", "reading parameters"),
            Self::Ciphertext => ("ciphertext", "reading a ciphertext"),
            Self::SeededCiphertext => ("seeded ciphertext", "reading a seeded ciphertext"),
            Self::PublicKey => ("public key", "reading a public key"),
            Self::SwitchingKey => ("switching key", "reading a switching key"),
            Self::RelinearizationKey => ("relinearisation key", "reading a relinearisation key"),
            Self::GaloisKey => ("Galois key", "reading a Galois key"),
            Self::SecretKey => ("secret key", "reading a secret key"),
            Self::EncapsulationKey => ("encapsulation key", "reading an encapsulation key"),
        }
    }
}

/// The head, its magic and version checked.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) kind: Kind,
    /// Bytes of the whole object.
    pub(super) size: u64,
    pub(super) fingerprint: [u8; FINGERPRINT_BYTES],
}

impl Head {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[FORMAT_VERSION, self.kind as u8]);
        out.extend_from_slice(&self.size.to_le_bytes());
        out.extend_from_slice(&self.fingerprint);
    }

    pub(super) fn read<R: Read>(source: &mut Source<R>) -> Result<Self, CkksError> {
        let mut magic = [0; MAGIC.len()];
        source.fill(&mut magic)?;
        Self::read_after_magic(source, magic)
    }

    /// As [`Self::read`], or `None` where the reader has nothing more.
    pub(super) fn read_next<R: Read>(source: &mut Source<R>) -> Result<Option<Self>, CkksError> {
        let mut magic = [0; MAGIC.len()];
        if !source.fill_unless_at_end(&mut magic)? {
            return Ok(None);
        }
        Self::read_after_magic(source, magic).map(Some)
    }

    fn read_after_magic<R: Read>(
        source: &mut Source<R>,
        magic: [u8; MAGIC.len()],
    ) -> Result<Self, CkksError> {
        let object = source.object();
        if magic != MAGIC {
            return Err(malformed(object, "format", format!("{magic:02x?}"), format!("{MAGIC:02x?}")));
        }
        let (mut version_and_kind, mut size, mut fingerprint) = ([0; 2], [0; 8], [0; FINGERPRINT_BYTES]);
        source.fill(&mut version_and_kind)?;
        let [version, kind] = version_and_kind;
        if version != FORMAT_VERSION {
            return Err(malformed(object, "version of the format", version, FORMAT_VERSION));
        }
        let known = Kind::ALL.into_iter().find(|known| *known as u8 == kind);
        let kind =
            known.ok_or_else(|| malformed(object, "kind", kind, format!("1 to {}", Kind::ALL.len())))?;
        source.fill(&mut size)?;
        source.fill(&mut fingerprint)?;
        Ok(Self { kind, size: u64::from_le_bytes(size), fingerprint })
    }

    pub(super) fn expect_kind(&self, expected: Kind) -> Result<(), CkksError> {
        if self.kind == expected {
            return Ok(());
        }
        Err(malformed(expected.name(), "kind", self.kind.name(), expected.name()))
    }

    pub(super) fn expect_fingerprint(
        &self,
        op: &'static str,
        expected: &[u8; FINGERPRINT_BYTES],
    ) -> Result<(), CkksError> {
        if self.fingerprint == *expected { Ok(()) } else { Err(CkksError::ContextMismatch { op }) }
    }

    /// Refuses an object that says it is not as long as what its first bytes stand for.
    pub(super) fn expect_size(&self, expected: u64) -> Result<(), CkksError> {
        if self.size == expected {
            return Ok(());
        }
        Err(malformed(self.kind.name(), "size in the head", self.size, expected))
    }

    /// Refuses bytes that are not as many as the object says.
    pub(super) fn expect_length(&self, found: usize) -> Result<(), CkksError> {
        if self.size == found as u64 {
            return Ok(());
        }
        Err(malformed(self.kind.name(), "number of bytes", found, self.size))
    }
}

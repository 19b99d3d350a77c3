//! The secret key, under names that say so.

use zeroize::Zeroizing;

use super::{
    head::{CHECKSUM_BYTES, HEAD_BYTES, Head, Kind},
    stream::{Sink, Source, malformed},
};
use crate::{context::Context, error::CkksError, keys::SecretKey};

/// Bytes of the number of publications.
const METADATA_BYTES: usize = 8;

/// Coefficients in one byte: two bits each.
const COEFFICIENTS_PER_BYTE: usize = 4;

/// Bytes of a stored secret key for the ring degree `n`.
const fn secret_key_bytes(n: usize) -> usize {
    HEAD_BYTES + METADATA_BYTES + n / COEFFICIENTS_PER_BYTE + CHECKSUM_BYTES
}

impl SecretKey {
    /// **The secret itself**, the number of publications included, in a buffer that is wiped when dropped. Whoever
    /// stores a key that publishes has to store it again after each publication and never to go back to an older copy.
    ///
    /// The bytes are described in [`crate::serialize`].
    ///
    /// # Errors
    /// None for a key that was made; the signature leaves room.
    pub fn to_secret_bytes(&self) -> Result<Zeroizing<Vec<u8>>, CkksError> {
        let coefficients = self.ternary_coefficients();
        let size = secret_key_bytes(coefficients.len());
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        let mut sink = Sink::new(&mut *bytes, Kind::SecretKey.name());
        let head = Head { kind: Kind::SecretKey, size: size as u64, fingerprint: *self.fingerprint() };
        let mut start = Vec::with_capacity(HEAD_BYTES + METADATA_BYTES);
        head.write(&mut start);
        start.extend_from_slice(&self.published().to_le_bytes());
        sink.put(&start)?;
        let mut packed = Zeroizing::new(Vec::with_capacity(coefficients.len() / COEFFICIENTS_PER_BYTE));
        packed.extend(coefficients.chunks_exact(COEFFICIENTS_PER_BYTE).map(|group| {
            // 0, 1 and 2 stand for 0, 1 and -1; in two's complement -1 has both bits set.
            let code = |value: i8| (value & 1) as u8 + ((value >> 1) & 1) as u8;
            group.iter().rev().fold(0, |byte, &value| byte << 2 | code(value))
        }));
        sink.put(&packed)?;
        sink.finish()?;
        Ok(bytes)
    }

    /// Reads what [`Self::to_secret_bytes`] wrote.
    ///
    /// # Errors
    /// [`CkksError::ContextMismatch`] for a key of other parameters, [`CkksError::Bytes`] for bytes that are not a
    /// secret key.
    pub fn from_secret_bytes(context: &Context, bytes: &[u8]) -> Result<Self, CkksError> {
        let kind = Kind::SecretKey;
        let mut source = Source::new(bytes, kind.name());
        let head = Head::read(&mut source)?;
        head.expect_kind(kind)?;
        head.expect_fingerprint(kind.reading(), context.fingerprint())?;
        let n = context.n();
        head.expect_size(secret_key_bytes(n) as u64)?;
        head.expect_length(bytes.len())?;
        let mut published = [0; METADATA_BYTES];
        source.fill(&mut published)?;
        let mut packed = Zeroizing::new(vec![0; n / COEFFICIENTS_PER_BYTE]);
        source.fill(&mut packed)?;
        source.finish()?;
        let mut coefficients = Zeroizing::new(Vec::with_capacity(n));
        let mut threes = 0;
        for &byte in packed.iter() {
            for i in 0..COEFFICIENTS_PER_BYTE {
                let code = byte >> (2 * i) & 3;
                threes |= code & code >> 1;
                coefficients.push((code & 1).cast_signed() - (code >> 1).cast_signed());
            }
        }
        if threes != 0 {
            return Err(malformed(kind.name(), "code of a coefficient", 3, "0, 1 or 2"));
        }
        Self::from_coefficients(context, &coefficients, u64::from_le_bytes(published))
    }
}

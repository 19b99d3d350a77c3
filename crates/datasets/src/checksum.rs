//! SHA-256 of the bytes a data set came from.

use sha2::{Digest, Sha256};

use crate::error::DatasetError;

/// The SHA-256 sum of `bytes` in lower-case hex (64 digits).
///
/// ```
/// let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// assert_eq!(datasets::sha256_hex(b""), empty);
/// ```
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks that `bytes` have the SHA-256 sum `expected` (hex, either case); `name` says in the error what they are.
pub(crate) fn verify(name: &str, bytes: &[u8], expected: &str) -> Result<(), DatasetError> {
    let found = sha256_hex(bytes);
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(DatasetError::Checksum { name: name.to_owned(), found, expected: expected.to_ascii_lowercase() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The one-block example of FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn known_answer_and_tampering() {
        assert_eq!(sha256_hex(b"abc"), ABC);
        assert!(verify("abc", b"abc", &ABC.to_uppercase()).is_ok());
        let error = verify("abc", b"abd", ABC).expect_err("another byte, another sum");
        assert_eq!(
            error.to_string(),
            format!("checksum of abc: found SHA-256 {}, expected {ABC}", sha256_hex(b"abd"))
        );
    }
}

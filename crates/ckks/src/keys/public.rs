//! The public key.

use ring_math::{Ntt, RnsPoly};

/// An encryption of zero under the secret, (b, a) with b = -a s + e, over the primes of Q and the first special prime p:
/// encrypting at Qp and dividing by p leaves less noise than the textbook's encryption at Q.
#[derive(Clone)]
pub struct PublicKey {
    pub(crate) seed: [u8; 32],
    /// b and a; the limb of p is the last.
    pub(crate) parts: [RnsPoly<Ntt>; 2],
}

impl PublicKey {
    /// The public seed of the random half.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// b, which has to be stored, and a, which the seed expands to.
    #[must_use]
    pub fn parts(&self) -> &[RnsPoly<Ntt>; 2] {
        &self.parts
    }

    /// Bytes in memory, both halves.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.parts.iter().map(|part| 8 * part.words().len() as u64).sum()
    }
}

/// Says how large the key is.
impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({} bytes)", self.memory_bytes())
    }
}

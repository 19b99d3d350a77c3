//! The secret key and the record of what has been published under it.

use std::sync::atomic::{AtomicU64, Ordering};

use rand_core::CryptoRng;
use ring_math::{Coeff, Ntt, RnsPoly, sample};
use zeroize::{Zeroize, Zeroizing};

use crate::{context::Context, error::CkksError, keyswitch::by_construction, params::SecretDistribution};

/// First bytes of an exported secret key; the last one is the version of the format.
const MAGIC: [u8; 8] = *b"CFsecr\0\x01";

/// Bytes before the coefficients: magic, parameter fingerprint, log2 N, publications, coefficient count.
const HEADER_BYTES: usize = 8 + 8 + 8 + 8;

/// Coefficients in one byte of an export: two bits each.
const COEFFICIENTS_PER_BYTE: usize = 4;

/// A secret with ternary coefficients (uniform ones, in every secure parameter set), and how many decryptions have been published under it.
///
/// Wiped when dropped; shows nothing of itself.
///
/// ```compile_fail
/// fn copies(secret: &ckks::SecretKey) -> ckks::SecretKey {
///     secret.clone() // no such method: a copy would have a budget of its own
/// }
/// ```
pub struct SecretKey {
    /// Transform values over all primes of Q and P.
    values: RnsPoly<Ntt>,
    fingerprint: u64,
    published: AtomicU64,
}

impl SecretKey {
    pub(crate) fn generate(context: &Context, rng: &mut impl CryptoRng) -> Self {
        let mut secret = RnsPoly::zero(&context.top().qp);
        match context.parameters().secret() {
            SecretDistribution::UniformTernary => sample::ternary_into(&mut secret, rng),
            // Checked parameters have a weight of 1 to N, which is all that can be refused.
            SecretDistribution::FixedWeight(weight) => {
                by_construction(sample::ternary_of_weight_into(&mut secret, weight as usize, rng));
            }
        }
        Self::from_coefficients(context, secret, 0)
    }

    fn from_coefficients(context: &Context, secret: RnsPoly<Coeff>, published: u64) -> Self {
        Self {
            values: secret.into_ntt(),
            fingerprint: context.fingerprint(),
            published: AtomicU64::new(published),
        }
    }

    /// Transform values over all primes of Q and P at the highest level.
    pub(crate) fn values(&self) -> &RnsPoly<Ntt> {
        &self.values
    }

    pub(crate) fn check(&self, op: &'static str, context: &Context) -> Result<(), CkksError> {
        let same = self.fingerprint == context.fingerprint() && *self.values.basis() == context.top().qp;
        if same { Ok(()) } else { Err(CkksError::ContextMismatch { op }) }
    }

    /// How many decryptions have been published under this key.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::SeqCst)
    }

    /// Takes one publication from a budget of `budget`.
    pub(crate) fn publish(&self, op: &'static str, budget: u64) -> Result<(), CkksError> {
        let spend = |spent| if spent < budget { Some(spent + 1) } else { None };
        match self.published.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend) {
            Ok(_) => Ok(()),
            Err(_) => Err(CkksError::QueryBudget { op, budget }),
        }
    }

    /// The key as bytes, the number of publications included. Whoever stores a key that publishes has to store it
    /// again after each publication and never to go back to an older copy.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let n = self.values.n();
        let mut bytes = Zeroizing::new(Vec::with_capacity(HEADER_BYTES + n / COEFFICIENTS_PER_BYTE));
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.fingerprint.to_le_bytes());
        bytes.extend_from_slice(&self.published().to_le_bytes());
        bytes.extend_from_slice(&(n as u64).to_le_bytes());
        let ring = self.values.basis().ring(0);
        let mut limb = Zeroizing::new(self.values.limb(0).to_vec());
        by_construction(ring.inverse(&mut limb));
        for group in limb.chunks_exact(COEFFICIENTS_PER_BYTE) {
            // 0, 1 and 2 stand for 0, 1 and -1: c is 0, 1 or q - 1, and q - 1 is even.
            let code = |word: u64| ((word & 1) | (u64::from(word > 1) << 1)) as u8;
            bytes.push(group.iter().rev().fold(0, |byte, &word| byte << 2 | code(word)));
        }
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`CkksError::ContextMismatch`] for a key of other parameters, [`CkksError::Parameter`] for bytes that are not a
    /// secret key.
    pub fn from_bytes(context: &Context, bytes: &[u8]) -> Result<Self, CkksError> {
        let n = context.n();
        let expected = HEADER_BYTES + n / COEFFICIENTS_PER_BYTE;
        let malformed = |found: String, expected: String| CkksError::Parameter {
            name: "bytes of a secret key",
            found,
            expected,
        };
        if !bytes.starts_with(&MAGIC) {
            return Err(malformed("another format or version".into(), "a secret key, version 1".into()));
        }
        let word =
            |i: usize| bytes.get(8 * i..8 * i + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
        if word(1) != Some(context.fingerprint()) || word(3) != Some(n as u64) {
            return Err(CkksError::ContextMismatch { op: "reading a secret key" });
        }
        let (Some(published), true) = (word(2), bytes.len() == expected) else {
            return Err(malformed(format!("{} bytes", bytes.len()), format!("{expected} bytes")));
        };
        let mut coefficients = Zeroizing::new(Vec::with_capacity(n));
        for &byte in &bytes[HEADER_BYTES..] {
            for i in 0..COEFFICIENTS_PER_BYTE {
                coefficients.push(match byte >> (2 * i) & 3 {
                    code @ 0..=1 => i64::from(code),
                    2 => -1,
                    _ => return Err(malformed("a coefficient code 3".into(), "codes 0 to 2".into())),
                });
            }
        }
        let secret = RnsPoly::<Coeff>::from_i64(&context.top().qp, &coefficients)?;
        Ok(Self::from_coefficients(context, secret, published))
    }
}

impl Zeroize for SecretKey {
    fn zeroize(&mut self) {
        self.values.zeroize();
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.zeroize();
    }
}

/// Hides the key.
impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey(N = {}, {} published)", self.values.n(), self.published())
    }
}

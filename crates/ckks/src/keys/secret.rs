//! The secret key and the record of what has been published under it.

use std::sync::atomic::{AtomicU64, Ordering};

use rand_core::CryptoRng;
use ring_math::{Coeff, Ntt, RnsPoly, sample};
use zeroize::{Zeroize, Zeroizing};

use crate::{context::Context, error::CkksError, keyswitch::by_construction, params::SecretDistribution};

/// A secret with ternary coefficients (uniform ones, in every secure parameter set), and how many decryptions have been
/// published under it.
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
    fingerprint: [u8; 32],
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
        Self::from_polynomial(context, secret, 0)
    }

    fn from_polynomial(context: &Context, secret: RnsPoly<Coeff>, published: u64) -> Self {
        Self {
            values: secret.into_ntt(),
            fingerprint: *context.fingerprint(),
            published: AtomicU64::new(published),
        }
    }

    /// A key from elsewhere: the coefficient of each power of X, lowest first, each -1, 0 or 1. For exchange with other
    /// libraries and for tests; [`crate::KeyGenerator::secret_key`] draws fresh ones. How good the secret is, and that
    /// nothing was published under it, is the caller's word.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] for another number of coefficients than N, for one that is not ternary, and for another
    /// number of non-zero ones than the parameters fix, if they do; for secure parameters with a uniform secret, for a number
    /// of non-zero ones that uniform secrets do not have.
    pub fn from_ternary_coefficients(context: &Context, coefficients: &[i8]) -> Result<Self, CkksError> {
        Self::from_coefficients(context, coefficients, 0)
    }

    pub(crate) fn from_coefficients(
        context: &Context,
        coefficients: &[i8],
        published: u64,
    ) -> Result<Self, CkksError> {
        let refused = |name, found: String, expected: String| CkksError::Parameter { name, found, expected };
        let (n, found) = (context.n(), coefficients.len());
        if found != n {
            return Err(refused("coefficients of a secret", format!("{found} numbers"), format!("N = {n}")));
        }
        // One look at all of them together, so that no branch depends on a single one.
        let (mut others, mut weight) = (0, 0);
        for &coefficient in coefficients {
            let magnitude = coefficient.unsigned_abs();
            others |= magnitude & !1;
            weight += u32::from(magnitude & 1);
        }
        if others != 0 {
            let found = "a number outside -1 to 1".to_owned();
            return Err(refused("coefficients of a secret", found, "-1, 0 and 1 only".to_owned()));
        }
        if let SecretDistribution::FixedWeight(expected) = context.parameters().secret()
            && weight != expected
        {
            let name = "non-zero coefficients of a secret";
            return Err(refused(name, weight.to_string(), expected.to_string()));
        }
        // Without the number, which says something of a secret that may be in use.
        if !context.parameters().is_insecure()
            && context.parameters().secret() == SecretDistribution::UniformTernary
            && !is_plausible_weight(weight, n)
        {
            let expected = format!("about 2N/3 = {}, as uniform ones have", 2 * n / 3);
            let found = "far fewer or far more".to_owned();
            return Err(refused("non-zero coefficients of a secret", found, expected));
        }
        let mut secret = RnsPoly::zero(&context.top().qp);
        for (i, p) in context.top().qp.primes().enumerate() {
            for (word, &coefficient) in secret.limb_mut(i).iter_mut().zip(coefficients) {
                let value = i64::from(coefficient);
                *word = value.cast_unsigned().wrapping_add(p & (value >> 63).cast_unsigned());
            }
        }
        Ok(Self::from_polynomial(context, secret, published))
    }

    /// Transform values over all primes of Q and P at the highest level.
    pub(crate) fn values(&self) -> &RnsPoly<Ntt> {
        &self.values
    }

    pub(crate) fn check(&self, op: &'static str, context: &Context) -> Result<(), CkksError> {
        let same = self.fingerprint == *context.fingerprint() && *self.values.basis() == context.top().qp;
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

    /// The coefficients, each -1, 0 or 1.
    pub(crate) fn ternary_coefficients(&self) -> Zeroizing<Vec<i8>> {
        let ring = self.values.basis().ring(0);
        let mut limb = Zeroizing::new(self.values.limb(0).to_vec());
        by_construction(ring.inverse(&mut limb));
        // A word is 0, 1 or q - 1, and q - 1 is even: the lowest bit less the fact that the word is above 1.
        let coefficient = |&word: &u64| (word & 1) as i8 - (i8::from(word > 1));
        Zeroizing::new(limb.iter().map(coefficient).collect())
    }

    /// The parameter hash of the context it belongs to.
    pub(crate) fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
}

/// Whether a uniform ternary secret may have this many non-zero coefficients: their number has mean 2N/3 and variance 2N/9,
/// and is off by 14 standard deviations with a probability of at most 2 exp(-2 * 14^2 * 2/9) < 2^-124 (Hoeffding).
fn is_plausible_weight(weight: u32, n: usize) -> bool {
    const DEVIATIONS: f64 = 14.0;
    let n = n as f64;
    (f64::from(weight) - 2.0 * n / 3.0).abs() <= DEVIATIONS * (2.0 * n / 9.0).sqrt()
}

/// A wiped key belongs to no context: whoever wiped it and goes on using it is refused, instead of encrypting in the clear.
impl Zeroize for SecretKey {
    fn zeroize(&mut self) {
        self.values.zeroize();
        self.fingerprint.zeroize();
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

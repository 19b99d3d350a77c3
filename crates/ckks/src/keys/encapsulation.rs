//! The keys of sparse-secret encapsulation: to an ephemeral sparse secret at the lowest modulus, and back at the highest.

use ring_math::{BasisConverter, Rescaler, RnsBasis};

use crate::{
    context::{Context, LevelTables},
    error::CkksError,
    keys::SwitchingKey,
    noise::{Added, ERROR_VARIANCE, LevelNoise, ROUNDING_VARIANCE, tail},
    params::{EPHEMERAL_WEIGHT, Parameters},
};

/// Carries ciphertexts at level 0 to an ephemeral secret with [`EPHEMERAL_WEIGHT`] coefficients that are not zero, and
/// raised ones back to the secret that everything else is under: what [`crate::Evaluator::raise`] needs (Bossuat,
/// Troncoso-Pastoriza, Hubaux, ACNS 2022).
///
/// Under the sparse secret the multiples of q0 that raising the modulus adds stay small. It is secure only at small moduli:
/// the first key lives over q0 and just as many special primes as its noise asks for, and nothing is ever encrypted under
/// the sparse secret at a larger modulus. The second key encrypts the sparse secret under the dense one, over all of Q.
#[derive(Clone, Debug)]
pub struct EncapsulationKey {
    /// One digit for each prime of q0, over q0 and p0.
    pub(crate) to_sparse: SwitchingKey,
    /// One digit, for polynomials no larger than q0, over Q and a few special primes.
    pub(crate) to_dense: SwitchingKey,
}

impl EncapsulationKey {
    /// Bit length of the modulus that the key under the sparse secret lives at: what its security depends on.
    #[must_use]
    pub fn sparse_log_modulus(&self) -> f64 {
        self.to_sparse.basis().map_or(0.0, RnsBasis::log2_product)
    }

    /// Both keys, the one under the sparse secret first.
    #[must_use]
    pub fn switching_keys(&self) -> [&SwitchingKey; 2] {
        [&self.to_sparse, &self.to_dense]
    }

    /// Bytes in memory.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.switching_keys().iter().map(|key| key.memory_bytes()).sum()
    }
}

/// Bytes in memory of an encapsulation key.
pub(crate) fn memory_bytes(parameters: &Parameters) -> u64 {
    let (base, all) = (parameters.groups()[0].primes.len(), parameters.q_primes().len());
    let limbs = base * (base + parameters.encapsulation_primes()) + all + parameters.raising_primes();
    ((2 * 8 * limbs) as u64) << parameters.log_n()
}

/// What both switches work with.
pub(crate) struct Encapsulation {
    /// q0 and p0, with a digit for each prime of q0.
    pub(crate) base: LevelTables,
    /// All of Q, and special primes.
    pub(crate) top: RnsBasis,
    /// From `top` to Q.
    pub(crate) divide: Rescaler,
    /// From q0 to the other primes of `top`; `None` where q0 is one prime.
    pub(crate) lift: Option<BasisConverter>,
}

impl Encapsulation {
    pub(crate) fn new(context: &Context) -> Result<Self, CkksError> {
        let parameters = context.parameters();
        let special = context.p_basis().slice(0..parameters.encapsulation_primes())?;
        let q0 = context.tables("encapsulation", crate::Level(0))?.q.clone();
        let digits = (0..q0.len()).map(|i| i..i + 1).collect();
        let noise = LevelNoise::new(parameters, crate::Level(0));
        let base = LevelTables::over(&q0, &special, digits, &special.slice(0..1)?, None, noise)?;
        let all = &context.top().q;
        let special = context.p_basis().slice(0..parameters.raising_primes())?;
        let top = all.concat(&special)?;
        let lift = if q0.len() == 1 {
            None
        } else {
            Some(BasisConverter::new(&q0, &top.slice(q0.len()..top.len())?)?)
        };
        Ok(Self { base, divide: Rescaler::new(&top, special.len())?, top, lift })
    }
}

/// Noise of the switch to the sparse secret: of its digits, and of the rounding by p0 under that secret.
pub(crate) fn noise_to_sparse(parameters: &Parameters) -> Added {
    let rounding = Added::rounding(parameters.ring_degree(), f64::from(EPHEMERAL_WEIGHT), 1);
    let primes = &parameters.groups()[0].primes;
    let special = &parameters.p_primes()[..parameters.encapsulation_primes()];
    primes
        .iter()
        .fold(rounding, |sum, &prime| sum.and(digit_noise(parameters, (prime as f64).log2(), special)))
}

/// Noise of the switch back, of a polynomial below q0.
pub(crate) fn noise_to_dense(parameters: &Parameters) -> Added {
    let rounding = LevelNoise::new(parameters, parameters.max_level()).rounding;
    let special = &parameters.p_primes()[..parameters.raising_primes()];
    digit_noise(parameters, parameters.groups()[0].log2(), special).and(rounding)
}

/// A uniform digit of `log_digit` bits times the error of a key, divided by the special primes.
fn digit_noise(parameters: &Parameters, log_digit: f64, special: &[u64]) -> Added {
    let n = parameters.ring_degree();
    let log_special: f64 = special.iter().map(|&p| (p as f64).log2()).sum();
    let ratio = (log_digit - log_special).exp2();
    let std = ratio * (ROUNDING_VARIANCE * n as f64 * ERROR_VARIANCE).sqrt();
    Added { std, bound: tail(n) * tail(n) * std * (n as f64).sqrt() }
}

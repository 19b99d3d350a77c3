//! How large the noise of a ciphertext is: on average, and at worst.
//!
//! The noise is the difference between what a ciphertext decrypts to and the message times the scale. Two quantities
//! follow each ciphertext through a circuit and must not be confused:
//!
//! - [`Noise::std`], the **average case**: the standard deviation of a coefficient of the noise, for operands whose
//!   messages and noises are independent and whose messages have the tracked root mean square. It predicts precision.
//! - [`Noise::bound`], the **worst case**: no slot of the noise (times the scale) and no coefficient of it exceeds this,
//!   however correlated the operands are, except with probability 2^-[`LOG_FAILURE`] for each random polynomial that
//!   was drawn. Only this one may size flooding noise: an average-case estimate there gives the key away (Guo et al.,
//!   USENIX Security 2024).
//!
//! Everything is in the canonical embedding: a polynomial with independent coefficients of standard deviation d has
//! slots of standard deviation d sqrt(N), and slots multiply where polynomials do. The bound of a random polynomial is
//! [`tail`] * d sqrt(N). All distributions here (uniform rounding errors, ternary, centred binomial) are strictly
//! sub-Gaussian: their moment generating functions stay below that of the normal distribution of the same variance.
//!
//! **What counts as the message.** The plaintext polynomial before its coefficients are rounded to integers, as computed: noise
//! is what comes after, the rounding first of all. Slots become coefficients and back by transforms in f64, whose own errors
//! are no noise, in neither direction: they depend on the values alone, not on a key, and below 2^-50 of the message, which is
//! under the noise at scales up to about 2^50 ([`transform_error`]). At larger scales they are most of what a decoded slot is
//! off by: no scale makes values more precise than an f64, and flooding hides noise, not the last bits of an f64.
//!
//! **What the worst case assumes.** The digits of a key switch count as one of those random polynomials: independent
//! coefficients, uniform in the digit's interval, hence sub-Gaussian, with a slot beyond [`tail`] deviations with probability
//! 2^-[`LOG_FAILURE`]. They are cut from the second part of a ciphertext, which under ring-LWE looks uniform to whoever has
//! no key, and it stays so under additions, products and rotations of honest ciphertexts; to pick among 2^k of them costs k of
//! the 128 bits. The same uniformity stands behind every rounding, of rescaling, of the division by P that ends a key switch,
//! and of public-key encryption: what is rounded away of a uniform residue is uniform. It does not hold for a ciphertext whose second part somebody chose: then a slot of a
//! digit, or of a rounding, may reach N/2 times the interval, and the bound is void. The model is that of IND-CPA-D, in which ciphertexts come from encryption and
//! evaluation alone; input that may have been forged has to be authenticated before anything is published from it.

use crate::{
    error::CkksError,
    params::{Parameters, SecretDistribution},
    scale::Level,
};

/// -log2 of the probability that one random polynomial exceeds its bound in some slot.
pub const LOG_FAILURE: f64 = 128.0;

/// Variance of the error distribution, centred binomial with 2 x 21 coins: 21/2.
pub const ERROR_VARIANCE: f64 = 10.5;

/// Variance of a coefficient of a uniform ternary polynomial: 2/3.
pub const TERNARY_VARIANCE: f64 = 2.0 / 3.0;

/// Variance of a rounding error, uniform in [-1/2, 1/2].
pub const ROUNDING_VARIANCE: f64 = 1.0 / 12.0;

/// What one transform between slots and coefficients, in f64, errs by: the root mean square over all slots of its error is at
/// most this times that of the message. A single slot may be off by sqrt(N/2) times as much, but is by a few times.
///
/// A Fourier transform of n values by butterflies is off by at most log2(n) eta of the norm of its input, eta = 6.7 u for
/// twiddle factors that are right to a unit roundoff u = 2^-53 (Higham, Accuracy and Stability of Numerical Algorithms, 2nd
/// edition, theorem 24.2: eta = mu + gamma_4 (sqrt 2 + mu)). The factors before and after it, one complex product and one
/// product by the scale, are below 6 u together, so that the whole is below 8 u (log2(n) + 1), and n = N/2.
#[must_use]
pub fn transform_error(n: usize) -> f64 {
    4.0 * f64::EPSILON * (n as f64).log2()
}

/// How many standard deviations a slot of a random polynomial stays below.
///
/// For a fixed slot and coefficients of variance V, real and imaginary part are sub-Gaussian of variance VN/2 (the
/// squared cosines sum to N/2), so |slot| > T has probability at most 4 exp(-T^2 / (2VN)). The union over N/2 slots is
/// 2^-[`LOG_FAILURE`] at T = sqrt(VN) * sqrt(2 (ln(2N) + [`LOG_FAILURE`] ln 2)).
#[must_use]
pub fn tail(n: usize) -> f64 {
    (2.0 * ((2.0 * n as f64).ln() + LOG_FAILURE * std::f64::consts::LN_2)).sqrt()
}

/// The tracked quantities of one ciphertext.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    pub(crate) std: f64,
    pub(crate) bound: f64,
    pub(crate) message_rms: f64,
    pub(crate) message_bound: f64,
}

impl Noise {
    /// What is claimed of a ciphertext that comes from elsewhere: standard deviation and bound of its noise, both in the
    /// integers that the scale produces, root mean square and bound of its message. Nobody checks the claim.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] unless all four are finite and at least 0.
    pub fn new(std: f64, bound: f64, message_rms: f64, message_bound: f64) -> Result<Self, CkksError> {
        let numbers = [std, bound, message_rms, message_bound];
        if numbers.iter().all(|number| number.is_finite() && *number >= 0.0) {
            return Ok(Self { std, bound, message_rms, message_bound });
        }
        Err(CkksError::Parameter {
            name: "noise",
            found: format!("{numbers:?}"),
            expected: "four finite numbers from 0 on".to_owned(),
        })
    }

    /// Average case: standard deviation of a coefficient of the noise, in the integers that the scale produces.
    #[must_use]
    pub fn std(&self) -> f64 {
        self.std
    }

    /// Worst case: largest absolute value of a slot of the noise times the scale, and hence of a coefficient. The error of
    /// the transforms in f64 is apart from it: see the [module](self).
    #[must_use]
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// Root mean square of the message over its slots, for operands taken as independent.
    #[must_use]
    pub fn message_rms(&self) -> f64 {
        self.message_rms
    }

    /// No slot of the message is larger than this.
    #[must_use]
    pub fn message_bound(&self) -> f64 {
        self.message_bound
    }

    /// No noise and no message.
    pub(crate) const ZERO: Self = Self { std: 0.0, bound: 0.0, message_rms: 0.0, message_bound: 0.0 };

    /// An encoded message: the noise is the rounding of its coefficients, without the error of the transform before.
    pub(crate) fn encoded(n: usize, message_rms: f64, message_bound: f64) -> Self {
        let std = ROUNDING_VARIANCE.sqrt();
        Self { std, bound: tail(n) * std * (n as f64).sqrt(), message_rms, message_bound }
    }

    /// The same noise, with no slot of the message larger than `bound`.
    pub(crate) fn with_message_bound(&self, bound: f64) -> Result<Self, CkksError> {
        if bound.is_nan() || bound < 0.0 {
            return Err(CkksError::Parameter {
                name: "message bound",
                found: bound.to_string(),
                expected: "a number that is not negative".to_owned(),
            });
        }
        let (message_bound, message_rms) = (self.message_bound.min(bound), self.message_rms.min(bound));
        Ok(Self { message_bound, message_rms, ..*self })
    }

    /// The same ciphertext taken as one of message plus noise, exactly; `scale` is its own. The average case stays.
    pub(crate) fn as_message(&self, scale: f64) -> Self {
        Self { bound: 0.0, message_bound: self.message_bound + self.bound / scale, ..*self }
    }

    /// As [`Self::as_message`], and without the average case.
    pub(crate) fn exact(&self, scale: f64) -> Self {
        Self { std: 0.0, ..self.as_message(scale) }
    }

    /// The same with independent noise of `std` on average and of `bound` at worst on top.
    pub(crate) fn with_added(&self, std: f64, bound: f64) -> Result<Self, CkksError> {
        let more = self.with_bound_added(bound)?;
        Ok(Self { std: more.std.hypot(std), ..more })
    }

    /// The same with a worst case that is larger by `bound`.
    pub(crate) fn with_bound_added(&self, bound: f64) -> Result<Self, CkksError> {
        if bound.is_nan() || bound < 0.0 {
            return Err(CkksError::Parameter {
                name: "noise bound",
                found: bound.to_string(),
                expected: "a number that is not negative".to_owned(),
            });
        }
        Ok(Self { bound: self.bound + bound, ..*self })
    }

    /// The noise of a sum or a difference.
    pub(crate) fn add(&self, other: &Self) -> Self {
        Self {
            std: self.std.hypot(other.std),
            bound: self.bound + other.bound,
            message_rms: self.message_rms.hypot(other.message_rms),
            message_bound: self.message_bound + other.message_bound,
        }
    }

    /// The noise of a message that is known to stay below `bound`; its own worst case is no longer known.
    pub(crate) fn declared(&self, bound: f64) -> Result<Self, CkksError> {
        if !(bound.is_finite() && bound > 0.0) {
            return Err(CkksError::Parameter {
                name: "declared bound",
                found: bound.to_string(),
                expected: "a finite number above 0".to_owned(),
            });
        }
        let message_rms = self.message_rms.min(bound);
        Ok(Self { std: self.std, bound: f64::INFINITY, message_rms, message_bound: bound })
    }

    /// Independent noise on top, the message as it was.
    pub(crate) fn plus(&self, added: Added) -> Self {
        Self { std: self.std.hypot(added.std), bound: self.bound + added.bound, ..*self }
    }

    /// The noise of a product; `scale` and `other_scale` are those of the factors.
    pub(crate) fn mul(&self, scale: f64, other: &Self, other_scale: f64, n: usize) -> Self {
        let (rms, other_rms) = (self.message_rms * scale, other.message_rms * other_scale);
        let (top, other_top) = (self.message_bound * scale, other.message_bound * other_scale);
        let cross = (n as f64).sqrt() * self.std * other.std;
        Self {
            std: (rms * other.std).hypot(other_rms * self.std).hypot(cross),
            bound: top * other.bound + other_top * self.bound + self.bound * other.bound,
            message_rms: self.message_rms * other.message_rms,
            message_bound: self.message_bound * other.message_bound,
        }
    }

    /// The noise after multiplication by the integer `factor`, which stands for the number `value` at the scale
    /// `factor_scale`; `scale` is that of the ciphertext.
    pub(crate) fn mul_constant(&self, scale: f64, value: f64, factor_scale: f64, n: usize) -> Self {
        // The integer differs from value * factor_scale by what was rounded away, which moves every slot in proportion to
        // the message: nothing for a number that its scale makes whole, up to what an f64 tells of that.
        const RELATIVE: f64 = 8.0 * f64::EPSILON;
        let (factor, value) = ((value * factor_scale).abs(), value.abs());
        let rounding = (factor - factor.round()).abs() + RELATIVE * factor;
        let rounding = rounding.min(0.5);
        Self {
            std: (factor * self.std).hypot(rounding * self.message_rms * scale / (n as f64).sqrt()),
            bound: (factor + rounding) * self.bound + rounding * self.message_bound * scale,
            message_rms: self.message_rms * value,
            message_bound: self.message_bound * value,
        }
    }

    /// The noise after adding the number `value` to every slot: its rounding is one coefficient of at most 1/2, in every
    /// slot alike.
    pub(crate) fn add_constant(&self, value: f64, n: usize) -> Self {
        let rounding = Added { std: (ROUNDING_VARIANCE / n as f64).sqrt(), bound: 0.5 };
        let value = value.abs();
        let number = Self { std: 0.0, bound: 0.0, message_rms: value, message_bound: value };
        self.add(&number).plus(rounding)
    }

    /// The noise after multiplication by a whole number, which is exact.
    pub(crate) fn mul_integer(&self, factor: i64) -> Self {
        let size = factor.unsigned_abs() as f64;
        Self {
            std: size * self.std,
            bound: size * self.bound,
            message_rms: size * self.message_rms,
            message_bound: size * self.message_bound,
        }
    }

    /// The noise after division by `divisor`, with the rounding it adds.
    pub(crate) fn divide(&self, divisor: f64, rounding: Added) -> Self {
        Self { std: self.std / divisor, bound: self.bound / divisor, ..*self }.plus(rounding)
    }
}

/// Noise that one step adds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Added {
    pub(crate) std: f64,
    pub(crate) bound: f64,
}

impl Added {
    /// The rounding of a ciphertext of the given degree in the secret: a rounding error for each part, times the
    /// power of the secret that the part is multiplied by. `secret` is the expected squared norm of the secret.
    pub(crate) fn rounding(n: usize, secret: f64, degree: usize) -> Self {
        let (size, tail) = (n as f64, tail(n));
        // E|s|^2 = secret, and E|s|^4 = 2 secret^2 for a slot, which is close to a complex normal variable.
        let moments = [1.0, secret, 2.0 * secret * secret];
        let variance: f64 = moments.iter().take(degree + 1).sum();
        let secret_bound = tail * secret.sqrt();
        let powers: f64 = (0..=degree as i32).map(|power| secret_bound.powi(power)).sum();
        Self {
            std: (ROUNDING_VARIANCE * variance).sqrt(),
            bound: tail * (ROUNDING_VARIANCE * size).sqrt() * powers,
        }
    }

    /// A fresh error of the encryption itself.
    pub(crate) fn error(n: usize) -> Self {
        let std = ERROR_VARIANCE.sqrt();
        Self { std, bound: tail(n) * std * (n as f64).sqrt() }
    }

    /// Public-key encryption of zero: v e + e0 + e1 s, with v uniform ternary.
    pub(crate) fn public_encryption(n: usize, secret: f64) -> Self {
        let (size, tail) = (n as f64, tail(n));
        let ephemeral = TERNARY_VARIANCE * size;
        let error = Self::error(n);
        Self {
            std: (ERROR_VARIANCE * (secret + ephemeral + 1.0)).sqrt(),
            bound: error.bound * (tail * (secret.sqrt() + ephemeral.sqrt()) + 1.0),
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self { std: self.std.hypot(other.std), bound: self.bound + other.bound }
    }

    pub(crate) fn divide(self, divisor: f64) -> Self {
        Self { std: self.std / divisor, bound: self.bound / divisor }
    }
}

/// What operations at one level add.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelNoise {
    /// Digits times key errors, already divided by P: the key switch without its final rounding.
    pub(crate) switch: Added,
    /// One rounding of a ciphertext of degree 1.
    pub(crate) rounding: Added,
    /// One rounding of a ciphertext of degree 2.
    pub(crate) rounding_degree_2: Added,
    /// A public-key encryption: the textbook's noise divided by the first special prime, and the rounding of that.
    pub(crate) public: Added,
    /// A symmetric encryption.
    pub(crate) symmetric: Added,
}

impl LevelNoise {
    /// The digits are uniform in a centred interval, because the polynomial that is switched is the random half of a
    /// ciphertext; at worst their slots reach the bound of a random polynomial of that variance.
    pub(crate) fn new(parameters: &Parameters, level: Level) -> Self {
        let n = parameters.ring_degree();
        let (size, tail) = (n as f64, tail(n));
        // The expected squared norm of the secret: its number of coefficients that are not zero.
        let secret = match parameters.secret() {
            SecretDistribution::UniformTernary => TERNARY_VARIANCE * size,
            SecretDistribution::FixedWeight(weight) => f64::from(weight),
        };
        let mut primes = parameters.q_primes();
        primes.truncate(parameters.q_len(level));
        let mut switch = Added { std: 0.0, bound: 0.0 };
        for range in parameters.digit_ranges().into_iter().filter(|range| range.start < primes.len()) {
            let digit = &primes[range.start..range.end.min(primes.len())];
            let log_digit: f64 = digit.iter().map(|&p| (p as f64).log2()).sum();
            let ratio = (log_digit - parameters.log_p()).exp2();
            let std = ratio * (ROUNDING_VARIANCE * size * ERROR_VARIANCE).sqrt();
            switch = switch.and(Added { std, bound: tail * tail * std * size.sqrt() });
        }
        let first_p = parameters.p_primes().first().map_or(1.0, |&p| p as f64);
        let rounding = Added::rounding(n, secret, 1);
        Self {
            switch,
            rounding,
            rounding_degree_2: Added::rounding(n, secret, 2),
            public: Added::public_encryption(n, secret).divide(first_p).and(rounding),
            symmetric: Added::error(n),
        }
    }
}

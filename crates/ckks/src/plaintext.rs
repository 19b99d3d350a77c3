//! Encoded and decrypted messages.

use ring_math::{Ntt, RnsBasis, RnsPoly};
use zeroize::Zeroize;

use crate::{
    context::Context,
    error::CkksError,
    message_size::SizeSource,
    noise::Noise,
    scale::{Level, Scale},
};

/// A message as a polynomial: slot j times the scale is its value at psi^(5^j), psi a primitive complex 2N-th root of
/// unity, up to rounding (and noise, after decryption). Wiped when dropped: it may be what was encrypted or decrypted.
#[derive(Clone)]
pub struct Plaintext {
    pub(crate) poly: RnsPoly<Ntt>,
    pub(crate) level: Level,
    pub(crate) scale: Scale,
    pub(crate) slots: usize,
    pub(crate) noise: Noise,
    /// Where the size of the message in `noise` comes from.
    pub(crate) source: SizeSource,
}

impl Plaintext {
    /// A place for results: the zero message at the lowest level. Its buffer grows to what is written there.
    ///
    /// # Errors
    /// None for a context that was built; the signature leaves room.
    pub fn empty(context: &Context) -> Result<Self, CkksError> {
        let level = Level(0);
        Ok(Self {
            poly: RnsPoly::zero(context.q_basis(level)?),
            level,
            scale: context.default_scale(level)?,
            slots: context.max_slots(),
            noise: Noise::ZERO,
            source: SizeSource::Measured,
        })
    }

    /// The level: the polynomial has the primes of Q that are alive there.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// The scale, exactly.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Number of slots; shorter vectors are repeated over all N/2.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// No slot of the message is larger than this; infinite when nothing is known. It is the largest value unless a bound
    /// was declared: as secret as the values.
    #[must_use]
    pub fn message_bound(&self) -> f64 {
        self.noise.message_bound()
    }

    /// Declares a bound that holds whatever the values are, in place of their own largest one and of their root mean
    /// square. Encryption copies both to the ciphertext, in the clear: take the bound from what everybody may know of the
    /// values (a unit, a range, a cap of the standardisation), never from the values themselves. Without a declaration
    /// encryption says 1 of every message, and refuses a larger one.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] for a bound that is not finite and above 0; [`CkksError::MessageTooLarge`] when a value
    /// exceeds it. Neither tells the values.
    pub fn with_message_bound(self, bound: f64) -> Result<Self, CkksError> {
        self.with_message_size(bound, bound)
    }

    /// As [`Self::with_message_bound`] for those who know the distribution as well: `rms` is the root mean square of the
    /// message over its slots (1/sqrt 3 of the bound for real numbers that are uniform up to it). Predictions of noise get
    /// closer by it; bounds do not depend on it.
    ///
    /// # Errors
    /// As [`Self::with_message_bound`], and [`CkksError::Parameter`] for an `rms` that is not above 0 and at most the
    /// bound. Nobody compares it with the values.
    pub fn with_message_size(mut self, bound: f64, rms: f64) -> Result<Self, CkksError> {
        (self.noise, self.source) = self.source.declare(&self.noise, bound, rms)?;
        Ok(self)
    }

    /// What was tracked of message and noise.
    #[must_use]
    pub fn noise(&self) -> Noise {
        self.noise
    }

    /// The polynomial.
    #[must_use]
    pub fn poly(&self) -> &RnsPoly<Ntt> {
        &self.poly
    }

    /// Takes the limbs of a lower level; the message stays as it is.
    ///
    /// # Errors
    /// [`CkksError::OutOfLevels`] for a higher level, [`CkksError::ContextMismatch`].
    pub fn drop_to(&mut self, context: &Context, level: Level) -> Result<(), CkksError> {
        let op = "drop to a level";
        self.check(op, context)?;
        if level > self.level {
            return Err(CkksError::OutOfLevels { op, needed: level.0, left: self.level.0 });
        }
        self.poly.drop_to_basis(context.q_basis(level)?)?;
        self.level = level;
        Ok(())
    }

    pub(crate) fn check(&self, op: &'static str, context: &Context) -> Result<(), CkksError> {
        match context.q_basis(self.level) {
            Ok(basis) if basis == self.poly.basis() => Ok(()),
            _ => Err(CkksError::ContextMismatch { op }),
        }
    }

    /// Makes room for a result over `basis`; its words are unspecified until written.
    pub(crate) fn reshape(&mut self, basis: &RnsBasis) {
        self.poly.resize_to(basis);
    }
}

impl Drop for Plaintext {
    fn drop(&mut self) {
        self.poly.zeroize();
    }
}

/// Shows the shape.
impl std::fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plaintext(level {}, scale {}, {} slots)", self.level, self.scale, self.slots)
    }
}

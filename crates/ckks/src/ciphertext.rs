//! Ciphertexts.

use ring_math::{Ntt, RnsBasis, RnsPoly};

use crate::{
    context::Context,
    error::CkksError,
    noise::Noise,
    scale::{Level, Scale},
};

/// An encrypted vector: polynomials c_0, c_1 (and c_2, before relinearisation) over the primes of its level, such that
/// c_0 + c_1 s + c_2 s^2 is the message times the scale, plus noise.
///
/// Level, scale and the tracked noise are set by the operations alone. They are public: whoever holds a ciphertext
/// learns them, so bounds on messages should come from what is known of all possible messages.
#[derive(Clone)]
pub struct Ciphertext {
    pub(crate) parts: Vec<RnsPoly<Ntt>>,
    pub(crate) level: Level,
    pub(crate) scale: Scale,
    pub(crate) slots: usize,
    pub(crate) noise: Noise,
}

impl Ciphertext {
    /// A place for results: the zero message at the lowest level. Its buffers grow to what operations write there.
    ///
    /// # Errors
    /// None for a context that was built; the signature leaves room.
    pub fn empty(context: &Context) -> Result<Self, CkksError> {
        let level = Level(0);
        Ok(Self {
            parts: vec![RnsPoly::zero(context.q_basis(level)?); 2],
            level,
            scale: context.default_scale(level)?,
            slots: context.max_slots(),
            noise: Noise::ZERO,
        })
    }

    /// Rescalings still possible.
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

    /// Degree in the secret: 1, or 2 before relinearisation.
    #[must_use]
    pub fn degree(&self) -> usize {
        self.parts.len() - 1
    }

    /// The polynomials, c_0 first.
    #[must_use]
    pub fn parts(&self) -> &[RnsPoly<Ntt>] {
        &self.parts
    }

    /// All tracked quantities.
    #[must_use]
    pub fn noise(&self) -> Noise {
        self.noise
    }

    /// Average case: see [`Noise::std`].
    #[must_use]
    pub fn noise_std(&self) -> f64 {
        self.noise.std()
    }

    /// Worst case: see [`Noise::bound`].
    #[must_use]
    pub fn noise_bound(&self) -> f64 {
        self.noise.bound()
    }

    /// No slot of the message is larger than this.
    #[must_use]
    pub fn message_bound(&self) -> f64 {
        self.noise.message_bound()
    }

    /// Declares that no slot of the message exceeds `bound`, where more is known of the values than their operations
    /// tell (a value of a cosine is at most 1, whatever it was computed from). A larger bound than the tracked one
    /// changes nothing. Noise bounds of what is computed from here on rely on it.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] for a bound that is negative or not a number.
    pub fn with_message_bound(mut self, bound: f64) -> Result<Self, CkksError> {
        self.noise = self.noise.with_message_bound(bound)?;
        Ok(self)
    }

    /// Bytes of its polynomials.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.parts.iter().map(|part| 8 * part.words().len() as u64).sum()
    }

    pub(crate) fn check(&self, op: &'static str, context: &Context) -> Result<(), CkksError> {
        let basis = context.q_basis(self.level).map_err(|_| CkksError::ContextMismatch { op })?;
        if self.parts.iter().all(|part| part.basis() == basis) {
            return Ok(());
        }
        Err(CkksError::ContextMismatch { op })
    }

    pub(crate) fn check_degree(&self, op: &'static str, expected: usize) -> Result<(), CkksError> {
        let found = self.degree();
        if found == expected { Ok(()) } else { Err(CkksError::Degree { op, found, expected }) }
    }

    /// Makes room for a result of `parts` polynomials over `basis`; its words are unspecified until written.
    pub(crate) fn reshape(&mut self, basis: &RnsBasis, parts: usize) {
        self.parts.truncate(parts);
        for part in &mut self.parts {
            part.resize_to(basis);
        }
        while self.parts.len() < parts {
            self.parts.push(RnsPoly::zero(basis));
        }
    }

    /// The words of the first two parts.
    pub(crate) fn pair_mut(&mut self) -> [&mut [u64]; 2] {
        let (first, rest) = self.parts.split_at_mut(1);
        [first[0].words_mut(), rest[0].words_mut()]
    }
}

/// Shows the shape.
impl std::fmt::Debug for Ciphertext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Ciphertext(degree {}, level {}, scale {}, {} slots)",
            self.degree(),
            self.level,
            self.scale,
            self.slots
        )
    }
}

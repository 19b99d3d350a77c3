//! Ciphertexts.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

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
/// learns them. Encryption therefore takes the size of a message from what was declared of all possible messages, never
/// from the values ([`crate::Plaintext::with_message_bound`]).
///
/// Cheap to clone: clones share the polynomials until one of them is written to.
#[derive(Clone)]
pub struct Ciphertext {
    pub(crate) parts: Parts,
    pub(crate) level: Level,
    pub(crate) scale: Scale,
    pub(crate) slots: usize,
    pub(crate) noise: Noise,
}

/// The polynomials of a ciphertext: read where they are, copied when they are written to while a clone still needs them.
#[derive(Clone, Default)]
pub(crate) struct Parts(Arc<Vec<RnsPoly<Ntt>>>);

impl Parts {
    /// Makes room for `count` polynomials over `basis`, whose words are unspecified: nothing is copied.
    fn reshape(&mut self, basis: &RnsBasis, count: usize) {
        if Arc::get_mut(&mut self.0).is_none() {
            *self = Self::default();
        }
        let parts = &mut **self;
        parts.truncate(count);
        parts.iter_mut().for_each(|part| part.resize_to(basis));
        // Zeroed by the system when they are touched, by the thread that fills them.
        parts.resize_with(count, || RnsPoly::zero(basis));
    }
}

impl Deref for Parts {
    type Target = Vec<RnsPoly<Ntt>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Parts {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl<P: Into<Vec<RnsPoly<Ntt>>>> From<P> for Parts {
    fn from(parts: P) -> Self {
        Self(Arc::new(parts.into()))
    }
}

impl<'a> IntoIterator for &'a Parts {
    type Item = &'a RnsPoly<Ntt>;
    type IntoIter = std::slice::Iter<'a, RnsPoly<Ntt>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Parts {
    type Item = &'a mut RnsPoly<Ntt>;
    type IntoIter = std::slice::IterMut<'a, RnsPoly<Ntt>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

/// A ciphertext as bare numbers, from another library or made by hand: see [`Ciphertext::from_words`].
#[derive(Clone, Copy, Debug)]
pub struct CiphertextWords<'a> {
    /// Its level.
    pub level: Level,
    /// Its scale.
    pub scale: Scale,
    /// How many slots it has, a power of two.
    pub slots: usize,
    /// What is claimed of its noise and its message ([`Noise::new`]).
    pub noise: Noise,
    /// Two or three polynomials over the primes of the level, c_0 first: limb after limb, each N transform values in the
    /// order of [`ring_math::ntt`].
    pub parts: &'a [&'a [u64]],
}

impl Ciphertext {
    /// Takes a ciphertext that something else made; everything about it is checked except what cannot be: that it was
    /// encrypted under some key, and that its scale and noise are as claimed.
    ///
    /// # Errors
    /// [`CkksError::NoSuchLevel`]; [`CkksError::SlotCount`]; [`CkksError::Parameter`] for another number of polynomials, or a
    /// scale far beyond the modulus of the level (or its inverse); [`CkksError::Ring`] for another number of words or one that is not below its prime.
    pub fn from_words(context: &Context, words: &CiphertextWords<'_>) -> Result<Self, CkksError> {
        let op = "taking a ciphertext from words";
        let basis = &context.tables(op, words.level)?.q;
        let (slots, max) = (words.slots, context.max_slots());
        if !slots.is_power_of_two() || slots > max {
            return Err(CkksError::SlotCount { op, found: slots, max });
        }
        let log_modulus = context.parameters().log_q(words.level);
        if !words.scale.suits(log_modulus) {
            return Err(CkksError::Parameter {
                name: "scale of a ciphertext",
                found: words.scale.to_string(),
                expected: format!("one that suits a modulus of 2^{log_modulus:.1}"),
            });
        }
        if !(2..=3).contains(&words.parts.len()) {
            return Err(CkksError::Parameter {
                name: "polynomials of a ciphertext",
                found: words.parts.len().to_string(),
                expected: "2, or 3 before relinearisation".to_owned(),
            });
        }
        let parts = words.parts.iter().map(|part| Ok(RnsPoly::from_words(basis, part)?));
        Ok(Self {
            parts: parts.collect::<Result<Vec<_>, CkksError>>()?.into(),
            level: words.level,
            scale: words.scale,
            slots,
            noise: words.noise,
        })
    }

    /// A place for results: the zero message at the lowest level. Its buffers grow to what operations write there.
    ///
    /// # Errors
    /// None for a context that was built; the signature leaves room.
    pub fn empty(context: &Context) -> Result<Self, CkksError> {
        let level = Level(0);
        Ok(Self {
            parts: vec![RnsPoly::zero(context.q_basis(level)?); 2].into(),
            ..Self::unwritten(context)?
        })
    }

    /// A place for one result, without polynomials: whoever writes there makes room first.
    pub(crate) fn unwritten(context: &Context) -> Result<Self, CkksError> {
        let level = Level(0);
        Ok(Self {
            parts: Parts::default(),
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
    /// changes nothing. Noise bounds of what is computed from here on rely on it, and stay finite: unlike
    /// [`crate::Evaluator::declare_bound`] this does not say that they rely on somebody's word. **A result that depends on it
    /// must not be published**, unless what is claimed is true of every input that the circuit could be given.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] for a bound that is negative or not a number.
    pub fn with_message_bound(mut self, bound: f64) -> Result<Self, CkksError> {
        self.noise = self.noise.with_message_bound(bound)?;
        Ok(self)
    }

    /// The same ciphertext, taken as an exact one of message plus noise: its worst-case noise counts as part of the message
    /// from here on, and what is computed from it has the noise of the computation alone. For analyses that know better
    /// than step by step how a function magnifies an error; they give it back by [`Self::with_noise_bound_added`]. Until they do,
    /// and unless their analysis covers every input, **nothing that depends on it must be published**.
    #[must_use]
    pub fn with_noise_as_message(mut self) -> Self {
        self.noise = self.noise.as_message(self.scale.to_f64());
        self
    }

    /// As [`Self::with_noise_as_message`], for the average case as well: what is computed from it has the noise of the
    /// computation alone. [`Self::with_noise_added`] gives back what the analysis finds; until then **nothing that depends on it
    /// must be published**.
    #[must_use]
    pub fn without_noise(mut self) -> Self {
        self.noise = self.noise.exact(self.scale.to_f64());
        self
    }

    /// Adds independent noise of `std` on average and of `bound` at worst, in the integers that the scale produces.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] for a bound that is negative or not a number.
    pub fn with_noise_added(mut self, std: f64, bound: f64) -> Result<Self, CkksError> {
        self.noise = self.noise.with_added(std, bound)?;
        Ok(self)
    }

    /// Raises the worst-case noise by `bound`, in the integers that the scale produces.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] for a bound that is negative or not a number.
    pub fn with_noise_bound_added(mut self, bound: f64) -> Result<Self, CkksError> {
        self.noise = self.noise.with_bound_added(bound)?;
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
        self.parts.reshape(basis, parts);
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

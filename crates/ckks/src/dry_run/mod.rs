//! Circuits on shapes alone: what they need, before anything is generated.

mod arithmetic;
mod combination;
mod encode;
mod operations;
mod plan;
mod rotation;
mod rotation_sum;
mod shape;

use std::cell::RefCell;

pub use plan::Plan;
pub use shape::{CiphertextShape, PlaintextShape};

use crate::{
    encoder::Packing,
    error::CkksError,
    message_size::SizeSource,
    noise::{Added, LevelNoise, Noise},
    params::Parameters,
    scale::{Level, Scale},
};

/// Runs circuits written against [`crate::Operations`] on shapes: levels, scales and noise come out as the
/// [`crate::Evaluator`] would track them, mistakes in levels and scales are found, and [`Self::plan`] has the costs.
/// Nothing but the parameters is needed, neither tables nor keys.
///
/// Its worst-case noise, for inputs with bounds that hold whatever is encrypted, is what a published decryption has to
/// be flooded for:
///
/// ```
/// use ckks::{DryRun, Flooding, Operations, ParameterSpec};
/// let parameters = ParameterSpec::new(14).log_scale(48).depth(3).check()?;
/// let dry = DryRun::new(&parameters);
/// let result = dry.mul_scalar(&dry.input(1.0), 0.5)?;
/// let flooding = Flooding::new(result.noise_bound());
/// assert!(flooding.sigma() > result.noise_bound());
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Debug)]
pub struct DryRun {
    parameters: Parameters,
    /// By level.
    noise: Vec<LevelNoise>,
    plan: RefCell<Plan>,
}

impl DryRun {
    /// A dry run for `parameters`.
    #[must_use]
    pub fn new(parameters: &Parameters) -> Self {
        let noise = (0..=parameters.max_level().0).map(|l| LevelNoise::new(parameters, Level(l))).collect();
        Self { parameters: parameters.clone(), noise, plan: RefCell::default() }
    }

    /// What the circuits run so far need.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.plan.borrow().clone()
    }

    /// A plaintext with a declared bound: of values no larger than `message_bound`.
    ///
    /// # Errors
    /// [`CkksError::NoSuchLevel`].
    pub fn plaintext(&self, message_bound: f64, packing: &Packing) -> Result<PlaintextShape, CkksError> {
        self.check_level("encode", packing.level)?;
        let noise = Noise::encoded(self.n(), message_bound, message_bound);
        let Packing { level, scale, slots } = *packing;
        Ok(PlaintextShape { level, scale, slots, noise, source: SizeSource::Declared })
    }

    /// A fresh public-key encryption in all slots, at the highest level, of values no larger than `message_bound`, with
    /// that bound declared; 1 is what an encryption says of which nothing was declared.
    #[must_use]
    pub fn input(&self, message_bound: f64) -> CiphertextShape {
        let level = self.parameters.max_level();
        let (scale, slots) = (self.parameters.default_scale(level), self.parameters.max_slots());
        let noise = Noise::encoded(self.n(), message_bound, message_bound).plus(self.at(level).public);
        self.note(CiphertextShape { level, scale, slots, degree: 1, noise }, |_| {})
    }

    /// A public-key encryption of `plaintext`.
    ///
    /// # Errors
    /// [`CkksError::MessageTooLarge`], as [`crate::Encryptor::encrypt`].
    pub fn encrypt_public(&self, plaintext: &PlaintextShape) -> Result<CiphertextShape, CkksError> {
        self.encrypted(plaintext, self.at(plaintext.level).public)
    }

    /// An encryption of `plaintext` with the secret key.
    ///
    /// # Errors
    /// As [`Self::encrypt_public`].
    pub fn encrypt_symmetric(&self, plaintext: &PlaintextShape) -> Result<CiphertextShape, CkksError> {
        self.encrypted(plaintext, self.at(plaintext.level).symmetric)
    }

    fn encrypted(&self, plaintext: &PlaintextShape, added: Added) -> Result<CiphertextShape, CkksError> {
        let PlaintextShape { level, scale, slots, noise, source } = *plaintext;
        let noise = source.in_the_clear("encryption", &noise, self.n())?.plus(added);
        Ok(self.note(CiphertextShape { level, scale, slots, degree: 1, noise }, |_| {}))
    }

    /// Bytes of a ciphertext of this shape.
    #[must_use]
    pub fn size_bytes(&self, a: &CiphertextShape) -> u64 {
        ((8 * (a.degree + 1) * self.parameters.q_len(a.level)) as u64) << self.parameters.log_n()
    }

    /// The highest level's where there is no such level: shapes are only made at levels that exist.
    fn at(&self, level: Level) -> &LevelNoise {
        &self.noise[level.0.min(self.noise.len() - 1)]
    }

    fn note(&self, out: CiphertextShape, count: impl FnOnce(&mut Plan)) -> CiphertextShape {
        let mut plan = self.plan.borrow_mut();
        count(&mut plan);
        let bytes = self.size_bytes(&out);
        plan.largest_ciphertext = plan.largest_ciphertext.max(bytes);
        plan.all_ciphertexts += bytes;
        plan.depth = plan.depth.max(self.parameters.max_level().0 - out.level.0);
        out
    }

    fn n(&self) -> usize {
        self.parameters.ring_degree()
    }
}

/// The result of an operation on shapes.
type Shape = Result<CiphertextShape, CkksError>;

fn same_slots(op: &'static str, left: usize, right: usize) -> Result<(), CkksError> {
    if left == right { Ok(()) } else { Err(CkksError::SlotMismatch { op, left, right }) }
}

fn same_scale(op: &'static str, left: Scale, right: Scale) -> Result<(), CkksError> {
    if left == right { Ok(()) } else { Err(CkksError::ScaleMismatch { op, left, right }) }
}

fn of_degree(op: &'static str, a: &CiphertextShape, expected: usize) -> Result<(), CkksError> {
    let found = a.degree;
    if found == expected { Ok(()) } else { Err(CkksError::Degree { op, found, expected }) }
}

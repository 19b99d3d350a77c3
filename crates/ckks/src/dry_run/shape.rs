//! Ciphertexts and plaintexts without their polynomials.

use crate::{
    ciphertext::Ciphertext,
    error::CkksError,
    message_size::SizeSource,
    noise::Noise,
    plaintext::Plaintext,
    scale::{Level, Scale},
};

/// A ciphertext without its polynomials: what a [`super::DryRun`] computes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CiphertextShape {
    pub(super) level: Level,
    pub(super) scale: Scale,
    pub(super) slots: usize,
    pub(super) degree: usize,
    pub(super) noise: Noise,
}

impl CiphertextShape {
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

    /// Number of slots.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Degree in the secret.
    #[must_use]
    pub fn degree(&self) -> usize {
        self.degree
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

    /// Worst case: see [`Noise::bound`]. Of a circuit's result, given bounds on all its inputs, this is what
    /// [`crate::Flooding::new`] takes.
    #[must_use]
    pub fn noise_bound(&self) -> f64 {
        self.noise.bound()
    }

    /// No slot of the message is larger than this.
    #[must_use]
    pub fn message_bound(&self) -> f64 {
        self.noise.message_bound()
    }
}

impl From<&Ciphertext> for CiphertextShape {
    fn from(a: &Ciphertext) -> Self {
        Self { level: a.level(), scale: a.scale(), slots: a.slots(), degree: a.degree(), noise: a.noise() }
    }
}

/// A plaintext without its polynomial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaintextShape {
    pub(super) level: Level,
    pub(super) scale: Scale,
    pub(super) slots: usize,
    pub(super) noise: Noise,
    pub(super) source: SizeSource,
}

impl PlaintextShape {
    /// Declares a size of the message, as [`Plaintext::with_message_size`] does.
    ///
    /// # Errors
    /// As [`Plaintext::with_message_size`].
    pub fn with_message_size(mut self, bound: f64, rms: f64) -> Result<Self, CkksError> {
        (self.noise, self.source) = self.source.declare(&self.noise, bound, rms)?;
        Ok(self)
    }
}

impl From<&Plaintext> for PlaintextShape {
    fn from(a: &Plaintext) -> Self {
        Self { level: a.level(), scale: a.scale(), slots: a.slots(), noise: a.noise(), source: a.source }
    }
}

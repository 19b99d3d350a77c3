//! What a refresh is asked to be.

use serde::{Deserialize, Serialize};

use super::BootstrapParameters;
use crate::{
    error::CkksError,
    params::{LevelSpec, MAX_DEPTH, ParameterSpec},
};

/// A way to refresh, unchecked: a chain of levels and what is computed on each of them. [`Self::check`] finds the primes and
/// enforces security.
///
/// From the bottom up the chain has q0, the levels that a refreshed ciphertext has left, those of SlotsToCoeffs, of the sine,
/// and of CoeffsToSlots. The named ones are in [`super::presets`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootstrapSpec {
    /// log2 of the ring degree.
    pub log_n: u32,
    /// log2 of the number of complex slots, at most `log_n` - 1.
    pub log_slots: u32,
    /// No slot of a message to be refreshed is larger than this. A power of two.
    pub message_bound: f64,
    /// q0. The ratio of q0 to the scale times `message_bound` decides how far the sine is from a straight line.
    pub base: LevelSpec,
    /// log2 of the scale of the levels that are left.
    pub log_scale: u32,
    /// How many of those.
    pub levels: usize,
    /// The levels of SlotsToCoeffs, lowest first: one matrix each.
    pub slots_to_coefficients: Vec<LevelSpec>,
    /// The levels of the sine, lowest first: those of the cosine, one for each doubling, those of the arcsine.
    pub sine: Vec<LevelSpec>,
    /// The levels of CoeffsToSlots, lowest first: one matrix each.
    pub coefficients_to_slots: Vec<LevelSpec>,
    /// Degree of the polynomial for the cosine, even.
    pub degree: usize,
    /// How often the angle of the cosine is doubled.
    pub doublings: usize,
    /// Degree of the arcsine, odd; 1 for none.
    pub arcsine_degree: usize,
    /// Multiples of q0 up to which the sine is right; unless given, the largest there can be, so that a refresh never fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<f64>,
    /// Bit lengths of the special primes; found where none are given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_p: Vec<u32>,
    /// Number of digits of a key switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dnum: Option<usize>,
    /// Encodes large matrices when they are needed, and keeps [compact](crate::KeyRequest::compact) keys.
    #[serde(default)]
    pub low_memory: bool,
    /// Lets parameters through that hide nothing, for tests.
    #[serde(default)]
    pub allow_insecure: bool,
}

impl BootstrapSpec {
    /// Refreshes 2^`log_slots` complex slots.
    #[must_use]
    pub fn log_slots(mut self, log_slots: u32) -> Self {
        self.log_slots = log_slots;
        self
    }

    /// Takes messages up to `bound` in absolute value, a power of two. Precision is relative to it: the scale falls by as many
    /// bits as the bound grows.
    #[must_use]
    pub fn message_bound(mut self, bound: f64) -> Self {
        let bits = (bound / self.message_bound).log2().round() as i64;
        self.log_scale = i64::from(self.log_scale).saturating_sub(bits).clamp(1, u32::MAX.into()) as u32;
        self.message_bound = bound;
        self
    }

    /// Takes less memory and more time.
    #[must_use]
    pub fn low_memory(mut self) -> Self {
        self.low_memory = true;
        self
    }

    /// The chain of levels as a specification of parameters.
    #[must_use]
    pub fn parameter_spec(&self) -> ParameterSpec {
        // One more than there can be is refused like any other number above that.
        let left = std::iter::repeat_n(LevelSpec::new(self.log_scale), self.levels.min(MAX_DEPTH + 1));
        let levels = std::iter::once(self.base.clone())
            .chain(left)
            .chain(self.slots_to_coefficients.iter().cloned())
            .chain(self.sine.iter().cloned())
            .chain(self.coefficients_to_slots.iter().cloned());
        let mut spec = ParameterSpec::new(self.log_n).levels(levels).log_scale(self.log_scale);
        if !self.log_p.is_empty() {
            spec = spec.log_p(self.log_p.iter().copied());
        }
        if let Some(dnum) = self.dnum {
            spec = spec.dnum(dnum);
        }
        if self.allow_insecure { spec.allow_insecure() } else { spec }
    }

    /// Finds the primes, the matrices and the polynomials, and checks everything.
    ///
    /// # Errors
    /// As [`ParameterSpec::check`] and [`crate::Parameters::check_encapsulation`]; [`CkksError::Parameter`] for what is
    /// impossible or contradictory: levels that are too few or too many for what is computed on them, a failure probability
    /// above 2^-128, a number of slots that does not exist.
    pub fn check(&self) -> Result<BootstrapParameters, CkksError> {
        BootstrapParameters::new(self)
    }
}

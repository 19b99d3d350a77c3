//! From what a refresh is needed for to the cheapest preset that does it.

use super::{BootstrapParameters, BootstrapSpec, presets};
use crate::error::CkksError;

/// What is asked of a refresh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefreshRequirements {
    /// Number of values in a ciphertext, at least.
    pub slots: usize,
    /// Bits that every slot of uniform messages comes back with, at least: see [`BootstrapParameters::precision_bits`].
    pub precision_bits: f64,
    /// Rescalings that a refreshed ciphertext is good for, at least.
    pub levels: usize,
    /// Whether to take less memory and more time.
    pub low_memory: bool,
}

impl Default for RefreshRequirements {
    fn default() -> Self {
        Self { slots: 1, precision_bits: 0.0, levels: 1, low_memory: false }
    }
}

/// A preset that was chosen, for as many slots as were asked for.
#[derive(Clone, Debug)]
pub struct PlannedRefresh {
    /// Its name in [`presets::ALL`].
    pub name: &'static str,
    /// The preset, checked.
    pub parameters: BootstrapParameters,
    /// What [`BootstrapParameters::precision_bits`] says of it.
    pub precision_bits: f64,
}

/// The fewest slots that are refreshed: all matrices of a preset need a stage.
const MIN_LOG_SLOTS: u32 = 4;

/// A preset to choose from.
struct Candidate {
    name: &'static str,
    preset: presets::Preset,
    /// log2 of the most slots it is made for.
    max_log_slots: u32,
}

/// The cheapest first, by measured time. `n16_full_low_memory` is what `low_memory` makes of `n16_full_fast`.
const CANDIDATES: [Candidate; 5] = [
    Candidate { name: "n15_sparse", preset: presets::n15_sparse, max_log_slots: 10 },
    Candidate { name: "n15_full", preset: presets::n15_full, max_log_slots: 14 },
    Candidate { name: "n16_sparse", preset: presets::n16_sparse, max_log_slots: 12 },
    Candidate { name: "n16_full_fast", preset: presets::n16_full_fast, max_log_slots: 15 },
    Candidate { name: "n16_full_precise", preset: presets::n16_full_precise, max_log_slots: 15 },
];

impl Candidate {
    fn spec(&self, requirements: &RefreshRequirements) -> BootstrapSpec {
        let log_slots = requirements.slots.max(1).next_power_of_two().trailing_zeros().max(MIN_LOG_SLOTS);
        let spec = (self.preset)().log_slots(log_slots);
        if requirements.low_memory { spec.low_memory() } else { spec }
    }
}

/// The cheapest preset for `requirements`. A ciphertext with fewer slots than the parameters have is one whose message
/// repeats.
///
/// ```
/// use ckks::bootstrap::{RefreshRequirements, plan_refresh};
/// let planned = plan_refresh(&RefreshRequirements {
///     slots: 256,
///     precision_bits: 15.0,
///     levels: 4,
///     ..RefreshRequirements::default()
/// })?;
/// assert_eq!((planned.name, planned.parameters.slots()), ("n15_sparse", 256));
/// # Ok::<(), ckks::CkksError>(())
/// ```
///
/// # Errors
/// [`CkksError::TooManySlots`]; [`CkksError::Parameter`] when no preset is good enough, with what the most precise one
/// offers for as many levels and slots, or the most levels for as many slots.
pub fn plan_refresh(requirements: &RefreshRequirements) -> Result<PlannedRefresh, CkksError> {
    let max_log_slots = CANDIDATES.iter().map(|candidate| candidate.max_log_slots).max().unwrap_or(0);
    let (found, max) = (requirements.slots, 1 << max_log_slots);
    if found > max {
        return Err(CkksError::TooManySlots { found, max });
    }
    let mut deepest: Option<(usize, &str)> = None;
    let mut best: Option<PlannedRefresh> = None;
    for candidate in &CANDIDATES {
        let spec = candidate.spec(requirements);
        if spec.log_slots > candidate.max_log_slots {
            continue;
        }
        deepest = deepest.max(Some((spec.levels, candidate.name)));
        if spec.levels < requirements.levels {
            continue;
        }
        let parameters = spec.check()?;
        let precision_bits = parameters.precision_bits()?;
        let planned = PlannedRefresh { name: candidate.name, parameters, precision_bits };
        if precision_bits >= requirements.precision_bits {
            return Ok(planned);
        }
        if best.as_ref().is_none_or(|best| best.precision_bits < precision_bits) {
            best = Some(planned);
        }
    }
    let RefreshRequirements { slots, precision_bits, levels, .. } = requirements;
    let expected = match (best, deepest) {
        (Some(PlannedRefresh { name, precision_bits, .. }), _) => {
            format!("at most {precision_bits:.1} bits for {levels} levels and {slots} slots, those of {name}")
        }
        (None, Some((levels, name))) => format!("at most {levels} levels for {slots} slots, those of {name}"),
        (None, None) => format!("at most {max} slots"),
    };
    let found = format!("{precision_bits} bits in {slots} slots with {levels} levels left");
    Err(CkksError::Parameter { name: "refresh", found, expected })
}

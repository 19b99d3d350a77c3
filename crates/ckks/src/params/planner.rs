//! From what a computation needs to the cheapest secure parameters.

use ring_math::{MAX_LOG_N, MIN_LOG_N};

use super::{DEFAULT_LOG_SCALE, ParameterSpec, Parameters, SecurityLevel};
use crate::error::CkksError;

/// What a computation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirements {
    /// Rescalings one after the other.
    pub depth: usize,
    /// log2 of the scale.
    pub log_scale: u32,
    /// Number of values in one ciphertext, at least.
    pub slots: usize,
    /// log2 of the largest absolute value of a result; unless said, 3 (see [`super::DEFAULT_HEADROOM`]).
    pub log_message: u32,
    /// Security level.
    pub security: SecurityLevel,
}

impl Default for Requirements {
    fn default() -> Self {
        Self {
            depth: 0,
            log_scale: DEFAULT_LOG_SCALE,
            slots: 1,
            log_message: super::DEFAULT_HEADROOM - 1,
            security: SecurityLevel::default(),
        }
    }
}

/// The cheapest secure parameters for `requirements`: the smallest ring degree, and with it the number of key-switching
/// digits with the cheapest key switch.
///
/// ```
/// use ckks::params::{Requirements, plan};
/// let parameters = plan(&Requirements { depth: 5, log_scale: 40, slots: 1000, ..Requirements::default() })?;
/// assert_eq!(parameters.log_n(), 14);
/// assert_eq!(parameters.security_bits(), 128);
/// # Ok::<(), ckks::CkksError>(())
/// ```
///
/// # Errors
/// Those of [`ParameterSpec::check`] at the largest ring degree, when none is large enough;
/// [`CkksError::TooManySlots`].
pub fn plan(requirements: &Requirements) -> Result<Parameters, CkksError> {
    let max = 1usize << (MAX_LOG_N - 1);
    if requirements.slots > max {
        return Err(CkksError::TooManySlots { found: requirements.slots, max });
    }
    // A sign bit above the largest message.
    let log_q0 = requirements.log_scale.saturating_add(requirements.log_message).saturating_add(1);
    let for_slots = requirements.slots.max(1).next_power_of_two().trailing_zeros() + 1;
    let mut log_n = for_slots.max(MIN_LOG_N);
    loop {
        let spec = ParameterSpec::new(log_n)
            .depth(requirements.depth)
            .log_scale(requirements.log_scale)
            .log_q0(log_q0)
            .security(requirements.security);
        match spec.check() {
            Err(_) if log_n < MAX_LOG_N => log_n += 1,
            result => return result,
        }
    }
}

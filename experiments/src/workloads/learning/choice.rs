//! Parameters that follow from the model unless the configuration gives them.

use std::fmt::Display;

use ckks::{
    CkksError, Parameters, SecurityLevel,
    params::{Requirements, plan},
};
use harness::{Key, Kind, Params, Rejection, Resolved};
use ring_math::{MAX_LOG_N, MIN_LOG_N};

use super::super::ckks_setup::{self as setup, Needs};

/// What a circuit asks of its parameters.
#[derive(Clone, Copy, Debug)]
pub(in crate::workloads) struct Choice {
    /// Levels.
    pub(in crate::workloads) depth: usize,
    /// Slots, at least.
    pub(in crate::workloads) slots: usize,
    /// Bits of q0 above the scale: the largest result and its sign.
    pub(in crate::workloads) headroom: u32,
}

/// The keys that name a parameter set, of which ring degree and depth may be left to the model.
pub(super) fn keys() -> Vec<Key> {
    let mut keys = setup::keys();
    keys.retain(|key| !["log_n", "depth"].contains(&key.name()));
    let log_n = Kind::int(i64::from(MIN_LOG_N), i64::from(MAX_LOG_N));
    keys.extend([
        Key::param("log_n", Kind::word_or("auto", log_n))
            .default("auto")
            .meaning("log2 of the ring degree N; \"auto\" takes the smallest that is secure for the model"),
        Key::param("depth", Kind::word_or("auto", Kind::int(1, 256)))
            .default("auto")
            .meaning("rescalings that a fresh ciphertext allows; \"auto\" takes what the model needs"),
    ]);
    keys
}

/// Fills in what the model decides, then resolves the point as for any other workload on ciphertexts.
pub(in crate::workloads) fn resolve<E: Display + From<CkksError>>(
    params: &Params,
    security_bits: u32,
    choice: Choice,
    needs: impl FnOnce(&Parameters) -> Result<Needs, E>,
) -> Result<Resolved, Rejection> {
    let mut params = params.clone();
    let is_auto = |params: &Params, key: &str| params.text(key) == Ok("auto");
    if is_auto(&params, "depth") {
        params.set("depth", choice.depth as i64);
    }
    let depth = params.count("depth")?;
    if is_auto(&params, "log_n") {
        let wanted = Requirements {
            depth,
            log_scale: u32::try_from(params.count("log_scale")?).unwrap_or(u32::MAX),
            slots: choice.slots,
            log_message: choice.headroom.saturating_sub(1),
            // A level that does not exist is refused where the point is resolved.
            security: SecurityLevel::try_from(security_bits).unwrap_or_default(),
        };
        match plan(&wanted) {
            Ok(parameters) => params.set("log_n", i64::from(parameters.log_n())),
            Err(error) => {
                params.set("log_n", i64::from(MAX_LOG_N));
                return Ok(setup::impossible(params, &error));
            }
        }
    }
    if depth < choice.depth {
        let why = format!("the model needs {} levels, the point has {depth}", choice.depth);
        return Ok(Resolved::new(params).infeasible("too_few_levels", why));
    }
    let (found, needed) = (1usize << (params.count("log_n")? - 1), choice.slots);
    if found < needed {
        let why = format!("the model needs {needed} slots, the point has {found}");
        return Ok(Resolved::new(params).infeasible("too_few_slots", why));
    }
    setup::resolve(&params, security_bits, choice.headroom, needs)
}

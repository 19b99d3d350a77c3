//! From the keys of a configuration to a parameter set, and what is known of a point before it runs.

use std::fmt::Display;

use ckks::{CkksError, KeyRequest, KeySize, ParameterSpec, Parameters, SecurityLevel};
use harness::{Failure, ParamError, Params, Rejection, Resolved, Value};

/// What `security_bits` is read from.
pub(in crate::workloads) const SECURITY_MODEL: &str =
    "HE security guidelines 2024 (ePrint 2024/463), classical, uniform ternary secret";

/// Resident size of the program itself, generously, for the estimate of a point's memory.
const PROGRAM_BYTES: u64 = 48 << 20;

/// Tables and work space of a context, for the estimate: as many words as this many ciphertexts at the highest level.
const CIPHERTEXTS_OF_WORK_SPACE: u64 = 16;

/// What starting a process and finding primes comes to, in multiplications of residues; see [`super::transform_cost`].
const START_COST: f64 = 2e7;

/// What a point needs beside its parameter set.
pub(in crate::workloads) struct Needs {
    /// Evaluation keys.
    pub(in crate::workloads) keys: KeyRequest,
    /// Ciphertexts at the highest level that are alive at once.
    pub(in crate::workloads) ciphertexts: usize,
    /// Work, in multiplications of residues: see [`super::transform_cost`].
    pub(in crate::workloads) cost: f64,
}

/// Resolves a point: chooses its primes, replaces "auto" by what it stands for, fills the columns that are known
/// beforehand. `headroom` is by how many bits q0 exceeds the scale where the point says "auto".
///
/// The resolved parameters name every choice, so that they give the same primes at any security level that lets them
/// through.
pub(in crate::workloads) fn resolve<E: Display + From<CkksError>>(
    params: &Params,
    security_bits: u32,
    headroom: u32,
    needs: impl FnOnce(&Parameters) -> Result<Needs, E>,
) -> Result<Resolved, Rejection> {
    let mut params = params.clone();
    if is_auto(&params, "log_q0") {
        params.set("log_q0", bits(&params, "log_scale")? + headroom);
    }
    let level = SecurityLevel::try_from(security_bits).map_err(|why| {
        Rejection::new(["security.bits"], why, "write `bits = 128`, 192 or 256 in [security]")
    })?;
    let spec = spec(&params)?.security(level);
    let (parameters, refusal) = match spec.check() {
        Ok(parameters) => (parameters, None),
        Err(refusal @ (CkksError::Insecure { .. } | CkksError::NotEstimated { .. })) => {
            match spec.allow_insecure().check() {
                Ok(parameters) => (parameters, Some(refusal)),
                Err(error) => return Ok(impossible(params, &error)),
            }
        }
        Err(error) => return Ok(impossible(params, &error)),
    };
    params.set("dnum", parameters.dnum() as i64);
    let sizes: Vec<i64> = parameters.p_primes().iter().map(|p| i64::from(p.ilog2()) + 1).collect();
    params.set("special_bits", sizes);
    let sized = needs(&parameters).and_then(|needs| Ok::<_, E>((needs.keys.size(&parameters)?, needs)));
    let (keys, needs) = match sized {
        Ok(sized) => sized,
        Err(error) => return Ok(impossible(params, &error)),
    };
    let limbs = parameters.q_len(parameters.max_level());
    let ciphertext = 16 * (parameters.ring_degree() * limbs) as u64;
    let alive = needs.ciphertexts as u64 + CIPHERTEXTS_OF_WORK_SPACE;
    let resolved = Resolved::new(params)
        .cost(needs.cost + START_COST)
        .memory_bytes(PROGRAM_BYTES + keys.memory + alive * ciphertext)
        .cell("security_model", SECURITY_MODEL)
        .cell("slots", parameters.max_slots() as i64)
        .cell("ciphertext_bytes", as_cell(ciphertext));
    let resolved = describe(resolved, &parameters, &keys);
    Ok(match refusal {
        None => resolved,
        Some(refusal) => resolved.insecure(refusal.to_string()),
    })
}

/// Fills the columns of a resolved point that follow from any parameters and the size of their keys.
pub(in crate::workloads) fn describe(
    resolved: Resolved,
    parameters: &Parameters,
    keys: &KeySize,
) -> Resolved {
    let top = parameters.max_level();
    resolved
        .cell("n", parameters.ring_degree() as i64)
        .cell("log_q", parameters.log_q(top))
        .cell("log_p", parameters.log_p())
        .cell("n_limbs", parameters.q_len(top) as i64)
        .cell("security_bits", parameters.security_bits())
        .cell("key_bytes", as_cell(keys.memory))
        .cell("key_stored_bytes", as_cell(keys.stored))
}

/// A point whose parameters cannot be had, and why.
pub(in crate::workloads) fn impossible(params: Params, why: &dyn Display) -> Resolved {
    Resolved::new(params).infeasible("impossible_parameters", why.to_string())
}

/// A number of bytes as a cell.
pub(in crate::workloads) fn as_cell(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// The parameters of a resolved point. Whether they may be insecure was decided when the point was planned.
pub(in crate::workloads) fn parameters(params: &Params) -> Result<Parameters, Failure> {
    let spec = spec(params)?;
    Ok(spec.check().or_else(|_| spec.clone().allow_insecure().check())?)
}

/// What the point asks for, at 128 bits of security.
fn spec(params: &Params) -> Result<ParameterSpec, ParamError> {
    let mut spec = ParameterSpec::new(bits(params, "log_n")?)
        .log_scale(bits(params, "log_scale")?)
        .log_q0(bits(params, "log_q0")?)
        .depth(params.count("depth")?);
    if !is_auto(params, "dnum") {
        spec = spec.dnum(params.count("dnum")?);
    }
    if !is_auto(params, "special_bits") {
        let sizes = params.list("special_bits")?.iter().filter_map(Value::as_f64);
        spec = spec.log_p(sizes.map(|bits| bits as u32));
    }
    Ok(spec)
}

fn is_auto(params: &Params, key: &str) -> bool {
    params.text(key) == Ok("auto")
}

fn bits(params: &Params, key: &str) -> Result<u32, ParamError> {
    Ok(params.count(key)? as u32)
}

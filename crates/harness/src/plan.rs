//! The plan: every point of a sweep with its identity, in a fixed order, from the configuration alone.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::config::{Limits, Measure, OnInsecure, Security, Spec, Sweep};
use crate::diagnostic::Diagnostic;
use crate::error::HarnessError;
use crate::value::{Params, Value};
use crate::workload::{Registry, Rejection, Resolved, Verdict, Workload};

/// Version of the layout of points, rows and plans; part of every point's identity.
pub(crate) const RESULT_SCHEMA: i64 = 1;

/// More points than this are a mistake in a grid.
const MOST_POINTS: usize = 1_000_000;

/// One planned point. Its JSON form is complete: a process that has it needs no configuration.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Position in the whole plan.
    pub index: usize,
    /// Identity: see [`point_id`].
    pub point_id: String,
    /// Name of the sweep, or of the suite's member.
    pub sweep: String,
    /// Name of the workload.
    pub workload: String,
    /// Its version.
    pub workload_version: u32,
    /// Resolved parameters.
    pub params: Params,
    /// The parameters that the configuration varies, for short names.
    pub axes: Vec<String>,
    /// Seed of the sweep, that seeds of repetitions derive from.
    pub sweep_seed: u64,
    /// Seed of the point.
    pub seed: u64,
    /// Whether all randomness is to be seeded.
    pub deterministic: bool,
    /// Security level asked for.
    pub security_bits: u32,
    /// How it is measured.
    pub measure: Measure,
    /// What it may use.
    pub limits: Limits,
    /// Counted work.
    pub cost_units: f64,
    /// Estimated memory in MiB.
    pub est_memory_mib: u64,
    /// Code and reason where the point is not to be run.
    pub infeasible: Option<(String, String)>,
}

impl Entry {
    /// A short name: the sweep, and what varies in it.
    pub(crate) fn label(&self) -> String {
        let varied = self.axes.iter().filter_map(|key| {
            let name = key.rsplit('.').next().unwrap_or(key);
            let value = self.params.get(key)?;
            let short = !matches!(value, Value::List(_) | Value::Table(_));
            short.then(|| format!(" {name}={value}"))
        });
        std::iter::once(self.sweep.clone()).chain(varied).collect()
    }

    /// The entry as JSON, for plan files and for the point's process.
    pub(crate) fn to_json(&self) -> Json {
        let (status, code, reason) = match &self.infeasible {
            None => ("pending", None, None),
            Some((code, reason)) => ("infeasible", Some(code), Some(reason)),
        };
        json!({
            "index": self.index,
            "point_id": self.point_id,
            "sweep": self.sweep,
            "workload": self.workload,
            "workload_version": self.workload_version,
            "params": self.params.to_json(),
            "axes": self.axes,
            "sweep_seed": self.sweep_seed,
            "seed": self.seed,
            "deterministic": self.deterministic,
            "security_bits": self.security_bits,
            "measure": self.measure.to_json(),
            "limits": self.limits.to_json(),
            "cost_units": self.cost_units,
            "est_memory_mib": self.est_memory_mib,
            "status": status,
            "error_code": code,
            "reason": reason,
        })
    }

    /// Reads an entry; `None` when a field is missing or of the wrong kind.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let infeasible = match text("status")?.as_str() {
            "pending" => None,
            "infeasible" => Some((text("error_code")?, text("reason")?)),
            _ => return None,
        };
        Some(Self {
            index: usize::try_from(json.get("index")?.as_u64()?).ok()?,
            point_id: text("point_id")?,
            sweep: text("sweep")?,
            workload: text("workload")?,
            workload_version: u32::try_from(json.get("workload_version")?.as_u64()?).ok()?,
            params: Params::from_json(json.get("params")?)?,
            axes: json.get("axes")?.as_array()?.iter().filter_map(|a| Some(a.as_str()?.to_owned())).collect(),
            sweep_seed: json.get("sweep_seed")?.as_u64()?,
            seed: json.get("seed")?.as_u64()?,
            deterministic: json.get("deterministic")?.as_bool()?,
            security_bits: u32::try_from(json.get("security_bits")?.as_u64()?).ok()?,
            measure: Measure::from_json(json.get("measure")?)?,
            limits: Limits::from_json(json.get("limits")?)?,
            cost_units: json.get("cost_units")?.as_f64()?,
            est_memory_mib: json.get("est_memory_mib")?.as_u64()?,
            infeasible,
        })
    }
}

/// First 16 hex digits of the BLAKE3 hash of the canonical JSON of what the point is: layout version, workload, its
/// version, and the resolved parameters with sorted keys.
pub(crate) fn point_id(workload: &str, version: u32, params: &Params) -> String {
    // Keys in alphabetical order by hand: whether serde_json sorts depends on features other crates switch on.
    let text = format!(
        "{{\"params\":{},\"schema\":{RESULT_SCHEMA},\"workload\":{},\"workload_version\":{version}}}",
        params.to_json(),
        Json::from(workload),
    );
    blake3::hash(text.as_bytes()).to_hex().as_str()[..16].to_owned()
}

/// Seed of repetition `rep` of a point: 53 bits, which every JSON reader holds exactly.
pub(crate) fn seed(sweep_seed: u64, point_id: &str, rep: u64) -> u64 {
    let text = format!("{sweep_seed}/{point_id}/{rep}");
    let hash = blake3::hash(text.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(first) >> 11
}

/// The plan of a sweep: the same on every machine.
///
/// # Errors
/// [`HarnessError::Spec`] when a workload rejects a combination of parameters, when nothing is left to run, or when a
/// point is insecure and the configuration makes that an error.
pub(crate) fn build(sweep: &Sweep, registry: &Registry) -> Result<Vec<Entry>, HarnessError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut problems = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    for spec in &sweep.members {
        let Some(workload) = registry.get(&spec.workload) else {
            return Err(unknown(&spec.workload, registry));
        };
        let before = entries.len();
        for params in combinations(spec, &mut problems) {
            match entry(spec, workload, params) {
                Ok(mut entry) => {
                    if ids.insert(entry.point_id.clone()) {
                        entry.index = entries.len();
                        entries.push(entry);
                    }
                }
                Err(problem) => {
                    let known: &Vec<Diagnostic> = &problems;
                    if !known.iter().any(|p| p.message == problem.message) {
                        problems.push(problem);
                    }
                }
            }
        }
        if entries.len() == before && problems.is_empty() && !ids_from(spec) {
            problems.push(
                Diagnostic::new(format!("sweep `{}` has no points", spec.name))
                    .at(&spec.header, "everything is excluded")
                    .help("remove an [[exclude]]"),
            );
        }
    }
    if problems.is_empty() { Ok(entries) } else { Err(HarnessError::spec(&problems, &sweep.sources)) }
}

/// A plan file, as a JSON array or as lines; empty where there is no file.
///
/// # Errors
/// [`HarnessError`] when it cannot be read or is no plan.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>, HarnessError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(crate::error::store("read", path)(error)),
    };
    let bad = |found: String| HarnessError::Content {
        path: path.to_owned(),
        expected: "a plan",
        found,
        remedy: "write it again with `plan --json`",
    };
    let parse = |text: &str| serde_json::from_str::<Json>(text).map_err(|error| bad(error.to_string()));
    let list = if text.trim_start().starts_with('[') {
        parse(&text)?.as_array().cloned().unwrap_or_default()
    } else {
        text.lines().filter(|line| !line.trim().is_empty()).map(parse).collect::<Result<_, _>>()?
    };
    let entry = |json: &Json| Entry::from_json(json).ok_or_else(|| bad(format!("the entry {json}")));
    list.iter().map(entry).collect()
}

/// Whether a member without points of its own merely repeats an earlier member's.
fn ids_from(spec: &Spec) -> bool {
    spec.excludes.is_empty()
}

/// The error for a workload that the program does not have.
pub(crate) fn unknown(name: &str, registry: &Registry) -> HarnessError {
    HarnessError::UnknownWorkload {
        name: name.to_owned(),
        known: registry.names().into_iter().map(str::to_owned).collect(),
    }
}

/// The product of the axes without what is excluded; the last axis varies fastest.
fn combinations(spec: &Spec, problems: &mut Vec<Diagnostic>) -> Vec<Params> {
    let total =
        spec.axes.iter().try_fold(1_usize, |n, axis| n.checked_mul(axis.len()).filter(|n| *n <= MOST_POINTS));
    let Some(total) = total else {
        problems.push(
            Diagnostic::new(format!("sweep `{}` has more than {MOST_POINTS} points", spec.name))
                .at(&spec.header, "the product of all axes is too large")
                .help("shorten an axis, or join axes that need no product in a [zip.NAME]"),
        );
        return Vec::new();
    };
    let point = |mut at: usize| {
        let mut params = spec.fixed.clone();
        for axis in spec.axes.iter().rev() {
            axis.apply(at % axis.len(), &mut params);
            at /= axis.len();
        }
        params
    };
    (0..total).map(point).filter(|params| !spec.excludes.iter().any(|e| e.matches(params))).collect()
}

fn entry(spec: &Spec, workload: &dyn Workload, params: Params) -> Result<Entry, Diagnostic> {
    let resolved = workload
        .resolve(&params, spec.security.bits)
        .map_err(|rejection| rejected(spec, &params, &rejection))?;
    let Resolved { params, verdict, cost_units, memory_bytes, .. } = resolved;
    let infeasible = judge(spec, &params, verdict)?;
    let point_id = point_id(workload.name(), workload.version(), &params);
    Ok(Entry {
        index: 0,
        sweep: spec.name.clone(),
        workload: workload.name().to_owned(),
        workload_version: workload.version(),
        sweep_seed: spec.seed,
        seed: seed(spec.seed, &point_id, 0),
        point_id,
        params,
        axes: spec.axes.iter().flat_map(|axis| axis.columns.iter().map(|(path, _)| path.clone())).collect(),
        deterministic: spec.deterministic,
        security_bits: spec.security.bits,
        measure: spec.measure.clone(),
        limits: spec.limits.clone(),
        cost_units,
        est_memory_mib: memory_bytes.div_ceil(1 << 20),
        infeasible,
    })
}

fn judge(spec: &Spec, params: &Params, verdict: Verdict) -> Result<Option<(String, String)>, Diagnostic> {
    let Security { on_insecure, .. } = spec.security;
    Ok(match (verdict, on_insecure) {
        (Verdict::Feasible, _) | (Verdict::Insecure { .. }, OnInsecure::Allow) => None,
        (Verdict::Infeasible { code, reason }, _) => Some((code, reason)),
        (Verdict::Insecure { reason }, OnInsecure::Skip) => Some(("insecure".to_owned(), reason)),
        (Verdict::Insecure { reason }, OnInsecure::Error) => {
            return Err(Diagnostic::new(format!("an insecure point: {reason}"))
                .at(&spec.header, shown(spec, params))
                .help("change the parameters, or write `security.on_insecure = \"skip\"` or \"allow\""));
        }
    })
}

fn rejected(spec: &Spec, params: &Params, rejection: &Rejection) -> Diagnostic {
    let mut problem = Diagnostic::new(rejection.message.clone());
    for key in &rejection.keys {
        // `activation.degree` may be written as a whole table `activation`.
        let mut path = key.as_str();
        let origin = loop {
            match (spec.origins.get(path), path.rsplit_once('.')) {
                (Some(origin), _) => break Some(origin),
                (None, Some((parent, _))) => path = parent,
                (None, None) => break None,
            }
        };
        if let Some(origin) = origin {
            let value = params.get(key).map_or_else(|| "not set".to_owned(), |v| format!("here {v}"));
            problem = problem.at(origin, value);
        }
    }
    if problem.labels.is_empty() {
        problem = problem.at(&spec.header, shown(spec, params));
    }
    problem.help(rejection.remedy.clone())
}

/// The values of the axes at a point, for messages.
fn shown(spec: &Spec, params: &Params) -> String {
    let values: Vec<String> = spec
        .axes
        .iter()
        .flat_map(|axis| &axis.columns)
        .filter_map(|(path, _)| Some(format!("{path} = {}", params.get(path)?)))
        .collect();
    if values.is_empty() { "its only point".to_owned() } else { values.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_on_everything_that_names_a_point_and_on_no_order() {
        let mut a = Params::new();
        a.set("size", 4);
        a.set("method", "direct");
        let mut b = Params::new();
        b.set("method", "direct");
        b.set("size", 4);
        assert_eq!(point_id("sum", 1, &a), point_id("sum", 1, &b));
        b.set("size", 5);
        let ids = [
            point_id("sum", 1, &a),
            point_id("sum", 2, &a),
            point_id("other", 1, &a),
            point_id("sum", 1, &b),
        ];
        for (at, id) in ids.iter().enumerate() {
            assert!(!ids[..at].contains(id), "{id} twice");
        }
        // Fixed for good, and checked with another BLAKE3: a change of this value orphans every stored result.
        assert_eq!(ids[0], "7f9ea98659617366");
    }

    #[test]
    fn seeds_fit_a_double() {
        for rep in 0..100 {
            assert!(seed(7, "abc", rep) < 1 << 53);
        }
        assert_ne!(seed(7, "abc", 0), seed(7, "abc", 1));
        assert_ne!(seed(7, "abc", 0), seed(8, "abc", 0));
    }
}

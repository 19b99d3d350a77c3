//! Where and with what a point was measured: the manifest of a run, and its short form on every row.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Map, Value as Json, json};

use crate::workload::Registry;

/// The part of a manifest that stands on every row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Provenance {
    fields: BTreeMap<String, Json>,
}

impl Provenance {
    /// As JSON.
    pub(crate) fn to_json(&self) -> Json {
        Json::Object(self.fields.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
    }

    /// Reads what [`Provenance::to_json`] wrote.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let fields = json.as_object()?.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        Some(Self { fields })
    }

    /// A field.
    pub(crate) fn get(&self, key: &str) -> Option<&Json> {
        self.fields.get(key)
    }
}

/// Everything recorded about machine and build.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// First 6 hex digits of the hash of its content: one environment, one file.
    pub name: String,
    /// The content.
    pub json: Json,
    /// The part for the rows.
    pub provenance: Provenance,
}

impl Manifest {
    /// Looks at the machine, the build and the working tree.
    pub(crate) fn collect(registry: &Registry) -> Self {
        let (commit, dirty) = git();
        let simd = Some(registry.simd_name()).filter(|s| !s.is_empty()).unwrap_or_else(detected_simd);
        let cpu = cpu_info("model name").unwrap_or_else(|| "unknown".to_owned());
        let json = json!({
            "program": registry.program(),
            "build": {
                "profile": env!("HARNESS_PROFILE"),
                "rustc": env!("HARNESS_RUSTC"),
                "target": env!("HARNESS_TARGET"),
                "opt_level": env!("HARNESS_OPT_LEVEL"),
                "debug_assertions": cfg!(debug_assertions),
                "rustflags": env!("HARNESS_RUSTFLAGS"),
            },
            "git": { "commit": commit, "dirty": dirty },
            "machine": {
                "host_hash": host_hash(),
                "cpu_model": cpu,
                "cpus": std::thread::available_parallelism().map_or(0, usize::from),
                "cpu_flags": cpu_info("flags").unwrap_or_default(),
                "simd": simd,
                "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
                "no_turbo": read("/sys/devices/system/cpu/intel_pstate/no_turbo"),
                "smt": read("/sys/devices/system/cpu/smt/active"),
                "kernel": read("/proc/sys/kernel/osrelease"),
                "memory_bytes": crate::measure::memory::machine_bytes(),
                "transparent_hugepages": read("/sys/kernel/mm/transparent_hugepage/enabled"),
            },
            "env": variables(),
        });
        let hash = blake3::hash(json.to_string().as_bytes()).to_hex();
        let name = hash.as_str()[..6].to_owned();
        let provenance = Provenance {
            fields: BTreeMap::from([
                ("git_commit".to_owned(), json["git"]["commit"].clone()),
                ("git_dirty".to_owned(), json["git"]["dirty"].clone()),
                ("host_hash".to_owned(), json["machine"]["host_hash"].clone()),
                ("cpu_model".to_owned(), json["machine"]["cpu_model"].clone()),
                ("simd".to_owned(), json["machine"]["simd"].clone()),
                ("rustc".to_owned(), json["build"]["rustc"].clone()),
                ("profile".to_owned(), json["build"]["profile"].clone()),
                ("manifest".to_owned(), Json::from(name.as_str())),
            ]),
        };
        Self { name, json, provenance }
    }
}

/// A short file as trimmed text, or null.
fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// A field of the first processor in `/proc/cpuinfo`.
fn cpu_info(field: &str) -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == field))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The widest vector extension that the processor reports, where the program does not say which it uses.
fn detected_simd() -> String {
    let flags = cpu_info("flags").unwrap_or_default();
    let has = |flag: &str| flags.split_whitespace().any(|f| f == flag);
    ["avx512ifma", "avx512f", "avx2"].into_iter().find(|flag| has(flag)).unwrap_or("baseline").to_owned()
}

fn host_hash() -> String {
    let identity =
        read("/etc/machine-id").filter(|id| !id.is_empty()).or_else(|| read("/proc/sys/kernel/hostname"));
    blake3::hash(identity.unwrap_or_default().as_bytes()).to_hex().as_str()[..8].to_owned()
}

/// Commit and dirtiness of the working tree around the current folder; nothing where there is none.
fn git() -> (Option<String>, Option<bool>) {
    let ask = |args: &[&str]| {
        let output = Command::new("git").args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = ask(&["rev-parse", "HEAD"]);
    let dirty = commit.as_ref().and_then(|_| ask(&["status", "--porcelain"]));
    (commit, dirty.map(|text| !text.is_empty()))
}

/// Variables that change what is measured.
fn variables() -> Map<String, Json> {
    let telling = |name: &str| {
        ["RAYON_NUM_THREADS", "MALLOC_ARENA_MAX", "OMP_NUM_THREADS", "GLIBC_TUNABLES", "LD_PRELOAD"]
            .contains(&name)
    };
    let mut found: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .filter(|(name, _)| telling(name))
        .collect();
    found.sort();
    found.into_iter().map(|(name, value)| (name, Json::from(value))).collect()
}

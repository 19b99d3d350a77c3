//! Every configuration is good, and every small one runs from end to end with the rows it should give.

#![expect(clippy::unwrap_used, reason = "a test")]

mod configurations;
mod models;
mod operations;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn configs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs")
}

fn sweep(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sweep")).args(args).current_dir(folder).output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a small configuration and exports its rows; empty cells are absent.
fn rows(name: &str) -> Vec<serde_json::Map<String, serde_json::Value>> {
    let folder = tempfile::tempdir().unwrap();
    let config = configs().join("smoke").join(name);
    let output = sweep(folder.path(), &["run", config.to_str().unwrap(), "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let header = std::fs::read_to_string(folder.path().join("out/results.csv")).unwrap();
    let header: BTreeSet<&str> = header.lines().next().unwrap().split(',').collect();
    for column in COLUMNS {
        assert!(header.contains(column), "{name} has no column {column}");
    }
    for args in [&["report", "out"][..], &["export", "out", "--format", "jsonl"], &["status", "out"]] {
        let output = sweep(folder.path(), args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output));
    }
    let lines = std::fs::read_to_string(folder.path().join("out/results.jsonl")).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the results of every workload on ciphertexts have.
const COLUMNS: [&str; 59] = [
    "schema_version",
    "run_id",
    "point_id",
    "workload",
    "workload_version",
    "stage",
    "op",
    "rep",
    "is_warmup",
    "log_n",
    "n",
    "log_scale",
    "depth",
    "log_q",
    "log_p",
    "n_limbs",
    "dnum",
    "secret",
    "security_bits",
    "security_model",
    "slots",
    "threads",
    "kernel",
    "params_json",
    "wall_s",
    "cpu_s",
    "iters",
    "nivcsw",
    "load1",
    "peak_rss_bytes",
    "baseline_rss_bytes",
    "stage_peak_rss_bytes",
    "peak_heap_bytes",
    "key_bytes",
    "key_stored_bytes",
    "ciphertext_bytes",
    "err_max_abs",
    "err_mean_abs",
    "err_rms",
    "bits_precision",
    "noise_std",
    "noise_bound",
    "metric_name",
    "status",
    "error_code",
    "error_message",
    "git_commit",
    "git_dirty",
    "host_hash",
    "cpu_model",
    "simd",
    "rustc",
    "profile",
    "isolated",
    "seed",
    "deterministic",
    "started_at",
    "manifest",
    "log_q0",
];

type Row = serde_json::Map<String, serde_json::Value>;

fn word<'r>(row: &'r Row, column: &str) -> &'r str {
    row.get(column).and_then(|cell| cell.as_str()).unwrap_or("")
}

fn number(row: &Row, column: &str) -> f64 {
    row.get(column).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN)
}

/// Measured rows carry a time, an error within its bound, and sizes.
fn assert_measured(row: &Row) {
    assert_eq!(word(row, "status"), "ok", "{row:?}");
    assert!(number(row, "wall_s") > 0.0, "{row:?}");
    // Every result has a worst case, but those of the second and later of refreshes in a row: there the average has to do.
    let allowed = match row.get("noise_bound").and_then(serde_json::Value::as_f64) {
        None if number(row, "refreshed") > 1.0 => 16.0 * number(row, "noise_std"),
        bound => bound.unwrap_or(f64::NAN),
    };
    assert!(number(row, "err_max_abs") <= allowed + 1e-13, "{row:?}");
    assert!(
        number(row, "err_mean_abs") <= number(row, "err_rms")
            && number(row, "err_rms") <= number(row, "err_max_abs")
    );
    assert!(number(row, "bits_precision") > 5.0, "{row:?}");
    assert!(number(row, "ciphertext_bytes") > 0.0 && number(row, "peak_rss_bytes") > 0.0);
}

fn measured(rows: &[Row]) -> impl Iterator<Item = &Row> {
    rows.iter().filter(|row| !["", "setup", "score"].contains(&word(row, "stage")))
}

/// Rows by operation.
fn count(rows: &[Row]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for row in measured(rows) {
        assert_measured(row);
        *counts.entry(word(row, "op")).or_default() += 1;
    }
    counts
}

//! What is read off result tables: claims, estimates, comparisons, exports, states.

use std::fs;

use super::{FURTHER, config, reported};
use crate::common::Bench;

#[test]
fn claims_are_judged_by_the_table() {
    let bench = reported(&config("", FURTHER));
    let told = bench.expect(0, &["report", "results/t"]).out;
    for expected in [
        "holds: errors are small (the greatest err_abs of 42 rows is 4e-9; claimed: at most 4e-9)",
        "holds: the mean is half the size (the greatest ratio of metric_value and size in 6 rows is 0.5; claimed: at least 0.5 \
         and at most 0.5)",
        "does not hold: four times the size, eight times the error (the ratio of the greatest err_abs, 4e-9, and 1e-9 where \
         stage == sleep and size == 1, is 4; claimed: at least 8)",
        "cannot be judged: what was not measured is good (no measured row has err_abs where size == 77)",
    ] {
        assert!(told.contains(expected), "{expected}\nis not in\n{told}");
        assert!(bench.read("results/t/report.html").contains(&expected.replace('"', "&quot;")));
    }
}

#[test]
fn a_dry_run_knows_times_from_measured_points_only_and_what_measuring_asks_for() {
    let bench = Bench::new(&[("t.toml", &config("millis = 20\n", ""))]);
    let before = bench.expect(0, &["run", "t.toml", "--dry-run"]).out;
    assert!(
        before.contains("estimated time: unknown, nothing of sleep was measured here before"),
        "{before}"
    );
    bench.expect(0, &["run", "t.toml", "--only", "size==1"]);
    let seconds = |args: &[&str]| -> f64 {
        let out = bench.expect(0, &[&["run", "t.toml", "--dry-run"], args].concat()).out;
        let told = out.lines().last().unwrap();
        assert!(
            told.contains("of 4 points") && told.contains("(from measured points: 2 of sleep)"),
            "{told}"
        );
        let words: Vec<&str> = told.split(' ').collect();
        let at = words.iter().position(|word| *word == "points:").unwrap();
        words[at + 1].parse::<f64>().unwrap() * if words[at + 2] == "ms" { 1e-3 } else { 1.0 }
    };
    // Four points of one warm-up and seven samples of 20 ms, and as much again where more is asked for.
    let (few, many) = (seconds(&[]), seconds(&["--set", "measure.samples=47"]));
    assert!(few > 0.5 && few < 4.0, "{few}");
    assert!(many - few > 2.5, "{few} {many}: 40 samples of 20 ms more on each of four points");
}

#[test]
fn comparisons_find_a_regression_and_exit_with_4() {
    let bench = Bench::new(&[("t.toml", &config("millis = 1\n", ""))]);
    bench.expect(0, &["run", "t.toml", "--out", "a"]);
    bench.expect(0, &["run", "t.toml", "--out", "b", "--only", "size==1"]);
    // Invented times, so that nothing hangs on this machine: a spread of 6%, and the same slower by half.
    for (folder, factor) in [("a", 1.0), ("slow", 1.5)] {
        for entry in fs::read_dir(bench.path("a/points")).unwrap() {
            let path = entry.unwrap().path();
            let mut point: serde_json::Value =
                serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            for sample in point["samples"].as_array_mut().unwrap() {
                if sample["wall_s"].is_f64() {
                    let rep = sample["rep"].as_f64().unwrap();
                    sample["wall_s"] = (1e-3 * factor * (1.0 + 0.01 * rep)).into();
                }
            }
            let target = bench.path(folder).join("points").join(path.file_name().unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, point.to_string()).unwrap();
        }
        bench.expect(0, &["merge", folder]);
    }
    let same = bench.expect(0, &["compare", "a", "a", "--fail-on-regression", "10%"]);
    assert!(same.out.contains("geometric mean of 6 ratios: 1.000"), "{}", same.out);
    assert!(!same.out.contains("REGRESSION"));
    let slow = bench.expect(4, &["compare", "a", "slow", "--fail-on-regression", "10%"]);
    assert_eq!(slow.out.matches("REGRESSION").count(), 6, "{}", slow.out);
    assert!(slow.out.contains("geometric mean of 6 ratios: 1.500"));
    assert!(bench.expect(0, &["compare", "slow", "a", "--fail-on-regression", "10%"]).out.contains("better"));
    assert!(bench.expect(0, &["compare", "a", "b"]).err.contains("4 only in a"));
    bench.expect(2, &["compare", "a", "slow", "--metric", "wal_s"]);
    bench.expect(2, &["compare", "a", "nowhere"]);
}

#[test]
fn exports_hold_the_same_rows() {
    let bench = reported(&config("", ""));
    let rows = bench.table("results/t");
    bench.expect(0, &["export", "results/t", "--format", "jsonl"]);
    let lines: Vec<serde_json::Value> =
        bench.read("results/t/results.jsonl").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), rows.len());
    for (line, row) in lines.iter().zip(&rows) {
        assert_eq!(line["point_id"], row["point_id"].as_str());
        assert_eq!(line.get("wall_s").and_then(serde_json::Value::as_f64), row["wall_s"].parse().ok());
    }
    assert_eq!(
        bench.expect(0, &["export", "results/t", "--format", "csv", "--to", "-"]).out,
        bench.read("results/t/results.csv")
    );
    bench.expect(0, &["export", "results/t", "--format", "parquet", "--to", "x/t.parquet"]);
    let parquet = fs::read(bench.path("x/t.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    assert!(bench.expect(2, &["export", "nowhere", "--format", "csv"]).err.contains("no folder"));
}

#[test]
fn status_counts_and_finds_what_is_stale() {
    let bench = Bench::new(&[("t.toml", &config("", ""))]);
    bench.expect(0, &["run", "t.toml", "--only", "label==a"]);
    let done = bench.expect(0, &["status", "results/t"]);
    assert!(done.out.contains("6 points: 3 done, 3 missing"), "{}", done.out);
    assert!(done.out.contains("the missing ones will take about"), "{}", done.out);
    bench.expect(0, &["run", "t.toml", "--set", "measure.samples=9"]);
    let done = bench.expect(0, &["status", "results/t"]);
    assert!(done.out.contains("3 done, 3 stale"), "{}", done.out);
    assert!(done.out.contains("another [measure]"), "{}", done.out);
}

//! `merge` and the shard contract.

use std::fs;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::common::Bench;

/// Point files and table of a folder, as bytes.
fn content(bench: &Bench, folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(bench.path(folder).join("points"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files.push(("results.csv".to_owned(), fs::read(bench.path(folder).join("results.csv")).unwrap()));
    files
}

#[test]
fn merging_is_associative_and_idempotent() {
    // Three folders that overlap: the same points measured at different times, some failed, some infeasible.
    let bench = Bench::new(&[]);
    let head = "schema = 1\nname = \"t\"\n[measure]\nsamples = 1\nwarmup = 0\n[grid]\nsize = { from = 1, to = 6 }\n[workload.sleep]\nmax_size = 5\n";
    bench.write("ok.toml", head);
    for (at, folder) in ["a", "b", "c"].into_iter().enumerate() {
        let only = [["--only", "size<=3"], ["--only", "size>=2"], ["--only", "size!=4"]][at];
        bench.expect(0, &[&["run", "ok.toml", "--out", folder], &only[..]].concat());
    }
    // A failed copy of a point that is good elsewhere, and a failed point that is good nowhere.
    for (folder, index) in [("a", 0), ("b", 4)] {
        let ids = bench.expect(0, &["plan", "ok.toml", "--lines"]).out;
        let id: serde_json::Value = serde_json::from_str(ids.lines().nth(index).unwrap()).unwrap();
        let path = bench.path(folder).join(format!("points/{}.json", id["point_id"].as_str().unwrap()));
        let mut point: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        point["status"] = "failed".into();
        point["samples"] = serde_json::json!([]);
        fs::write(&path, point.to_string()).unwrap();
    }
    let mut runner = TestRunner::new(Config { cases: 12, ..Config::default() });
    let orders = Just(vec!["a", "b", "c"]).prop_shuffle();
    bench.expect(0, &["merge", "a", "b", "c", "--out", "all"]);
    let all = content(&bench, "all");
    assert_eq!(all.len(), 6 + 1);
    runner
        .run(&orders, |order| {
            for folder in ["left", "right", "end", "twice"] {
                let _ = fs::remove_dir_all(bench.path(folder));
            }
            let [x, y, z] = [order[0], order[1], order[2]];
            bench.expect(0, &["merge", x, y, "--out", "left"]);
            bench.expect(0, &["merge", "left", z, "--out", "end"]);
            prop_assert_eq!(&content(&bench, "end"), &all);
            bench.expect(0, &["merge", y, z, "--out", "right"]);
            bench.expect(0, &["merge", x, "right", "--out", "twice"]);
            prop_assert_eq!(&content(&bench, "twice"), &all);
            bench.expect(0, &["merge", "twice", "twice"]);
            prop_assert_eq!(&content(&bench, "twice"), &all);
            Ok(())
        })
        .unwrap();
}

#[test]
fn shards_make_the_same_table_as_one_run() {
    let text = "schema = 1\nname = \"t\"\n[measure]\nsamples = 1\nwarmup = 0\n[grid]\nsize = { from = 1, to = 6 }\n[workload.sleep]\nmax_size = 5\n";
    let bench = Bench::new(&[("t.toml", text)]);
    bench.expect(0, &["run", "t.toml", "--only", "size==3"]);
    let plan = bench.expect(0, &["plan", "t.toml", "--missing", "--lines"]).out;
    assert_eq!(plan.lines().count(), 5);
    assert_eq!(bench.expect(0, &["plan", "t.toml", "--missing", "--count"]).out.trim(), "5");
    bench.write("plan.json", &bench.expect(0, &["plan", "t.toml", "--missing", "--json"]).out);
    // One by its place in the plan, one through the variable that HyperQueue sets, the others as JSON.
    bench.expect(0, &["point", "t.toml", "--index", "0", "--plan", "plan.json", "--out", "shard1"]);
    let entry = plan.lines().nth(1).unwrap();
    let out = bench
        .command(&["point", "--from-env", "HQ_ENTRY", "--out", "shard1"])
        .env("HQ_ENTRY", entry)
        .output();
    assert!(out.unwrap().status.success());
    let out =
        bench.command(&["point", "--out", "shard2"]).env("HQ_ENTRY", plan.lines().nth(2).unwrap()).output();
    assert!(out.unwrap().status.success(), "HQ_ENTRY is found without being named");
    for line in plan.lines().skip(3) {
        bench.expect(0, &["point", "--json", line, "--out", "shard2"]);
    }
    bench.expect(0, &["merge", "results/t", "shard1", "shard2", "--out", "merged"]);
    bench.expect(0, &["run", "t.toml", "--out", "whole"]);
    assert_eq!(bench.facts("merged"), bench.facts("whole"));
    assert_eq!(
        bench.expect(0, &["plan", "t.toml", "--missing", "--count", "--out", "merged"]).out.trim(),
        "0"
    );
}

#[test]
fn edited_plans_and_foreign_files_are_refused() {
    let text = "schema = 1\nname = \"t\"\n[grid]\nsize = [1, 2]\n[workload.sleep]\n";
    let bench = Bench::new(&[("t.toml", text)]);
    let line = bench.expect(0, &["plan", "t.toml", "--lines"]).out.lines().next().unwrap().to_owned();
    let edited = line.replace("\"size\":1", "\"size\":7");
    let done = bench.expect(2, &["point", "--json", &edited, "--out", "out"]);
    assert!(done.err.contains("write the plan again"), "{}", done.err);
    assert!(bench.expect(2, &["point", "--json", "{", "--out", "out"]).err.contains("not JSON"));
    let foreign = line.replace("\"workload\":\"sleep\"", "\"workload\":\"slep\"");
    assert!(
        bench
            .expect(2, &["point", "--json", &foreign, "--out", "out"])
            .err
            .contains("unknown workload `slep`")
    );
    bench.expect(0, &["run", "t.toml"]);
    let id =
        serde_json::from_str::<serde_json::Value>(&line).unwrap()["point_id"].as_str().unwrap().to_owned();
    let path = format!("results/t/points/{id}.json");
    bench.write(&path, &bench.read(&path).replace("\"schema_version\":1", "\"schema_version\":9"));
    let done = bench.expect(2, &["merge", "results/t"]);
    assert!(done.err.contains("schema version 9") && done.err.contains(&id), "{}", done.err);
    bench.expect(2, &["merge", "nothing"]);
}

//! Composition and planning.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::common::Bench;

#[test]
fn later_layers_win_and_every_key_knows_its_origin() {
    let bench = Bench::new(&[
        (
            "presets/base.toml",
            "[measure]\nsamples = 30\nwarmup = 2\n[grid]\nsize = [1, 2, 3]\n[workload.sleep]\nmillis = 9\nshape = { name = \"ramp\", degree = 1 }\n",
        ),
        (
            "t.toml",
            "schema = 1\nname = \"t\"\nextends = \"presets/base.toml\"\n[workload.sleep]\nmillis = 1\n[measure]\nsamples = 3\n",
        ),
    ]);
    let shown = bench
        .expect(0, &["config", "show", "t.toml", "--set", "params.size=7", "--set", "grid.label=a,b"])
        .out;
    insta::assert_snapshot!(shown);
    let plan = bench.expect(0, &["plan", "t.toml", "--lines", "--set", "params.size=7"]).out;
    assert_eq!(plan.lines().count(), 1, "a single value displaces the axis");
    assert!(plan.contains("\"shape\":{\"degree\":1,\"name\":\"ramp\"}"), "{plan}");
}

#[test]
fn grids_zips_and_excludes_make_the_expected_points() {
    let bench = Bench::new(&[(
        "t.toml",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nshape = { name = \"flat\" }\n[grid]\nsize = { from = 2, to = 8, step = 2 }\n\
         rate = { from = 0.1, to = 0.3, step = 0.1 }\n[zip.pair]\nlabel = [\"a\", \"b\"]\n\"workload.sleep.shape.degree\" = [1, 2]\n\
         [[exclude]]\nsize = [2, 4]\nlabel = \"b\"\n",
    )]);
    let plan = bench.expect(0, &["plan", "t.toml", "--json"]).out;
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let points: Vec<String> = plan
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            let p = &p["params"];
            format!(
                "{} {:.1} {} {}",
                p["size"],
                p["rate"].as_f64().unwrap(),
                p["label"],
                p["shape"]["degree"]
            )
        })
        .collect();
    // 4 sizes x 3 rates x 2 pairs, without 2 sizes x 3 rates of the second pair.
    assert_eq!(points.len(), 4 * 3 * 2 - 2 * 3);
    assert_eq!(points[0], "2 0.1 \"a\" 1");
    assert_eq!(points.last().unwrap(), "8 0.3 \"b\" 2");
    assert_eq!(bench.expect(0, &["plan", "t.toml", "--count"]).out.trim(), "18");
    assert_eq!(
        bench.expect(0, &["plan", "t.toml", "--count", "--only", "size>=6 and label==b"]).out.trim(),
        "6"
    );
}

#[test]
fn plans_are_the_same_bytes_every_time_and_ids_know_no_order() {
    let one = "schema = 1\nname = \"one\"\n[workload.sleep]\n[grid]\nsize = [1, 2]\nlabel = [\"a\", \"b\"]\n";
    let two = "schema = 1\nname = \"two\"\n[workload.sleep]\nmillis = 0\n[grid]\nlabel = [\"b\", \"a\", \"c\"]\nsize = [2, 1]\n";
    let bench = Bench::new(&[("one.toml", one), ("two.toml", two)]);
    let plan = |config| bench.expect(0, &["plan", config, "--lines"]).out;
    assert_eq!(plan("one.toml"), plan("one.toml"));
    let ids = |text: String| -> BTreeSet<String> {
        text.lines()
            .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["point_id"].to_string())
            .collect()
    };
    let (one, two) = (ids(plan("one.toml")), ids(plan("two.toml")));
    assert_eq!((one.len(), two.len()), (4, 6));
    assert!(one.is_subset(&two), "sweeps that share points share their ids");
}

#[test]
fn a_plan_that_cannot_be_written_is_an_error() {
    let bench = Bench::new(&[("t.toml", "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n")]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let done = bench.command(&["plan", "t.toml", "--json"]).stdout(full).output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stderr).contains("cannot write to standard output"));
    assert!(bench.expect(2, &[]).err.contains("no configs/quick.toml here"));
}

#[test]
fn a_suite_runs_its_members_into_one_folder() {
    let bench = Bench::new(&[
        (
            "suite.toml",
            "schema = 1\nname = \"both\"\nsuite = [\"m/one.toml\", \"m/two.toml\"]\n[measure]\nsamples = 2\nwarmup = 0\n",
        ),
        (
            "m/one.toml",
            "schema = 1\nname = \"one\"\n[workload.sleep]\n[grid]\nsize = [1, 2]\n[measure]\nsamples = 9\n",
        ),
        (
            "m/two.toml",
            "schema = 1\nname = \"two\"\n[workload.sleep]\nmode = \"wrong\"\n[params]\nsize = 3\n",
        ),
    ]);
    bench.expect(0, &["run", "suite.toml"]);
    let rows = bench.table("results/both");
    assert_eq!(rows.iter().filter(|r| r["stage"] == "sleep").count(), 3 * 2);
    assert_eq!(rows.iter().filter(|r| r["status"] == "wrong").count(), 2);
    // What was recorded runs again, and there is nothing left to do.
    let again = bench.expect(0, &["run", "results/both/sweep.toml"]);
    assert!(again.err.contains("0 measured, 3 done before"), "{}", again.err);
    let set = bench.expect(
        0,
        &["plan", "suite.toml", "--count", "--set", "workload.sleep.millis=1", "--set", "grid.size=1,2,3"],
    );
    assert_eq!(set.out.trim(), "6", "three sizes of each mode");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_order_of_axes_and_values_plans_the_same_points(
        sizes in prop::collection::btree_set(1_i64..64, 1..5),
        rates in prop::collection::btree_set(0_u32..100, 1..4),
        flip in any::<bool>(),
    ) {
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        let sizes_text = list(sizes.iter().map(ToString::to_string).collect());
        let rates_text = list(rates.iter().map(|r| format!("{:?}", f64::from(*r) / 100.0)).collect());
        let back = list(sizes.iter().rev().map(ToString::to_string).collect());
        let head = "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\n";
        let forward = format!("{head}size = {sizes_text}\nrate = {rates_text}\n");
        let other = if flip { format!("{head}rate = {rates_text}\nsize = {back}\n") } else { format!("{head}size = {back}\nrate = {rates_text}\n") };
        let bench = Bench::new(&[("a.toml", &forward), ("b.toml", &other)]);
        let ids = |config| {
            let text = bench.expect(0, &["plan", config, "--lines"]).out;
            let id = |l: &str| serde_json::from_str::<serde_json::Value>(l).unwrap()["point_id"].to_string();
            text.lines().map(id).collect::<BTreeSet<_>>()
        };
        let (a, b) = (ids("a.toml"), ids("b.toml"));
        prop_assert_eq!(a.len(), sizes.len() * rates.len());
        prop_assert_eq!(a, b);
    }
}

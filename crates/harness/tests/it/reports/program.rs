//! What the program says about itself, does without arguments, and publishes.

use std::fs;

use super::{config, reported};
use crate::common::Bench;

#[test]
fn the_program_describes_itself() {
    let bench = Bench::new(&[("t.toml", &config("", ""))]);
    let schema: serde_json::Value = serde_json::from_str(&bench.expect(0, &["schema"]).out).unwrap();
    let millis = &schema["properties"]["workload"]["properties"]["sleep"]["properties"]["millis"];
    assert_eq!((millis["type"].as_str(), millis["maximum"].as_i64()), (Some("integer"), Some(100_000)));
    assert_eq!(schema["properties"]["params"]["additionalProperties"], false);
    let columns: serde_json::Value =
        serde_json::from_str(&bench.expect(0, &["schema", "--columns"]).out).unwrap();
    let names: Vec<_> =
        columns["columns"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    bench.expect(0, &["run", "t.toml"]);
    let header = bench.read("results/t/results.csv");
    assert_eq!(
        names.join(","),
        header.lines().next().unwrap(),
        "the table has exactly the announced columns"
    );
    assert!(bench.expect(0, &["doctor"]).out.contains("governor"));
    assert!(bench.expect(0, &["completions", "bash"]).out.contains("complete -F"));
    assert!(bench.expect(0, &["config", "check", "t.toml"]).out.contains("6 points, 0 of them infeasible"));
    assert!(bench.expect(0, &["--help"]).out.contains("doctor"));
    bench.expect(2, &["no-such-config.toml"]);
}

#[test]
fn without_arguments_the_quick_sweep_is_run_and_reported() {
    let bench = Bench::new(&[("configs/quick.toml", &config("", "").replace("\"t\"", "\"quick\""))]);
    let done = bench.expect(0, &[]);
    assert!(done.out.contains("go on with:"), "{}", done.out);
    assert!(bench.path("results/quick/report.html").exists());
    assert_eq!(fs::read_link(bench.path("results/latest")).unwrap().to_str(), Some("quick"));
    assert_eq!(bench.expect(0, &["configs/quick.toml"]).err.matches("6 done before").count(), 1);
}

#[test]
fn only_runs_from_a_clean_commit_are_published_and_figures_come_from_them() {
    let bench = reported(&config("", ""));
    let git = |args: &[&str]| {
        let done = std::process::Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
            .args(args)
            .current_dir(bench.path(""))
            .output()
            .unwrap();
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let refused = bench.expect(2, &["publish", "t"]);
    assert!(refused.err.contains("rows of 0 commits"), "{}", refused.err);
    git(&["init", "-q"]);
    bench.write(".gitignore", "/results\n");
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "one"]);
    bench.write("t.toml", &(config("", "") + "# changed\n"));
    bench.expect(0, &["run", "t.toml", "--force"]);
    let refused = bench.expect(2, &["publish", "t"]);
    assert!(refused.err.contains("uncommitted changes"), "{}", refused.err);
    git(&["commit", "-q", "-a", "-m", "two"]);
    bench.expect(0, &["run", "t.toml", "--force"]);
    bench.expect(0, &["report", "results/t"]);
    bench.expect(0, &["publish", "t"]);
    assert_eq!(bench.read("results/reference/t/results.csv"), bench.read("results/t/results.csv"));
    assert!(!bench.path("results/reference/t/points").exists(), "raw points are not published");
    let gallery = bench.read("results/reference/README.md");
    for part in [
        "![time against size](t/plots/time.svg)",
        "6 points measured",
        "`cargo run --bin sweep -- figures --only t/time`",
        "An invented error changes by ×2 each time size doubles.",
    ] {
        assert!(gallery.contains(part), "{part} is not in\n{gallery}");
    }

    let list = "schema = 1\n[figure.again]\nresults = \"t\"\nx = \"size\"\ny = \"err_abs\"\nseries = \"label\"\nwhere = \"stage == sleep\"\n";
    bench.write("list.toml", list);
    let listed = ["figures", "--list", "list.toml"];
    let committed = bench.read("results/reference/t/plots/error.svg");
    bench.expect(0, &["figures", "--check"]);
    bench.write("results/reference/t/plots/error.svg", "an old drawing");
    assert!(bench.expect(4, &["figures", "--check"]).out.contains("DIFFERENT"));
    bench.expect(0, &["figures", "--only", "t/time"]);
    assert_ne!(bench.read("results/reference/t/plots/error.svg"), committed, "only what was asked for");
    assert!(bench.expect(2, &["figures", "--only", "t/tim"]).err.contains("did you mean `t/time`?"));
    bench.expect(0, &listed);
    assert_eq!(bench.read("results/reference/t/plots/error.svg"), committed, "redrawn byte for byte");
    bench.write("results/reference/README.md", &gallery.replace("×2 each", "×3 each"));
    assert!(
        bench.expect(4, &[&listed[..], &["--check"]].concat()).out.contains("DIFFERENT"),
        "sentences are checked"
    );
    assert!(bench.path("results/reference/figures/again.png").exists());
    let first = bench.read("results/reference/figures/again.svg");
    bench.expect(0, &listed);
    assert_eq!(
        bench.read("results/reference/figures/again.svg"),
        first,
        "the same files give the same figure"
    );
    bench.write("list.toml", &list.replace("err_abs", "err_ab"));
    assert!(bench.expect(2, &listed).err.contains("did you mean `err_abs`?"));
    bench.write("list.toml", &list.replace("results = \"t\"", "results = \"elsewhere\""));
    assert!(bench.expect(0, &listed).err.contains("figure `again` is left out: elsewhere is not published"));
    bench.write("list.toml", &list.replace("results = \"t\"\n", ""));
    assert!(bench.expect(2, &listed).err.contains("no `results`"));
}

/// Slips at the command line: what is there, and what would do.
#[test]
fn slips_are_answered_with_what_would_do() {
    let bench = Bench::new(&[
        ("t.toml", &config("", "")),
        ("figures.toml", "schema = 1\n[figure.time]\nresults = \"t\"\nx = \"size\"\ny = \"wall_s\"\n"),
        ("empty/note", ""),
    ]);
    for (args, told) in [
        (&["status", "empty"][..], "no sweep in empty: found a folder without plan.json"),
        (&["status", "empty"], "start one there with `run CONFIG --out empty`"),
        (&["status", "nowhere"], "no sweep in nowhere: found no folder"),
        (&["run", "t.toml", "--budget", "ten"], "write a number with its unit, such as 90s, 10m or 1h 30m"),
        (&["config", "check", "figures.toml"], "figures.toml is a list of figures, not a sweep"),
        (&["config", "check", "figures.toml"], "`figures --list figures.toml` draws what it lists"),
    ] {
        let done = bench.expect(2, args);
        assert!(done.err.contains(told), "{args:?}: {}", done.err);
    }
    let text = config("", "").replace("[1, 2, 4]", "[1]").replace("[\"a\", \"b\"]", "[\"a\"]");
    bench.write("one.toml", &text);
    assert!(bench.expect(0, &["config", "check", "one.toml"]).out.contains("good; 1 point, 0"));
    bench.expect(0, &["run", "one.toml"]);
    assert!(bench.expect(0, &["status", "results/t"]).out.contains("1 point: 1 done"));
}

//! Points that fail in every way, kills at random moments, two runs at once, memory.

use std::collections::BTreeSet;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::common::Bench;

fn config(grid: &str, rest: &str) -> String {
    format!(
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = {grid}\n[measure]\nsamples = 2\nwarmup = 1\n{rest}"
    )
}

#[test]
fn every_way_to_fail_is_a_row_and_the_sweep_goes_on() {
    let bench = Bench::new(&[(
        "t.toml",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nmax_size = 9\nsafe_size = 2\n[measure]\nsamples = 1\n[limits]\nseconds = 3\n\
         memory_mib = 200\n[zip.z]\nsize = [2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 9]\n\
         \"workload.sleep.mode\" = [\"ok\", \"panic\", \"abort\", \"loop\", \"eat\", \"error\", \"wrong\", \"nan\", \"ok\", \"ok\", \"exit\"]\n",
    )]);
    let done = bench.expect(3, &["run", "t.toml"]);
    assert!(done.err.contains("[9/9]"), "one plain line per point: {}", done.err);
    let rows = bench.table("results/t");
    let of = |mode: &str, size: &str| {
        let found: Vec<_> = rows
            .iter()
            .filter(|r| r["size"] == size && r["params_json"].contains(&format!("\"mode\":\"{mode}\"")))
            .filter(|r| r["stage"] != "score")
            .collect();
        let row = found.last().unwrap_or_else(|| panic!("no row for {mode}"));
        (row["status"].clone(), row["error_code"].clone(), row["error_message"].clone())
    };
    let expect = [
        ("ok", "2", "ok", "", ""),
        ("panic", "3", "failed", "panic", "asked to panic at size 3"),
        ("abort", "4", "failed", "sigabrt", "signal 6"),
        ("loop", "5", "timeout", "timeout", "limits.seconds = 3"),
        ("eat", "6", "oom", "memory_limit", "limits.memory_mib = 200"),
        ("error", "7", "failed", "asked", "asked to fail"),
        ("wrong", "8", "wrong", "wrong", "asked to be wrong"),
        ("nan", "9", "wrong", "wrong", "err_abs is NaN"),
        ("ok", "10", "infeasible", "too_large", "over max_size 9"),
        ("ok", "1", "infeasible", "insecure", "not safe"),
        ("exit", "9", "failed", "exit", "code 9"),
    ];
    for (mode, size, status, code, message) in expect {
        let found = of(mode, size);
        assert_eq!((found.0.as_str(), found.1.as_str()), (status, code), "{mode}: {found:?}");
        assert!(found.2.contains(message), "{mode}: {found:?}");
    }
    // All is settled: nothing is run again, and the exit code still tells.
    let again = bench.expect(3, &["run", "t.toml"]).err;
    for told in [
        "0 measured, 11 done before",
        "6 points failed; the first one: panicked at",
        "asked to panic at size 3",
        "the same command with --retry-failed runs them again",
    ] {
        assert!(again.contains(told), "{again}");
    }
    assert!(
        bench.expect(3, &["run", "t.toml", "--retry-failed", "--only", "size==7"]).err.contains("1 measured")
    );
    // A verdict that no longer holds is not kept.
    let allowed =
        bench.expect(0, &["run", "t.toml", "--set", "security.on_insecure=allow", "--only", "size==1"]);
    assert!(allowed.err.contains("1 measured"), "{}", allowed.err);
}

#[test]
fn points_that_fail_alike_tell_it_once() {
    let text =
        config("{ from = 1, to = 3 }", "").replace("[workload.sleep]", "[workload.sleep]\nmode = \"error\"");
    let bench = Bench::new(&[("t.toml", &text)]);
    for measured in [3, 0] {
        let told = bench.expect(3, &["run", "t.toml"]).err;
        assert!(told.contains(&format!("{measured} measured")), "{told}");
        assert!(told.contains("3 points failed, all with: asked to fail\n"), "{told}");
        assert!(told.contains("--retry-failed runs them again"), "{told}");
    }
}

#[test]
fn a_failure_from_outside_is_tried_again_by_the_next_run() {
    let bench = Bench::new(&[(
        "t.toml",
        &config("[1]", "").replace("[workload.sleep]", "[workload.sleep]\nmode = \"transient\""),
    )]);
    let first = bench.expect(3, &["run", "t.toml"]).err;
    assert!(first.contains("1 point failed: not today"), "{first}");
    assert!(bench.expect(3, &["run", "t.toml"]).err.contains("1 measured"));
    let done = bench.run(&["point", "t.toml", "--index", "0"]);
    assert_eq!(done.code, 75, "{}", done.err);
}

/// Process ids of the points that a run has started.
fn children(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let text = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(text.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    found
}

fn kill(pid: u32) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap());
    let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
}

#[test]
fn kill_9_at_any_moment_then_the_same_command_gives_the_same_table() {
    let text = config("{ from = 1, to = 6 }", "").replace("[workload.sleep]", "[workload.sleep]\nmillis = 2");
    let reference = Bench::new(&[("t.toml", &text)]);
    let start = Instant::now();
    reference.expect(0, &["run", "t.toml"]);
    let whole = start.elapsed();
    let facts = reference.facts("results/t");
    assert_eq!(facts.len(), 6 * (1 + 2 + 1));

    let mut runner = TestRunner::new(Config { cases: 50, max_shrink_iters: 0, ..Config::default() });
    let moments = (0.0_f64..1.0, any::<bool>());
    let killed = std::cell::Cell::new(0);
    runner
        .run(&moments, |(share, parent)| {
            let bench = Bench::new(&[("t.toml", &text)]);
            let mut run = bench.start(&["run", "t.toml"]);
            sleep(whole.mul_f64(share));
            if parent {
                killed.set(killed.get() + usize::from(run.try_wait().unwrap().is_none()));
                kill(run.id());
            } else {
                let victims = children(run.id());
                killed.set(killed.get() + usize::from(!victims.is_empty()));
                victims.into_iter().for_each(kill);
            }
            run.wait().unwrap();
            bench.expect(0, &["run", "t.toml"]);
            prop_assert_eq!(&bench.facts("results/t"), &facts);
            let left: Vec<_> = fs::read_dir(bench.path("results/t/points"))
                .unwrap()
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .filter(|name| !name.ends_with(".json"))
                .collect();
            prop_assert!(left.is_empty(), "left behind: {:?}", left);
            Ok(())
        })
        .unwrap();
    assert!(killed.get() >= 25, "only {} of 50 kills hit anything: the test tests nothing", killed.get());
}

#[test]
fn two_runs_on_one_folder_share_the_work() {
    let text = config("{ from = 1, to = 8 }", "").replace("[workload.sleep]", "[workload.sleep]\nmillis = 4");
    let bench = Bench::new(&[("t.toml", &text)]);
    let mut runs: Vec<_> = (0..2).map(|_| bench.start(&["run", "t.toml"])).collect();
    for run in &mut runs {
        assert!(run.wait().unwrap().success());
    }
    let rows = bench.table("results/t");
    assert_eq!(rows.len(), 8 * (1 + 2 + 1));
    let keys: BTreeSet<_> =
        rows.iter().map(|r| (&r["point_id"], &r["stage"], &r["rep"], &r["is_warmup"])).collect();
    assert_eq!(keys.len(), rows.len(), "no row twice");
    let runs: BTreeSet<_> = rows.iter().map(|r| &r["run_id"]).collect();
    assert_eq!(runs.len(), 1, "the second run found everything done");
}

#[test]
fn points_run_by_several_processes_at_once_are_measured_once() {
    let text =
        config("{ from = 1, to = 3 }", "").replace("[workload.sleep]", "[workload.sleep]\nmillis = 30");
    let bench = Bench::new(&[("t.toml", &text)]);
    let start = |index: &str| bench.start(&["point", "t.toml", "--index", index, "--out", "out"]);
    let mut all: Vec<_> = ["0", "0", "0", "1", "2", "1"].map(start).into();
    let codes: Vec<_> = all.iter_mut().map(|child| child.wait().unwrap().code().unwrap()).collect();
    assert!(codes.iter().all(|code| [0, 75].contains(code)), "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 3, "{codes:?}");
    assert_eq!(
        bench.expect(0, &["point", "t.toml", "--index", "0", "--out", "out"]).code,
        0,
        "done: nothing to do"
    );
    bench.expect(0, &["merge", "out"]);
    assert_eq!(bench.table("out").len(), 3 * (1 + 2 + 1));
}

#[test]
fn a_point_killed_outside_a_run_gets_its_row_from_merge() {
    let text = config("[1, 2]", "").replace("[workload.sleep]", "[workload.sleep]\nmillis = 60000");
    let bench = Bench::new(&[("t.toml", &text)]);
    fs::create_dir_all(bench.path("out")).unwrap();
    fs::write(bench.path("out/plan.json"), bench.expect(0, &["plan", "t.toml", "--json"]).out).unwrap();
    let mut point = bench.start(&["point", "--index", "1", "--out", "out"]);
    let claimed = || fs::read_dir(bench.path("out/points")).is_ok_and(|mut entries| entries.next().is_some());
    while !claimed() {
        sleep(Duration::from_millis(2));
    }
    sleep(Duration::from_millis(20));
    kill(point.id());
    point.wait().unwrap();
    let done = bench.expect(0, &["merge", "out"]);
    assert!(done.err.contains("1 point killed while running"), "{}", done.err);
    let rows = bench.table("out");
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0]["status"].as_str(), rows[0]["error_code"].as_str()), ("failed", "killed"));
    assert_eq!(rows[0]["size"], "2");
}

#[test]
fn a_point_that_touches_200_mib_shows_200_mib() {
    let text = "schema = 1\nname = \"t\"\n[workload.sleep]\nmode = \"touch\"\nmib = 200\n[params]\nsize = 1\n[measure]\nsamples = 1\n";
    let bench = Bench::new(&[("t.toml", text)]);
    bench.expect(0, &["run", "t.toml"]);
    let rows = bench.table("results/t");
    let bytes =
        |row: &std::collections::BTreeMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
    let row = rows.iter().find(|r| r["stage"] == "touch").unwrap();
    let grown = (bytes(row, "peak_rss_bytes") - bytes(row, "baseline_rss_bytes")) / f64::from(1 << 20);
    assert!((195.0..=205.0).contains(&grown), "{grown} MiB above the baseline");
    assert_eq!(row["touched_bytes"], (200_u64 << 20).to_string());
    let stage = (bytes(row, "stage_peak_rss_bytes") - bytes(row, "baseline_rss_bytes")) / f64::from(1 << 20);
    assert!((195.0..=205.0).contains(&stage), "{stage} MiB in its stage");
    let later = rows.iter().find(|r| r["stage"] == "sleep").unwrap();
    assert!(
        bytes(later, "stage_peak_rss_bytes") < bytes(row, "stage_peak_rss_bytes") - 190e6,
        "peaks are per stage"
    );
    assert_eq!(later["peak_rss_bytes"], row["peak_rss_bytes"], "the point's peak is on every row");
}

#[test]
fn the_memory_of_a_point_does_not_depend_on_its_parent() {
    // The parent of the point is this test process, grown by 600 MiB.
    let text = "schema = 1\nname = \"t\"\n[workload.sleep]\nmode = \"touch\"\nmib = 50\n[params]\nsize = 1\n[measure]\nsamples = 1\n";
    let bench = Bench::new(&[("t.toml", text)]);
    let held = vec![1_u8; 600 << 20];
    bench.expect(0, &["point", "t.toml", "--index", "0", "--out", "out"]);
    assert_eq!(std::hint::black_box(&held).len(), 600 << 20);
    bench.expect(0, &["merge", "out"]);
    let rows = bench.table("out");
    let bytes = |name: &str| rows[0][name].parse::<f64>().unwrap();
    let grown = (bytes("peak_rss_bytes") - bytes("baseline_rss_bytes")) / f64::from(1 << 20);
    assert!((45.0..=55.0).contains(&grown), "{grown} MiB above the baseline");
}

#[test]
fn ctrl_c_keeps_what_is_done_and_the_next_run_finishes() {
    let text =
        config("{ from = 1, to = 5 }", "").replace("[workload.sleep]", "[workload.sleep]\nmillis = 40");
    let bench = Bench::new(&[("t.toml", &text)]);
    let mut run = bench.start(&["run", "t.toml"]);
    while fs::read_dir(bench.path("results/t/points")).map_or(0, Iterator::count) < 2 {
        sleep(Duration::from_millis(5));
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(run.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert!(bench.path("results/t/results.csv").exists(), "what is done is merged");
    bench.expect(0, &["run", "t.toml"]);
    assert_eq!(bench.table("results/t").len(), 5 * (1 + 2 + 1));
}

#[test]
fn ctrl_c_also_ends_a_run_that_waits_for_another() {
    let text = config("[1]", "").replace("[workload.sleep]", "[workload.sleep]\nmillis = 3000");
    let bench = Bench::new(&[("t.toml", &text)]);
    let mut first = bench.start(&["run", "t.toml"]);
    while children(first.id()).is_empty() {
        sleep(Duration::from_millis(5));
    }
    let mut second = bench.start(&["run", "t.toml"]);
    sleep(Duration::from_millis(300));
    for run in [&mut second, &mut first] {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(run.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
        assert_eq!(run.wait().unwrap().code(), Some(130));
    }
}

#[test]
fn a_budget_leaves_the_rest_for_the_next_run() {
    let text =
        config("{ from = 1, to = 4 }", "").replace("[workload.sleep]", "[workload.sleep]\nmillis = 100");
    let bench = Bench::new(&[("t.toml", &text)]);
    let done = bench.expect(0, &["run", "t.toml", "--budget", "400ms"]);
    assert!(done.err.contains("beyond the budget"), "{}", done.err);
    let first = bench.table("results/t").len();
    assert!(first > 0 && first < 16, "{first} rows");
    bench.expect(0, &["run", "t.toml"]);
    assert_eq!(bench.table("results/t").len(), 16);
}

#[test]
fn points_over_the_memory_are_predicted_and_not_run() {
    let text = "schema = 1\nname = \"t\"\n[workload.sleep]\nmib = 900000\n[params]\nsize = 1\n";
    let bench = Bench::new(&[("t.toml", text)]);
    let done = bench.expect(0, &["run", "t.toml"]);
    assert!(done.err.contains("would need 900000 MiB"), "{}", done.err);
    assert!(bench.expect(0, &["run", "t.toml", "--dry-run"]).out.contains("oom_predicted"));
    assert!(bench.table("results/t").is_empty());
}

#[test]
fn cores_that_are_not_there_are_refused() {
    let bench = Bench::new(&[("t.toml", &config("[1]", ""))]);
    for more in [&[][..], &["--dry-run"], &["--jobs", "2"]] {
        let done = bench.expect(2, &[&["run", "t.toml", "--pin", "0,1000000"][..], more].concat());
        assert!(done.err.contains("--pin: found core 1000000, expected some of the cores"), "{}", done.err);
    }
    assert!(!bench.path("results").exists());
}

/// Where results cannot go is said before anything runs, with what helps.
#[test]
fn a_folder_that_cannot_be_made_is_refused() {
    let bench = Bench::new(&[("t.toml", &config("[1]", "")), ("taken", "a file"), ("full/.lock/file", "")]);
    for (folder, reason) in [
        ("taken", "a part of its path is a file"),
        ("taken/out", "a part of its path is a file"),
        ("full", "cannot use full"),
    ] {
        let done = bench.expect(1, &["run", "t.toml", "--out", folder]);
        let told = format!("cannot use {folder} as the sweep's folder: ");
        assert!(done.err.contains(&told) && done.err.contains(reason), "{}", done.err);
        assert!(done.err.contains("name another folder with `--out FOLDER`"), "{}", done.err);
    }
}

#[test]
fn jobs_share_the_cores_and_say_so() {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return;
    }
    let text = config("{ from = 1, to = 4 }", "");
    let bench = Bench::new(&[("t.toml", &text)]);
    bench.expect(0, &["run", "t.toml", "--jobs", "2"]);
    assert!(bench.table("results/t").iter().all(|r| r["isolated"] == "false"));
    let events = bench.expect(0, &["run", "t.toml", "--force", "--pin", "0", "--message-format", "json"]).out;
    let events: Vec<serde_json::Value> = events.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(events.len(), 1 + 2 * 4 + 1);
    assert_eq!(events[0]["event"], "run_started");
    assert_eq!(events.last().unwrap()["counts"]["ok"], 4);
    assert!(bench.table("results/t").iter().all(|r| r["isolated"] == "true"));
}

//! What is derived from results: tables, figures, comparisons, exports; and what the program says about itself.

use std::fs;

use crate::common::{Bench, read_csv};

const PLOTS: &str = "[plot.time]\nx = \"size\"\ny = \"wall_s\"\nseries = \"label\"\nwhere = \"stage == sleep\"\ny_axis = \"log10\"\n\
     title = \"time against size\"\n[plot.error]\nx = \"size\"\ny = \"err_abs\"\nseries = [\"label\"]\nwhere = \"stage == sleep\"\n\
     y_axis = \"log10\"\nx_axis = \"log2\"\n";

fn config(workload: &str, rest: &str) -> String {
    format!(
        "schema = 1\nname = \"t\"\n[workload.sleep]\n{workload}[grid]\nsize = [1, 2, 4]\nlabel = [\"a\", \"b\"]\n\
         [measure]\nsamples = 7\n{PLOTS}{rest}"
    )
}

/// The folder after running and reporting a configuration.
fn reported(text: &str) -> Bench {
    let bench = Bench::new(&[("t.toml", text)]);
    bench.expect(0, &["run", "t.toml"]);
    bench.expect(0, &["report", "results/t"]);
    bench
}

#[test]
fn a_report_has_medians_figures_and_one_self_contained_page() {
    let bench = reported(&config("millis = 1\n", ""));
    let summary = read_csv(&bench.path("results/t/summary.csv"));
    assert_eq!(summary.len(), 3 * 2 * 2, "one row per point, stage and operation");
    let nap = summary.iter().find(|r| r["op"] == "nap").unwrap();
    assert_eq!(nap["n_samples"], "7", "warm-up is not counted");
    let number = |name: &str| nap[name].parse::<f64>().unwrap();
    assert!(number("wall_s_median") >= 1e-3 && number("wall_s_median") < 0.5);
    assert!(number("wall_s_ci95_low") <= number("wall_s_median"));
    assert!(number("wall_s_median") <= number("wall_s_ci95_high"));
    let mean = summary.iter().find(|r| r["op"] == "mean").unwrap();
    assert_eq!((mean["stage"].as_str(), mean["wall_s_median"].as_str()), ("score", ""));
    assert!(mean["metric_value"].parse::<f64>().is_ok());

    let error = read_csv(&bench.path("results/t/plots/error.csv"));
    let drawn: Vec<_> =
        error.iter().map(|r| (r["series"].as_str(), r["x"].as_str(), r["y"].as_str())).collect();
    assert_eq!(
        drawn,
        [
            ("a", "1.0", "1e-9"),
            ("a", "2.0", "2e-9"),
            ("a", "4.0", "4e-9"),
            ("b", "1.0", "1e-9"),
            ("b", "2.0", "2e-9"),
            ("b", "4.0", "4e-9")
        ]
    );
    let svg = bench.read("results/t/plots/time.svg");
    for text in [
        "time against size",
        ">size: how many things",
        ">wall_s: wall time per operation<",
        ">a<",
        ">b<",
        " samples</title>",
    ] {
        assert!(svg.contains(text), "{text:?} is not in the figure");
    }
    assert!(fs::read(bench.path("results/t/plots/time.png")).unwrap().starts_with(b"\x89PNG"));
    let page = bench.read("results/t/report.html");
    assert_eq!(page.matches("<svg").count(), 2);
    assert!(page.contains("built with profile"), "a dev build is warned about");
    assert!(
        page.contains("[workload.sleep]") && page.contains("cpu_model"),
        "configuration and manifest are inside"
    );
    for loaded in ["src=", "href=\"http", "url(", "@import", "<iframe"] {
        assert!(!page.contains(loaded), "{loaded}: nothing is loaded from elsewhere");
    }
    assert!(page.contains("6 points were measured and every one of their 12 results passed its check"));
    // The report is a pure function of the files.
    bench.expect(0, &["report", "results/t"]);
    assert_eq!(bench.read("results/t/report.html"), page);
}

#[test]
fn wrong_results_are_never_drawn_as_speed_and_mixtures_are_refused() {
    let bench = reported(&config("mode = \"wrong\"\n", ""));
    let done = bench.expect(0, &["report", "results/t"]);
    assert!(done.err.contains("6 points are wrong"), "{}", done.err);
    assert!(done.err.contains("cannot draw figure `time`: no measured row"), "{}", done.err);
    assert!(!bench.path("results/t/plots/time.svg").exists());
    assert!(bench.path("results/t/plots/error.svg").exists(), "the error of a wrong result is worth seeing");

    let bench = reported(&config("", ""));
    let folder = bench.path("results/t/points");
    let path = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&path).unwrap().replace("\"isolated\":true", "\"isolated\":false");
    fs::write(&path, text).unwrap();
    fs::remove_dir_all(bench.path("results/t/plots")).unwrap();
    bench.expect(0, &["merge", "results/t"]);
    let done = bench.expect(0, &["report", "results/t"]);
    assert!(done.err.contains("figure `time` is not drawn"), "{}", done.err);
    assert!(
        !bench.path("results/t/plots/time.svg").exists() && bench.path("results/t/plots/error.svg").exists()
    );
    bench.expect(0, &["report", "results/t", "--allow-mixed"]);
    assert!(bench.path("results/t/plots/time.svg").exists());
}

#[test]
fn heat_maps_hatch_what_was_not_run_and_say_why() {
    let map = "[plot.map]\nkind = \"heatmap\"\nx = \"size\"\ny = \"label\"\nvalue = \"err_abs\"\nwhere = \"stage == sleep\"\n\
        value_axis = \"log10\"\n";
    let bench = reported(&config("max_size = 2\n", map));
    let cells: Vec<_> = read_csv(&bench.path("results/t/plots/map.csv"))
        .iter()
        .map(|cell| ["x", "y", "value", "not_run", "reason"].map(|column| cell[column].clone()).join("|"))
        .collect();
    assert_eq!(
        cells,
        [
            "1.0|a|1e-9||",
            "1.0|b|1e-9||",
            "2.0|a|2e-9||",
            "2.0|b|2e-9||",
            "4.0|a||too_large|size 4 is over max_size 2",
            "4.0|b||too_large|size 4 is over max_size 2"
        ]
    );
    let svg = bench.read("results/t/plots/map.svg");
    assert!(
        svg.contains("hatched, 2 cells: too_large. At size = 4, label = a: size 4 is over max_size 2"),
        "{svg}"
    );
    let done = bench.expect(0, &["report", "results/t"]);
    assert!(
        done.out.contains("label  size = 1  2     4\n  a      1e-9      2e-9  (too_large)\n"),
        "{}",
        done.out
    );
    assert!(bench.read("results/t/report.html").contains("2 of 6 combinations were not run."));
    // The same table gives the same drawing.
    assert_eq!(bench.read("results/t/plots/map.svg"), svg);
    let wrong = config("", &map.replace("value = \"err_abs\"\n", ""));
    bench.write("t.toml", &wrong);
    assert!(bench.expect(2, &["config", "check", "t.toml"]).err.contains("a plot needs `value`"));
}

#[test]
fn compromises_have_a_front() {
    let scatter = "[plot.front]\nkind = \"scatter\"\nx = \"wall_s\"\ny = \"err_abs\"\nseries = \"label\"\nlabels = \"size\"\n\
        where = \"stage == sleep\"\nx_axis = \"log10\"\n";
    let bench = reported(&config("millis = 1\n", scatter));
    let dots = read_csv(&bench.path("results/t/plots/front.csv"));
    assert_eq!(dots.len(), 6);
    let least = dots.iter().filter(|dot| dot["front"] == "true").map(|dot| dot["y"].as_str()).min();
    assert_eq!(least, Some("1e-9"), "nothing beats the smallest error");
    assert!(bench.read("results/t/plots/front.svg").contains(">dots on the front:<"));
}

/// Plots and claims over the invented error, which is a billionth of the size, and the metric, half the size.
const FURTHER: &str = "[plot.sides]\nkind = \"dots\"\nx = \"err_abs\"\nrows = [\"op\", \"size\"]\nseries = \"label\"\n\
    where = \"stage == sleep\"\nx_axis = \"log10\"\nquestion = \"Who is where?\"\n\
    [plot.twice]\nx = \"size\"\ny = [\"err_abs\", \"wall_s\"]\nseries = \"label\"\nwhere = \"stage == sleep\"\ny_axis = \"log10\"\n\
    [plot.times]\nkind = \"ratios\"\nx = \"err_abs\"\nrows = \"op\"\nversus = \"label\"\nbase = \"a\"\npool = \"size\"\n\
    where = \"stage == sleep and size != 1\"\nx_axis = \"log10\"\n\
    [verdict.small]\nclaim = \"errors are small\"\nvalue = \"err_abs\"\nwhere = \"stage == sleep\"\nat_most = 4e-9\n\
    [verdict.half]\nclaim = \"the mean is half the size\"\nvalue = \"metric_value\"\nagainst = \"size\"\nby = \"ratio\"\n\
    where = \"op == mean\"\nat_least = 0.5\nat_most = 0.5\n\
    [verdict.grows]\nclaim = \"four times the size, eight times the error\"\nvalue = \"err_abs\"\nwhere = \"stage == sleep and size == 4\"\n\
    against_where = \"stage == sleep and size == 1\"\nby = \"ratio\"\nat_least = 8\n\
    [verdict.absent]\nclaim = \"what was not measured is good\"\nvalue = \"err_abs\"\nwhere = \"size == 77\"\nat_most = 1\n";

#[test]
fn dots_ratios_and_several_columns_are_drawn_from_tables() {
    let bench = reported(&config("millis = 1\n", FURTHER));
    let sides = read_csv(&bench.path("results/t/plots/sides.csv"));
    let rows: Vec<_> =
        sides.iter().map(|d| (d["row"].as_str(), d["series"].as_str(), d["value"].as_str())).collect();
    assert_eq!(
        rows[..3],
        [("nap, size = 1", "a", "1e-9"), ("nap, size = 1", "b", "1e-9"), ("nap, size = 2", "a", "2e-9")]
    );
    let twice = read_csv(&bench.path("results/t/plots/twice.csv"));
    let mut curves: Vec<_> = twice.iter().map(|mark| mark["series"].as_str()).collect();
    curves.dedup();
    assert_eq!(curves, ["err_abs, a", "wall_s, a", "err_abs, b", "wall_s, b"]);
    let times = read_csv(&bench.path("results/t/plots/times.csv"));
    assert_eq!(times.len(), 1, "{times:?}");
    let cell = |name: &str| times[0][name].parse::<f64>().unwrap();
    assert_eq!((times[0]["row"].as_str(), times[0]["series"].as_str()), ("nap", "b"));
    assert_eq!((cell("value"), cell("n")), (1.0, 14.0), "seven samples of each of two rounds");
    assert!((cell("base") - 3e-9).abs() < 1e-15 && cell("low") <= 1.0 && cell("high") >= 1.0);
    let svg = bench.read("results/t/plots/times.svg");
    assert!(svg.contains(">line: as much as a<") && svg.contains(">sweep t · "), "{svg}");
    let page = bench.read("results/t/report.html");
    assert!(
        page.contains("<strong>Who is where?</strong>")
            && page.contains("err_abs is at most wall_s at each of 6 marks.")
    );

    for (from, to, why) in [
        ("rows = \"op\"\n", "", "a plot needs `rows`"),
        ("base = \"a\"\n", "", "a plot needs `base`"),
        ("y = [\"err_abs\", \"wall_s\"]", "y = [\"err_abs\", \"wal_s\"]", "did you mean `wall_s`?"),
        ("versus = \"label\"", "versus = \"label\"\ny = \"size\"", "unknown key `y`"),
        ("at_most = 4e-9\n", "", "a verdict needs `at_most`"),
        ("claim = \"errors are small\"\n", "", "a verdict needs `claim`"),
        ("value = \"err_abs\"\nwhere = \"size == 77\"", "value = \"err_ab\"", "did you mean `err_abs`?"),
        ("by = \"ratio\"\nat_least = 8", "by = \"rato\"\nat_least = 8", "did you mean `ratio`?"),
    ] {
        let wrong = FURTHER.replacen(from, to, 1);
        assert_ne!(wrong, FURTHER, "{from}");
        bench.write("t.toml", &config("", &wrong));
        let told = bench.expect(2, &["config", "check", "t.toml"]).err;
        assert!(told.contains(why), "{why} is not in\n{told}");
    }
    // A ratio of what was not measured on both sides, and one that would mix what differs, are refused with the reason.
    for (from, to, why) in [
        ("base = \"a\"", "base = \"c\"", "a comparison with c needs it and another one"),
        ("pool = \"size\"\n", "", "would mix several values of `point_id`"),
    ] {
        bench.write("t.toml", &config("millis = 1\n", &FURTHER.replacen(from, to, 1)));
        bench.expect(0, &["run", "t.toml"]);
        let told = bench.expect(0, &["report", "results/t"]).err;
        assert!(told.contains(why), "{why} is not in\n{told}");
    }
}

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
fn a_mark_that_would_mix_points_is_refused() {
    let bench =
        reported(&config("", "[plot.mixed]\nx = \"size\"\ny = \"wall_s\"\nwhere = \"stage == sleep\"\n"));
    let done = bench.expect(0, &["report", "results/t"]);
    assert!(done.err.contains("would mix several values of `point_id`"), "{}", done.err);
    assert!(done.err.contains("name what differs in `series`"), "{}", done.err);
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

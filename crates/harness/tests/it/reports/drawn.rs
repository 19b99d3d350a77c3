//! Figures and the page that holds them.

use std::fs;

use super::{FURTHER, config, reported};
use crate::common::read_csv;

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
        ("pool = \"size\"\n", "", "one mark (a at nap) would mix several values of `size`; name"),
    ] {
        bench.write("t.toml", &config("millis = 1\n", &FURTHER.replacen(from, to, 1)));
        bench.expect(0, &["run", "t.toml"]);
        let told = bench.expect(0, &["report", "results/t"]).err;
        assert!(told.contains(why), "{why} is not in\n{told}");
    }
}

#[test]
fn a_mark_that_would_mix_points_is_refused() {
    let bench =
        reported(&config("", "[plot.mixed]\nx = \"size\"\ny = \"wall_s\"\nwhere = \"stage == sleep\"\n"));
    let done = bench.expect(0, &["report", "results/t"]);
    assert!(done.err.contains("would mix several values of `label`; name"), "{}", done.err);
    assert!(done.err.contains("name what differs in `series`"), "{}", done.err);
}

#[test]
fn dots_take_rounds_together_only_where_they_are_told_to() {
    let plot = |pool: &str| {
        let dots = "[plot.rounds]\nkind = \"dots\"\nx = \"err_abs\"\nrows = [\"label\"]\nseries = \"op\"\n";
        config("", &format!("{dots}where = \"stage == sleep\"\nstatistic = \"mean\"\n{pool}"))
    };
    let refused = reported(&plot("")).expect(0, &["report", "results/t"]);
    assert!(refused.err.contains("would mix several values of `size`; name"), "{}", refused.err);
    let bench = reported(&plot("pool = \"size\"\n"));
    let done = bench.expect(0, &["report", "results/t"]);
    assert!(!done.err.contains("would mix"), "{}", done.err);
    // The mean over the three sizes, whose errors are 1, 2 and 4 times 1e-9.
    let drawn = read_csv(&bench.path("results/t/plots/rounds.csv"));
    assert_eq!(drawn.len(), 2, "one dot for each label");
    for row in &drawn {
        let mean: f64 = row["value"].parse().unwrap();
        assert!((mean - 7e-9 / 3.0).abs() < 1e-15, "{row:?}");
    }
}

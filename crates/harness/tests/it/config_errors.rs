//! Every mistake in a configuration: its message with file, line, arrow and remedy; exit code 2; nothing written.

use std::fmt::Write as _;

use crate::common::Bench;

/// Name of the case, configuration, further arguments.
type Case = (&'static str, &'static str, &'static [&'static str]);

const GOOD: &str = "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = [1, 2]\n";

const CASES: &[Case] = &[
    ("not TOML", "schema = 1\nname = \"t\n", &[]),
    ("no schema", "name = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n", &[]),
    ("another schema", "schema = 2\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n", &[]),
    ("no name", "schema = 1\n[workload.sleep]\n[params]\nsize = 1\n", &[]),
    ("a name that is no folder", "schema = 1\nname = \"a/b\"\n[workload.sleep]\n[params]\nsize = 1\n", &[]),
    ("a seed below zero", "schema = 1\nname = \"t\"\nseed = -1\n[workload.sleep]\n[params]\nsize = 1\n", &[]),
    (
        "unknown top-level key",
        "schema = 1\nname = \"t\"\nsede = 1\n[workload.sleep]\n[params]\nsize = 1\n",
        &[],
    ),
    ("unknown table", "schema = 1\nname = \"t\"\n[workload.sleep]\n[gird]\nsize = [1]\n", &[]),
    ("no workload", "schema = 1\nname = \"t\"\n[params]\nsize = 1\n", &[]),
    ("unknown workload", "schema = 1\nname = \"t\"\n[workload.slep]\n[params]\nsize = 1\n", &[]),
    ("two workloads", "schema = 1\nname = \"t\"\n[workload.sleep]\n[workload.other]\n", &[]),
    ("a workload that is no table", "schema = 1\nname = \"t\"\n[workload]\nsleep = 3\n", &[]),
    (
        "unknown workload key",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nmilis = 4\n[params]\nsize = 1\n",
        &[],
    ),
    (
        "unknown parameter",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\nlabl = \"x\"\n",
        &[],
    ),
    ("parameter in the wrong table", "schema = 1\nname = \"t\"\n[workload.sleep]\nsize = 1\n", &[]),
    (
        "own key in params",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\nmillis = 3\n",
        &[],
    ),
    ("missing parameter", "schema = 1\nname = \"t\"\n[workload.sleep]\n", &[]),
    ("wrong type", "schema = 1\nname = \"t\"\n[workload.sleep]\nmillis = \"5\"\n[params]\nsize = 1\n", &[]),
    ("out of range", "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 65\n", &[]),
    (
        "float out of range",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\nrate = 1.5\n",
        &[],
    ),
    ("not finite", "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\nrate = nan\n", &[]),
    ("a date", "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\nlabel = 2026-01-01\n", &[]),
    (
        "an integer over 64 bits",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 99999999999999999999\n",
        &[],
    ),
    (
        "not one of the words",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nmode = \"panik\"\n[params]\nsize = 1\n",
        &[],
    ),
    (
        "word or number",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\nauto_size = \"atuo\"\n",
        &[],
    ),
    (
        "a list where one is due",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nweights = 0.5\n[params]\nsize = 1\n",
        &[],
    ),
    (
        "a bad list element",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nweights = [0.5, 7]\n[params]\nsize = 1\n",
        &[],
    ),
    (
        "unknown key in a value table",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nshape = { degre = 1 }\n[params]\nsize = 1\n",
        &[],
    ),
    (
        "missing key in a value table",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nshape = { name = \"flat\" }\n[params]\nsize = 1\n",
        &[],
    ),
    (
        "table key and axis",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nshape = { degree = 1 }\n[params]\nsize = 9\n[grid]\n\"workload.sleep.shape.degree\" = [1, 2]\n",
        &[],
    ),
    (
        "parameter and axis",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[grid]\nsize = [1, 2]\n",
        &[],
    ),
    (
        "own key and axis",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nmillis = 1\n[params]\nsize = 1\n[grid]\n\"workload.sleep.millis\" = [1, 2]\n",
        &[],
    ),
    ("unknown axis", "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsise = [1, 2]\n", &[]),
    (
        "own key as a bare axis",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = [1]\nmillis = [1, 2]\n",
        &[],
    ),
    (
        "axis of another workload",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = [1]\n\"workload.other.k\" = [1, 2]\n",
        &[],
    ),
    ("scalar axis", "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = 3\n", &[]),
    ("empty axis", "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = []\n", &[]),
    ("repeated value", "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = [1, 2, 1]\n", &[]),
    ("wrong type in an axis", "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = [1, \"2\"]\n", &[]),
    (
        "unknown range key",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = { from = 1, until = 4 }\n",
        &[],
    ),
    (
        "range without an end",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = { from = 1 }\n",
        &[],
    ),
    (
        "backward range",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = { from = 4, to = 1 }\n",
        &[],
    ),
    (
        "range of words",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = { from = \"a\", to = 1 }\n",
        &[],
    ),
    (
        "endless range",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = { from = 0, to = 1e9 }\n",
        &[],
    ),
    (
        "zip of unequal lists",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[zip.z]\nsize = [1, 2]\nlabel = [\"a\"]\n",
        &[],
    ),
    ("empty zip", "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[zip.z]\n", &[]),
    (
        "zip that is no table",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[zip]\nlabel = [\"a\"]\n",
        &[],
    ),
    (
        "axis in grid and zip",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = [1, 2]\n[zip.z]\nsize = [1, 2]\n",
        &[],
    ),
    (
        "exclude of no axis",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nlabel = \"a\"\n[grid]\nsize = [1, 2]\n[[exclude]]\nlabel = \"a\"\n",
        &[],
    ),
    (
        "exclude of an unknown key",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = [1, 2]\n[[exclude]]\nsiz = 1\n",
        &[],
    ),
    (
        "empty exclude",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = [1, 2]\n[[exclude]]\n",
        &[],
    ),
    (
        "exclude as a table",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = [1, 2]\n[exclude]\nsize = 1\n",
        &[],
    ),
    (
        "everything excluded",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = [1, 2]\n[[exclude]]\nsize = [1, 2]\n",
        &[],
    ),
    (
        "grid that is no table",
        "schema = 1\nname = \"t\"\ngrid = 3\n[workload.sleep]\n[params]\nsize = 1\n",
        &[],
    ),
    (
        "too many points",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = { from = 1, to = 64 }\nrate = { from = 0.0, to = 1.0, step = 0.00002 }\n",
        &[],
    ),
    (
        "unknown measure key",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[measure]\nsample = 3\n",
        &[],
    ),
    (
        "no samples",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[measure]\nsamples = 0\n",
        &[],
    ),
    (
        "least over most seconds",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[measure]\nmin_seconds = 3\nmax_seconds = 2\n",
        &[],
    ),
    (
        "heap without a counter",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[measure]\nmemory = \"rss+heap\"\n",
        &[],
    ),
    (
        "unknown memory word",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[measure]\nmemory = \"rs\"\n",
        &[],
    ),
    (
        "limit of nothing",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[limits]\nseconds = 0\nmemory_mib = 0\n",
        &[],
    ),
    (
        "unknown security word",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[security]\non_insecure = \"permit\"\n",
        &[],
    ),
    (
        "insecure as an error",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nsafe_size = 2\n[grid]\nsize = [1, 2]\n[security]\non_insecure = \"error\"\n",
        &[],
    ),
    (
        "cross-field rule of the workload",
        "schema = 1\nname = \"t\"\n[workload.sleep]\nshape = { degree = 3 }\n[grid]\nsize = [2, 4]\n",
        &[],
    ),
    (
        "unknown plot",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[output]\nplots = [\"tims\"]\n[plot.time]\nx = \"size\"\ny = \"wall_s\"\n",
        &[],
    ),
    (
        "plot of unknown columns",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[plot.time]\nx = \"sise\"\ny = \"wall\"\nseries = [\"lable\"]\nwhere = \"stge == eval\"\n",
        &[],
    ),
    (
        "plot without an axis",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[plot.time]\nx = \"size\"\n",
        &[],
    ),
    (
        "plot with a bad condition",
        "schema = 1\nname = \"t\"\n[workload.sleep]\n[params]\nsize = 1\n[plot.time]\nx = \"size\"\ny = \"wall_s\"\nwhere = \"stage\"\n",
        &[],
    ),
    (
        "extends a missing file",
        "schema = 1\nname = \"t\"\nextends = \"presets/no.toml\"\n[workload.sleep]\n",
        &[],
    ),
    ("extends itself", "schema = 1\nname = \"t\"\nextends = \"t.toml\"\n[workload.sleep]\n", &[]),
    ("extends a number", "schema = 1\nname = \"t\"\nextends = 3\n[workload.sleep]\n", &[]),
    ("suite with a grid", "schema = 1\nname = \"t\"\nsuite = [\"good.toml\"]\n[grid]\nsize = [1]\n", &[]),
    ("suite of a missing file", "schema = 1\nname = \"t\"\nsuite = [\"no.toml\"]\n", &[]),
    ("suite in a suite", "schema = 1\nname = \"t\"\nsuite = [\"inner.toml\"]\n", &[]),
    ("--set without a value", GOOD, &["--set", "grid.size"]),
    ("--set of an unknown key", GOOD, &["--set", "params.sise=3"]),
    ("--set of a bare parameter", GOOD, &["--set", "size=3"]),
    ("--set of a wrong type", GOOD, &["--set", "grid.size=3,x"]),
    ("--set that is not TOML", GOOD, &["--set", "grid.size=[1,"]),
    (
        "--set that no member takes",
        "schema = 1\nname = \"t\"\nsuite = [\"good.toml\"]\n",
        &["--set", "workload.other.k=3"],
    ),
    ("--only that is no condition", GOOD, &["--only", "size"]),
    ("--only on an unknown name", GOOD, &["--only", "sise<3"]),
];

#[test]
fn every_mistake_has_a_place_and_a_remedy() {
    let mut text = String::new();
    for (name, config, extra) in CASES {
        let bench = Bench::new(&[
            ("t.toml", config),
            ("good.toml", GOOD),
            ("inner.toml", "schema = 1\nname = \"i\"\nsuite = [\"good.toml\"]\n"),
        ]);
        let done = bench.run(&[&["run", "t.toml"], *extra].concat());
        assert_eq!(done.code, 2, "{name}: {}", done.err);
        assert!(!bench.path("results").exists(), "{name} wrote results");
        if !name.starts_with("--only") {
            assert!(done.err.contains(" --> "), "{name} shows no place: {}", done.err);
            assert!(done.err.contains(" = help: "), "{name} has no remedy: {}", done.err);
        }
        let _ = writeln!(text, "=== {name}\n{}", done.err);
    }
    insta::assert_snapshot!("config_errors", text);
}

#[test]
fn a_missing_configuration_is_a_usage_error() {
    let done = Bench::new(&[]).expect(2, &["run", "absent.toml"]);
    assert!(done.err.contains("cannot read absent.toml"), "{}", done.err);
    assert_eq!(Bench::new(&[]).run(&["run", "--jobs", "0", "x.toml"]).code, 2);
    let bench = Bench::new(&[("t.toml", GOOD)]);
    let done = bench.expect(2, &["run", "t.toml", "--jobs", "4000"]);
    assert!(done.err.contains("4000 jobs on"), "{}", done.err);
    assert!(!bench.path("results").exists());
}

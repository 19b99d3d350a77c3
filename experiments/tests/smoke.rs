//! Every configuration is good, and every small one runs from end to end with the rows it should give.

#![expect(clippy::unwrap_used, reason = "a test")]

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

/// Not a sweep but a list of figures.
const FIGURE_LIST: &str = "figures.toml";

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
    assert!(number(row, "err_max_abs") <= number(row, "noise_bound") + 1e-13, "{row:?}");
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

#[test]
fn every_operation_runs_and_insecure_points_say_why() {
    let rows = rows("ops.toml");
    let counts = count(&rows);
    assert_eq!(counts.len(), 19, "{counts:?}");
    assert!(counts.values().all(|&count| count == 2 * 2 * 2), "rings x buffers x samples: {counts:?}");
    let refused: Vec<&Row> = rows.iter().filter(|row| word(row, "status") == "infeasible").collect();
    assert_eq!(refused.len(), 2);
    for row in refused {
        assert_eq!((word(row, "error_code"), number(row, "log_n")), ("insecure", 11.0));
        assert!(word(row, "error_message").contains("N = 4096 is the smallest ring degree"), "{row:?}");
    }
    assert!(
        measured(&rows).all(|row| number(row, "security_bits") >= 128.0 && !word(row, "kernel").is_empty())
    );
}

#[test]
fn a_chain_has_a_row_for_every_level() {
    let rows = rows("depth.toml");
    let steps: BTreeSet<(String, u64, u64)> = measured(&rows)
        .map(|row| {
            assert_measured(row);
            let whole = |column| number(row, column) as u64;
            (word(row, "factor").to_owned(), whole("multiplications"), whole("level"))
        })
        .collect();
    let expected =
        ["itself", "fresh"].into_iter().flat_map(|factor| (0..4).map(move |k| (factor.to_owned(), k, 3 - k)));
    assert_eq!(steps, expected.collect());
}

/// Every run is a row, and no two are alike, because each has its own keys.
#[test]
fn precision_has_a_row_for_every_run() {
    let rows = rows("precision.toml");
    for op in ["fresh", "product", "rotation", "depth"] {
        let found: Vec<&Row> = rows.iter().filter(|row| word(row, "op") == op).collect();
        let errors: BTreeSet<u64> = found.iter().map(|row| number(row, "err_max_abs").to_bits()).collect();
        assert_eq!((found.len(), errors.len()), (3, 3), "{op}");
        for row in found {
            assert_eq!(word(row, "status"), "ok", "{row:?}");
            assert!(number(row, "err_max_abs") <= number(row, "noise_bound"), "{row:?}");
            assert!((14.0..20.0).contains(&number(row, "bits_precision")), "{row:?}");
        }
    }
}

#[test]
fn refreshed_messages_are_the_same_and_the_ring_is_marked() {
    let rows = rows("bootstrap.toml");
    assert_eq!(count(&rows), BTreeMap::from([("refresh", 2)]));
    for row in measured(&rows) {
        assert_eq!((word(row, "preset"), number(row, "security_bits")), ("toy", 0.0));
        assert!(number(row, "bits_precision") > 15.0 && number(row, "levels_left") == 3.0, "{row:?}");
        assert!(number(row, "key_bytes") > 0.0);
    }
}

/// Each step halves what the refresh before was off, so the last error is no larger than twice the largest of the first.
#[test]
fn errors_do_not_grow_along_refreshes() {
    let rows = rows("bootstrap_chain.toml");
    let errors: BTreeMap<u64, f64> = measured(&rows)
        .inspect(|row| assert_measured(row))
        .map(|row| (number(row, "refreshed") as u64, number(row, "err_max_abs")))
        .collect();
    assert_eq!(errors.keys().copied().collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    let largest = |steps: std::ops::RangeInclusive<u64>| steps.map(|k| errors[&k]).fold(0.0, f64::max);
    assert!(largest(7..=12) <= 2.0 * largest(1..=6), "{errors:?}");
}

#[test]
fn moments_of_boston_are_right() {
    let rows = rows("boston_moments.toml");
    assert_eq!(count(&rows).into_keys().collect::<Vec<_>>(), ["encrypt_table", "means", "second_moments"]);
    let score = |name: &str| rows.iter().find(|row| word(row, "metric_name") == name).unwrap();
    // The means of the data set's own documentation.
    for (name, mean) in [("mean_CRIM", 3.61352), ("mean_RM", 6.28463), ("mean_MEDV", 22.53281)] {
        let row = score(name);
        assert!((number(row, "metric_exact") - mean).abs() < 1e-5, "{row:?}");
        assert!((number(row, "metric_encrypted") / mean - 1.0).abs() < 1e-5, "{row:?}");
    }
    assert_eq!(rows.iter().filter(|row| word(row, "stage") == "score").count(), 2 * 13);
    assert!(rows.iter().all(|row| number(row, "security_bits") >= 128.0));
}

#[test]
fn moments_of_a_users_file_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let table: String =
        (0..37).map(|i| format!("{},{},{}\n", i, 0.5 * f64::from(i % 5) - 1.0, 100 - i)).collect();
    std::fs::write(folder.path().join("mine.csv"), format!("first,second,goal\n{table}")).unwrap();
    let config = "schema = 1\nname = \"mine\"\nseed = 1\ndeterministic = true\n[workload.boston_moments]\n\
        dataset = \"./mine.csv\"\ntarget = \"goal\"\n[params]\nlog_n = 13\nlog_scale = 40\n[measure]\nsamples = 1\n";
    std::fs::write(folder.path().join("mine.toml"), config).unwrap();
    let output = sweep(folder.path(), &["run", "mine.toml", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let output = sweep(folder.path(), &["export", "out", "--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let lines = std::fs::read_to_string(folder.path().join("out/results.jsonl")).unwrap();
    let rows: Vec<Row> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (name, mean) in [("mean_first", 18.0), ("mean_second", -1.5 / 37.0), ("mean_goal", 82.0)] {
        let row = rows.iter().find(|row| word(row, "metric_name") == name).unwrap();
        assert!((number(row, "metric_exact") - mean).abs() < 1e-12, "{row:?}");
        assert!((number(row, "metric_clear") - mean).abs() < 1e-12, "{row:?}");
        assert!((number(row, "metric_encrypted") - mean).abs() < 1e-4, "{row:?}");
        assert!(word(row, "dataset_sha256").len() == 64 && number(row, "rows") == 37.0);
    }
    // No file, no target and a target that the file does not have are mistakes in the configuration: nothing is run.
    for (from, to, why) in [
        ("target = \"goal\"", "target = \"gaol\"", "gaol"),
        ("target = \"goal\"\n", "", "needs a target column"),
        ("./mine.csv", "./yours.csv", "yours.csv"),
        ("./mine.csv", "boston", "the target of boston is"),
    ] {
        std::fs::write(folder.path().join("bad.toml"), config.replace(from, to)).unwrap();
        let output = sweep(folder.path(), &["run", "bad.toml", "--out", "bad"]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains(why) && text(&output).contains("bad.toml:"), "{}", text(&output));
        assert!(!folder.path().join("bad").exists());
    }
}

#[test]
fn a_matrix_and_a_gradient_step_are_right() {
    let rows = rows("linear_algebra.toml");
    assert_eq!(count(&rows).into_keys().collect::<Vec<_>>(), ["gradient_step", "matrix_vector"]);
}

/// Learning and predicting under encryption gives the scores of the same circuit in f64, at 128 bits.
#[test]
fn models_score_under_encryption_as_in_the_clear() {
    let rows = rows("paper_table.toml");
    assert!(rows.iter().all(|row| word(row, "status") == "ok"), "{rows:?}");
    let secure = |row: &&Row| number(row, "security_bits") >= 128.0;
    assert!(rows.iter().all(|row| secure(&row) || number(row, "n") == 8.0));
    let points = |workload: &str| {
        let named = |row: &&Row| word(row, "workload") == workload && word(row, "op") == "rmse";
        let of = rows.iter().filter(secure).filter(named);
        of.inspect(|row| {
            let (clear, encrypted) = (number(row, "metric_clear"), number(row, "metric_encrypted"));
            assert!((encrypted / clear - 1.0).abs() < 1e-3, "{row:?}");
        })
        .count()
    };
    assert_eq!(["linreg", "knn", "mlp"].map(points), [1, 2, 4]);
    let verdicts: Vec<&Row> = rows.iter().filter(|row| !word(row, "verdict").is_empty()).collect();
    assert_eq!(verdicts.len(), 2 * 2, "two claims of linreg and mlp in the toy ring");
    for row in verdicts {
        let met = number(row, "found") < number(row, "claimed_below");
        assert_eq!(word(row, "verdict"), if met { "met" } else { "not met" }, "{row:?}");
    }
    for op in ["train", "predict", "distances"] {
        let row = rows.iter().find(|row| word(row, "op") == op).unwrap();
        assert!(number(row, "wall_s") > 0.0 && number(row, "err_max_abs") > 0.0, "{row:?}");
        assert!(!word(row, "reveals").is_empty(), "{row:?}");
    }
}

/// Raw rows, chosen features, products of features, tables of several ciphertexts, every solver.
#[test]
fn linear_regression_takes_rows_as_they_come() {
    for (name, points) in [("features.toml", 4), ("rows.toml", 4), ("speed.toml", 4)] {
        let rows = rows(name);
        assert!(rows.iter().all(|row| word(row, "status") == "ok"), "{name}: {rows:?}");
        let rmse: Vec<&Row> = rows.iter().filter(|row| word(row, "op") == "rmse").collect();
        assert_eq!(rmse.len(), points, "{name}");
        for row in rmse {
            let (clear, encrypted) = (number(row, "metric_clear"), number(row, "metric_encrypted"));
            assert!((encrypted / clear - 1.0).abs() < 1e-3, "{name}: {row:?}");
        }
    }
}

/// A config of one workload on a small file of the user's, with changes.
fn on_a_file(folder: &Path, workload: &str, more: &str) -> (Option<i32>, String) {
    let config = format!(
        "schema = 1\nname = \"mine\"\nseed = 1\ndeterministic = true\n[workload.{workload}]\n\
         dataset = \"./mine.csv\"\nsplit = \"./mine_split.csv\"\n{more}\n[params]\nlog_scale = 40\n\
         [measure]\nwarmup = 0\nsamples = 1\n"
    );
    std::fs::write(folder.join("mine.toml"), config).unwrap();
    let _ = std::fs::remove_dir_all(folder.join("out"));
    let output = sweep(folder, &["run", "mine.toml", "--out", "out"]);
    let table = std::fs::read_to_string(folder.join("out/results.csv")).unwrap_or_default();
    (output.status.code(), format!("{}{table}", text(&output)))
}

/// Writes a table of two features and a label with its split file.
fn write_table(folder: &Path, cell: impl Fn(usize) -> String) {
    let rows: String = (0..40).map(|i| format!("{},{},{}\n", cell(i), (i * i) % 11, (i / 3) % 2)).collect();
    std::fs::write(folder.join("mine.csv"), format!("first,second,goal\n{rows}")).unwrap();
    let side = |i: usize| if i % 4 == 3 { "test" } else { "train" };
    let split: String = (0..40).map(|i| format!("{i},{},{}\n", side(i), i % 5)).collect();
    std::fs::write(folder.join("mine_split.csv"), format!("row,set,fold5\n{split}")).unwrap();
}

/// What each model is asked to do on a file in the tests below.
const MODELS: [(&str, &str); 4] = [
    ("linreg", "degree = 7\nspectrum = [0.3, \"trace\"]"),
    ("linreg", "mode = \"aggregate_decrypt\""),
    ("knn", "k = 3\nsquarings = 2"),
    ("mlp", "hidden = 4\nsteps = 20"),
];

#[test]
fn every_model_takes_a_file_with_a_split() {
    let folder = tempfile::tempdir().unwrap();
    write_table(folder.path(), |i| format!("{}", i % 7));
    for (workload, more) in MODELS {
        let (code, output) = on_a_file(folder.path(), workload, more);
        assert_eq!(code, Some(0), "{workload}, {more}: {output}");
        assert!(output.contains("auc") && output.contains("accuracy"), "{workload}: {output}");
    }
}

/// One feature, nothing set: encrypted weights predict as least squares does.
#[test]
fn one_feature_needs_no_settings() {
    let folder = tempfile::tempdir().unwrap();
    write_table(folder.path(), |i| format!("{}", i % 7));
    let (code, output) = on_a_file(folder.path(), "linreg", "features = [\"second\"]");
    assert_eq!(code, Some(0), "{output}");
    let exported = sweep(folder.path(), &["export", "out", "--format", "jsonl", "--to", "-"]);
    let rows: Vec<Row> = String::from_utf8(exported.stdout)
        .unwrap()
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let rmse = rows.iter().find(|row| row.get("metric_name").is_some() && word(row, "op") == "rmse").unwrap();
    assert_eq!(number(rmse, "degree"), 15.0);
    let (exact, encrypted) = (number(rmse, "metric_exact"), number(rmse, "metric_encrypted"));
    assert!((encrypted / exact - 1.0).abs() < 1e-2, "{exact} {encrypted}");
    let (code, output) = on_a_file(folder.path(), "linreg", "features = [\"second\"]\ndegree = 63");
    assert!(code == Some(2) && output.contains("have room for 2 to 4"), "{output}");
}

/// What is wrong is said before keys are made: no point runs for longer than it takes to read the file.
#[test]
fn bad_input_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    write_table(folder.path(), |i| if i == 5 { "many".to_owned() } else { format!("{}", i % 7) });
    for (workload, more) in MODELS {
        let (code, output) = on_a_file(folder.path(), workload, more);
        assert!(
            code != Some(0) && output.contains("first") && output.contains("many"),
            "{workload}: {output}"
        );
    }
    let table = |i: usize| format!("{}", i % 7);
    write_table(folder.path(), table);
    let tanh =
        "hidden = 4\nsteps = 20\nactivation = { name = \"tanh\", degree = 3, interval = [-0.01, 0.01] }";
    let few_levels = "degree = 7\nspectrum = [0.3, \"trace\"]\n[grid]\ndepth = [2]";
    let narrow = "standardise = \"gram\"\nranges = [[\"first\", 0.0, 5.0], [\"second\", 0.0, 11.0], [\"goal\", 0.0, 1.0]]";
    let wide = narrow.replace("5.0", "5000.0");
    for (workload, more, why) in [
        ("knn", "mode = \"client_select\"\nk = 31", "31 neighbours of 30 training rows"),
        ("mlp", tanh, "the polynomial holds on [-0.01, 0.01]"),
        ("linreg", few_levels, "too_few_levels"),
        ("linreg", narrow, "first"),
        ("linreg", &wide, "inverse deviation of first"),
        ("linreg", "features = [\"third\"]", "third"),
        ("linreg", "degree = 8", "no polynomial of degree 8"),
    ] {
        let (code, output) = on_a_file(folder.path(), workload, more);
        assert!(output.contains(why), "{workload}, {more}: {code:?} {output}");
    }
    let (_, output) = on_a_file(folder.path(), "linreg", "polynomial = 2\nfeatures = [\"first\"]");
    assert!(!output.contains("there is room for"), "{output}");
    // One feature is twice another: no single solution, unless there is a penalty.
    write_table(folder.path(), |i| format!("{}", 2 * ((i * i) % 11)));
    let singular = "mode = \"aggregate_decrypt\"";
    assert!(on_a_file(folder.path(), "linreg", singular).1.contains("singular"));
    assert_eq!(on_a_file(folder.path(), "linreg", &format!("{singular}\nridge = 0.01")).0, Some(0));
}

/// More columns than there is room for: the number, the limit and the mode that would do.
#[test]
fn too_many_columns_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let set = ["--set", "workload.linreg.polynomial=2", "--out", "out"];
    let config = configs().join("quick/linreg.toml");
    let output = sweep(folder.path(), &[&["run", config.to_str().unwrap()], &set[..]].concat());
    let said = text(&output);
    assert!(said.contains("104 features, there is room for 30; take mode aggregate_decrypt"), "{said}");
}

/// Every iterate has a row that tells the error of the solver from that of the scheme.
#[test]
fn descent_goes_on_through_refreshes() {
    let rows = rows("refresh.toml");
    assert!(rows.iter().all(|row| word(row, "status") == "ok"), "{rows:?}");
    let iterates: Vec<&Row> = rows.iter().filter(|row| word(row, "op").starts_with("iterate")).collect();
    assert_eq!(iterates.len(), 2 * 12);
    for row in iterates {
        assert!(number(row, "refreshes") >= 2.0, "{row:?}");
        assert!(number(row, "weights_off_scheme") < 1e-3, "{row:?}");
        if number(row, "step") == 12.0 {
            assert!(number(row, "rmse_off").abs() < 1e-3, "{row:?}");
        }
    }
}

#[test]
fn more_digits_need_larger_keys() {
    let rows = rows("memory.toml");
    count(&rows);
    let keys: BTreeMap<u64, u64> =
        measured(&rows).map(|row| (number(row, "dnum") as u64, number(row, "key_bytes") as u64)).collect();
    assert!(keys[&1] < keys[&2], "{keys:?}");
    for row in measured(&rows) {
        let (heap, resident) = (number(row, "peak_heap_bytes"), number(row, "peak_rss_bytes"));
        assert!(number(row, "key_bytes") < heap && heap < resident, "{row:?}");
    }
}

#[test]
fn the_toy_ring_is_marked() {
    let rows = rows("paper_n8.toml");
    assert_eq!(count(&rows).len(), 19);
    assert!(rows.iter().all(|row| number(row, "security_bits") == 0.0 && number(row, "n") == 8.0));
}

#[test]
fn a_suite_is_one_table() {
    let rows = rows("quick.toml");
    let workloads: BTreeSet<&str> = rows.iter().map(|row| word(row, "workload")).collect();
    assert_eq!(workloads, ["boston_moments", "depth", "ops"].into());
    measured(&rows).for_each(assert_measured);
}

/// Columns come from the plan: figures can name those of workloads that have no point yet.
#[test]
fn an_unfinished_suite_has_its_report() {
    let folder = tempfile::tempdir().unwrap();
    let member = |name: &str, more: &str| {
        let text = format!(
            "schema = 1\nname = \"{name}\"\nseed = 1\ndeterministic = true\n[workload.{name}]\n{more}[params]\nlog_scale = 40\n"
        );
        std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    };
    member("linreg", "mode = \"plaintext\"\n");
    member("knn", "k = 3\n");
    let suite = "schema = 1\nname = \"both\"\nsuite = [\"linreg.toml\", \"knn.toml\"]\n[measure]\nsamples = 1\n\
        [plot.neighbours]\nx = \"k\"\ny = \"wall_s\"\n[plot.solving]\nx = \"features\"\ny = \"wall_s\"\nwhere = \"op == solve\"\n";
    std::fs::write(folder.path().join("both.toml"), suite).unwrap();
    let run = ["run", "both.toml", "--only", "sweep == linreg", "--out", "out"];
    for args in [&run[..], &["report", "out"], &["merge", "out"], &["report", "out"]] {
        let output = sweep(folder.path(), args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output));
        let told = text(&output).contains("figure `neighbours`: no measured row has k");
        assert_eq!(told, args[0] == "report", "{args:?}: {}", text(&output));
    }
    assert!(folder.path().join("out/plots/solving.svg").exists());
    assert!(folder.path().join("out/report.html").exists());
}

/// Every configuration, also those too long to run here, opens with a comment and is good.
#[test]
fn every_configuration_is_good() {
    let mut names = Vec::new();
    let folders =
        ["", "quick", "paper_n8", "knn", "mlp", "paper_table", "speed", "features", "peers", "smoke"];
    for folder in folders {
        for entry in std::fs::read_dir(configs().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            // The list of figures is no sweep.
            if path.extension().is_some_and(|extension| extension == "toml") && !path.ends_with(FIGURE_LIST) {
                names.push(path);
            }
        }
    }
    assert!(names.len() >= 12, "{names:?}");
    for path in names {
        let content = std::fs::read_to_string(&path).unwrap();
        assert!(
            content.starts_with("# ") && content.lines().any(|line| line.contains('?')),
            "{}",
            path.display()
        );
        let output = sweep(&configs(), &["config", "check", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}: {}", path.display(), text(&output));
    }
}

/// Each configuration that a reader would run has a small twin under `smoke/`.
#[test]
fn every_configuration_has_a_small_twin() {
    for entry in std::fs::read_dir(configs()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.ends_with(FIGURE_LIST) {
            let twin = configs().join("smoke").join(path.file_name().unwrap());
            assert!(twin.exists(), "{} is missing", twin.display());
        }
    }
}

/// The committed figures, and the gallery with its sentences, are what the committed tables give, byte for byte.
#[test]
fn committed_figures_are_redrawn_byte_for_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = sweep(&root, &["figures", "--check"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let figures = String::from_utf8(output.stdout).unwrap();
    assert!(
        figures.lines().count() >= 3 && figures.lines().all(|line| line.starts_with("the same")),
        "{figures}"
    );
    let committed = std::fs::read_dir(root.join("results/reference")).unwrap().flatten();
    let drawings: usize = committed
        .map(|entry| {
            std::fs::read_dir(entry.path().join("plots")).map_or(0, |plots| {
                plots.flatten().filter(|plot| plot.path().extension().is_some_and(|e| e == "svg")).count()
            })
        })
        .sum();
    let listed = std::fs::read_dir(root.join("results/reference/figures")).map_or(0, |list| {
        list.flatten().filter(|plot| plot.path().extension().is_some_and(|e| e == "svg")).count()
    });
    let checked = figures.lines().filter(|line| line.ends_with(".svg")).count();
    assert_eq!(checked, drawings + listed, "every committed drawing is checked");
}

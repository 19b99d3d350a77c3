//! Statistics and models on data sets, on files of the user's, and what is said of bad ones.

use std::path::Path;

use super::{Row, configs, count, number, rows, sweep, text, word};

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

/// A split that nobody made: how to ask for a random one.
#[test]
fn an_unknown_split_is_answered_with_the_seeded_one() {
    let config = configs().join("quick/linreg.toml");
    let set = ["--set", "workload.linreg.split=halves"];
    let output = sweep(&configs(), &[&["config", "check", config.to_str().unwrap()], &set[..]].concat());
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("write `split = { test = 0.2, seed = 7 }`"), "{}", text(&output));
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

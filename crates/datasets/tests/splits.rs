//! Splits: what is drawn, what a file may say, what is refused.

#![expect(clippy::expect_used, reason = "helpers of a test")]

use std::fs;

use datasets::{DatasetError, Place, Split, SplitSpec, find, load};
use serde::Deserialize;

/// The split of a file with this text.
fn from_file(text: &str) -> Result<Split, DatasetError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("s.csv");
    fs::write(&path, text).expect("room on the disk");
    Split::read(path)
}

/// What is wrong with this text, after the path.
fn refusal(text: &str) -> String {
    let message = from_file(text).expect_err("a bad file").to_string();
    message.rsplit_once("s.csv: ").map_or(message.clone(), |(_, rest)| rest.to_owned())
}

/// Drawn with a separate implementation of ChaCha20, the shuffle and the draw below a bound, in Python.
#[test]
fn a_seed_gives_the_same_rows_for_ever() {
    let test_rows = |n_rows, fraction, seed| {
        Split::seeded(n_rows, fraction, seed).expect("a good fraction").test().to_vec()
    };
    assert_eq!(test_rows(10, 0.2, 7), [3, 8]);
    assert_eq!(test_rows(20, 0.35, 42), [0, 1, 6, 7, 10, 15, 17]);
    let boston = test_rows(506, 0.2, 7);
    assert_eq!(boston.len(), 102);
    assert_eq!(boston[..8], [5, 6, 12, 21, 24, 26, 42, 53]);
    assert_eq!(boston[98..], [488, 493, 500, 501]);
    assert_eq!(boston.iter().sum::<usize>(), 27_725);
}

#[test]
fn the_share_is_rounded_up_but_not_by_a_rounding_error() {
    let n_test = |n_rows, fraction| Split::seeded(n_rows, fraction, 0).expect("a good fraction").test().len();
    assert_eq!(n_test(506, 0.2), 102);
    assert_eq!(n_test(100, 0.07), 7, "0.07 * 100 is 7.000000000000001 in f64");
    assert_eq!(n_test(10, 0.3), 3);
    assert_eq!(n_test(10, 0.01), 1);
    let message =
        |n_rows, fraction: f64| Split::seeded(n_rows, fraction, 0).expect_err("nothing to draw").to_string();
    for (fraction, shown) in [(0.0, "0"), (1.0, "1"), (-0.5, "-0.5"), (f64::NAN, "NaN")] {
        assert_eq!(
            message(10, fraction),
            format!(
                "test fraction of a split: found {shown}, expected a number between 0 and 1, both excluded"
            )
        );
    }
    assert_eq!(message(1, 0.5), "split: the train set of 1 rows is empty, expected at least one row");
    assert_eq!(message(0, 0.5), "split: the train set of 0 rows is empty, expected at least one row");
}

#[test]
fn a_partition_is_required() {
    let message = |train: &[usize], test: &[usize]| {
        Split::new("t", 4, train, test).expect_err("no partition").to_string()
    };
    assert_eq!(message(&[0, 4], &[1]), "split: train row 4 is out of range, expected a row below 4");
    assert_eq!(message(&[0], &[1, 9]), "split: test row 9 is out of range, expected a row below 4");
    assert_eq!(message(&[0, 1], &[1]), "split: row 1 is in train and again in test, expected each row once");
    assert_eq!(message(&[0, 0], &[1]), "split: row 0 is in train and again in train, expected each row once");
    assert_eq!(
        message(&[3], &[0]),
        "split: 2 of 4 rows are in neither set (the first is row 1), expected each row once"
    );
    assert_eq!(
        message(&[3, 2, 1, 0], &[]),
        "split: the test set of 4 rows is empty, expected at least one row"
    );
    assert_eq!(
        message(&[], &[3, 2, 1, 0]),
        "split: the train set of 4 rows is empty, expected at least one row"
    );
    let split = Split::new("mine", 4, &[3, 0], &[2, 1]).expect("a partition");
    assert_eq!((split.train(), split.test(), split.name()), (&[0, 3][..], &[1, 2][..], "mine"));
}

#[test]
fn a_file_may_list_its_rows_in_any_order() {
    let split = from_file("row,set\n2,train\n0,test\n1,train\n").expect("a good file");
    assert_eq!((split.train(), split.test(), split.n_folds()), (&[1, 2][..], &[0][..], 0));
    assert!(split.name().ends_with("s.csv"));
    let folded =
        from_file("row,set,fold3\n2,train,0\n0,test,2\n1,train,1\n3,train,2\n").expect("a good file");
    assert_eq!(folded.n_folds(), 3);
    let fold = folded.fold(2).expect("three folds");
    assert_eq!((fold.train(), fold.test()), (&[1, 2][..], &[0, 3][..]));
    assert!(fold.name().ends_with("s.csv, fold 2 of 3"));
    let error = folded.fold(3).expect_err("three folds").to_string();
    assert!(error.ends_with("s.csv\": found 3, expected a fold below 3"), "{error}");
    let empty = from_file("row,set,fold9\n0,train,0\n1,test,1\n").expect("a good file").fold(8);
    assert_eq!(
        empty.expect_err("no row is in fold 8").to_string(),
        "split: the test set of 2 rows is empty, expected at least one row"
    );
}

#[test]
fn a_bad_file_is_refused_with_line_and_column() {
    for (text, expected) in [
        ("rows,set\n", "header, column 1: found \"rows\", expected row"),
        ("row\n", "header, column 2: found nothing, expected set"),
        (
            "row,set,fold\n",
            "header, column 3: found \"fold\", expected foldK with the number of folds for K, such as fold5",
        ),
        (
            "row,set,fold1\n",
            "header, column 3: found \"fold1\", expected foldK with the number of folds for K, such as fold5",
        ),
        ("row,set,fold5,x\n", "header, column 4: found \"x\", expected no fourth column"),
        ("row,set\n0,train\n1\n", "line 3: found 1 fields, expected 2 as in the header"),
        (
            "row,set\n0,train\n2,test\n",
            "line 3, column 1 (row): found \"2\", expected a row below 2, as the file has 2 rows",
        ),
        (
            "row,set\n-1,train\n2,test\n",
            "line 2, column 1 (row): found \"-1\", expected a row below 2, as the file has 2 rows",
        ),
        (
            "row,set\n1,train\n1,test\n",
            "line 3, column 1 (row): found \"1\", expected a row that was not there before",
        ),
        ("row,set\n0,train\n1,valid\n", "line 3, column 2 (set): found \"valid\", expected train or test"),
        (
            "row,set,fold5\n0,train,5\n1,test,0\n",
            "line 2, column 3 (fold5): found \"5\", expected a fold below 5",
        ),
        ("row,set\n0,train\n1,train\n", "split: the test set of 2 rows is empty, expected at least one row"),
        ("row,set\n", "split: the train set of 0 rows is empty, expected at least one row"),
        ("", "found no data rows, expected at least one"),
    ] {
        assert_eq!(refusal(text), expected, "{text:?}");
    }
    let error = from_file("row,set\n\n0,train\n1,both\n").expect_err("both is no side");
    assert!(matches!(error, DatasetError::Parse { place: Place::Line(4), column: 2, .. }), "{error}");
    let error = Split::read("no/such/split.csv").expect_err("there is none").to_string();
    assert!(error.starts_with("cannot read no/such/split.csv: "), "{error}");
}

#[test]
fn a_split_for_other_data_is_refused() {
    let diabetes = load("diabetes").expect("its checksum is right");
    let split = find("boston").and_then(|entry| entry.split("boston")).expect("it is there");
    let size = "split: found a split of 506 rows, expected one of 442 rows as in the data";
    assert_eq!(split.apply(&diabetes).expect_err("other rows").to_string(), size);
}

/// A config with a split, as an experiment has it.
#[derive(Debug, PartialEq, Deserialize)]
struct Config {
    split: SplitSpec,
}

#[test]
fn a_config_can_say_which_split() {
    let parse = |text: &str| toml::from_str::<Config>(text).map(|config| config.split);
    assert_eq!(parse("split = \"boston_rs42\"").expect("a name"), SplitSpec::Named("boston_rs42".to_owned()));
    assert_eq!(parse("split = \"a/b.csv\"").expect("a path"), SplitSpec::File("a/b.csv".into()));
    assert_eq!(parse("split = \"b.csv.gz\"").expect("a path"), SplitSpec::File("b.csv.gz".into()));
    assert_eq!(
        parse("split = { test = 0.2, seed = 7 }").expect("a draw"),
        SplitSpec::Seeded { test: 0.2, seed: 7 }
    );
    let message = |text: &str| parse(text).expect_err("no split").message().to_owned();
    assert_eq!(
        message("split = { test = 0.2, sead = 7 }"),
        "unknown field `sead`, expected `test` or `seed`"
    );
    assert_eq!(message("split = { test = 0.2 }"), "missing field `seed`");
    assert_eq!(
        message("split = 3"),
        "invalid type: integer `3`, expected the name of a split, the path of a split file (.csv or .csv.gz), or \
         { test = 0.2, seed = 7 }"
    );
}

#[test]
fn a_choice_is_resolved_against_the_data() {
    let boston = find("boston").expect("it is registered");
    let named = SplitSpec::from("boston_rs42").resolve(Some(boston), 506).expect("its own split");
    assert_eq!((named.name(), named.test().len()), ("boston_rs42", 102));
    let drawn = SplitSpec::Seeded { test: 0.5, seed: 1 };
    let split = drawn.resolve(None, 10).expect("a good fraction");
    assert_eq!((split.name(), split.n_rows()), ("test = 0.5, seed = 1", 10));
    let message =
        |spec: &SplitSpec, n_rows| spec.resolve(None, n_rows).expect_err("it does not fit").to_string();
    assert_eq!(message(&"boston".into(), 506), "unknown split \"boston\" (known: none)");
    assert!(message(&"absent.csv".into(), 506).starts_with("cannot read absent.csv: "));
    assert_eq!(
        SplitSpec::from("boston").resolve(Some(boston), 400).expect_err("400 rows").to_string(),
        "split: found a split of 506 rows, expected one of 400 rows as in the data"
    );
}

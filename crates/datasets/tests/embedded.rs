//! The sets that come with the crate: counts, means, checksums, names. The means were computed apart from this crate, from
//! the CSV files with Python's exactly rounded `math.fsum`.

use datasets::{Task, entries, find, load, load_split};

/// Name, task, rows, features, mean of the first feature, of the last feature, of the target.
const KNOWN: [(&str, Task, usize, usize, [f64; 3]); 4] = [
    (
        "boston",
        Task::Regression,
        506,
        13,
        [3.613_523_557_312_253, 12.653_063_241_106_72, 22.532_806_324_110_673],
    ),
    (
        "boston_without_b",
        Task::Regression,
        506,
        12,
        [3.613_523_557_312_253, 12.653_063_241_106_72, 22.532_806_324_110_673],
    ),
    (
        "diabetes",
        Task::Regression,
        442,
        10,
        [48.518_099_547_511_31, 91.260_180_995_475_11, 152.133_484_162_895_94],
    ),
    (
        "breast_cancer",
        Task::BinaryClassification,
        569,
        30,
        [14.127_291_739_894_552, 0.083_945_817_223_198_59, 0.627_416_520_210_896_3],
    ),
];

/// The means of all columns of Boston, in the order of the file.
const BOSTON_MEANS: [(&str, f64); 13] = [
    ("CRIM", 3.613_523_557_312_253),
    ("ZN", 11.363_636_363_636_363),
    ("INDUS", 11.136_778_656_126_483),
    ("CHAS", 0.069_169_960_474_308_3),
    ("NOX", 0.554_695_059_288_537_6),
    ("RM", 6.284_634_387_351_779),
    ("AGE", 68.574_901_185_770_76),
    ("DIS", 3.795_042_687_747_036),
    ("RAD", 9.549_407_114_624_506),
    ("TAX", 408.237_154_150_197_6),
    ("PTRATIO", 18.455_533_596_837_945),
    ("B", 356.674_031_620_553_36),
    ("LSTAT", 12.653_063_241_106_72),
];

/// The error of adding n numbers one after the other is at most n roundings, relative to the sum of their sizes.
fn assert_mean(values: impl ExactSizeIterator<Item = f64>, expected: f64, what: &str) {
    let n = values.len() as f64;
    let (sum, sizes) = values.fold((0.0, 0.0), |(sum, sizes), value| (sum + value, sizes + value.abs()));
    let bound = f64::EPSILON * sizes;
    assert!(
        (sum / n - expected).abs() <= bound,
        "{what}: {} and {expected} differ by more than {bound}",
        sum / n
    );
}

#[test]
fn counts_and_means_are_the_published_ones() {
    assert_eq!(entries().iter().map(datasets::Entry::name).collect::<Vec<_>>(), KNOWN.map(|known| known.0));
    for (name, task, n_rows, n_features, [first, last, target]) in KNOWN {
        let entry = find(name).expect("it is registered");
        let dataset = entry.load().expect("its checksum is right");
        assert_eq!((entry.task(), entry.n_rows(), entry.target()), (task, n_rows, dataset.target_name()));
        assert_eq!((dataset.n_rows(), dataset.n_features()), (n_rows, n_features), "{name}");
        assert_mean(dataset.features().column(0), first, name);
        assert_mean(dataset.features().column(n_features - 1), last, name);
        assert_mean(dataset.targets().iter().copied(), target, name);
    }
}

#[test]
fn every_column_of_boston_has_its_name_and_mean() {
    let boston = load("boston").expect("its checksum is right");
    for (column, (name, mean)) in BOSTON_MEANS.into_iter().enumerate() {
        assert_eq!(boston.feature_names()[column], name);
        assert_mean(boston.features().column(column), mean, name);
    }
    // The cell that the copy in another crate has wrong.
    assert_eq!(boston.features().row(505)[12], 7.88);
    assert_eq!(boston.targets().iter().filter(|value| **value == 50.0).count(), 16);
}

#[test]
fn boston_without_b_is_boston_without_b() {
    let without = load("boston_without_b").expect("its checksum is right");
    let boston = load("boston").expect("its checksum is right");
    assert!(!without.feature_names().contains(&"B".to_owned()));
    assert_eq!(without.features(), boston.without_feature("B").expect("it has B").features());
    assert_eq!(without.targets(), boston.targets());
    assert_eq!(without.provenance().steps, ["column B left out"]);
    assert!(boston.provenance().note.contains("race"));
}

#[test]
fn classes_are_zero_and_one() {
    let cancer = load("breast_cancer").expect("its checksum is right");
    let benign = cancer.targets().iter().filter(|label| **label == 1.0).count();
    let malignant = cancer.targets().iter().filter(|label| **label == 0.0).count();
    assert_eq!((benign, malignant), (357, 212));
}

#[test]
fn named_splits_have_their_sizes() {
    let sizes = [
        ("boston", "boston", 404, 102),
        ("boston", "boston_rs42", 404, 102),
        ("boston_without_b", "boston", 404, 102),
        ("boston_without_b", "boston_rs42", 404, 102),
        ("diabetes", "diabetes", 353, 89),
        ("breast_cancer", "breast_cancer", 455, 114),
    ];
    for (name, split, train, test) in sizes {
        let sides = load_split(name, &split.into()).expect("the split is there");
        assert_eq!((sides.train.n_rows(), sides.test.n_rows()), (train, test), "{name} by {split}");
        assert_eq!(sides.test.provenance().steps.last(), Some(&format!("test rows of the split {split}")));
    }
    for entry in entries() {
        let first = entry.split_names().next().expect("each set has a split");
        let split = entry.split(first).expect("its checksum is right");
        assert_eq!((split.n_rows(), split.n_folds()), (entry.n_rows(), 5));
        let mut seen = vec![0; entry.n_rows()];
        for fold in 0..5 {
            let fold = split.fold(fold).expect("five folds");
            assert!(fold.test().len().abs_diff(entry.n_rows() / 5) <= 1);
            fold.test().iter().for_each(|&row| seen[row] += 1);
        }
        assert!(seen.iter().all(|times| *times == 1), "each row is in one fold");
    }
}

#[test]
fn each_set_says_where_it_is_from() {
    for entry in entries() {
        let dataset = entry.load().expect("its checksum is right");
        let provenance = dataset.provenance();
        assert_eq!(provenance.name, entry.name());
        assert_eq!(provenance.sha256.as_deref(), Some(entry.sha256()));
        assert_eq!(
            (provenance.source.as_str(), provenance.licence.as_str()),
            (entry.source(), entry.licence())
        );
        assert!(!entry.source().is_empty() && !entry.licence().is_empty() && !entry.summary().is_empty());
        assert_eq!(provenance.note, entry.note());
    }
}

#[test]
fn unknown_names_list_the_known_ones() {
    let all = "(known: boston, boston_without_b, diabetes, breast_cancer)";
    assert_eq!(
        load("bostn").expect_err("misspelt").to_string(),
        format!("unknown data set \"bostn\", did you mean \"boston\"? {all}")
    );
    assert_eq!(load("iris").expect_err("not there").to_string(), format!("unknown data set \"iris\" {all}"));
    assert_eq!(
        load_split("diabetes", &"boston".into()).expect_err("another set's split").to_string(),
        "unknown split \"boston\" (known: diabetes)"
    );
    assert_eq!(
        load_split("boston", &"boston_rs24".into()).expect_err("misspelt").to_string(),
        "unknown split \"boston_rs24\", did you mean \"boston_rs42\"? (known: boston, boston_rs42)"
    );
}

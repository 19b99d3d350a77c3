//! Boston Housing, with and without the column that encodes race.

use crate::registry::{EmbeddedFile, EmbeddedSplit, Entry, Task};

const SOURCE: &str = "Harrison and Rubinfeld, Hedonic prices and the demand for clean air, J. Environ. Economics & \
    Management 5 (1978) 81-102; StatLib (lib.stat.cmu.edu/datasets/boston), by way of scikit-learn 1.1.3";
const LICENCE: &str = "StatLib states no licence; distributed under BSD-3-Clause by scikit-learn";

const FILE: EmbeddedFile = EmbeddedFile {
    name: "boston.csv",
    bytes: include_bytes!("../../data/boston.csv"),
    sha256: "79ac716620024011b03c0c44d2bf99069b8173649181926d9109c25475a3804c",
};

const SPLITS: &[EmbeddedSplit] = &[
    // Found by a search over random seeds for a split on which OLS and 7-nearest-neighbours give the figures of
    // arXiv 2604.23245; good for comparing with that paper, not for claims about models.
    EmbeddedSplit {
        name: "boston",
        file: EmbeddedFile {
            name: "boston_split.csv",
            bytes: include_bytes!("../../data/boston_split.csv"),
            sha256: "ef41c0e2a766c6ff42a72f12cbf553d9a502cc276f928535fb211b53b6f48480",
        },
    },
    // scikit-learn's train_test_split(test_size=0.2, random_state=42), the one most tutorials use.
    EmbeddedSplit {
        name: "boston_rs42",
        file: EmbeddedFile {
            name: "boston_rs42_split.csv",
            bytes: include_bytes!("../../data/boston_rs42_split.csv"),
            sha256: "c41b71ac1259470c0cebe0dbec20892a303e70c124342f7ddb4119a0e5194056",
        },
    },
];

/// The set as published, column B included.
pub(crate) const BOSTON: Entry = Entry {
    name: "boston",
    summary: "506 census tracts of the Boston area in 1970, 13 features; the target is the median home value in $1000, \
        capped at 50 in 16 rows",
    task: Task::Regression,
    n_rows: 506,
    target: "MEDV",
    source: SOURCE,
    licence: LICENCE,
    note: "Column B encodes race, on an assumption about prices and segregation that nothing supports. Use it only to \
        compare with published figures; boston_without_b is the set to prefer.",
    file: FILE,
    left_out: &[],
    splits: SPLITS,
};

/// The set without column B; the same rows, file and splits.
pub(crate) const BOSTON_WITHOUT_B: Entry = Entry {
    name: "boston_without_b",
    summary: "boston without column B: 12 features",
    note: "LSTAT, the share of people of \"lower status\", is still there: figures about neighbourhoods of 1970, from which \
        nothing may be concluded about people.",
    left_out: &["B"],
    ..BOSTON
};

//! Diabetes progression.

use crate::registry::{EmbeddedFile, EmbeddedSplit, Entry, Task};

/// The set with its features in their own units, not the centred version of some libraries.
pub(crate) const DIABETES: Entry = Entry {
    name: "diabetes",
    summary: "442 patients, 10 measurements in their own units; the target is disease progression after one year",
    task: Task::Regression,
    n_rows: 442,
    target: "target",
    source: "Efron, Hastie, Johnstone and Tibshirani, Least angle regression, Annals of Statistics 32 (2004) 407-499; by \
        way of scikit-learn 1.1.3 (the unscaled file)",
    licence: "distributed under BSD-3-Clause by scikit-learn",
    note: "",
    file: EmbeddedFile {
        name: "diabetes.csv",
        bytes: include_bytes!("../../data/diabetes.csv"),
        sha256: "426680d9951496ddf9f014ef7b7db03463a026a5d5a6a04bf3afa2f890799172",
    },
    left_out: &[],
    splits: &[EmbeddedSplit {
        name: "diabetes",
        file: EmbeddedFile {
            name: "diabetes_split.csv",
            bytes: include_bytes!("../../data/diabetes_split.csv"),
            sha256: "c8b7c17604760b27a53bf648c4a5688897a640b44ff96cd56d3ec419dc047a0a",
        },
    }],
};

//! Breast Cancer Wisconsin (Diagnostic).

use crate::registry::{EmbeddedFile, EmbeddedSplit, Entry, Task};

/// The set with target 1 for benign and 0 for malignant.
pub(crate) const BREAST_CANCER: Entry = Entry {
    name: "breast_cancer",
    summary: "569 tumours, 30 measurements of cell nuclei; the target is 1 for benign and 0 for malignant",
    task: Task::BinaryClassification,
    n_rows: 569,
    target: "benign",
    source: "Wolberg, Mangasarian, Street and Street, Breast Cancer Wisconsin (Diagnostic), UCI Machine Learning \
        Repository (1995); by way of scikit-learn 1.1.3",
    licence: "CC BY 4.0 (UCI); distributed under BSD-3-Clause by scikit-learn",
    note: "",
    file: EmbeddedFile {
        name: "breast_cancer.csv",
        bytes: include_bytes!("../../data/breast_cancer.csv"),
        sha256: "841ebc1d5d5822e02a772a093458239ec3704685cdb3dc7f9f74c537ce0c6a33",
    },
    left_out: &[],
    splits: &[EmbeddedSplit {
        name: "breast_cancer",
        file: EmbeddedFile {
            name: "breast_cancer_split.csv",
            bytes: include_bytes!("../../data/breast_cancer_split.csv"),
            sha256: "3557da2a4410f04c278e626c5854932912cc42edf924163c9ceb7b7910de1638",
        },
    }],
};

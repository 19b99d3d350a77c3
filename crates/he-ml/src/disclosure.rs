//! What a result tells whoever decrypts it.

use std::fmt;

/// What the owner of the secret key learns by decrypting a result, beyond the predictions that were asked for. The
/// computing party sees ciphertexts only, whatever this says.
///
/// Part of every result, so that a record cannot leave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Disclosure {
    /// The predictions and nothing else.
    Predictions,
    /// For each query the sum of kernel weights, next to the weighted sum of targets: how densely training rows lie
    /// around the query, and no row.
    WeightSums,
    /// For each query its squared distance to every training row. Whoever knows p + 1 queries in general position
    /// solves a linear system for each training row of p features (trilateration): **all training rows are revealed**.
    Distances,
    /// Sums of products of columns (the Gram matrix) over all rows. Two that differ by one row reveal that row; sums
    /// over few rows reveal much about them.
    Moments,
}

impl Disclosure {
    /// One word, as in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Predictions => "predictions",
            Self::WeightSums => "weight_sums",
            Self::Distances => "distances",
            Self::Moments => "moments",
        }
    }
}

/// What is learnt by whom, in one line.
impl fmt::Display for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Predictions => "the key owner learns the predictions and nothing else",
            Self::WeightSums => {
                "the key owner learns, for each query, the prediction and the sum of kernel weights around it"
            }
            Self::Distances => {
                "the key owner learns the distance of each query to every training row: one query more than there are \
                 features, and all training rows are known"
            }
            Self::Moments => {
                "the key owner learns the sums of products of columns: two that differ by one row reveal that row"
            }
        })
    }
}

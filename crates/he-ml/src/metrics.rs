//! How good predictions are: plain functions of plain numbers.

use crate::error::MlError;

/// The four figures of a regression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegressionMetrics {
    /// Mean absolute error, in the unit of the target.
    pub mae: f64,
    /// Mean squared error, in the squared unit of the target.
    pub mse: f64,
    /// Root of the mean squared error, in the unit of the target.
    pub rmse: f64,
    /// 1 - SSE/SST: 1 for perfect predictions, 0 for those no better than the mean of `expected`.
    pub r2: f64,
}

impl RegressionMetrics {
    /// Compares predictions with targets.
    ///
    /// `r2` is not a number when all targets are equal.
    ///
    /// # Errors
    /// [`MlError::Shape`] for slices that are empty or of different lengths, [`MlError::NonFinite`].
    pub fn new(expected: &[f64], predicted: &[f64]) -> Result<Self, MlError> {
        check(expected, predicted)?;
        let n = expected.len() as f64;
        let mean = expected.iter().sum::<f64>() / n;
        let errors = || expected.iter().zip(predicted).map(|(y, p)| y - p);
        let sse: f64 = errors().map(|e| e * e).sum();
        let sst: f64 = expected.iter().map(|y| (y - mean) * (y - mean)).sum();
        let mae = errors().map(f64::abs).sum::<f64>() / n;
        let r2 = if sst > 0.0 { 1.0 - sse / sst } else { f64::NAN };
        Ok(Self { mae, mse: sse / n, rmse: (sse / n).sqrt(), r2 })
    }
}

/// The share of predictions on the right side of `threshold`: a label is one of 0 and 1, and a score of at least
/// `threshold` says 1.
///
/// # Errors
/// [`MlError::Shape`] for slices that are empty or of different lengths, or a label that is neither 0 nor 1;
/// [`MlError::NonFinite`].
pub fn accuracy(labels: &[f64], scores: &[f64], threshold: f64) -> Result<f64, MlError> {
    check(labels, scores)?;
    check_labels(labels)?;
    let right = labels.iter().zip(scores).filter(|(label, score)| (**score >= threshold) == (**label == 1.0));
    Ok(right.count() as f64 / labels.len() as f64)
}

/// Area under the receiver operating characteristic: the share of pairs of a 1 and a 0 in which the 1 has the higher
/// score, equal scores counted half. Computed by ranks (Mann and Whitney, Ann. Math. Stat. 18 (1947) 50-60).
///
/// # Errors
/// As [`accuracy`], and [`MlError::Shape`] when one of the two labels does not occur.
pub fn auc(labels: &[f64], scores: &[f64]) -> Result<f64, MlError> {
    check(labels, scores)?;
    check_labels(labels)?;
    let positives = labels.iter().filter(|&&label| label == 1.0).count();
    let negatives = labels.len() - positives;
    if positives == 0 || negatives == 0 {
        return Err(MlError::Shape {
            what: "labels",
            found: format!("{positives} ones and {negatives} zeros"),
            expected: "at least one of each".to_owned(),
        });
    }
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&i, &j| scores[i].total_cmp(&scores[j]));
    let mut rank_sum = 0.0;
    let mut start = 0;
    for tied in order.chunk_by(|&i, &j| scores[i] == scores[j]) {
        // Ranks count from 1; tied scores share the mean of theirs.
        let rank = start as f64 + (tied.len() + 1) as f64 / 2.0;
        rank_sum += rank * tied.iter().filter(|&&i| labels[i] == 1.0).count() as f64;
        start += tied.len();
    }
    let (positives, negatives) = (positives as f64, negatives as f64);
    Ok((rank_sum - positives * (positives + 1.0) / 2.0) / (positives * negatives))
}

fn check(expected: &[f64], found: &[f64]) -> Result<(), MlError> {
    MlError::check_size("number of predictions", found.len(), expected.len())?;
    if expected.is_empty() {
        return Err(MlError::Shape {
            what: "number of predictions",
            found: "0".to_owned(),
            expected: "at least 1".to_owned(),
        });
    }
    MlError::check_finite("expected values", expected)?;
    MlError::check_finite("predictions", found)
}

fn check_labels(labels: &[f64]) -> Result<(), MlError> {
    match labels.iter().find(|&&label| label != 0.0 && label != 1.0) {
        None => Ok(()),
        Some(label) => {
            Err(MlError::Shape { what: "label", found: label.to_string(), expected: "0 or 1".to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regression_by_hand() {
        let metrics =
            RegressionMetrics::new(&[1.0, 2.0, 3.0, 6.0], &[2.0, 2.0, 1.0, 6.0]).expect("same length");
        assert_eq!(
            metrics,
            RegressionMetrics { mae: 0.75, mse: 1.25, rmse: 1.25_f64.sqrt(), r2: 1.0 - 5.0 / 14.0 }
        );
        assert!(RegressionMetrics::new(&[2.0, 2.0], &[1.0, 2.0]).expect("same length").r2.is_nan());
    }

    #[test]
    fn the_mean_has_r2_zero() {
        let metrics = RegressionMetrics::new(&[1.0, 2.0, 6.0], &[3.0; 3]).expect("same length");
        assert_eq!(metrics.r2, 0.0);
    }

    #[test]
    fn accuracy_counts_the_threshold_as_one() {
        let accuracy = accuracy(&[1.0, 0.0, 1.0, 0.0], &[0.5, 0.49, 0.4, 0.9], 0.5).expect("same length");
        assert_eq!(accuracy, 0.5);
    }

    /// The definition: all pairs.
    fn auc_by_pairs(labels: &[f64], scores: &[f64]) -> f64 {
        let with = |wanted: f64| {
            let chosen = labels.iter().zip(scores).filter(move |(label, _)| **label == wanted);
            chosen.map(|(_, score)| *score)
        };
        let (mut won, mut pairs) = (0.0, 0.0);
        for (one, zero) in with(1.0).flat_map(|one| with(0.0).map(move |zero| (one, zero))) {
            pairs += 1.0;
            won += if one > zero { 1.0 } else { f64::from(u8::from(one == zero)) / 2.0 };
        }
        won / pairs
    }

    #[test]
    fn auc_is_the_share_of_ordered_pairs() {
        // A fixed sequence with many ties.
        let labels: Vec<f64> = (0..97_u32).map(|i| f64::from((i * i + i / 3) % 5 < 2)).collect();
        let scores: Vec<f64> = (0..97_u32).map(|i| f64::from((i * 31 + 7) % 11) * 0.1).collect();
        let found = auc(&labels, &scores).expect("both labels occur");
        assert!((found - auc_by_pairs(&labels, &scores)).abs() < 1e-12, "{found}");
        assert_eq!(auc(&[0.0, 1.0], &[0.1, 0.2]).expect("both"), 1.0);
        assert_eq!(auc(&[1.0, 0.0], &[0.1, 0.2]).expect("both"), 0.0);
        assert_eq!(auc(&[1.0, 0.0, 1.0, 0.0], &[0.3; 4]).expect("both"), 0.5);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let message = |result: Result<f64, MlError>| result.expect_err("it does not fit").to_string();
        assert_eq!(message(auc(&[1.0], &[0.5, 0.6])), "number of predictions: found 2, expected 1");
        assert_eq!(
            message(auc(&[1.0, 1.0], &[0.5, 0.6])),
            "labels: found 2 ones and 0 zeros, expected at least one of each"
        );
        assert_eq!(message(accuracy(&[2.0], &[0.5], 0.5)), "label: found 2, expected 0 or 1");
        assert_eq!(
            message(accuracy(&[1.0], &[f64::NAN], 0.5)),
            "predictions: found NaN at position 0, expected a finite number"
        );
        assert_eq!(
            RegressionMetrics::new(&[], &[]).expect_err("nothing to compare").to_string(),
            "number of predictions: found 0, expected at least 1"
        );
    }
}

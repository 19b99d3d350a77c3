//! Medians and what can be said about them; outliers; ratios with bootstrap intervals.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use statrs::distribution::{Binomial, ContinuousCDF as _, DiscreteCDF as _, StudentsT};

/// A sorted sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sorted(Vec<f64>);

impl Sorted {
    /// Sorts; `None` when there is nothing to sort.
    pub(crate) fn new(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        (!values.is_empty()).then_some(Self(values))
    }

    /// All samples as one.
    pub(crate) fn joined(samples: &[Self]) -> Option<Self> {
        Self::new(samples.iter().flat_map(|sample| sample.0.iter().copied()).collect())
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The smallest.
    pub(crate) fn min(&self) -> f64 {
        self.0[0]
    }

    /// The largest.
    pub(crate) fn max(&self) -> f64 {
        self.0[self.0.len() - 1]
    }

    /// The median: the middle value, or the mean of the two in the middle.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// A quantile by linear interpolation between order statistics.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "numbers of samples")]
        let at = share.clamp(0.0, 1.0) * (self.0.len() - 1) as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the sample")]
        let (below, above) = (at.floor() as usize, at.ceil() as usize);
        self.0[below] + (self.0[above] - self.0[below]) * at.fract()
    }

    /// An interval that holds the median of the distribution with at least 95% probability, whatever the
    /// distribution: two order statistics. `None` below 6 samples, where there is no such interval.
    pub(crate) fn median_interval(&self) -> Option<(f64, f64)> {
        let n = self.0.len();
        let binomial = Binomial::new(0.5, n as u64).ok()?;
        // The largest k with P(at most k - 1 of n samples lie below the median) <= 2.5%.
        let k = (1..=n / 2).take_while(|k| binomial.cdf(*k as u64 - 1) <= 0.025).last()?;
        Some((self.0[k - 1], self.0[n - k]))
    }

    /// The mean.
    pub(crate) fn mean(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "numbers of samples")]
        let n = self.0.len() as f64;
        self.0.iter().sum::<f64>() / n
    }

    /// Student's interval that holds the mean of the distribution with 95% probability, where samples are about normal or
    /// many. `None` below two samples.
    pub(crate) fn mean_interval(&self) -> Option<(f64, f64)> {
        #[expect(clippy::cast_precision_loss, reason = "numbers of samples")]
        let (n, mean) = (self.0.len() as f64, self.mean());
        let student = StudentsT::new(0.0, 1.0, n - 1.0).ok()?;
        let squares: f64 = self.0.iter().map(|x| (x - mean) * (x - mean)).sum();
        let half = student.inverse_cdf(0.975) * (squares / (n - 1.0) / n).sqrt();
        Some((mean - half, mean + half))
    }

    /// Median of the distances from the median.
    pub(crate) fn mad(&self) -> f64 {
        let median = self.median();
        Self::new(self.0.iter().map(|x| (x - median).abs()).collect()).map_or(0.0, |d| d.median())
    }

    /// Values beyond Tukey's inner fences (1.5 interquartile ranges) and beyond the outer ones (3): mild and severe
    /// outliers. They are counted and never removed.
    pub(crate) fn outliers(&self) -> (usize, usize) {
        let (q1, q3) = (self.quantile(0.25), self.quantile(0.75));
        let range = q3 - q1;
        let beyond = |factor: f64| {
            self.0.iter().filter(|x| **x < q1 - factor * range || **x > q3 + factor * range).count()
        };
        let severe = beyond(3.0);
        (beyond(1.5) - severe, severe)
    }
}

/// Resamplings for a bootstrap interval.
const RESAMPLINGS: usize = 2000;

/// Ratio of the medians of `after` and `before`, with a 95% bootstrap interval; `None` for the interval where either
/// side has fewer than 3 samples. The resampling is seeded: same samples, same interval.
pub(crate) fn median_ratio(before: &Sorted, after: &Sorted) -> (f64, Option<(f64, f64)>) {
    rounds_ratio(std::slice::from_ref(before), std::slice::from_ref(after))
}

/// [`median_ratio`] of samples taken in rounds: rounds are drawn with replacement, then samples within each, so that
/// what differs between rounds widens the interval.
pub(crate) fn rounds_ratio(before: &[Sorted], after: &[Sorted]) -> (f64, Option<(f64, f64)>) {
    let median = |rounds: &[Sorted]| Sorted::joined(rounds).map_or(f64::NAN, |sample| sample.median());
    let ratio = median(after) / median(before);
    let count = |rounds: &[Sorted]| rounds.iter().map(Sorted::len).sum::<usize>();
    if count(before) < 3 || count(after) < 3 {
        return (ratio, None);
    }
    let mut rng = ChaCha20Rng::seed_from_u64(0);
    let mut below = |n: usize| usize::try_from(rng.next_u64() % n.max(1) as u64).unwrap_or(0);
    let mut resample = |rounds: &[Sorted]| {
        let mut drawn = Vec::new();
        for _ in 0..rounds.len() {
            let round = &rounds[below(rounds.len())].0;
            drawn.extend((0..round.len()).map(|_| round[below(round.len())]));
        }
        Sorted::new(drawn).map_or(f64::NAN, |sample| sample.median())
    };
    let ratios: Vec<f64> = (0..RESAMPLINGS).map(|_| resample(after) / resample(before)).collect();
    let interval = Sorted::new(ratios.into_iter().filter(|r| r.is_finite()).collect());
    (ratio, interval.map(|r| (r.quantile(0.025), r.quantile(0.975))))
}

/// The geometric mean; `None` when there is nothing or something not positive.
pub(crate) fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|x| *x <= 0.0 || !x.is_finite()) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "numbers of points")]
    let mean = values.iter().map(|x| x.ln()).sum::<f64>() / values.len() as f64;
    Some(mean.exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(values: &[f64]) -> Sorted {
        Sorted::new(values.to_vec()).unwrap()
    }

    #[test]
    fn medians_and_intervals_have_their_textbook_values() {
        assert_eq!(sorted(&[3.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(sorted(&[4.0, 1.0, 2.0, 3.0]).median(), 2.5);
        let ten = sorted(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
        // Order statistics 2 and 9 of 10 cover 97.9%; 3 and 8 only 89.1%.
        assert_eq!(ten.median_interval(), Some((2.0, 9.0)));
        assert_eq!(sorted(&[1.0; 5]).median_interval(), None);
        assert_eq!(sorted(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).median_interval(), Some((1.0, 6.0)));
        assert_eq!(ten.mad(), 2.5);
        // The standard error is 0.957427, Student's factor for nine degrees of freedom 2.262157.
        let (low, high) = ten.mean_interval().unwrap();
        assert!(
            (ten.mean(), (low - 3.33415).abs() < 1e-5, (high - 7.66585).abs() < 1e-5) == (5.5, true, true)
        );
        assert_eq!(sorted(&[1.0]).mean_interval(), None);
        assert_eq!(geometric_mean(&[1.0, 4.0, 16.0]).map(|m| (m * 1e9).round()), Some(4e9));
    }

    #[test]
    fn outliers_are_counted_by_their_fences() {
        let mut values: Vec<f64> = (0..21).map(f64::from).collect();
        assert_eq!(sorted(&values).outliers(), (0, 0));
        values.extend([38.0, 1000.0]);
        assert_eq!(sorted(&values).outliers(), (1, 1));
    }

    #[test]
    fn ratios_find_a_real_difference_and_nothing_in_noise() {
        let noise = |center: f64| {
            sorted(&(0..30).map(|i| center * (1.0 + 0.01 * f64::from(i % 7))).collect::<Vec<_>>())
        };
        let (ratio, interval) = median_ratio(&noise(1.0), &noise(1.2));
        let (low, high) = interval.unwrap();
        assert!((ratio - 1.2).abs() < 1e-9 && low > 1.1 && high < 1.3, "{ratio} {low} {high}");
        let (_, same) = median_ratio(&noise(1.0), &noise(1.0));
        assert!(same.unwrap().0 <= 1.0 && same.unwrap().1 >= 1.0);
        assert_eq!(median_ratio(&sorted(&[1.0]), &sorted(&[2.0])), (2.0, None));
        // What differs between rounds is in the interval, however alike the samples of a round are.
        let round = |center: f64| noise(center);
        let (ratio, interval) = rounds_ratio(&[round(1.0), round(1.0)], &[round(1.9), round(2.1)]);
        let (low, high) = interval.unwrap();
        assert!((1.9..2.1).contains(&ratio) && low < 1.93 && high > 2.07, "{ratio} {low} {high}");
    }

    proptest! {
        #[test]
        fn the_interval_is_within_the_sample_and_around_the_median(values in prop::collection::vec(-1e6_f64..1e6, 6..60)) {
            let sample = Sorted::new(values).unwrap();
            let (low, high) = sample.median_interval().unwrap();
            prop_assert!(sample.min() <= low && low <= sample.median());
            prop_assert!(sample.median() <= high && high <= sample.max());
        }
    }
}

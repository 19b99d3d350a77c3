//! The samplers against their distributions, and the seed expansion against an implementation of its own.
//!
//! Seeds are fixed, so that each test either always passes or always fails. A statistic is rejected when its
//! probability under the claimed distribution, in either tail, is below [`SIGNIFICANCE`].

#![expect(clippy::unwrap_used, reason = "helpers of tests, which the lint does not recognise")]

mod calls;
mod gaussian;
mod small;
mod uniform;

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use ring_math::RnsBasis;
use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

const SIGNIFICANCE: f64 = 1e-6;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn basis(log_n: u32, primes: &[u64]) -> RnsBasis {
    RnsBasis::new(log_n, primes).unwrap()
}

/// Fails unless the counts fit the probabilities, by Pearson's test.
fn assert_distribution(what: &str, counts: &[u64], probabilities: &[f64]) {
    assert_eq!(counts.len(), probabilities.len(), "{what}");
    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{what}: probabilities");
    let total = counts.iter().sum::<u64>() as f64;
    let least = probabilities.iter().copied().fold(1.0, f64::min) * total;
    assert!(least >= 8.0, "{what}: a cell expects {least} only, too few for the test");
    let statistic: f64 = counts
        .iter()
        .zip(probabilities)
        .map(|(&count, &p)| (count as f64 - p * total).powi(2) / (p * total))
        .sum();
    let law = ChiSquared::new((counts.len() - 1) as f64).unwrap();
    let (below, above) = (law.cdf(statistic), law.sf(statistic));
    assert!(below.min(above) > SIGNIFICANCE, "{what}: chi-squared {statistic}, cells {}", counts.len());
}

fn assert_equally_likely(what: &str, counts: &[u64]) {
    assert_distribution(what, counts, &vec![1.0 / counts.len() as f64; counts.len()]);
}

/// Fails unless `z`, standard normal by hypothesis, is a likely value.
fn assert_standard_normal(what: &str, z: f64) {
    let law = Normal::new(0.0, 1.0).unwrap();
    assert!(law.sf(z.abs()) > SIGNIFICANCE, "{what}: {z} standard deviations");
}

//! Made-up data whose truth is known: linear, polynomial and logistic.
//!
//! Features are independent and uniform on [-1, 1], so that ranges are public by construction; with the given seed the
//! first rows stay the same when more are asked for, and the features stay the same when the noise changes. Features are
//! the same to the bit on every machine; normal draws and logistic probabilities use `exp` and `ln`, whose last bit may
//! differ between platforms.

use rand_chacha::ChaCha20Rng;
use rand_distr::{Bernoulli, Distribution, StandardNormal, Uniform};
use serde::Deserialize;

use crate::{
    dataset::Dataset,
    error::DatasetError,
    matrix::Matrix,
    provenance::Provenance,
    random::{Stream, stream},
};

/// Generated rows and what they were generated from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Synthetic<T> {
    /// The rows, as a model sees them.
    pub dataset: Dataset,
    /// What a perfect model would find.
    pub truth: T,
}

/// Rows with `y = intercept + w . x + noise`: the weights and the intercept are standard normal, the noise is normal.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearSpec {
    /// Number of rows, at least 1.
    pub rows: usize,
    /// Number of features, at least 1.
    pub features: usize,
    /// Standard deviation of the noise, in the unit of the target; 0 for none.
    pub noise: f64,
    /// The seed.
    pub seed: u64,
}

/// The truth behind [`LinearSpec`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LinearTruth {
    /// The value at x = 0.
    pub intercept: f64,
    /// One weight per feature.
    pub weights: Vec<f64>,
    /// What was added to each row's target.
    pub noise: Vec<f64>,
}

/// Rows with `y = intercept + sum over features j and powers d of c[j][d] x_j^d + noise`, without products of different
/// features; the coefficients and the intercept are standard normal, the noise is normal.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolynomialSpec {
    /// Number of rows, at least 1.
    pub rows: usize,
    /// Number of features, at least 1.
    pub features: usize,
    /// The highest power of a feature, at least 1.
    pub degree: usize,
    /// Standard deviation of the noise, in the unit of the target; 0 for none.
    pub noise: f64,
    /// The seed.
    pub seed: u64,
}

/// The truth behind [`PolynomialSpec`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PolynomialTruth {
    /// The value at x = 0.
    pub intercept: f64,
    /// For each feature the coefficients of its powers 1, 2, ..., degree.
    pub coefficients: Vec<Vec<f64>>,
    /// What was added to each row's target.
    pub noise: Vec<f64>,
}

/// Rows whose label is 1 with probability `1 / (1 + exp(-(intercept + w . x)))` and else 0; the weights and the intercept
/// are normal with standard deviation `steepness`, so a large steepness gives classes that hardly overlap.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassificationSpec {
    /// Number of rows, at least 1.
    pub rows: usize,
    /// Number of features, at least 1.
    pub features: usize,
    /// Standard deviation of the weights, at least 0; 0 makes the labels fair coins.
    pub steepness: f64,
    /// The seed.
    pub seed: u64,
}

/// The truth behind [`ClassificationSpec`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClassificationTruth {
    /// The log-odds at x = 0.
    pub intercept: f64,
    /// One weight per feature, in log-odds.
    pub weights: Vec<f64>,
    /// The probability of label 1 for each row. Calling the likelier label is right on average
    /// `max(p, 1 - p)` of the time, and no model does better in the long run.
    pub probabilities: Vec<f64>,
}

impl LinearSpec {
    /// Makes the rows. The features are named `x0`, `x1`, ... and the target `y`.
    ///
    /// ```
    /// let spec = datasets::synthetic::LinearSpec { rows: 8, features: 2, noise: 0.0, seed: 1 };
    /// let made = spec.generate()?;
    /// let x = made.dataset.features().row(5);
    /// let y = made.truth.intercept + made.truth.weights[0] * x[0] + made.truth.weights[1] * x[1];
    /// assert_eq!(made.dataset.targets()[5], y);
    /// # Ok::<(), datasets::DatasetError>(())
    /// ```
    ///
    /// # Errors
    /// [`DatasetError::Parameter`] if a number is out of range; [`DatasetError::NonFinite`] if a target overflows.
    pub fn generate(&self) -> Result<Synthetic<LinearTruth>, DatasetError> {
        check(self.rows, self.features, ("noise", self.noise))?;
        let (intercept, weights) = weights(self.seed, self.features, 1.0);
        let features = features(self.seed, self.rows, self.features)?;
        let noise = noise(self.seed, self.rows, self.noise);
        let targets =
            features.rows().zip(&noise).map(|(x, noise)| intercept + dot(&weights, x) + noise).collect();
        let dataset = dataset(features, targets, "synthetic_linear", format!("{self:?}"))?;
        Ok(Synthetic { dataset, truth: LinearTruth { intercept, weights, noise } })
    }
}

impl PolynomialSpec {
    /// Makes the rows. The features are named `x0`, `x1`, ... and the target `y`.
    ///
    /// # Errors
    /// [`DatasetError::Parameter`] if a number is out of range; [`DatasetError::NonFinite`] if a target overflows.
    pub fn generate(&self) -> Result<Synthetic<PolynomialTruth>, DatasetError> {
        check(self.rows, self.features, ("noise", self.noise))?;
        if self.degree == 0 {
            return Err(out_of_range("degree", self.degree.to_string(), "at least 1"));
        }
        let n_coefficients = self.features.saturating_mul(self.degree);
        let (intercept, flat) = weights(self.seed, n_coefficients, 1.0);
        let coefficients: Vec<Vec<f64>> = flat.chunks(self.degree).map(<[f64]>::to_vec).collect();
        let features = features(self.seed, self.rows, self.features)?;
        let noise = noise(self.seed, self.rows, self.noise);
        let value = |x: &[f64]| -> f64 {
            let terms = coefficients.iter().zip(x).map(|(powers, &x)| {
                // Horner's rule, with the constant term zero.
                powers.iter().rev().fold(0.0, |sum, coefficient| (sum + coefficient) * x)
            });
            intercept + terms.sum::<f64>()
        };
        let targets = features.rows().zip(&noise).map(|(x, noise)| value(x) + noise).collect();
        let dataset = dataset(features, targets, "synthetic_polynomial", format!("{self:?}"))?;
        Ok(Synthetic { dataset, truth: PolynomialTruth { intercept, coefficients, noise } })
    }
}

impl ClassificationSpec {
    /// Makes the rows. The features are named `x0`, `x1`, ... and the target `y`.
    ///
    /// # Errors
    /// [`DatasetError::Parameter`] if a number is out of range.
    pub fn generate(&self) -> Result<Synthetic<ClassificationTruth>, DatasetError> {
        check(self.rows, self.features, ("steepness", self.steepness))?;
        let (intercept, weights) = weights(self.seed, self.features, self.steepness);
        let features = features(self.seed, self.rows, self.features)?;
        let probabilities: Vec<f64> =
            features.rows().map(|x| 1.0 / (1.0 + (-intercept - dot(&weights, x)).exp())).collect();
        let mut rng = stream(self.seed, Stream::Noise);
        let mut targets = Vec::with_capacity(self.rows);
        for &probability in &probabilities {
            let label = Bernoulli::new(probability)
                .map_err(|_| out_of_range("probability", probability.to_string(), "a number from 0 to 1"))?;
            targets.push(f64::from(u8::from(label.sample(&mut rng))));
        }
        let dataset = dataset(features, targets, "synthetic_classification", format!("{self:?}"))?;
        Ok(Synthetic { dataset, truth: ClassificationTruth { intercept, weights, probabilities } })
    }
}

fn out_of_range(name: &str, found: String, expected: &str) -> DatasetError {
    DatasetError::Parameter { name: format!("synthetic data, {name}"), found, expected: expected.to_owned() }
}

fn check(rows: usize, features: usize, (name, spread): (&str, f64)) -> Result<(), DatasetError> {
    for (name, count) in [("rows", rows), ("features", features)] {
        if count == 0 {
            return Err(out_of_range(name, count.to_string(), "at least 1"));
        }
    }
    if spread.is_finite() && spread >= 0.0 {
        return Ok(());
    }
    Err(out_of_range(name, spread.to_string(), "a finite number, at least 0"))
}

/// An intercept and `count` weights.
fn weights(seed: u64, count: usize, spread: f64) -> (f64, Vec<f64>) {
    let mut rng = stream(seed, Stream::Weights);
    (normal(&mut rng, spread), (0..count).map(|_| normal(&mut rng, spread)).collect())
}

fn noise(seed: u64, rows: usize, spread: f64) -> Vec<f64> {
    let mut rng = stream(seed, Stream::Noise);
    (0..rows).map(|_| normal(&mut rng, spread)).collect()
}

fn normal(rng: &mut ChaCha20Rng, spread: f64) -> f64 {
    let standard: f64 = StandardNormal.sample(rng);
    spread * standard
}

fn features(seed: u64, rows: usize, columns: usize) -> Result<Matrix, DatasetError> {
    let mut rng = stream(seed, Stream::Features);
    let uniform = Uniform::new_inclusive(-1.0, 1.0)
        .map_err(|error| out_of_range("features", error.to_string(), "the interval [-1, 1]"))?;
    let entries = rows.saturating_mul(columns);
    Matrix::new(rows, columns, (0..entries).map(|_| uniform.sample(&mut rng)).collect())
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

fn dataset(features: Matrix, targets: Vec<f64>, name: &str, spec: String) -> Result<Dataset, DatasetError> {
    let names = (0..features.n_cols()).map(|column| format!("x{column}")).collect();
    let mut provenance = Provenance::new(name, spec);
    "generated".clone_into(&mut provenance.licence);
    Dataset::new(features, targets, names, "y".to_owned(), provenance)
}

//! Kernel regression: neighbours that weigh less the farther they are, and nothing to compare.

use std::fmt;

use ckks::{Parameters, Plan};
use datasets::Matrix;
use serde::{Deserialize, Serialize};

use super::{NeighbourLayout, distances::check_levels, squared_distances};
use crate::{
    arithmetic::{Complex64, Encrypted, SlotArithmetic},
    baseline::check_kernel,
    disclosure::Disclosure,
    error::MlError,
};

/// Where the radius D of a kernel comes from, and so what it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RadiusSource {
    /// The squared diagonal of public ranges of all features: tells nothing.
    PublicRanges,
    /// A number that was chosen without looking at the training rows: tells nothing.
    Given,
    /// A multiple of the largest distance between training rows, which their owner reveals by using it.
    TrainingRows,
}

impl fmt::Display for RadiusSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicRanges => "from public ranges",
            Self::Given => "given",
            Self::TrainingRows => "reveals the largest distance between training rows",
        })
    }
}

/// The weighted mean of all targets with weights (1 - d^2/D)^(2^m) for squared distances d^2: levels m + 2.
///
/// The key owner decrypts, for each query, the weighted sum of targets and the sum of weights: see
/// [`Disclosure::WeightSums`]. Weights fall to zero at d^2 = D, rise again up to d^2 = 2D and explode beyond, so queries
/// have to pass a [`super::QueryGuard`] before they are encrypted.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelCircuit {
    layout: NeighbourLayout,
    radius: f64,
    squarings: u32,
    source: RadiusSource,
}

/// One block of training rows, encrypted or not.
#[derive(Clone, Debug)]
pub struct KernelBlock<V> {
    /// One vector for each feature, from [`KernelCircuit::pack_rows`].
    pub features: Vec<V>,
    /// Targets and presence, from [`KernelCircuit::pack_targets`].
    pub targets: V,
}

/// A decrypted result for one query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedMean {
    /// Sum of weights times targets.
    pub weighted_sum: f64,
    /// Sum of weights: how densely training rows lie around the query.
    pub weight_sum: f64,
}

impl WeightedMean {
    /// What the key owner learns.
    pub const DISCLOSURE: Disclosure = Disclosure::WeightSums;

    /// The weighted mean, if the sum of weights stands out of noise of size `noise`; `None` where it does not, because
    /// no training row is near.
    #[must_use]
    pub fn prediction(&self, noise: f64) -> Option<f64> {
        (self.weight_sum > noise).then(|| self.weighted_sum / self.weight_sum)
    }
}

impl KernelCircuit {
    /// A kernel of radius D = `radius`, a squared distance, and m = `squarings`.
    ///
    /// # Errors
    /// [`MlError::Hyperparameter`] for a radius that is not positive and finite, or too many squarings.
    pub fn new(
        layout: NeighbourLayout,
        radius: f64,
        squarings: u32,
        source: RadiusSource,
    ) -> Result<Self, MlError> {
        check_kernel(radius, squarings)?;
        Ok(Self { layout, radius, squarings, source })
    }

    /// Which slot holds what.
    #[must_use]
    pub fn layout(&self) -> &NeighbourLayout {
        &self.layout
    }

    /// D.
    #[must_use]
    pub fn radius(&self) -> f64 {
        self.radius
    }

    /// m.
    #[must_use]
    pub fn squarings(&self) -> u32 {
        self.squarings
    }

    /// Where D comes from.
    #[must_use]
    pub fn source(&self) -> RadiusSource {
        self.source
    }

    /// Levels that the circuit takes: one for the distances, m for the weights, one for the targets.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.squarings as usize + 2
    }

    /// The vectors of training rows to encrypt: for each block one for each feature.
    ///
    /// # Errors
    /// As [`NeighbourLayout::pack_rows`].
    pub fn pack_rows(&self, rows: &Matrix) -> Result<Vec<Vec<Vec<f64>>>, MlError> {
        self.layout.pack_rows(rows, self.radius.sqrt().recip())
    }

    /// The vectors of queries to encrypt: for each batch one for each feature.
    ///
    /// # Errors
    /// As [`NeighbourLayout::pack_queries`].
    pub fn pack_queries(&self, queries: &Matrix) -> Result<Vec<Vec<Vec<f64>>>, MlError> {
        self.layout.pack_queries(queries, self.radius.sqrt().recip())
    }

    /// For each block the vector of targets to encrypt: the target as real part, 1 as imaginary part, both 0 at places
    /// that are left over. One product then gives the weighted targets and the weights that count. Targets scaled to
    /// about [-1, 1] lose the least precision.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of targets, [`MlError::NonFinite`].
    pub fn pack_targets(&self, targets: &[f64]) -> Result<Vec<Vec<Complex64>>, MlError> {
        let layout = &self.layout;
        MlError::check_size("number of targets", targets.len(), layout.rows())?;
        MlError::check_finite("targets", targets)?;
        let value = |block: usize, slot: usize| {
            let row = layout.row_at(block, slot / layout.queries());
            row.map_or(Complex64::ZERO, |row| Complex64::new(targets[row], 1.0))
        };
        let slots = layout.points() * layout.queries();
        Ok((0..layout.blocks()).map(|block| (0..slots).map(|slot| value(block, slot)).collect()).collect())
    }

    /// What the computing party does for one batch of queries: in the slot of each query, at every place of the axis of
    /// rows, the sum of weighted targets + i times the sum of weights.
    ///
    /// `target_bound` is a public bound on the absolute value of targets.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of blocks or features, [`MlError::TooFewLevels`], and the errors of the
    /// arithmetic.
    pub fn run<A: SlotArithmetic>(
        &self,
        on: &A,
        queries: &[A::Vector],
        blocks: &[KernelBlock<A::Vector>],
        target_bound: f64,
    ) -> Result<A::Vector, MlError> {
        MlError::check_size("number of blocks of training rows", blocks.len(), self.layout.blocks())?;
        check_levels(on, queries, "kernel regression", self.depth())?;
        let weights = blocks
            .iter()
            .map(|block| self.weights(on, queries, &block.features))
            .collect::<Result<Vec<_>, _>>()?;
        let pairs: Vec<_> = weights.iter().zip(blocks).map(|(w, block)| (w, &block.targets)).collect();
        let terms = on.sum_of_products(&pairs)?;
        let sums = on.cyclic_sum(&terms, self.layout.queries())?;
        let bound = self.layout.rows() as f64 * target_bound.hypot(1.0);
        on.promise("sum of weighted targets", &sums, bound)
    }

    /// Runs the circuit for one batch without any data: levels, keys and sizes, before a key exists.
    ///
    /// # Errors
    /// [`MlError::TooFewLevels`], [`MlError::TooFewSlots`] for a layout for more slots than these parameters have, and
    /// the errors of the scheme.
    pub fn plan(&self, parameters: &Parameters, target_bound: f64) -> Result<Plan, MlError> {
        let dry = self.layout.dry_run(parameters)?;
        let vectors = || vec![dry.input(1.0); self.layout.features()];
        let block = || KernelBlock { features: vectors(), targets: dry.input(target_bound.hypot(1.0)) };
        let blocks: Vec<_> = (0..self.layout.blocks()).map(|_| block()).collect();
        self.run(&Encrypted::new(&dry), &vectors(), &blocks, target_bound)?;
        Ok(dry.plan())
    }

    /// The weight of the row for the query of each slot.
    fn weights<A: SlotArithmetic>(
        &self,
        on: &A,
        queries: &[A::Vector],
        rows: &[A::Vector],
    ) -> Result<A::Vector, MlError> {
        let distances = squared_distances(on, queries, rows)?;
        let linear = on.add_number(&on.neg(&distances)?, 1.0)?;
        let mut weight = on.promise("1 - d^2/D", &linear, 1.0)?;
        for _ in 0..self.squarings {
            weight = on.promise("power of 1 - d^2/D", &on.square(&weight)?, 1.0)?;
        }
        Ok(weight)
    }

    /// The results of the first `count` queries of a batch, from the slots of the decrypted vector.
    ///
    /// # Errors
    /// [`MlError::Shape`] for fewer slots or more queries than a batch holds.
    pub fn unpack(&self, slots: &[Complex64], count: usize) -> Result<Vec<WeightedMean>, MlError> {
        if count > self.layout.queries().min(slots.len()) {
            return Err(MlError::Shape {
                what: "queries of a batch",
                found: count.to_string(),
                expected: format!("at most {}", self.layout.queries().min(slots.len())),
            });
        }
        let one = |slot: &Complex64| WeightedMean { weighted_sum: slot.re, weight_sum: slot.im };
        Ok(slots[..count].iter().map(one).collect())
    }
}

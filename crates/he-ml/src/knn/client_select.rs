//! Exact neighbours, chosen by the owner of the key from decrypted distances.

use ckks::{Parameters, Plan};
use datasets::Matrix;

use super::{NeighbourLayout, distances::check_levels, squared_distances};
use crate::{
    arithmetic::{Encrypted, SlotArithmetic},
    baseline::{Ties, mean_of_nearest},
    disclosure::Disclosure,
    error::MlError,
};

/// By how much rounding in `f64` may push the largest distance above 1.
const ROUNDING: f64 = 1e-9;

/// k nearest neighbours where the computing party finds the distances and the key owner the neighbours. The targets stay
/// with the key owner, in the clear.
///
/// **The key owner learns all training rows**: see [`Disclosure::Distances`].
#[derive(Clone, Debug)]
pub struct ClientSelect {
    layout: NeighbourLayout,
    k: usize,
    ties: Ties,
    largest: f64,
}

/// Predictions and what was learnt on the way to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// The mean target of the k nearest rows, for each query.
    pub predictions: Vec<f64>,
    /// What the key owner learnt.
    pub disclosure: Disclosure,
}

impl ClientSelect {
    /// The levels that the circuit takes.
    pub const DEPTH: usize = 1;

    /// Selection of the `k` nearest of the rows of `layout`. No squared distance may be above `largest`, so that scaled
    /// by it they lie in [0, 1].
    ///
    /// # Errors
    /// [`MlError::Hyperparameter`] for a `k` of 0 or above the number of rows, or a `largest` that is not positive and
    /// finite.
    pub fn new(layout: NeighbourLayout, k: usize, ties: Ties, largest: f64) -> Result<Self, MlError> {
        crate::baseline::check_k(k, layout.rows())?;
        crate::baseline::check_kernel(largest, 0)?;
        Ok(Self { layout, k, ties, largest })
    }

    /// Which slot holds what.
    #[must_use]
    pub fn layout(&self) -> &NeighbourLayout {
        &self.layout
    }

    /// The vectors of training rows to encrypt: for each block one for each feature.
    ///
    /// # Errors
    /// As [`NeighbourLayout::pack_rows`].
    pub fn pack_rows(&self, rows: &Matrix) -> Result<Vec<Vec<Vec<f64>>>, MlError> {
        self.layout.pack_rows(rows, self.largest.sqrt().recip())
    }

    /// The vectors of queries to encrypt: for each batch one for each feature.
    ///
    /// # Errors
    /// As [`NeighbourLayout::pack_queries`].
    pub fn pack_queries(&self, queries: &Matrix) -> Result<Vec<Vec<Vec<f64>>>, MlError> {
        self.layout.pack_queries(queries, self.largest.sqrt().recip())
    }

    /// What the computing party does: the squared distances, divided by the largest, of one batch of queries to each
    /// block of rows.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of blocks or features, [`MlError::TooFewLevels`], and the errors of the
    /// arithmetic.
    pub fn run<A: SlotArithmetic>(
        &self,
        on: &A,
        queries: &[A::Vector],
        blocks: &[Vec<A::Vector>],
    ) -> Result<Vec<A::Vector>, MlError> {
        MlError::check_size("number of blocks of training rows", blocks.len(), self.layout.blocks())?;
        check_levels(on, queries, "squared distances", Self::DEPTH)?;
        let one = |rows: &Vec<A::Vector>| {
            let distances = squared_distances(on, queries, rows)?;
            on.promise("squared distance over the largest one", &distances, 1.0 + ROUNDING)
        };
        blocks.iter().map(one).collect()
    }

    /// Runs the circuit for one batch without any data: levels, keys and sizes, before a key exists.
    ///
    /// # Errors
    /// [`MlError::TooFewSlots`] for a layout for more slots than these parameters have, and the errors of the scheme.
    pub fn plan(&self, parameters: &Parameters) -> Result<Plan, MlError> {
        let dry = self.layout.dry_run(parameters)?;
        let vectors = vec![dry.input(1.0); self.layout.features()];
        self.run(&Encrypted::new(&dry), &vectors, &vec![vectors.clone(); self.layout.blocks()])?;
        Ok(dry.plan())
    }

    /// The squared distances of the first `count` queries of a batch, for each to all training rows, from the slots of
    /// the decrypted blocks.
    ///
    /// # Errors
    /// [`MlError::Shape`] for other numbers of blocks or slots, or more queries than a batch holds.
    pub fn distances(&self, blocks: &[Vec<f64>], count: usize) -> Result<Vec<Vec<f64>>, MlError> {
        let layout = &self.layout;
        MlError::check_size("number of blocks of distances", blocks.len(), layout.blocks())?;
        for block in blocks {
            MlError::check_size("slots of a block", block.len(), layout.points() * layout.queries())?;
        }
        if count > layout.queries() {
            return Err(MlError::Shape {
                what: "queries of a batch",
                found: count.to_string(),
                expected: format!("at most {}", layout.queries()),
            });
        }
        let at = |query: usize, row: usize| {
            let (block, point) = (row / layout.points(), row % layout.points());
            blocks[block][point * layout.queries() + query] * self.largest
        };
        Ok((0..count).map(|query| (0..layout.rows()).map(|row| at(query, row)).collect()).collect())
    }

    /// What the key owner does with decrypted distances: the mean target of the k nearest rows.
    ///
    /// Distances that differ by at most `tolerance` from the k-th count as equal to it: noise would else tell equal rows
    /// apart. A few standard deviations of the noise are right for it.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of targets or distances.
    pub fn select(
        &self,
        distances: &[Vec<f64>],
        targets: &[f64],
        tolerance: f64,
    ) -> Result<Selected, MlError> {
        MlError::check_size("number of targets", targets.len(), self.layout.rows())?;
        for row in distances {
            MlError::check_size("number of distances of a query", row.len(), targets.len())?;
        }
        let one = |row: &Vec<f64>| mean_of_nearest(row, targets, self.k, self.ties, tolerance);
        Ok(Selected { predictions: distances.iter().map(one).collect(), disclosure: Disclosure::Distances })
    }
}

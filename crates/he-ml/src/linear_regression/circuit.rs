//! From vectors of rows to a vector of weights.

use ckks::Complex64;
use datasets::Dataset;

pub use super::system::Solution;
use super::{
    LARGEST_WEIGHT,
    iterations::{Gradient, NewtonSchulz},
    moments::{MomentSums, Moments},
    residual::Residual,
    spec::{LinearRegression, Solver},
    system::{Affine, System},
};
use crate::{
    arithmetic::{Clear, Counts, SlotArithmetic},
    error::MlError,
};

/// Weights on standardised features that give the standardised target.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// One for each feature.
    pub values: Vec<f64>,
    /// What finding them took.
    pub counts: Counts,
}

impl LinearRegression {
    /// Runs the circuit: from blocks of standardised rows, as [`Self::packing`] lays them out, to the weights. Blocks are
    /// taken one by one and not kept.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of blocks than the table has; those of the arithmetic, above all
    /// [`MlError::TooFewLevels`] or [`ckks::CkksError::OutOfLevels`].
    pub fn run<A: SlotArithmetic>(
        &self,
        on: &A,
        blocks: impl IntoIterator<Item = Result<A::Vector, MlError>>,
    ) -> Result<Solution<A::Vector>, MlError> {
        let moments = self.moments(on, blocks)?;
        let system = |affine| System::new(on, &moments, self.columns, affine);
        let solution = match self.solver {
            Solver::Residual { log_degree } => {
                let residual = Residual::new(log_degree, self.spectrum);
                residual.solve(on, system(residual.affine(self.ridge))?)?
            }
            Solver::NewtonSchulz { steps } => {
                let newton = NewtonSchulz::new(steps, self.spectrum);
                newton.solve(on, system(newton.affine(self.ridge))?)?
            }
            Solver::GradientDescent { steps } => {
                self.descend(on, Gradient::plain(steps, self.spectrum), system)?
            }
            Solver::Nesterov { steps } => {
                self.descend(on, Gradient::nesterov(steps, self.spectrum), system)?
            }
        };
        let vector = on.promise("weights", &solution.vector, LARGEST_WEIGHT)?;
        Ok(Solution { vector, ..solution })
    }

    fn descend<A: SlotArithmetic>(
        &self,
        on: &A,
        gradient: Gradient,
        system: impl Fn(Affine) -> Result<System<A::Vector>, MlError>,
    ) -> Result<Solution<A::Vector>, MlError> {
        gradient.solve(on, &system(gradient.affine(self.ridge))?)
    }

    fn moments<A: SlotArithmetic>(
        &self,
        on: &A,
        blocks: impl IntoIterator<Item = Result<A::Vector, MlError>>,
    ) -> Result<Moments<A::Vector>, MlError> {
        let expected = self.packing(on.slots())?.blocks(self.columns.rows);
        let mut sums = MomentSums::new(self.columns.cube);
        let mut found = 0;
        for block in blocks {
            sums.add(on, &block?)?;
            found += 1;
        }
        MlError::check_size("blocks of rows", found, expected)?;
        // By Cauchy and Schwarz, for columns of mean square one: two moments share a slot.
        sums.close(on, self.columns.rows as f64 * std::f64::consts::SQRT_2)
    }

    /// The slots of one block of a standardised table: features first, the target last.
    ///
    /// # Errors
    /// [`MlError::Shape`] for a table of another shape, [`MlError::TooFewSlots`].
    pub fn pack(&self, table: &Dataset, slots: usize, block: usize) -> Result<Vec<Complex64>, MlError> {
        MlError::check_size("rows of the table", table.n_rows(), self.columns.rows)?;
        MlError::check_size("features of the table", table.n_features(), self.columns.features)?;
        let value = |row: usize, column: usize| {
            if column < self.columns.features {
                table.features().row(row)[column]
            } else if column == self.columns.target() {
                table.targets()[row]
            } else {
                0.0
            }
        };
        Ok(self.packing(slots)?.block(block, table.n_rows(), value))
    }

    /// Runs the circuit in the clear on a standardised table: the same approximations as under encryption, no noise.
    ///
    /// # Errors
    /// As [`Self::run`], and [`MlError::OutsideApproximation`] where eigenvalues lie outside the spectrum's interval so
    /// far that the polynomial explodes.
    pub fn run_clear(&self, table: &Dataset) -> Result<Weights, MlError> {
        let slots = self.slots();
        let on = Clear::new(slots);
        let blocks = 0..self.packing(slots)?.blocks(table.n_rows());
        let solution = self.run(&on, blocks.map(|block| on.input(&self.pack(table, slots, block)?)))?;
        let values = solution.places.iter().map(|&slot| solution.vector.values()[slot].re).collect();
        Ok(Weights { values, counts: on.counts() })
    }
}

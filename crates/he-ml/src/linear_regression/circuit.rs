//! From vectors of rows to a vector of weights.

use ckks::Complex64;
use datasets::Dataset;

use super::{
    LARGEST_WEIGHT,
    correlation::{Scales, correlate},
    iterations::{Gradient, NewtonSchulz},
    moments::{MomentSums, Moments},
    residual::Residual,
    spec::{LinearRegression, Rows, Solver},
    system::{Affine, Columns, Form, System, Unfinished},
};
use crate::{
    arithmetic::{Clear, Counts, SlotArithmetic},
    baseline::LinearModel,
    error::MlError,
};

/// By how much rounding may carry a value beyond the end of its range.
const ROUNDING: f64 = 1.0 + 1e-9;

/// Weights, in the units of the rows that they were learnt from.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// One for each feature.
    pub values: Vec<f64>,
    /// What is predicted where all features are zero; zero itself for standardised rows.
    pub intercept: f64,
    /// What finding them took.
    pub counts: Counts,
}

/// A solution: weight i is in slot `places[i]`, as its real part. Other slots tell nothing that these do not.
#[derive(Clone, Debug)]
pub struct Solution<V> {
    /// The vector of slots.
    pub vector: V,
    /// The slot of each weight.
    pub places: Vec<usize>,
    /// Whether the imaginary parts of these slots hold the intercept; it is zero otherwise.
    pub with_intercept: bool,
}

/// What is shown of an iterate.
#[derive(Clone, Debug)]
pub struct Iterate<'a, V> {
    /// The step that led to it, from 1.
    pub step: usize,
    /// The vector of slots: weight i over `divisor` is in slot `places[i]`.
    pub vector: &'a V,
    /// The slot of each weight.
    pub places: Vec<usize>,
    /// By how much weights were divided.
    pub divisor: f64,
}

/// What is called with every iterate.
pub type Observer<'o, V> = &'o mut dyn FnMut(&Iterate<'_, V>) -> Result<(), MlError>;

impl<V> Iterate<'_, V> {
    /// The weights in decrypted slots.
    #[must_use]
    pub fn weights(&self, slots: &[Complex64]) -> Vec<f64> {
        self.places.iter().filter_map(|&place| Some(slots.get(place)?.re * self.divisor)).collect()
    }
}

impl<V> Solution<V> {
    /// The weights and the intercept in the decrypted slots of the vector.
    ///
    /// # Errors
    /// [`MlError::Shape`] for fewer slots than the vector has.
    pub fn model(&self, slots: &[Complex64]) -> Result<LinearModel, MlError> {
        let at = |&place: &usize| {
            slots.get(place).copied().ok_or_else(|| MlError::Shape {
                what: "slots of a solution",
                found: slots.len().to_string(),
                expected: format!("more than {place}"),
            })
        };
        let found = self.places.iter().map(at).collect::<Result<Vec<_>, _>>()?;
        // The same number with independent noise in each slot.
        let mean = found.iter().map(|slot| slot.im).sum::<f64>() / found.len().max(1) as f64;
        let intercept = if self.with_intercept { mean } else { 0.0 };
        Ok(LinearModel { intercept, weights: found.iter().map(|slot| slot.re).collect() })
    }
}

impl LinearRegression {
    /// Runs the circuit: from blocks of rows, as [`Self::packing`] lays them out, to the weights. Blocks are taken one by
    /// one and not kept.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of blocks than the table has; those of the arithmetic, above all
    /// [`MlError::TooFewLevels`] or [`ckks::CkksError::OutOfLevels`].
    pub fn run<A: SlotArithmetic>(
        &self,
        on: &A,
        blocks: impl IntoIterator<Item = Result<A::Vector, MlError>>,
    ) -> Result<Solution<A::Vector>, MlError> {
        self.run_observed(on, blocks, &mut |_| Ok(()))
    }

    /// As [`Self::run`], showing every iterate of the solvers that go step by step. Iterates are weights on standardised
    /// columns.
    ///
    /// # Errors
    /// As [`Self::run`], and those of `observe`.
    pub fn run_observed<A: SlotArithmetic>(
        &self,
        on: &A,
        blocks: impl IntoIterator<Item = Result<A::Vector, MlError>>,
        observe: Observer<'_, A::Vector>,
    ) -> Result<Solution<A::Vector>, MlError> {
        let moments = self.moments(on, blocks)?;
        let columns = self.columns.cut(on.slots());
        let Some(deviation) = &self.deviation else {
            let system = |affine| System::new(on, &moments, columns, affine);
            let solution = self.solve(on, system, observe)?;
            return finish(on, columns, &solution, None);
        };
        let found = correlate(on, &moments, columns, deviation)?;
        let solution = self.solve(
            on,
            |affine| {
                let affine = Affine { rhs: affine.rhs * found.rhs, ..affine };
                System::from_flat(on, &found.flat, columns, affine)
            },
            observe,
        )?;
        finish(on, columns, &solution, Some(&found.scales))
    }

    fn solve<A: SlotArithmetic>(
        &self,
        on: &A,
        system: impl Fn(Affine) -> Result<System<A::Vector>, MlError>,
        observe: Observer<'_, A::Vector>,
    ) -> Result<Unfinished<A::Vector>, MlError> {
        let mut descend =
            |gradient: Gradient| gradient.solve(on, &system(gradient.affine(self.ridge))?, observe);
        match self.solver {
            Solver::Residual { log_degree } => {
                let residual = Residual::new(log_degree, self.spectrum);
                residual.solve(on, system(residual.affine(self.ridge))?)
            }
            Solver::NewtonSchulz { steps } => {
                let newton = NewtonSchulz::new(steps, self.spectrum);
                newton.solve(on, system(newton.affine(self.ridge))?)
            }
            Solver::GradientDescent { steps } => descend(Gradient::plain(steps, self.spectrum)),
            Solver::Nesterov { steps } => descend(Gradient::nesterov(steps, self.spectrum)),
        }
    }

    fn moments<A: SlotArithmetic>(
        &self,
        on: &A,
        blocks: impl IntoIterator<Item = Result<A::Vector, MlError>>,
    ) -> Result<Moments<A::Vector>, MlError> {
        let expected = self.packing(on.slots())?.blocks(self.columns.rows);
        let mut sums = MomentSums::new(self.columns.cube.cut(on.slots()));
        let mut found = 0;
        for block in blocks {
            sums.add(on, &block?)?;
            found += 1;
        }
        MlError::check_size("blocks of rows", found, expected)?;
        // Two moments share a slot, none larger than the number of rows: by Cauchy and Schwarz for standardised columns,
        // because no value is larger than one for others.
        sums.close(on, self.columns.rows as f64 * std::f64::consts::SQRT_2)
    }

    /// No value of a table is larger: the squares of a standardised column sum up to the number of rows, and ranges are
    /// brought to [-1/2, 1/2].
    fn largest_value(&self) -> f64 {
        match self.rows {
            Rows::Standardised => (self.columns.rows as f64).sqrt(),
            Rows::Ranged { .. } => 0.5,
        }
    }

    /// No slot of a block is larger.
    pub(super) fn largest_slot(&self) -> f64 {
        match self.rows {
            Rows::Standardised => self.largest_value(),
            // The constant column.
            Rows::Ranged { .. } => 1.0,
        }
    }

    /// The slots of one block of a table in the units of [`Self::rows`]: features first, the target last.
    ///
    /// # Errors
    /// [`MlError::Shape`] for a table of another shape, [`MlError::OutsideRange`] for a value that rows in these units
    /// cannot have, [`MlError::TooFewSlots`].
    pub fn pack(&self, table: &Dataset, slots: usize, block: usize) -> Result<Vec<Complex64>, MlError> {
        MlError::check_size("rows of the table", table.n_rows(), self.columns.rows)?;
        MlError::check_size("features of the table", table.n_features(), self.columns.features)?;
        let packing = self.packing(slots)?;
        self.check_values(table, block * packing.rows_per_block(), packing.rows_per_block())?;
        let constant = if self.deviation.is_some() { 1.0 } else { 0.0 };
        let value = |row: usize, column: usize| {
            if column < self.columns.features {
                table.features().row(row)[column]
            } else if column == self.columns.target() {
                table.targets()[row]
            } else if column == self.columns.constant() {
                constant
            } else {
                0.0
            }
        };
        Ok(packing.block(block, table.n_rows(), value))
    }

    /// Refuses the first value that is out of bounds among `count` rows from `first`.
    fn check_values(&self, table: &Dataset, first: usize, count: usize) -> Result<(), MlError> {
        let bound = self.largest_value();
        for row in first..table.n_rows().min(first.saturating_add(count)) {
            let cells = table.features().row(row).iter().chain([&table.targets()[row]]);
            let names = table.feature_names().iter().map(String::as_str).chain([table.target_name()]);
            for (&found, what) in cells.zip(names) {
                // A NaN is within no bound.
                if found.is_nan() || found.abs() > bound * ROUNDING {
                    let range = (-bound, bound);
                    return Err(MlError::OutsideRange { what: what.to_owned(), row, found, range });
                }
            }
        }
        Ok(())
    }

    /// Runs the circuit in the clear on a table in the units of [`Self::rows`]: the same approximations as under
    /// encryption, no noise.
    ///
    /// # Errors
    /// As [`Self::run`], and [`MlError::OutsideApproximation`] where eigenvalues lie outside the spectrum's interval so
    /// far that the polynomial explodes, or a variance below the floor.
    pub fn run_clear(&self, table: &Dataset) -> Result<Weights, MlError> {
        let slots = self.slots();
        let on = Clear::new(slots);
        let blocks = 0..self.packing(slots)?.blocks(table.n_rows());
        let solution = self.run(&on, blocks.map(|block| on.input(&self.pack(table, slots, block)?)))?;
        let LinearModel { intercept, weights: values } = solution.model(solution.vector.values())?;
        Ok(Weights { values, intercept, counts: on.counts() })
    }
}

impl LinearRegression {
    /// The weights after each step in the clear, for solvers that go step by step.
    ///
    /// # Errors
    /// As [`Self::run_clear`].
    pub fn iterates(&self, table: &Dataset) -> Result<Vec<Vec<f64>>, MlError> {
        let slots = self.slots();
        let on = Clear::new(slots);
        let blocks = 0..self.packing(slots)?.blocks(table.n_rows());
        let rows = blocks.map(|block| on.input(&self.pack(table, slots, block)?));
        let mut all = Vec::new();
        self.run_observed(&on, rows, &mut |iterate| {
            all.push(iterate.weights(iterate.vector.values()));
            Ok(())
        })?;
        Ok(all)
    }
}

/// Keeps the elements of a solution and clears everything else: nobody who decrypts it learns more. With `scales` for
/// columns as they came.
fn finish<A: SlotArithmetic>(
    on: &A,
    columns: Columns,
    solution: &Unfinished<A::Vector>,
    scales: Option<&Scales<A::Vector>>,
) -> Result<Solution<A::Vector>, MlError> {
    let form: Form = solution.form;
    let vector = match scales {
        None => {
            let masks = columns.elements(on.slots(), form, solution.divisor);
            let vector = on.sum_of_masked(&solution.vectors.iter().zip(&masks).collect::<Vec<_>>())?;
            on.promise("weights", &vector, LARGEST_WEIGHT)?
        }
        Some(scales) => scales.undo(on, columns, solution, LARGEST_WEIGHT)?,
    };
    Ok(Solution { vector, places: columns.places(form), with_intercept: scales.is_some() })
}

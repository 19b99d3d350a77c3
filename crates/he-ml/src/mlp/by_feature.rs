//! Networks on queries of which each feature has a vector of its own.

use ckks::{DryRun, Parameters, Plan, circuits::Polynomial};
use datasets::Matrix;

use super::{ActivationPolynomial, DEFAULT_OUTPUT_BOUND, activation::Form};
use crate::{
    arithmetic::{Encrypted, SlotArithmetic},
    baseline::Network,
    error::MlError,
};

/// A network as a circuit on one vector for each feature, one query to a slot: no rotations, as many queries at a time as
/// there are slots, and any number of slots, those of a toy ring included. Hidden units are computed one by one: much
/// more work than in [`super::MlpCircuit`] for few queries, less for thousands.
#[derive(Clone, Debug)]
pub struct ByFeature {
    network: Network,
    activation: ActivationPolynomial,
    slots: usize,
}

impl ByFeature {
    /// The circuit of `network` with `activation` in place of its function, on vectors of `slots` slots.
    ///
    /// # Errors
    /// [`MlError::Shape`] without slots, [`MlError::Hyperparameter`] for an approximation of another function than the
    /// network's.
    pub fn new(network: &Network, activation: ActivationPolynomial, slots: usize) -> Result<Self, MlError> {
        if slots == 0 {
            let expected = "at least 1".to_owned();
            return Err(MlError::Shape { what: "number of slots", found: "0".to_owned(), expected });
        }
        activation.check_function(network)?;
        Ok(Self { network: network.clone(), activation, slots })
    }

    /// What stands for the function between the layers.
    #[must_use]
    pub fn activation(&self) -> &ActivationPolynomial {
        &self.activation
    }

    /// Queries in one batch.
    #[must_use]
    pub fn queries(&self) -> usize {
        self.slots
    }

    /// Levels that the circuit takes.
    #[must_use]
    pub fn depth(&self) -> usize {
        1 + self.activation.depth()
    }

    /// The vectors of queries to encrypt: for each batch one for each feature. Places that are left over are zero.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of features, [`MlError::NonFinite`].
    pub fn pack(&self, queries: &Matrix) -> Result<Vec<Vec<Vec<f64>>>, MlError> {
        MlError::check_size("number of features", queries.n_cols(), self.network.inputs())?;
        MlError::check_finite("queries", queries.as_slice())?;
        let batch = |batch: usize| -> Vec<Vec<f64>> {
            let rows = batch * self.slots..queries.n_rows().min((batch + 1) * self.slots);
            let column = |feature: usize| rows.clone().map(|row| queries.row(row)[feature]).collect();
            (0..queries.n_cols()).map(column).collect()
        };
        Ok((0..queries.n_rows().div_ceil(self.slots)).map(batch).collect())
    }

    /// What the computing party does with one batch: the output of each query in its slot.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of features, [`MlError::TooFewLevels`], and the errors of the arithmetic; in
    /// the clear [`MlError::OutsideApproximation`].
    pub fn run<A: SlotArithmetic>(&self, on: &A, features: &[A::Vector]) -> Result<A::Vector, MlError> {
        MlError::check_size("number of features", features.len(), self.network.inputs())?;
        let needed = self.depth();
        if let Some(found) = features.first().and_then(|feature| on.levels_left(feature))
            && found < needed
        {
            return Err(MlError::TooFewLevels { what: "network", needed, found });
        }
        let form = self.activation.form();
        let weights = self.network.second();
        let terms = match form {
            Form::Linear => self.sum(on, |unit| self.hidden(on, features, unit, weights[unit]))?,
            // Units with negative output weights are subtracted.
            Form::Square { factor, .. } => {
                let scaled =
                    |unit: &usize| self.hidden(on, features, *unit, (weights[*unit] * factor).abs().sqrt());
                let squares = |negative: bool| -> Result<Option<A::Vector>, MlError> {
                    let units: Vec<usize> = (0..weights.len())
                        .filter(|&unit| (weights[unit] * factor < 0.0) == negative)
                        .collect();
                    let hidden = units.iter().map(scaled).collect::<Result<Vec<_>, _>>()?;
                    let pairs: Vec<_> = hidden.iter().map(|unit| (unit, unit)).collect();
                    if pairs.is_empty() { Ok(None) } else { on.sum_of_products(&pairs).map(Some) }
                };
                match (squares(false)?, squares(true)?) {
                    (Some(plus), Some(minus)) => on.sub(&plus, &minus)?,
                    (Some(plus), None) => plus,
                    (None, Some(minus)) => on.neg(&minus)?,
                    (None, None) => return Err(no_units()),
                }
            }
            Form::Polynomial { bound } => self.sum(on, |unit| {
                let hidden = self.hidden(on, features, unit, bound.recip())?;
                let hidden = on.promise(&self.activation.in_units(), &hidden, 1.0)?;
                let polynomial: Option<Polynomial> = self.activation.times(weights[unit])?;
                on.polynomial(&hidden, &polynomial.ok_or_else(no_units)?)
            })?,
        };
        let constant = self.network.output_bias() + form.constant() * weights.iter().sum::<f64>();
        on.promise("output of the network", &on.add_number(&terms, constant)?, DEFAULT_OUTPUT_BOUND)
    }

    /// Runs the circuit without any data, on queries that are promised to be no larger than `input_bound`: levels, keys and
    /// sizes, before a key exists.
    ///
    /// # Errors
    /// [`MlError::TooFewLevels`], and the errors of the scheme.
    pub fn plan(&self, parameters: &Parameters, input_bound: f64) -> Result<Plan, MlError> {
        let dry = DryRun::new(parameters);
        self.run(&Encrypted::new(&dry), &vec![dry.input(input_bound); self.network.inputs()])?;
        Ok(dry.plan())
    }

    /// What unit `unit` takes in, times `factor`.
    fn hidden<A: SlotArithmetic>(
        &self,
        on: &A,
        features: &[A::Vector],
        unit: usize,
        factor: f64,
    ) -> Result<A::Vector, MlError> {
        let weight = |feature| factor * self.network.first(feature, unit);
        let terms: Vec<_> = features.iter().enumerate().map(|(f, vector)| (vector, weight(f))).collect();
        let bias = factor * (self.network.bias()[unit] + self.activation.form().shift());
        on.add_number(&on.sum_of_scaled(&terms)?, bias)
    }

    fn sum<A: SlotArithmetic>(
        &self,
        on: &A,
        unit: impl Fn(usize) -> Result<A::Vector, MlError>,
    ) -> Result<A::Vector, MlError> {
        let mut sum: Option<A::Vector> = None;
        for index in 0..self.network.hidden() {
            let term = unit(index)?;
            sum = Some(match sum {
                None => term,
                Some(sum) => on.add(&sum, &term)?,
            });
        }
        sum.ok_or_else(no_units)
    }
}

fn no_units() -> MlError {
    MlError::Shape { what: "hidden units", found: "0".to_owned(), expected: "at least 1".to_owned() }
}

//! The circuit of a network.

use ckks::{DryRun, Parameters, Plan, circuits::PolynomialVector};

use super::{ActivationPolynomial, MlpLayout};
use crate::{
    arithmetic::{Complex64, Encrypted, Mask, SlotArithmetic},
    baseline::Network,
    error::MlError,
};

/// A network as a circuit on packed queries.
#[derive(Clone, Debug)]
pub struct MlpCircuit {
    layout: MlpLayout,
    activation: ActivationPolynomial,
    /// Diagonals of the first layer, by giant step and then baby step.
    diagonals: Vec<Vec<Mask>>,
    /// What is added to the first layer.
    bias: Mask,
    /// The output weight of the unit in each slot.
    second: Vec<f64>,
    /// The polynomial of each slot, its output weight included, where that is not part of the diagonals.
    weighted: Option<PolynomialVector>,
    /// What is added to the output.
    constant: f64,
    /// No output is larger.
    output_bound: f64,
}

/// The bound on outputs where nothing is said: standardised targets are rarely farther from their mean.
pub const DEFAULT_OUTPUT_BOUND: f64 = 6.0;

/// The weights of a network as encrypted vectors.
#[derive(Clone, Debug)]
pub struct EncryptedWeights<V> {
    diagonals: Vec<Vec<V>>,
    bias: V,
    second: Option<V>,
    constant: V,
}

impl<V> EncryptedWeights<V> {
    fn second(&self) -> Result<&V, MlError> {
        self.second.as_ref().ok_or_else(|| MlError::Shape {
            what: "encrypted weights",
            found: "no output weights".to_owned(),
            expected: "those of a network with the same activation".to_owned(),
        })
    }
}

/// Who knows the weights.
#[derive(Clone, Copy, Debug)]
pub enum Weights<'a, V> {
    /// The computing party: those that are part of the circuit.
    Public,
    /// The owner of the key only.
    Encrypted(&'a EncryptedWeights<V>),
}

impl MlpCircuit {
    /// The circuit of `network` with `activation` in place of its function, on vectors of `slots` slots.
    ///
    /// # Errors
    /// As [`MlpLayout::new`], and [`MlError::Hyperparameter`] for an approximation of another function than the
    /// network's.
    pub fn new(network: &Network, activation: ActivationPolynomial, slots: usize) -> Result<Self, MlError> {
        activation.check_function(network)?;
        let layout = MlpLayout::new(network.inputs(), network.hidden(), slots)?;
        let form = activation.form();
        let unit_of = |slot: usize| slot / layout.queries();
        let factors: Vec<Complex64> = network.second().iter().map(|&w| form.factor(w)).collect();
        let bias = |slot: usize| {
            let unit = unit_of(slot);
            let value = network.bias().get(unit).map_or(0.0, |bias| bias + form.shift());
            factors.get(unit).map_or(Complex64::ZERO, |factor| factor * value)
        };
        let bias: Vec<Complex64> = (0..layout.slots()).map(bias).collect();
        let second = |slot: usize| network.second().get(unit_of(slot)).copied().unwrap_or(0.0);
        let second: Vec<f64> = (0..layout.slots()).map(second).collect();
        let constant = network.output_bias() + form.constant() * network.second().iter().sum::<f64>();
        Ok(Self {
            diagonals: diagonals(&layout, network, &factors),
            bias: Mask::complex(&bias),
            weighted: activation.weighted(&second)?,
            second,
            constant,
            output_bound: DEFAULT_OUTPUT_BOUND,
            layout,
            activation,
        })
    }

    /// Promises that no output is larger than `bound` in absolute value, [`DEFAULT_OUTPUT_BOUND`] unless said. Parameters
    /// have to have room for it above their scale; larger outputs are an error in the clear and meaningless under
    /// encryption.
    ///
    /// # Errors
    /// [`MlError::Hyperparameter`] for a bound that is not positive and finite.
    pub fn with_output_bound(mut self, bound: f64) -> Result<Self, MlError> {
        if !(bound.is_finite() && bound > 0.0) {
            let why = "a bound is a positive finite number".to_owned();
            return Err(MlError::Hyperparameter { name: "output_bound", value: bound.to_string(), why });
        }
        self.output_bound = bound;
        Ok(self)
    }

    /// Which slot holds what.
    #[must_use]
    pub fn layout(&self) -> &MlpLayout {
        &self.layout
    }

    /// What stands for the function between the layers.
    #[must_use]
    pub fn activation(&self) -> &ActivationPolynomial {
        &self.activation
    }

    /// Levels that the circuit takes with public or with encrypted weights.
    #[must_use]
    pub fn depth(&self, encrypted_weights: bool) -> usize {
        let second = usize::from(encrypted_weights && self.activation.form().leaves_second());
        1 + self.activation.depth() + second
    }

    /// The weights as vectors for the owner of the network to encrypt, each by `encrypt`.
    ///
    /// # Errors
    /// Those of `encrypt`.
    pub fn encrypt_weights<V, E>(
        &self,
        mut encrypt: impl FnMut(&[Complex64]) -> Result<V, E>,
    ) -> Result<EncryptedWeights<V>, E> {
        let mut row = |masks: &Vec<Mask>| masks.iter().map(|mask| encrypt(mask.values())).collect();
        let diagonals = self.diagonals.iter().map(&mut row).collect::<Result<Vec<Vec<V>>, E>>()?;
        let complex = |values: &[f64]| values.iter().map(|&v| Complex64::from(v)).collect::<Vec<_>>();
        let second = if self.activation.form().leaves_second() {
            Some(encrypt(&complex(&self.second))?)
        } else {
            None
        };
        Ok(EncryptedWeights {
            diagonals,
            bias: encrypt(self.bias.values())?,
            second,
            constant: encrypt(&complex(&vec![self.constant; self.layout.slots()]))?,
        })
    }

    /// What the computing party does with one vector of packed queries: the output of each query, in its slot and at
    /// every place of the axis of units.
    ///
    /// # Errors
    /// [`MlError::TooFewLevels`] before anything is computed, and the errors of the arithmetic; in the clear
    /// [`MlError::OutsideApproximation`].
    pub fn run<A: SlotArithmetic>(
        &self,
        on: &A,
        queries: &A::Vector,
        weights: &Weights<'_, A::Vector>,
    ) -> Result<A::Vector, MlError> {
        let encrypted = match weights {
            Weights::Public => None,
            Weights::Encrypted(weights) => Some(*weights),
        };
        let needed = self.depth(encrypted.is_some());
        if let Some(found) = on.levels_left(queries)
            && found < needed
        {
            return Err(MlError::TooFewLevels { what: "network", needed, found });
        }
        let hidden = self.first_layer(on, queries, encrypted)?;
        let terms = match (&self.weighted, encrypted) {
            (None, _) if self.activation.depth() == 0 => hidden,
            (None, _) => on.square(&hidden)?,
            (Some(weighted), weights) => {
                let hidden = on.promise(&self.activation.in_units(), &hidden, 1.0)?;
                match weights {
                    None => on.polynomial_by_slot(&hidden, weighted)?,
                    Some(weights) => on.mul(&self.activation.evaluate(on, &hidden)?, weights.second()?)?,
                }
            }
        };
        let sums = on.cyclic_sum(&terms, self.layout.queries())?;
        let outputs = match encrypted {
            None => on.add_number(&sums, self.constant),
            Some(weights) => on.add(&sums, &weights.constant),
        }?;
        on.promise("output of the network", &outputs, self.output_bound)
    }

    /// Runs the circuit without any data, on queries that are promised to be no larger than `input_bound`: levels, keys and
    /// sizes, before a key exists.
    ///
    /// # Errors
    /// [`MlError::TooFewLevels`], [`MlError::TooFewSlots`] or [`MlError::Shape`] for parameters with another number of
    /// slots, and the errors of the scheme.
    pub fn plan(
        &self,
        parameters: &Parameters,
        encrypted_weights: bool,
        input_bound: f64,
    ) -> Result<Plan, MlError> {
        let (needed, found) = (self.layout.slots(), parameters.max_slots());
        if needed > found {
            return Err(MlError::TooFewSlots { what: "hidden units and queries", needed, found });
        }
        MlError::check_size("slots of the parameters", found, needed)?;
        let dry = DryRun::new(parameters);
        let on = Encrypted::new(&dry);
        if encrypted_weights {
            let largest = |values: &[Complex64]| values.iter().map(|value| value.norm()).fold(0.0, f64::max);
            let weights = self.encrypt_weights(|values| Ok::<_, MlError>(dry.input(largest(values))))?;
            self.run(&on, &dry.input(input_bound), &Weights::Encrypted(&weights))?;
        } else {
            self.run(&on, &dry.input(input_bound), &Weights::Public)?;
        }
        Ok(dry.plan())
    }

    /// What the hidden units take in, times the factor of each.
    fn first_layer<A: SlotArithmetic>(
        &self,
        on: &A,
        queries: &A::Vector,
        weights: Option<&EncryptedWeights<A::Vector>>,
    ) -> Result<A::Vector, MlError> {
        let stride = self.layout.queries() as i64;
        let baby_steps: Vec<i64> = (0..self.diagonals[0].len() as i64).map(|step| step * stride).collect();
        let rotated = on.rotate_each(queries, &baby_steps)?;
        let giant = baby_steps.len() as i64 * stride;
        let mut sum: Option<A::Vector> = None;
        for (step, masks) in self.diagonals.iter().enumerate() {
            let part = match weights {
                None => on.sum_of_masked(&rotated.iter().zip(masks).collect::<Vec<_>>())?,
                Some(weights) => {
                    let diagonals = weights.diagonals.get(step).map_or(&[][..], Vec::as_slice);
                    MlError::check_size("encrypted diagonals of a giant step", diagonals.len(), masks.len())?;
                    on.sum_of_products(&rotated.iter().zip(diagonals).collect::<Vec<_>>())?
                }
            };
            let part = on.rotate(&part, step as i64 * giant)?;
            sum = Some(match sum {
                None => part,
                Some(sum) => on.add(&sum, &part)?,
            });
        }
        let sum = sum.ok_or(MlError::TooFewSlots { what: "first layer", needed: 1, found: 0 })?;
        match weights {
            None => on.add_mask(&sum, &self.bias),
            Some(weights) => on.add(&sum, &weights.bias),
        }
    }
}

/// The diagonals of the first layer: diagonal d holds for unit h the weight of feature (h + d) mod period, times the
/// factor of the unit. Those of a giant step are moved back by it, because the rotation comes after the product.
fn diagonals(layout: &MlpLayout, network: &Network, factors: &[Complex64]) -> Vec<Vec<Mask>> {
    let (period, units, queries) = (layout.period(), layout.units(), layout.queries());
    // As many giant steps as baby steps, or half as many.
    let babies = 1 << period.trailing_zeros().div_ceil(2);
    let value = |diagonal: usize, unit: usize| {
        let feature = (unit + diagonal) % period;
        match factors.get(unit) {
            Some(factor) if feature < layout.inputs() => factor * network.first(feature, unit),
            _ => Complex64::ZERO,
        }
    };
    let mask = |giant: usize, baby: usize| {
        let slot = |slot: usize| value(giant + baby, (slot / queries + units - giant) % units);
        Mask::complex(&(0..layout.slots()).map(slot).collect::<Vec<_>>())
    };
    (0..period).step_by(babies).map(|giant| (0..babies).map(|baby| mask(giant, baby)).collect()).collect()
}

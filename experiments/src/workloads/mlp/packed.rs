//! The two ways to lay a network out in slots, behind one face.

use ckks::{Complex64, Parameters, Plan};
use datasets::Matrix;
use he_ml::{
    MlError,
    arithmetic::SlotArithmetic,
    baseline::Network,
    mlp::{ActivationPolynomial, ByFeature, MlpCircuit, Weights},
};

/// A network as a circuit.
pub(super) enum Packed {
    /// Hidden units and queries side by side in one vector.
    Units(Box<MlpCircuit>),
    /// A vector for each feature.
    Features(Box<ByFeature>),
}

impl Packed {
    /// The circuit of `network`; `by_feature` says which one.
    pub(super) fn new(
        network: &Network,
        activation: ActivationPolynomial,
        slots: usize,
        by_feature: bool,
    ) -> Result<Self, MlError> {
        Ok(if by_feature {
            Self::Features(Box::new(ByFeature::new(network, activation, slots)?))
        } else {
            Self::Units(Box::new(MlpCircuit::new(network, activation, slots)?))
        })
    }

    pub(super) fn activation(&self) -> &ActivationPolynomial {
        match self {
            Self::Units(circuit) => circuit.activation(),
            Self::Features(circuit) => circuit.activation(),
        }
    }

    /// Levels with public or encrypted weights.
    pub(super) fn depth(&self, encrypted_weights: bool) -> usize {
        match self {
            Self::Units(circuit) => circuit.depth(encrypted_weights),
            Self::Features(circuit) => circuit.depth(),
        }
    }

    /// Queries of a batch.
    pub(super) fn queries(&self) -> usize {
        match self {
            Self::Units(circuit) => circuit.layout().queries(),
            Self::Features(circuit) => circuit.queries(),
        }
    }

    /// Vectors of weights where they are encrypted, at most.
    pub(super) fn weight_vectors(&self) -> usize {
        match self {
            Self::Units(circuit) => 2 * circuit.layout().period(),
            Self::Features(_) => 0,
        }
    }

    pub(super) fn plan(
        &self,
        parameters: &Parameters,
        encrypted_weights: bool,
        bound: f64,
    ) -> Result<Plan, MlError> {
        match self {
            Self::Units(circuit) => circuit.plan(parameters, encrypted_weights, bound),
            Self::Features(circuit) => circuit.plan(parameters, bound),
        }
    }

    /// The vectors of each batch of queries.
    pub(super) fn pack(&self, queries: &Matrix) -> Result<Vec<Vec<Vec<f64>>>, MlError> {
        match self {
            Self::Units(circuit) => {
                Ok(circuit.layout().pack(queries)?.into_iter().map(|vector| vec![vector]).collect())
            }
            Self::Features(circuit) => circuit.pack(queries),
        }
    }

    /// The outputs of one batch.
    pub(super) fn run<A: SlotArithmetic>(
        &self,
        on: &A,
        vectors: &[A::Vector],
        weights: &Weights<'_, A::Vector>,
    ) -> Result<A::Vector, MlError> {
        match (self, vectors) {
            (Self::Units(circuit), [queries]) => circuit.run(on, queries, weights),
            (Self::Units(_), vectors) => Err(MlError::Shape {
                what: "vectors of a batch",
                found: vectors.len().to_string(),
                expected: "1".to_owned(),
            }),
            (Self::Features(circuit), vectors) => circuit.run(on, vectors),
        }
    }

    /// The outputs of `count` queries in the slots of all batches.
    pub(super) fn outputs(&self, batches: &[Vec<Complex64>], count: usize) -> Vec<f64> {
        let first = |batch: &Vec<Complex64>| -> Vec<f64> {
            batch.iter().take(self.queries()).map(|slot| slot.re).collect()
        };
        batches.iter().flat_map(first).take(count).collect()
    }
}

//! A matrix in the clear times an encrypted vector.

use ckks::{CkksError, DryRun, Encryptor, Evaluator, circuits::LinearTransform, encoder::Packing};
use harness::{Failure, Recorder};
use rand_chacha::ChaCha20Rng;

use super::{measure, uniform};
use crate::workloads::ckks_setup::{self as setup, Kit};

/// A dense matrix of random values, its diagonals encoded beforehand.
pub(super) struct Product {
    pub(super) dimension: usize,
}

impl Product {
    pub(super) const NAME: &str = "matrix_vector";

    /// Plaintexts that are kept, as ciphertexts.
    pub(super) fn encoded(&self) -> usize {
        self.dimension.next_power_of_two().div_ceil(2)
    }

    /// Entries so small that no product exceeds 1.
    fn matrix(&self, mut entry: impl FnMut() -> f64) -> Result<LinearTransform, CkksError> {
        let n = self.dimension;
        let rows: Vec<Vec<f64>> = (0..n).map(|_| (0..n).map(|_| entry() / n as f64).collect()).collect();
        LinearTransform::from_rows(&rows)
    }

    pub(super) fn plan(&self, dry: &DryRun) -> Result<(), CkksError> {
        let matrix = self.matrix(|| 1.0)?;
        let input = dry.input(1.0);
        let packing = Packing { level: input.level(), scale: input.scale(), slots: matrix.dimension() };
        let vector = dry.encrypt_public(&dry.plaintext(1.0, &packing)?)?;
        matrix.evaluate(dry, &vector).map(drop)
    }

    pub(super) fn run(
        &self,
        record: &mut Recorder<'_>,
        kit: &Kit,
        data: &mut ChaCha20Rng,
        rng: &mut ChaCha20Rng,
    ) -> Result<(), Failure> {
        let matrix = self.matrix(|| uniform(data))?;
        let mut vector: Vec<f64> = (0..self.dimension).map(|_| uniform(data)).collect();
        vector.resize(matrix.dimension(), 0.0);
        let packing = Packing { slots: matrix.dimension(), ..kit.encoder.packing() };
        let x = Encryptor::new(&kit.context, &kit.public)
            .encrypt(&setup::uniform_up_to(1.0, kit.encoder.encode_with(&vector, &packing)?)?, rng)?;
        let eval: Evaluator<'_> = kit.evaluator();
        let encoded = record
            .stage("setup", "encode_matrix")
            .once()
            .run(|| matrix.encode(&eval, packing.level, packing.slots))?
            .value;
        measure(record, kit, Self::NAME, &matrix.apply(&vector), || encoded.evaluate(&eval, &x))
    }
}

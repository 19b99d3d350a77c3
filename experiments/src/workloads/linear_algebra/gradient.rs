//! One step of gradient descent for least squares, w - eta/rows X^T (X w - y), on one ciphertext of rows.
//!
//! A block of slots holds one feature of all rows, padded to a power of two; the blocks, padded likewise, fill the slots.
//! The client encrypts the rows twice, once multiplied by eta/rows, and a target and weights that repeat in every block and
//! along it. Two products of ciphertexts and log2(blocks) + log2(block) rotations, two levels. The new weight of feature j
//! is in the first slot of block j.

use ckks::{CkksError, DryRun, Encryptor, Operations, encoder::Packing};
use harness::{Failure, Recorder};
use rand_chacha::ChaCha20Rng;

use super::{measure, uniform};
use crate::workloads::ckks_setup::{self as setup, Kit};

/// Step length.
const RATE: f64 = 0.5;

/// The shape of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gradient {
    pub(super) rows: usize,
    pub(super) features: usize,
}

/// What is encrypted: slots, or ciphertexts.
struct Inputs<T> {
    table: T,
    /// The table times the step length, divided by the number of rows.
    scaled: T,
    target: T,
    weights: T,
}

impl Gradient {
    pub(super) const NAME: &str = "gradient_step";

    /// Slots of one feature, and number of blocks.
    fn shape(self) -> (usize, usize) {
        (self.rows.next_power_of_two(), self.features.next_power_of_two())
    }

    fn slots(self) -> usize {
        let (block, blocks) = self.shape();
        block * blocks
    }

    /// The largest value of each input: predictions of at most 1, residuals of at most 2.
    fn bounds(self) -> Inputs<f64> {
        let (_, blocks) = self.shape();
        let scaled = RATE / self.rows as f64;
        Inputs { table: 1.0, scaled, target: 1.0, weights: 1.0 / blocks as f64 }
    }

    /// The step on anything that computes.
    fn step<O: Operations>(self, on: &O, inputs: &Inputs<O::Ciphertext>) -> Result<O::Ciphertext, CkksError> {
        let (block, blocks) = self.shape();
        let products = on.mul_rescale(&inputs.table, &inputs.weights)?;
        let predictions = on.inner_sum(&products, block, blocks)?;
        let (predictions, target) = on.align(&predictions, &inputs.target)?;
        let residuals = on.sub(&predictions, &target)?;
        let (scaled, residuals) = on.align(&inputs.scaled, &residuals)?;
        let gradient = on.inner_sum(&on.mul_rescale(&scaled, &residuals)?, 1, block)?;
        let (weights, gradient) = on.align(&inputs.weights, &gradient)?;
        on.sub(&weights, &gradient)
    }

    /// The step on slots, around the end as rotations go.
    fn clear(self, inputs: &Inputs<Vec<f64>>) -> Vec<f64> {
        let ((block, blocks), slots) = (self.shape(), self.slots());
        let sum = |values: &[f64], stride: usize, count: usize| -> Vec<f64> {
            let at = |slot: usize| (0..count).map(|j| values[(slot + j * stride) % slots]).sum();
            (0..slots).map(at).collect()
        };
        let zip = |a: &[f64], b: &[f64], f: fn(f64, f64) -> f64| -> Vec<f64> {
            a.iter().zip(b).map(|(x, y)| f(*x, *y)).collect()
        };
        let predictions = sum(&zip(&inputs.table, &inputs.weights, |x, w| x * w), block, blocks);
        let residuals = zip(&predictions, &inputs.target, |p, y| p - y);
        let gradient = sum(&zip(&inputs.scaled, &residuals, |x, r| x * r), 1, block);
        zip(&inputs.weights, &gradient, |w, g| w - g)
    }

    pub(super) fn plan(self, dry: &DryRun) -> Result<(), CkksError> {
        let top = dry.input(1.0);
        let packing = Packing { level: top.level(), scale: top.scale(), slots: self.slots() };
        let fresh = |bound: f64| dry.encrypt_public(&dry.plaintext(bound, &packing)?);
        let bounds = self.bounds();
        let inputs = Inputs {
            table: fresh(bounds.table)?,
            scaled: fresh(bounds.scaled)?,
            target: fresh(bounds.target)?,
            weights: fresh(bounds.weights)?,
        };
        self.step(dry, &inputs).map(drop)
    }

    /// Random rows, target and weights, laid out in slots.
    fn data(self, data: &mut ChaCha20Rng) -> Inputs<Vec<f64>> {
        let ((block, _), slots, bounds) = (self.shape(), self.slots(), self.bounds());
        let columns: Vec<Vec<f64>> =
            (0..self.features).map(|_| (0..self.rows).map(|_| uniform(data)).collect()).collect();
        let target: Vec<f64> = (0..self.rows).map(|_| uniform(data)).collect();
        let weights: Vec<f64> = (0..self.features).map(|_| bounds.weights * uniform(data)).collect();
        let value = |slot: usize| columns.get(slot / block).and_then(|column| column.get(slot % block));
        let table: Vec<f64> = (0..slots).map(|slot| value(slot).copied().unwrap_or(0.0)).collect();
        Inputs {
            scaled: table.iter().map(|x| bounds.scaled * x).collect(),
            target: (0..slots).map(|slot| target.get(slot % block).copied().unwrap_or(0.0)).collect(),
            weights: (0..slots).map(|slot| weights.get(slot / block).copied().unwrap_or(0.0)).collect(),
            table,
        }
    }

    pub(super) fn run(
        self,
        record: &mut Recorder<'_>,
        kit: &Kit,
        data: &mut ChaCha20Rng,
        rng: &mut ChaCha20Rng,
    ) -> Result<(), Failure> {
        let values = self.data(data);
        let packing = Packing { slots: self.slots(), ..kit.encoder.packing() };
        let encryptor = Encryptor::new(&kit.context, &kit.public);
        let bounds = self.bounds();
        let mut encrypt = |slots: &[f64], bound: f64| {
            encryptor.encrypt(&setup::uniform_up_to(bound, kit.encoder.encode_with(slots, &packing)?)?, rng)
        };
        let inputs = Inputs {
            table: encrypt(&values.table, bounds.table)?,
            scaled: encrypt(&values.scaled, bounds.scaled)?,
            target: encrypt(&values.target, bounds.target)?,
            weights: encrypt(&values.weights, bounds.weights)?,
        };
        let eval = kit.evaluator();
        measure(record, kit, Self::NAME, &self.clear(&values), || self.step(&eval, &inputs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn the_first_slot_of_each_block_has_the_weight_of_the_textbook() {
        let shape = Gradient { rows: 5, features: 3 };
        let values = shape.data(&mut ChaCha20Rng::seed_from_u64(1));
        let (block, _) = shape.shape();
        let found = shape.clear(&values);
        let x = |i: usize, j: usize| values.table[j * block + i];
        let weight = |j: usize| values.weights[j * block];
        let residual = |i: usize| (0..3).map(|j| x(i, j) * weight(j)).sum::<f64>() - values.target[i];
        for j in 0..3 {
            let gradient: f64 = (0..5).map(|i| x(i, j) * residual(i)).sum();
            let expected = weight(j) - RATE / 5.0 * gradient;
            assert!((found[j * block] - expected).abs() < 1e-12, "{} {expected}", found[j * block]);
        }
    }
}

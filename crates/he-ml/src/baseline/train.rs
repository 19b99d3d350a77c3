//! Training a small network in the clear, so that there is something to run under encryption.

use datasets::Matrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};

use super::{Activation, Network};
use crate::error::MlError;

/// Full-batch gradient descent with Nesterov's momentum on the mean of squared errors, halved: the same loop, step by
/// step, that can be run on ciphertexts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Number of hidden units.
    pub hidden: usize,
    /// The function between the layers.
    pub activation: Activation,
    /// Number of steps.
    pub steps: usize,
    /// Length of a step along the gradient.
    pub learning_rate: f64,
    /// Share of the last step that is taken again, from 0 to below 1.
    pub momentum: f64,
    /// `weight_decay` |W1, w2|^2 / 2 is added to the loss; biases are free.
    pub weight_decay: f64,
    /// Where the initial weights come from.
    pub seed: u64,
}

/// A trained network and how it went.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingRun {
    /// The result.
    pub network: Network,
    /// The loss before each step and after the last.
    pub losses: Vec<f64>,
    /// The largest absolute value that a hidden unit took in at any step: what the interval of an approximation of the
    /// activation has to hold.
    pub largest_pre_activation: f64,
}

impl Training {
    /// 64 hidden units, `activation`, 300 steps of length 0.1 with momentum 0.9, no decay, seed 0.
    #[must_use]
    pub fn new(activation: Activation) -> Self {
        Self {
            hidden: 64,
            activation,
            steps: 300,
            learning_rate: 0.1,
            momentum: 0.9,
            weight_decay: 0.0,
            seed: 0,
        }
    }

    fn check(&self) -> Result<(), MlError> {
        let refuse = |name, value: f64, why: &str| {
            Err(MlError::Hyperparameter { name, value: value.to_string(), why: why.to_owned() })
        };
        if self.hidden == 0 {
            return refuse("hidden", 0.0, "at least one hidden unit is needed");
        }
        if !(self.learning_rate.is_finite() && self.learning_rate > 0.0) {
            return refuse("learning_rate", self.learning_rate, "a step is a positive finite number");
        }
        if !(0.0..1.0).contains(&self.momentum) {
            return refuse("momentum", self.momentum, "it is from 0 to below 1");
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return refuse("weight_decay", self.weight_decay, "it is a finite number from 0 on");
        }
        Ok(())
    }

    /// Trains on rows and targets, both scaled to about unit variance.
    ///
    /// # Errors
    /// [`MlError::Hyperparameter`], [`MlError::Shape`] when the numbers of rows and targets differ,
    /// [`MlError::NonFinite`] for data or a loss that is not finite: a diverged run is an error.
    pub fn run(&self, features: &Matrix, targets: &[f64]) -> Result<TrainingRun, MlError> {
        self.check()?;
        MlError::check_size("number of targets", targets.len(), features.n_rows())?;
        MlError::check_finite("targets", targets)?;
        MlError::check_finite("features", features.as_slice())?;
        let mut network = self.initial(features.n_cols());
        let mut velocity = vec![0.0; network.parameters.len()];
        let mut losses = Vec::with_capacity(self.steps + 1);
        let mut largest = 0.0_f64;
        for _ in 0..self.steps {
            let here = network.parameters.clone();
            let ahead = here.iter().zip(&velocity).map(|(w, v)| w + self.momentum * v).collect();
            network.parameters = ahead;
            let gradient = self.gradient(&network, features, targets);
            losses.push(gradient.loss);
            largest = largest.max(gradient.largest_pre_activation);
            MlError::check_finite("loss", &losses[losses.len() - 1..])?;
            for (v, g) in velocity.iter_mut().zip(&gradient.values) {
                *v = self.momentum * *v - self.learning_rate * g;
            }
            network.parameters = here.iter().zip(&velocity).map(|(w, v)| w + v).collect();
        }
        let last = self.gradient(&network, features, targets);
        losses.push(last.loss);
        MlError::check_finite("loss", &losses[losses.len() - 1..])?;
        let largest_pre_activation = largest.max(last.largest_pre_activation);
        Ok(TrainingRun { network, losses, largest_pre_activation })
    }

    /// Weights uniform within sqrt(6 / (inputs + outputs)) of zero (Glorot and Bengio, AISTATS 2010), biases zero.
    fn initial(&self, inputs: usize) -> Network {
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        let mut layer = |rows: usize, columns: usize| {
            let bound = (6.0 / (rows + columns) as f64).sqrt();
            let draw = |_| rng.random_range(-bound..bound);
            (0..rows * columns).map(draw).collect::<Vec<f64>>()
        };
        let (first, second) = (layer(inputs, self.hidden), layer(self.hidden, 1));
        let parameters = [first, vec![0.0; self.hidden], second, vec![0.0]].concat();
        Network { inputs, hidden: self.hidden, parameters, activation: self.activation }
    }

    /// Loss and gradient at a network, by the chain rule.
    fn gradient(&self, network: &Network, features: &Matrix, targets: &[f64]) -> Gradient {
        let (n, h) = (targets.len() as f64, network.hidden);
        let first_len = network.inputs * h;
        let mut values = vec![0.0; network.parameters.len()];
        let (mut z, mut back) = (vec![0.0; h], vec![0.0; h]);
        let (mut loss, mut largest) = (0.0, 0.0_f64);
        for (row, target) in features.rows().zip(targets) {
            network.pre_activations_into(row, &mut z);
            let outputs = z.iter().zip(network.second()).map(|(z, w)| network.activation.value(*z) * w);
            let error = outputs.sum::<f64>() + network.output_bias() - target;
            loss += 0.5 * error * error / n;
            for unit in 0..h {
                largest = largest.max(z[unit].abs());
                back[unit] = error / n * network.second()[unit] * network.activation.derivative(z[unit]);
                values[first_len + unit] += back[unit];
                values[first_len + h + unit] += error / n * network.activation.value(z[unit]);
            }
            for (x, gradients) in row.iter().zip(values[..first_len].chunks_exact_mut(h)) {
                for (g, back) in gradients.iter_mut().zip(&back) {
                    *g += x * back;
                }
            }
            values[first_len + 2 * h] += error / n;
        }
        let decayed = (0..first_len).chain(first_len + h..first_len + 2 * h);
        for k in decayed {
            loss += 0.5 * self.weight_decay * network.parameters[k].powi(2);
            values[k] += self.weight_decay * network.parameters[k];
        }
        Gradient { loss, values, largest_pre_activation: largest }
    }
}

/// The loss and its derivatives.
struct Gradient {
    loss: f64,
    values: Vec<f64>,
    largest_pre_activation: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 24 rows of 3 features, and targets that are not linear in them.
    fn data() -> (Matrix, Vec<f64>) {
        let entry = |k: u32| f64::from((k * 37 + 11) % 29) / 14.0 - 1.0;
        let features = Matrix::new(24, 3, (0..72).map(entry).collect()).expect("72 entries");
        let targets = features.rows().map(|x| x[0] - 0.5 * x[1] * x[2] + 0.3 * x[2] * x[2]).collect();
        (features, targets)
    }

    fn small(activation: Activation) -> Training {
        Training { hidden: 5, weight_decay: 0.01, seed: 3, ..Training::new(activation) }
    }

    #[test]
    fn the_gradient_is_that_of_differences() {
        let (features, targets) = data();
        for activation in Activation::ALL {
            let training = small(activation);
            let network = training.initial(3);
            let gradient = training.gradient(&network, &features, &targets);
            for (k, found) in gradient.values.iter().enumerate() {
                let step = 1e-5;
                let at = |by: f64| {
                    let mut moved = network.clone();
                    moved.parameters[k] += by;
                    training.gradient(&moved, &features, &targets).loss
                };
                let expected = (at(step) - at(-step)) / (2.0 * step);
                // The kinks of the rectifier move the difference quotient by up to a step in the few rows at one.
                assert!((found - expected).abs() < 1e-6, "{activation}, {k}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn a_seed_means_one_network() {
        let (features, targets) = data();
        let run = |seed| {
            Training { seed, steps: 20, ..small(Activation::Tanh) }
                .run(&features, &targets)
                .expect("converges")
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn the_loss_falls() {
        let (features, targets) = data();
        for activation in Activation::ALL {
            let run = small(activation).run(&features, &targets).expect("converges");
            assert_eq!(run.losses.len(), 301);
            assert!(run.losses[300] < 0.5 * run.losses[0], "{activation}: {:?}", run.losses);
        }
    }

    #[test]
    fn bad_hyper_parameters_and_divergence_are_errors() {
        let (features, targets) = data();
        let message =
            |training: Training| training.run(&features, &targets).expect_err("refused").to_string();
        let good = small(Activation::Square);
        assert_eq!(
            message(Training { hidden: 0, ..good.clone() }),
            "hyper-parameter `hidden` is 0: at least one hidden unit is needed"
        );
        assert_eq!(
            message(Training { momentum: 1.0, ..good.clone() }),
            "hyper-parameter `momentum` is 1: it is from 0 to below 1"
        );
        assert!(message(Training { learning_rate: 100.0, ..good }).starts_with("loss: found "));
    }
}

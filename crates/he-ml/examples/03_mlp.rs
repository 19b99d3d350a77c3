//! Inference with networks of 64 hidden units on encrypted queries: Boston Housing at 128 bits, with the weights known to
//! the computing party and with encrypted ones. Only predictions are decrypted.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::time::Instant;

use ckks::{Complex64, ParameterSpec};
use datasets::{Dataset, ScaleMethod, Scaler, TargetScaler, load_split};
use he_ml::{
    Disclosure, ErrorBudget, MlError, Session,
    arithmetic::{Clear, Encrypted},
    baseline::{Activation, Network, Training},
    metrics::RegressionMetrics,
    mlp::{ActivationPolynomial, MlpCircuit, Weights},
};
use rand::rngs::SysRng;
use rand_core::UnwrapErr;

fn main() -> Result<(), MlError> {
    run()
}

/// No standardised feature and no weight is larger.
const VALUE_BOUND: f64 = 16.0;

/// The activations with the degree of their polynomial, and the length of a training step. The identity is the choice of
/// arXiv 2604.23245.
const ACTIVATIONS: [(Activation, usize, f64); 7] = [
    (Activation::Identity, 1, 0.02),
    (Activation::Square, 2, 0.01),
    (Activation::Quadratic, 2, 0.05),
    (Activation::Tanh, 31, 0.05),
    (Activation::Sigmoid, 15, 0.05),
    (Activation::Silu, 15, 0.05),
    (Activation::Relu, 31, 0.05),
];

/// The example.
pub(crate) fn run() -> Result<(), MlError> {
    println!("{}", Disclosure::Predictions);
    all_activations("boston", "boston_rs42", &ACTIVATIONS)?;
    all_activations("boston_without_b", "boston_rs42", &ACTIVATIONS[..3])?;
    all_activations("boston", "boston", &ACTIVATIONS[..3])
}

/// Trains a network for each activation and runs it under encryption.
fn all_activations(name: &str, split: &str, activations: &[(Activation, usize, f64)]) -> Result<(), MlError> {
    let chosen = if split == "boston" { ", a split chosen to match arXiv 2604.23245" } else { "" };
    println!("{name}, split {split}{chosen}");
    let sides = load_split(name, &split.into())?;
    let scaler = Scaler::fit(&ScaleMethod::Standardise, &sides.train)?;
    let (train, test) = (scaler.transform(&sides.train)?, scaler.transform(&sides.test)?);
    let target = TargetScaler::fit(&ScaleMethod::Standardise, &train)?;
    let scaled = target.transform(&train)?;
    for &(activation, degree, learning_rate) in activations {
        let training = Training { learning_rate, weight_decay: 0.01, ..Training::new(activation) };
        let trained = training.run(scaled.features(), scaled.targets())?;
        // A third more than what training saw: test rows go farther.
        let bound = (1.33 * trained.largest_pre_activation).ceil();
        let polynomial = ActivationPolynomial::exact(activation)
            .or_else(|_| ActivationPolynomial::approximate(activation, degree, bound))?;
        for encrypted_weights in [false, true] {
            infer(&trained.network, &polynomial, &test, &target, encrypted_weights)?;
        }
    }
    Ok(())
}

/// Predicts all test rows, encrypted.
fn infer(
    network: &Network,
    polynomial: &ActivationPolynomial,
    test: &Dataset,
    target: &TargetScaler,
    encrypted_weights: bool,
) -> Result<(), MlError> {
    let queries = test.features();
    let circuit = MlpCircuit::new(network, polynomial.clone(), 1 << 13)?;
    circuit.activation().check_rows(network, queries)?;
    let parameters = ParameterSpec::new(14).log_scale(40).depth(circuit.depth(encrypted_weights)).check()?;
    let plan = circuit.plan(&parameters, encrypted_weights, VALUE_BOUND)?;
    let packed = circuit.layout().pack(queries)?;
    let exact = target.inverse(&network.predict(queries)?);

    let clear = Clear::new(parameters.max_slots());
    let mut batches = Vec::new();
    for values in &packed {
        let values: Vec<Complex64> = values.iter().map(|&value| value.into()).collect();
        let result = circuit.run(&clear, &clear.input(&values)?, &Weights::Public)?;
        batches.push(result.values().iter().map(|slot| slot.re).collect());
    }
    let approximated = target.inverse(&circuit.layout().unpack(&batches, queries.n_rows())?);

    let mut rng = UnwrapErr(SysRng);
    let start = Instant::now();
    let session = Session::new(&parameters, &plan.request(), &mut rng)?;
    let key_time = start.elapsed();
    let encrypted = if encrypted_weights {
        Some(circuit.encrypt_weights(|values| session.encrypt(values, VALUE_BOUND, &mut rng))?)
    } else {
        None
    };
    let weights = encrypted.as_ref().map_or(Weights::Public, Weights::Encrypted);
    let evaluator = session.evaluator();
    let on = Encrypted::new(&evaluator);
    let (mut batches, mut times, mut bytes) = (Vec::new(), Vec::new(), 0);
    for values in &packed {
        let query = session.encrypt(values, VALUE_BOUND, &mut rng)?;
        bytes += query.size_bytes();
        // Once to grow what grows, once to be timed.
        circuit.run(&on, &query, &weights)?;
        let start = Instant::now();
        let result = circuit.run(&on, &query, &weights)?;
        times.push(start.elapsed().as_secs_f64());
        batches.push(session.decrypt(&result)?.iter().map(|slot| slot.re).collect());
    }
    let found = target.inverse(&circuit.layout().unpack(&batches, queries.n_rows())?);
    let metrics = RegressionMetrics::new(test.targets(), &found)?;
    println!(
        "  {polynomial}, {} weights: RMSE {:.4}, R2 {:.4}; {:.0} ms for up to {} queries, {} levels, {} key switches",
        if encrypted_weights { "encrypted" } else { "public" },
        metrics.rmse,
        metrics.r2,
        times.iter().sum::<f64>() / times.len() as f64 * 1e3,
        circuit.layout().queries(),
        plan.depth,
        plan.key_switches()
    );
    println!(
        "    errors in $1000: {}; keys {:.1} MiB in {:.2} s, query {:.2} MiB",
        ErrorBudget::new(&exact, &approximated, &found)?,
        plan.keys(&parameters)?.stored as f64 / f64::from(1 << 20),
        key_time.as_secs_f64(),
        bytes as f64 / f64::from(1 << 20)
    );
    Ok(())
}

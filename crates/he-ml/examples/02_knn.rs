//! Neighbours of encrypted queries among encrypted rows, on Boston Housing at 128 bits: kernel regression, of which only
//! predictions and sums of weights are decrypted, and the k nearest by decrypted distances, which reveal every row.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::time::{Duration, Instant};

use ckks::{Ciphertext, Complex64, ParameterSpec};
use datasets::{Dataset, ScaleMethod, Scaler, TargetScaler, load_split};
use he_ml::{
    ErrorBudget, MlError, Session,
    arithmetic::{Clear, ClearVector, Encrypted},
    baseline::{KernelRegressor, NearestNeighbours, Ties, largest_squared_distance},
    knn::{
        ClientSelect, KernelBlock, KernelCircuit, NeighbourLayout, QueryGuard, RadiusSource, WeightedMean,
    },
    metrics::RegressionMetrics,
};
use rand::rngs::SysRng;
use rand_core::UnwrapErr;

fn main() -> Result<(), MlError> {
    run()
}

/// The training rows and the test rows of a split, features and targets standardised by the training rows.
struct Task {
    train: Dataset,
    test: Dataset,
    scaled_targets: Vec<f64>,
    target: TargetScaler,
}

impl Task {
    fn load(name: &str, split: &str) -> Result<Self, MlError> {
        let sides = load_split(name, &split.into())?;
        let scaler = Scaler::fit(&ScaleMethod::Standardise, &sides.train)?;
        let (train, test) = (scaler.transform(&sides.train)?, scaler.transform(&sides.test)?);
        let target = TargetScaler::fit(&ScaleMethod::Standardise, &train)?;
        let scaled_targets = target.transform(&train)?.targets().to_vec();
        Ok(Self { train, test, scaled_targets, target })
    }

    fn judge(&self, what: &str, predictions: &[f64]) -> Result<(), MlError> {
        let metrics = RegressionMetrics::new(self.test.targets(), predictions)?;
        println!("  {what}: RMSE {:.4}, MAE {:.4}, R2 {:.4}", metrics.rmse, metrics.mae, metrics.r2);
        Ok(())
    }
}

/// The example.
pub(crate) fn run() -> Result<(), MlError> {
    for (name, split) in
        [("boston", "boston"), ("boston", "boston_rs42"), ("boston_without_b", "boston_rs42")]
    {
        let chosen = if split == "boston" { ", a split chosen to match arXiv 2604.23245" } else { "" };
        println!("{name}, split {split}{chosen}");
        let task = Task::load(name, split)?;
        kernel(&task)?;
        client_select(&task)?;
    }
    Ok(())
}

/// Weights (1 - d^2/D)^256.
fn kernel(task: &Task) -> Result<(), MlError> {
    // N = 2^15 has room for ten levels of 50 bits; the 60-bit base leaves nine bits for sums over 404 rows.
    let parameters = ParameterSpec::new(15).log_q0(60).log_scale(50).depth(10).check()?;
    let (rows, queries) = (task.train.features(), task.test.features());
    // Whoever owns the rows reveals their largest distance by using it as a radius.
    let radius = 1.25 * largest_squared_distance(rows);
    let layout = NeighbourLayout::new(rows.n_rows(), rows.n_cols(), parameters.max_slots())?;
    let circuit = KernelCircuit::new(layout, radius, 8, RadiusSource::TrainingRows)?;
    let target_bound = task.scaled_targets.iter().fold(0.0, |a: f64, y| a.max(y.abs()));
    let plan = circuit.plan(&parameters, target_bound)?;
    let queries = QueryGuard::Rows(rows).admit(queries, radius)?;

    let exact =
        KernelRegressor::new(rows.clone(), task.train.targets().to_vec(), radius, 8)?.predict(&queries)?;
    let clear = {
        let clear = Clear::new(parameters.max_slots());
        let mut predictions = Vec::new();
        let blocks = blocks(&circuit, task, |values| clear.input(values))?;
        for (batch, vectors) in circuit.pack_queries(&queries)?.iter().enumerate() {
            let vectors = vectors.iter().map(|v| clear.input(&complex(v))).collect::<Result<Vec<_>, _>>()?;
            let sums: ClearVector = circuit.run(&clear, &vectors, &blocks, target_bound)?;
            let count = layout.queries().min(queries.n_rows() - batch * layout.queries());
            predictions.extend(means(&circuit.unpack(sums.values(), count)?, 0.0));
        }
        task.target.inverse(&predictions)
    };

    let mut rng = UnwrapErr(SysRng);
    let start = Instant::now();
    let session = Session::new(&parameters, &plan.request(), &mut rng)?;
    let key_time = start.elapsed();
    let start = Instant::now();
    let blocks = blocks(&circuit, task, |values| session.encrypt(values, &mut rng))?;
    let batches = circuit.pack_queries(&queries)?;
    let encrypted: Vec<Vec<Ciphertext>> = batches
        .iter()
        .map(|vectors| vectors.iter().map(|v| session.encrypt(v, &mut rng)).collect())
        .collect::<Result<_, _>>()?;
    let encrypt_time = start.elapsed();
    let uploaded: u64 = encrypted.iter().flatten().map(Ciphertext::size_bytes).sum();
    let stored: u64 =
        blocks.iter().flat_map(|b| b.features.iter().chain([&b.targets])).map(Ciphertext::size_bytes).sum();

    let evaluator = session.evaluator();
    let on = Encrypted::new(&evaluator);
    let mut predictions = Vec::new();
    let mut time = Duration::ZERO;
    let mut noise = 0.0;
    for (batch, vectors) in encrypted.iter().enumerate() {
        let start = Instant::now();
        let sums = circuit.run(&on, vectors, &blocks, target_bound)?;
        time += start.elapsed();
        noise = session.slot_noise(&sums);
        let count = layout.queries().min(queries.n_rows() - batch * layout.queries());
        predictions.extend(means(&circuit.unpack(&session.decrypt(&sums)?, count)?, 8.0 * noise));
    }
    let predictions = task.target.inverse(&predictions);
    println!("  kernel regression, D = {radius:.1}, m = 8: {}", WeightedMean::DISCLOSURE);
    task.judge("encrypted", &predictions)?;
    println!("  errors in $1000: {}", ErrorBudget::new(&exact, &clear, &predictions)?);
    println!(
        "  {} queries in {:.2} s ({} key switches a batch of {}); keys {:.2} s, encryption {:.2} s",
        predictions.len(),
        time.as_secs_f64(),
        plan.key_switches(),
        layout.queries(),
        key_time.as_secs_f64(),
        encrypt_time.as_secs_f64()
    );
    println!(
        "  keys {} MiB, rows {} MiB, queries {} MiB, noise of a sum 2^{:.1}",
        plan.keys(&parameters)?.stored >> 20,
        stored >> 20,
        uploaded >> 20,
        noise.log2()
    );
    Ok(())
}

fn complex(values: &[f64]) -> Vec<Complex64> {
    values.iter().map(|&value| value.into()).collect()
}

/// The training rows, each vector passed through `input`.
fn blocks<V>(
    circuit: &KernelCircuit,
    task: &Task,
    mut input: impl FnMut(&[Complex64]) -> Result<V, MlError>,
) -> Result<Vec<KernelBlock<V>>, MlError> {
    let features = circuit.pack_rows(task.train.features())?;
    let targets = circuit.pack_targets(&task.scaled_targets)?;
    features
        .iter()
        .zip(&targets)
        .map(|(features, targets)| {
            let features = features.iter().map(|v| input(&complex(v))).collect::<Result<_, _>>()?;
            Ok(KernelBlock { features, targets: input(targets)? })
        })
        .collect()
}

/// The predictions that stand out of the noise; zero, the mean of the standardised targets, for the others.
fn means(sums: &[WeightedMean], noise: f64) -> Vec<f64> {
    sums.iter().map(|sum| sum.prediction(noise).unwrap_or(0.0)).collect()
}

/// The seven nearest.
fn client_select(task: &Task) -> Result<(), MlError> {
    const K: usize = 7;
    let parameters = ParameterSpec::new(13).log_q0(50).log_scale(45).depth(ClientSelect::DEPTH).check()?;
    let (rows, queries) = (task.train.features(), task.test.features());
    let largest = 2.0 * largest_squared_distance(rows);
    let queries = QueryGuard::Rows(rows).admit(queries, largest)?;
    let layout = NeighbourLayout::new(rows.n_rows(), rows.n_cols(), parameters.max_slots())?;
    let circuit = ClientSelect::new(layout, K, Ties::ByRow, largest)?;
    let plan = circuit.plan(&parameters)?;
    let exact = NearestNeighbours::new(rows.clone(), task.train.targets().to_vec(), K, Ties::ByRow)?;

    let mut rng = UnwrapErr(SysRng);
    let session = Session::new(&parameters, &plan.request(), &mut rng)?;
    let encrypt = |vectors: &Vec<Vec<f64>>, rng: &mut UnwrapErr<SysRng>| {
        vectors.iter().map(|v| session.encrypt(v, rng)).collect::<Result<Vec<_>, _>>()
    };
    let packed_rows = circuit.pack_rows(rows)?;
    let blocks = packed_rows.iter().map(|v| encrypt(v, &mut rng)).collect::<Result<Vec<_>, _>>()?;
    let packed_queries = circuit.pack_queries(&queries)?;
    let batches = packed_queries.iter().map(|v| encrypt(v, &mut rng)).collect::<Result<Vec<_>, _>>()?;

    let evaluator = session.evaluator();
    let on = Encrypted::new(&evaluator);
    let mut distances = Vec::new();
    let (mut time, mut noise) = (Duration::ZERO, 0.0);
    for (batch, vectors) in batches.iter().enumerate() {
        let start = Instant::now();
        let found = circuit.run(&on, vectors, &blocks)?;
        time += start.elapsed();
        noise = session.slot_noise(&found[0]) * largest;
        let slots = found
            .iter()
            .map(|block| Ok(session.decrypt(block)?.iter().map(|slot| slot.re).collect()))
            .collect::<Result<Vec<Vec<f64>>, MlError>>()?;
        let count = layout.queries().min(queries.n_rows() - batch * layout.queries());
        distances.extend(circuit.distances(&slots, count)?);
    }
    let selected = circuit.select(&distances, task.train.targets(), 8.0 * noise)?;
    let exact = exact.predict(&queries)?;
    println!("  {K} nearest by decrypted distances: {}", selected.disclosure);
    task.judge("encrypted", &selected.predictions)?;
    println!("  errors in $1000: {}", ErrorBudget::new(&exact, &exact, &selected.predictions)?);
    println!(
        "  {} queries in {:.2} s at N = 2^13; keys {} KiB",
        queries.n_rows(),
        time.as_secs_f64(),
        plan.keys(&parameters)?.stored >> 10
    );
    Ok(())
}

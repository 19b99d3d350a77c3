//! Neighbours of encrypted queries among encrypted rows, on Boston Housing at 128 bits: kernel regression, of which only
//! predictions and sums of weights are decrypted, and the k nearest by decrypted distances, which reveal every row.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::time::{Duration, Instant};

use ckks::{Ciphertext, Complex64, ParameterSpec};
use datasets::{Dataset, Matrix, ScaleMethod, Scaler, TargetScaler, load_split};
use he_ml::{
    ErrorBudget, MlError, Session,
    arithmetic::{Clear, Encrypted},
    baseline::{KernelRegressor, NearestNeighbours, Ties, largest_squared_distance},
    knn::{
        ClientSelect, KernelBlock, KernelCircuit, NeighbourLayout, Outside, QueryGuard, RadiusSource,
        WeightedMean, squared_diagonal,
    },
    metrics::RegressionMetrics,
};
use rand::rngs::SysRng;
use rand_core::UnwrapErr;

fn main() -> Result<(), MlError> {
    run()
}

/// House values of 0 to 50 are no farther than this from their mean, in standard deviations.
const TARGET_BOUND: f64 = 3.5;

/// No packed value is larger: distances over the radius are at most 1, and targets come with a 1 as imaginary part.
const VALUE_BOUND: f64 = 3.7;

/// What the columns can be, known without looking at any row.
const RANGES: [(&str, [f64; 2]); 13] = [
    ("CRIM", [0.0, 100.0]),
    ("ZN", [0.0, 100.0]),
    ("INDUS", [0.0, 30.0]),
    ("CHAS", [0.0, 1.0]),
    ("NOX", [0.3, 0.9]),
    ("RM", [3.0, 9.0]),
    ("AGE", [0.0, 100.0]),
    ("DIS", [1.0, 13.0]),
    ("RAD", [1.0, 24.0]),
    ("TAX", [150.0, 750.0]),
    ("PTRATIO", [12.0, 23.0]),
    ("B", [0.0, 400.0]),
    ("LSTAT", [0.0, 40.0]),
];

/// The training rows and the test rows of a split, features scaled and targets standardised.
struct Task {
    train: Dataset,
    test: Dataset,
    scaled_targets: Vec<f64>,
    target: TargetScaler,
}

impl Task {
    fn load(name: &str, split: &str, method: &ScaleMethod) -> Result<Self, MlError> {
        let sides = load_split(name, &split.into())?;
        let scaler = Scaler::fit(method, &sides.train)?;
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
        // Ranges of [0, 1] after scaling: every squared distance is at most the number of features.
        let there = RANGES.iter().filter(|(column, _)| name != "boston_without_b" || *column != "B");
        let ranges = there.map(|(column, range)| ((*column).to_owned(), *range)).collect();
        let by_range = ScaleMethod::PublicRanges { ranges, low: 0.0, high: 1.0 };
        let task = Task::load(name, split, &by_range)?;
        let ranges = vec![[0.0, 1.0]; task.train.n_features()];
        let guard = QueryGuard::Ranges { ranges: &ranges, outside: Outside::Refuse };
        kernel(&task, squared_diagonal(&ranges), 9, RadiusSource::PublicRanges, &guard)?;

        // Whoever owns the rows reveals their largest distance by using it as a radius.
        let task = Task::load(name, split, &ScaleMethod::Standardise)?;
        let rows = task.train.features();
        let radius = 1.25 * largest_squared_distance(rows);
        kernel(&task, radius, 8, RadiusSource::TrainingRows, &QueryGuard::Rows(rows))?;
        client_select(&task)?;
    }
    Ok(())
}

/// Weights (1 - d^2/D)^(2^m).
fn kernel(
    task: &Task,
    radius: f64,
    squarings: u32,
    source: RadiusSource,
    guard: &QueryGuard<'_>,
) -> Result<(), MlError> {
    // N = 2^15 has room for 11 levels of 50 bits; the 62-bit base leaves 11 bits for sums over 404 rows.
    let depth = squarings as usize + 2;
    let parameters = ParameterSpec::new(15).log_q0(62).log_scale(50).depth(depth).check()?;
    let (rows, queries) = (task.train.features(), task.test.features());
    let layout = NeighbourLayout::new(rows.n_rows(), rows.n_cols(), parameters.max_slots())?;
    let circuit = KernelCircuit::new(layout, radius, squarings, source)?;
    let plan = circuit.plan(&parameters, TARGET_BOUND)?;
    let queries = guard.admit(queries, radius)?;

    let exact = KernelRegressor::new(rows.clone(), task.train.targets().to_vec(), radius, squarings)?
        .predict(&queries)?;
    let clear = clear_kernel(&circuit, task, &queries)?;

    let mut rng = UnwrapErr(SysRng);
    let start = Instant::now();
    let session = Session::new(&parameters, &plan.request(), &mut rng)?;
    let key_time = start.elapsed();
    let start = Instant::now();
    let blocks = blocks(&circuit, task, |values| session.encrypt(values, VALUE_BOUND, &mut rng))?;
    let batches = circuit.pack_queries(&queries)?;
    let encrypted: Vec<Vec<Ciphertext>> = batches
        .iter()
        .map(|vectors| vectors.iter().map(|v| session.encrypt(v, VALUE_BOUND, &mut rng)).collect())
        .collect::<Result<_, _>>()?;
    let encrypt_time = start.elapsed();
    let uploaded: u64 = encrypted.iter().flatten().map(Ciphertext::size_bytes).sum();
    let stored: u64 =
        blocks.iter().flat_map(|b| b.features.iter().chain([&b.targets])).map(Ciphertext::size_bytes).sum();

    let evaluator = session.evaluator();
    let on = Encrypted::new(&evaluator);
    let mut predictions = Vec::new();
    let mut time = Duration::ZERO;
    let (mut noise, mut faint) = (0.0, 0);
    for (batch, vectors) in encrypted.iter().enumerate() {
        let start = Instant::now();
        let sums = circuit.run(&on, vectors, &blocks, TARGET_BOUND)?;
        time += start.elapsed();
        noise = session.slot_noise(&sums);
        let count = layout.queries().min(queries.n_rows() - batch * layout.queries());
        let sums = circuit.unpack(&session.decrypt(&sums)?, count)?;
        faint += sums.iter().filter(|sum| sum.prediction(8.0 * noise).is_none()).count();
        predictions.extend(means(&sums, 8.0 * noise));
    }
    let predictions = task.target.inverse(&predictions);
    println!(
        "  kernel regression, D = {radius:.1} ({source}), m = {squarings}: {}",
        WeightedMean::DISCLOSURE
    );
    task.judge("encrypted", &predictions)?;
    println!("  errors in $1000: {}", ErrorBudget::new(&exact, &clear, &predictions)?);
    println!(
        "  {} queries ({faint} too far from all rows: the mean) in {:.2} s ({} key switches a batch of {}); keys {:.2} s, \
         encryption {:.2} s",
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

/// The same circuit on plain slots.
fn clear_kernel(circuit: &KernelCircuit, task: &Task, queries: &Matrix) -> Result<Vec<f64>, MlError> {
    let layout = circuit.layout();
    let clear = Clear::new(layout.points() * layout.queries());
    let blocks = blocks(circuit, task, |values| clear.input(values))?;
    let mut predictions = Vec::new();
    for (batch, vectors) in circuit.pack_queries(queries)?.iter().enumerate() {
        let vectors = vectors.iter().map(|v| clear.input(&complex(v))).collect::<Result<Vec<_>, _>>()?;
        let sums = circuit.run(&clear, &vectors, &blocks, TARGET_BOUND)?;
        let count = layout.queries().min(queries.n_rows() - batch * layout.queries());
        predictions.extend(means(&circuit.unpack(sums.values(), count)?, 0.0));
    }
    Ok(task.target.inverse(&predictions))
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
        vectors.iter().map(|v| session.encrypt(v, VALUE_BOUND, rng)).collect::<Result<Vec<_>, _>>()
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

//! Neighbours under encryption against the plaintext models.

use crate::common::{boston, complex, small_table};
use ckks::{Complex64, ParameterSpec, params::presets};
use datasets::{Matrix, ScaleMethod, Scaler, load_split};
use he_ml::{
    Disclosure, ErrorBudget, MlError, Session,
    arithmetic::{Clear, Encrypted, SlotArithmetic},
    baseline::{KernelRegressor, NearestNeighbours, Ties, largest_squared_distance, squared_distance},
    knn::{
        ClientSelect, KernelBlock, KernelCircuit, NeighbourLayout, Outside, QueryGuard, RadiusSource, labels,
        squared_diagonal,
    },
    metrics::{RegressionMetrics, accuracy},
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

/// The squared diagonal of [-2, 2]^3, where the small table lies.
const RADIUS: f64 = 48.0;

/// No packed feature is larger, and no standardised target of Boston beside the 1 that says it is there.
const BOUND: f64 = 3.7;

/// Runs a kernel over all batches; `input` and `output` encrypt and decrypt.
fn kernel_sums<A: SlotArithmetic>(
    circuit: &KernelCircuit,
    on: &A,
    (rows, targets, queries): (&Matrix, &[f64], &Matrix),
    mut input: impl FnMut(&[Complex64]) -> A::Vector,
    output: impl Fn(&A::Vector) -> Vec<Complex64>,
) -> Result<Vec<[f64; 2]>, MlError> {
    let layout = *circuit.layout();
    let targets = circuit.pack_targets(targets)?;
    let blocks: Vec<_> = circuit
        .pack_rows(rows)?
        .iter()
        .zip(&targets)
        .map(|(features, targets)| KernelBlock {
            features: features.iter().map(|v| input(&complex(v))).collect(),
            targets: input(targets),
        })
        .collect();
    let mut sums = Vec::new();
    for (batch, vectors) in circuit.pack_queries(queries)?.iter().enumerate() {
        let vectors: Vec<_> = vectors.iter().map(|v| input(&complex(v))).collect();
        let result = circuit.run(on, &vectors, &blocks, 3.5)?;
        let count = layout.queries().min(queries.n_rows() - batch * layout.queries());
        let decrypted = circuit.unpack(&output(&result), count)?;
        sums.extend(decrypted.iter().map(|sum| [sum.weighted_sum, sum.weight_sum]));
    }
    Ok(sums)
}

fn clear_sums(
    circuit: &KernelCircuit,
    slots: usize,
    data: (&Matrix, &[f64], &Matrix),
) -> Result<Vec<[f64; 2]>, MlError> {
    let clear = Clear::new(slots);
    kernel_sums(circuit, &clear, data, |v| clear.input(v).unwrap(), |v| v.values().to_vec())
}

fn encrypted_sums(
    circuit: &KernelCircuit,
    spec: &ParameterSpec,
    data: (&Matrix, &[f64], &Matrix),
) -> Vec<[f64; 2]> {
    let parameters = spec.check().expect("possible parameters");
    let plan = circuit.plan(&parameters, 3.5).expect("deep enough");
    assert_eq!(plan.depth, circuit.depth());
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let session = Session::new(&parameters, &plan.request(), &mut rng).unwrap();
    let evaluator = session.evaluator();
    kernel_sums(
        circuit,
        &Encrypted::new(&evaluator),
        data,
        |v| session.encrypt(v, BOUND, &mut rng).unwrap(),
        |v| session.decrypt(v).unwrap(),
    )
    .expect("the circuit runs")
}

fn ratios(sums: &[[f64; 2]]) -> Vec<f64> {
    sums.iter().map(|[up, down]| up / down).collect()
}

/// On slots enough for all rows, and on so few that rows go to several blocks and queries to several batches.
#[test]
fn the_clear_kernel_is_the_plaintext_kernel() {
    let (rows, targets, queries) = small_table();
    let radius = RADIUS;
    let exact = KernelRegressor::new(rows.clone(), targets.clone(), radius, 4).unwrap();
    for slots in [8, 64, 256] {
        let layout = NeighbourLayout::new(rows.n_rows(), rows.n_cols(), slots).unwrap();
        let circuit = KernelCircuit::new(layout, radius, 4, RadiusSource::Given).unwrap();
        let found = clear_sums(&circuit, slots, (&rows, &targets, &queries)).expect("runs");
        for (found, expected) in found.iter().zip(exact.sums(&queries).unwrap()) {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12 * rows.n_rows() as f64, "{found}, not {expected}");
            }
        }
    }
}

#[test]
fn the_clear_kernel_has_the_published_error_on_boston() {
    for (split, expected) in [("boston", 4.025_514_538), ("boston_rs42", 4.387_687_234)] {
        let data = boston(split);
        let rows = data.train.features();
        let radius = 1.25 * largest_squared_distance(rows);
        let layout = NeighbourLayout::new(rows.n_rows(), rows.n_cols(), 1 << 14).unwrap();
        let circuit = KernelCircuit::new(layout, radius, 8, RadiusSource::TrainingRows).unwrap();
        let sums = clear_sums(&circuit, 1 << 14, (rows, &data.scaled_targets, data.test.features())).unwrap();
        let predictions = data.target.inverse(&ratios(&sums));
        let rmse = RegressionMetrics::new(data.test.targets(), &predictions).unwrap().rmse;
        assert!((rmse - expected).abs() < 1e-8, "{split}: {rmse}");
    }
}

/// Ranges of columns instead of distances of rows: D = 13 for 13 columns brought to [0, 1]. Expected errors are those of
/// a plain Python program.
#[test]
fn public_ranges_are_enough() {
    let low_high = [100.0, 100.0, 30.0, 1.0, 0.9, 9.0, 100.0, 13.0, 24.0, 750.0, 23.0, 400.0, 40.0]
        .into_iter()
        .zip([0.0, 0.0, 0.0, 0.0, 0.3, 3.0, 0.0, 1.0, 1.0, 150.0, 12.0, 0.0, 0.0]);
    for (split, expected) in [("boston", 3.587_613_333_610_571), ("boston_rs42", 4.336_838_970_342_397)] {
        let sides = load_split("boston", &split.into()).unwrap();
        let names = sides.train.feature_names().iter().cloned();
        let ranges = names.zip(low_high.clone()).map(|(name, (high, low))| (name, [low, high])).collect();
        let method = ScaleMethod::PublicRanges { ranges, low: 0.0, high: 1.0 };
        let scaler = Scaler::fit(&method, &sides.train).unwrap();
        let (train, test) = (scaler.transform(&sides.train).unwrap(), scaler.transform(&sides.test).unwrap());
        let ranges = [[0.0, 1.0]; 13];
        let radius = squared_diagonal(&ranges);
        let guard = QueryGuard::Ranges { ranges: &ranges, outside: Outside::Refuse };
        let queries = guard.admit(test.features(), radius).unwrap();
        let layout = NeighbourLayout::new(404, 13, 1 << 14).unwrap();
        let circuit = KernelCircuit::new(layout, radius, 9, RadiusSource::PublicRanges).unwrap();
        let scaled: Vec<f64> = train.targets().iter().map(|y| (y - 25.0) / 25.0).collect();
        let sums = clear_sums(&circuit, 1 << 14, (train.features(), &scaled, &queries)).unwrap();
        let predictions: Vec<f64> = ratios(&sums).iter().map(|y| 25.0 * y + 25.0).collect();
        let rmse = RegressionMetrics::new(test.targets(), &predictions).unwrap().rmse;
        assert!((rmse - expected).abs() < 1e-9, "{split}: {rmse}");
    }
}

#[test]
fn the_encrypted_kernel_on_a_small_ring() {
    let (rows, targets, queries) = small_table();
    for log_n in [5, 8] {
        let spec = presets::toy(log_n, 6).log_q0(50);
        let slots = 1 << (log_n - 1);
        let layout = NeighbourLayout::new(rows.n_rows(), rows.n_cols(), slots).unwrap();
        let circuit = KernelCircuit::new(layout, RADIUS, 4, RadiusSource::Given).unwrap();
        let data = (&rows, targets.as_slice(), &queries);
        let clear = clear_sums(&circuit, slots, data).unwrap();
        let encrypted = encrypted_sums(&circuit, &spec, data);
        let worst = clear
            .iter()
            .flatten()
            .zip(encrypted.iter().flatten())
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        // 40-bit scales on a ring this small leave noise of about 2^-35 a slot, summed over 23 rows.
        assert!(worst < 1e-7, "{worst}");
        assert!(worst > 0.0);
    }
}

/// All 102 test queries of Boston at 128 bits.
#[test]
fn the_encrypted_kernel_on_boston_at_128_bits() {
    let data = boston("boston_rs42");
    let rows = data.train.features();
    let radius = 1.25 * largest_squared_distance(rows);
    let queries = QueryGuard::Rows(rows).admit(data.test.features(), radius).expect("all are close");
    let layout = NeighbourLayout::new(rows.n_rows(), rows.n_cols(), 1 << 14).unwrap();
    let circuit = KernelCircuit::new(layout, radius, 8, RadiusSource::TrainingRows).unwrap();
    let table = (rows, data.scaled_targets.as_slice(), &queries);
    let spec = ParameterSpec::new(15).log_q0(60).log_scale(50).depth(10);
    assert_eq!(spec.check().unwrap().security_bits(), 128);

    let exact = KernelRegressor::new(rows.clone(), data.train.targets().to_vec(), radius, 8).unwrap();
    let exact = exact.predict(&queries).unwrap();
    let clear = data.target.inverse(&ratios(&clear_sums(&circuit, 1 << 14, table).unwrap()));
    let encrypted = data.target.inverse(&ratios(&encrypted_sums(&circuit, &spec, table)));
    let budget = ErrorBudget::new(&exact, &clear, &encrypted).unwrap();
    // There is no approximation in this model. One query lies so far out that its weights sum to 2.6e-6 only: noise of
    // 2^-28 is 0.1% of that.
    assert!(budget.approximation.max < 1e-9, "{budget}");
    assert!(budget.scheme.max < 0.05 && budget.scheme.rms < 0.005, "{budget}");
    let rmse = RegressionMetrics::new(data.test.targets(), &encrypted).unwrap().rmse;
    assert!((rmse - 4.387_687).abs() < 1e-3, "{rmse}");
}

fn select(
    circuit: &ClientSelect,
    spec: &ParameterSpec,
    rows: &Matrix,
    queries: &Matrix,
) -> (Vec<Vec<f64>>, f64) {
    let parameters = spec.check().expect("possible parameters");
    let plan = circuit.plan(&parameters).expect("deep enough");
    assert_eq!((plan.depth, plan.rotations), (ClientSelect::DEPTH, 0));
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let session = Session::new(&parameters, &plan.request(), &mut rng).unwrap();
    let mut all = |vectors: &Vec<Vec<f64>>| -> Vec<_> {
        vectors.iter().map(|v| session.encrypt(v, BOUND, &mut rng).unwrap()).collect()
    };
    let blocks: Vec<_> = circuit.pack_rows(rows).unwrap().iter().map(&mut all).collect();
    let batches: Vec<_> = circuit.pack_queries(queries).unwrap().iter().map(&mut all).collect();
    let evaluator = session.evaluator();
    let on = Encrypted::new(&evaluator);
    let (mut distances, mut noise) = (Vec::new(), 0.0_f64);
    for (batch, vectors) in batches.iter().enumerate() {
        let found = circuit.run(&on, vectors, &blocks).expect("the circuit runs");
        noise = found.iter().map(|block| session.slot_noise(block)).fold(noise, f64::max);
        let real = |block| session.decrypt(block).unwrap().iter().map(|slot| slot.re).collect();
        let slots: Vec<Vec<f64>> = found.iter().map(real).collect();
        let per_batch = circuit.layout().queries();
        let count = per_batch.min(queries.n_rows() - batch * per_batch);
        distances.extend(circuit.distances(&slots, count).unwrap());
    }
    (distances, noise)
}

#[test]
fn decrypted_distances_are_the_distances() {
    let (rows, _, queries) = small_table();
    for log_n in [5, 8] {
        let layout = NeighbourLayout::new(rows.n_rows(), rows.n_cols(), 1 << (log_n - 1)).unwrap();
        let circuit = ClientSelect::new(layout, 3, Ties::ByRow, RADIUS).unwrap();
        let (distances, _) = select(&circuit, &presets::toy(log_n, 1), &rows, &queries);
        assert_eq!(distances.len(), queries.n_rows());
        for (found, query) in distances.iter().zip(queries.rows()) {
            assert_eq!(found.len(), rows.n_rows());
            for (found, row) in found.iter().zip(rows.rows()) {
                assert!((found - squared_distance(query, row)).abs() < 1e-6, "{found}");
            }
        }
    }
}

#[test]
fn the_nearest_on_boston_at_128_bits() {
    let data = boston("boston_rs42");
    let rows = data.train.features();
    let largest = 2.0 * largest_squared_distance(rows);
    let queries = QueryGuard::Rows(rows).admit(data.test.features(), largest).expect("all are close");
    let layout = NeighbourLayout::new(rows.n_rows(), rows.n_cols(), 1 << 12).unwrap();
    let spec = ParameterSpec::new(13).log_q0(50).log_scale(45).depth(1);
    assert_eq!(spec.check().unwrap().security_bits(), 128);
    let circuit = ClientSelect::new(layout, 7, Ties::ByRow, largest).unwrap();
    let (distances, noise) = select(&circuit, &spec, rows, &queries);
    let selected = circuit.select(&distances, data.train.targets(), 8.0 * noise * largest).unwrap();
    assert_eq!(selected.disclosure, Disclosure::Distances);
    let exact = NearestNeighbours::new(rows.clone(), data.train.targets().to_vec(), 7, Ties::ByRow).unwrap();
    // The same rows are chosen for each query, so the means are the same but for the order of summation.
    let exact = exact.predict(&queries).unwrap();
    let worst = exact.iter().zip(&selected.predictions).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-12, "{worst}");
    let rmse = RegressionMetrics::new(data.test.targets(), &selected.predictions).unwrap().rmse;
    assert!((rmse / 4.838956 - 1.0).abs() < 1e-6, "{rmse}");
}

/// Classes by both ways, on labels that the features separate but for a margin.
#[test]
fn shares_of_ones_classify() {
    let (rows, targets, queries) = small_table();
    let ones: Vec<f64> = targets.iter().map(|&y| f64::from(u8::from(y > 0.0))).collect();
    let layout = NeighbourLayout::new(rows.n_rows(), rows.n_cols(), 128).unwrap();
    let circuit = ClientSelect::new(layout, 5, Ties::Shared, RADIUS).unwrap();
    let (distances, noise) = select(&circuit, &presets::toy(8, 1), &rows, &queries);
    let shares = circuit.select(&distances, &ones, 8.0 * noise * RADIUS).unwrap().predictions;
    let exact = NearestNeighbours::new(rows.clone(), ones.clone(), 5, Ties::Shared).unwrap();
    assert_eq!(labels(&shares), labels(&exact.predict(&queries).unwrap()));

    let kernel = KernelCircuit::new(layout, RADIUS, 4, RadiusSource::Given).unwrap();
    let sums = encrypted_sums(&kernel, &presets::toy(8, 6).log_q0(50), (&rows, &ones, &queries));
    let exact = KernelRegressor::new(rows, ones, RADIUS, 4).unwrap().predict(&queries).unwrap();
    assert_eq!(labels(&ratios(&sums)), labels(&exact));
    assert_eq!(accuracy(&labels(&exact), &ratios(&sums), 0.5).unwrap(), 1.0);
}

#[test]
fn bad_input_is_refused_before_there_is_a_key() {
    let layout = NeighbourLayout::new(23, 3, 128).unwrap();
    let message = |error: MlError| error.to_string();
    assert_eq!(
        message(ClientSelect::new(layout, 24, Ties::ByRow, 1.0).expect_err("k too large")),
        "hyper-parameter `k` is 24: the training set has 23 rows, and at least one neighbour is needed"
    );
    let circuit = KernelCircuit::new(layout, RADIUS, 4, RadiusSource::Given).unwrap();
    let shallow = presets::toy(8, 5).check().unwrap();
    assert_eq!(
        message(circuit.plan(&shallow, 1.0).expect_err("too shallow")),
        "kernel regression: needs 6 levels, the parameters have 5; choose a deeper chain or a shallower model"
    );
    let small = presets::toy(7, 6).check().unwrap();
    assert_eq!(
        message(circuit.plan(&small, 1.0).expect_err("too small")),
        "training rows and queries: needs 128 slots, there are 64; choose a larger ring degree"
    );
    let (rows, _, _) = small_table();
    let far = Matrix::new(1, 3, vec![9.0, 0.0, 0.0]).unwrap();
    assert!(
        message(QueryGuard::Rows(&rows).admit(&far, RADIUS).expect_err("too far")).contains("in [0, 48]")
    );
    let ranges = [[-2.0, 2.0]; 3];
    assert_eq!(squared_diagonal(&ranges), 48.0);
    let guard = QueryGuard::Ranges { ranges: &ranges, outside: Outside::Clip };
    assert_eq!(guard.admit(&far, 48.0).unwrap().as_slice(), [2.0, 0.0, 0.0]);
    assert_eq!(
        message(circuit.pack_queries(&Matrix::new(1, 2, vec![0.0; 2]).unwrap()).expect_err("too narrow")),
        "number of features: found 2, expected 3"
    );
    assert_eq!(
        message(circuit.pack_targets(&[0.0; 22]).expect_err("too few")),
        "number of targets: found 22, expected 23"
    );
}

/// What passes the type checks but is too far away is caught by the clear run.
#[test]
fn the_clear_run_notices_a_distance_beyond_the_radius() {
    let (rows, targets, _) = small_table();
    let layout = NeighbourLayout::new(rows.n_rows(), rows.n_cols(), 128).unwrap();
    let circuit = KernelCircuit::new(layout, 2.0, 4, RadiusSource::Given).unwrap();
    let far = Matrix::new(1, 3, vec![3.0, 3.0, 3.0]).unwrap();
    let error = clear_sums(&circuit, 128, (&rows, &targets, &far)).expect_err("outside");
    assert!(
        matches!(error, MlError::OutsideApproximation { ref function, .. } if function == "1 - d^2/D"),
        "{error}"
    );
}

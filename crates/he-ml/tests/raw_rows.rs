//! Linear regression on rows that are scaled by public ranges and standardised under encryption.

#![expect(clippy::expect_used, reason = "helpers of tests stop at the first failure")]

use ckks::ParameterSpec;
use datasets::{Dataset, DatasetError, TrainTest, load_split, synthetic::LinearSpec};
use he_ml::{
    MlError,
    baseline::LinearModel,
    linear_regression::{
        DEFAULT_VARIANCE_FLOOR, LinearRegression, LinearRegressionSpec, PublicRanges, Ranged, Rows, Solver,
        TableShape, generate_keys,
    },
    metrics::RegressionMetrics,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// What anybody could say of the columns of Boston housing without having seen a row.
const RANGES: [(&str, [f64; 2]); 14] = [
    ("CRIM", [0.0, 100.0]),
    ("ZN", [0.0, 100.0]),
    ("INDUS", [0.0, 30.0]),
    ("CHAS", [0.0, 1.0]),
    ("NOX", [0.3, 0.9]),
    ("RM", [3.0, 9.0]),
    ("AGE", [0.0, 100.0]),
    ("DIS", [1.0, 13.0]),
    ("RAD", [1.0, 24.0]),
    ("TAX", [180.0, 720.0]),
    ("PTRATIO", [12.0, 22.0]),
    ("B", [0.0, 400.0]),
    ("LSTAT", [0.0, 40.0]),
    ("MEDV", [5.0, 50.0]),
];

fn ranges() -> PublicRanges {
    RANGES.iter().map(|&(name, range)| (name.to_owned(), range)).collect()
}

fn shape(table: &Dataset) -> TableShape {
    TableShape { rows: table.n_rows(), features: table.n_features() }
}

fn ranged(solver: Solver) -> LinearRegressionSpec {
    let rows = Rows::Ranged { variance_floor: DEFAULT_VARIANCE_FLOOR };
    LinearRegressionSpec::new().rows(rows).solver(solver)
}

fn boston(split: &str) -> TrainTest {
    load_split("boston", &split.into()).expect("the set is here")
}

fn rmse(model: &LinearModel, test: &Dataset) -> f64 {
    let predicted = model.predict(test.features()).expect("the same columns");
    RegressionMetrics::new(test.targets(), &predicted).expect("as many").rmse
}

/// A table with `rows` rows of two features, with means and sizes of their own.
fn made_up(rows: usize) -> (Ranged, LinearRegression) {
    let made = LinearSpec { rows, features: 2, noise: 0.1, seed: 5 }.generate().expect("made").dataset;
    let ranges = [("x0", [-1.5, 1.0]), ("x1", [-1.0, 2.0]), ("y", [-9.0, 7.0])];
    let ranges = ranges.map(|(name, range)| (name.to_owned(), range)).into();
    let scaled = Ranged::new(&made, &ranges).expect("within their ranges");
    let model = ranged(Solver::Residual { log_degree: 4 }).spectrum(0.5, 2.0).check(shape(&made));
    (scaled, model.expect("fits"))
}

#[test]
fn slot_by_slot_raw_rows_give_least_squares_in_their_own_units() {
    for (split, least_squares) in [("boston_rs42", 4.92860), ("boston", 5.13857)] {
        let TrainTest { train, test } = boston(split);
        let scaled = Ranged::new(&train, &ranges()).expect("within their ranges");
        scaled.check_variances(DEFAULT_VARIANCE_FLOOR).expect("wide enough");
        let model = ranged(Solver::Residual { log_degree: 6 }).check(shape(&train)).expect("fits");
        let found = model.run_clear(scaled.table()).expect("runs");
        let learnt = LinearModel { intercept: found.intercept, weights: found.values };
        let found_rmse = rmse(&scaled.model(&learnt).expect("as many"), &test);
        assert!((found_rmse / least_squares - 1.0).abs() < 1e-3, "{split}: {found_rmse}");
    }
}

#[test]
fn every_solver_takes_raw_rows_and_any_number_of_blocks() {
    for solver in [
        Solver::Residual { log_degree: 4 },
        Solver::NewtonSchulz { steps: 5 },
        Solver::GradientDescent { steps: 25 },
        Solver::Nesterov { steps: 25 },
    ] {
        let (scaled, _) = made_up(150);
        let table = scaled.table();
        let model = ranged(solver).spectrum(0.5, 2.0).check(shape(table)).expect("fits");
        let found = model.run_clear(table).expect("runs");
        let exact = LinearModel::least_squares(table.features(), table.targets()).expect("regular");
        for (x, y) in found.values.iter().zip(&exact.weights) {
            assert!((x - y).abs() < 1e-4, "{solver:?}: {x} {y}");
        }
        assert!((found.intercept - exact.intercept).abs() < 1e-4, "{solver:?}: {}", found.intercept);
    }
}

#[test]
fn on_a_toy_ring_encrypted_weights_and_intercept_are_those_of_the_clear_circuit() {
    let (scaled, model) = made_up(50);
    let clear = model.run_clear(scaled.table()).expect("runs");
    // A ring whose vectors hold the circuit's cube twice.
    let toy = ParameterSpec::new(10).log_scale(45).log_q0(52).depth(clear.counts.depth).allow_insecure();
    let plan = model.plan(&model.wanted().parameters(toy)).expect("deep enough");
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let (owner, server) = generate_keys(&model, &plan, &mut rng).expect("keys");
    let rows = owner.encrypt(scaled.table(), &mut rng).expect("encrypts");
    let result = server.train(&rows).expect("trains with exactly the planned keys");
    assert_eq!((result.counts(), result.counts().depth), (plan.counts, clear.counts.depth));
    let found = owner.decrypt(&result).expect("decrypts");
    for (x, y) in found.weights.iter().zip(&clear.values) {
        assert!((x - y).abs() < 1e-6, "{x} {y}");
    }
    assert!((found.intercept - clear.intercept).abs() < 1e-6, "{} {}", found.intercept, clear.intercept);
}

#[test]
fn values_outside_their_ranges_are_refused() {
    let TrainTest { train, .. } = boston("boston_rs42");
    let mut narrow = ranges();
    narrow.insert("RM".to_owned(), [3.0, 8.0]);
    let refused = Ranged::new(&train, &narrow).expect_err("some homes have more rooms");
    assert!(
        matches!(&refused, MlError::Dataset(DatasetError::OutsideRange { column, .. }) if column == "RM"),
        "{refused}"
    );
    narrow.remove("RM");
    let refused = Ranged::new(&train, &narrow).expect_err("no range");
    assert!(
        matches!(&refused, MlError::Dataset(DatasetError::ScaleRangeMissing { column }) if column == "RM"),
        "{refused}"
    );
    // Rows that never were scaled do not get encrypted either.
    let model = ranged(Solver::Residual { log_degree: 6 }).check(shape(&train)).expect("fits");
    let refused = model.run_clear(&train).expect_err("in their own units");
    assert_eq!(refused.to_string(), "INDUS, row 0: found 7.07, expected a value in [-0.5, 0.5]");
}

#[test]
fn columns_that_vary_too_little_are_named_before_keys_are_made() {
    let TrainTest { train, .. } = boston("boston_rs42");
    let mut wide = ranges();
    wide.insert("NOX".to_owned(), [0.0, 100.0]);
    let scaled = Ranged::new(&train, &wide).expect("within their ranges");
    let refused = scaled.check_variances(DEFAULT_VARIANCE_FLOOR).expect_err("a thousandth of its range");
    assert!(matches!(refused, MlError::OutsideApproximation { .. }), "{refused}");
    assert!(refused.to_string().starts_with("inverse deviation of NOX"), "{refused}");
    let constant = train.select_rows(&[0, 0, 0]).expect("rows");
    let scaled = Ranged::new(&constant, &ranges()).expect("within their ranges");
    assert!(matches!(scaled.check_variances(0.005), Err(MlError::Singular { .. })));
    for floor in [0.0, 0.25, f64::NAN, 1e-9] {
        let spec = LinearRegressionSpec::new().rows(Rows::Ranged { variance_floor: floor });
        let refused = spec.check(shape(&train)).expect_err("no such floor");
        assert!(matches!(refused, MlError::Hyperparameter { name: "variance_floor", .. }), "{refused}");
    }
}

#[test]
fn at_128_bits_raw_rows_of_boston_housing_give_least_squares() {
    let TrainTest { train, test } = boston("boston_rs42");
    let scaled = Ranged::new(&train, &ranges()).expect("within their ranges");
    let model = ranged(Solver::Residual { log_degree: 6 }).check(shape(&train)).expect("fits");
    let plan = model.plan(&model.wanted()).expect("parameters");
    assert_eq!((plan.parameters.log_n(), plan.parameters.security_bits()), (16, 128));
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let (owner, server) = generate_keys(&model, &plan, &mut rng).expect("keys");
    let rows = owner.encrypt(scaled.table(), &mut rng).expect("encrypts");
    let found = owner.decrypt(&server.train(&rows).expect("trains")).expect("decrypts");
    let budget = model.error_budget(scaled.table(), &found).expect("regular");
    assert!(budget.scheme.max < 1e-3, "{budget}");
    let found = rmse(&scaled.model(&found).expect("as many"), &test);
    assert!((found / 4.92860 - 1.0).abs() < 1e-3, "{found}");
}

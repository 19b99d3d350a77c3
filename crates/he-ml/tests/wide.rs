//! Linear regression on more columns than one vector has room for the matrix of.

use ckks::ParameterSpec;
use datasets::{load_split, synthetic::LinearSpec};
use he_ml::{
    MlError,
    arithmetic::{Clear, SlotArithmetic},
    baseline::LinearModel,
    linear_regression::{
        LinearRegression, LinearRegressionSpec, Ranged, Rows, Solver, Standardised, TableShape, generate_keys,
    },
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const SOLVERS: [Solver; 4] = [
    Solver::Residual { log_degree: 4 },
    Solver::NewtonSchulz { steps: 4 },
    Solver::GradientDescent { steps: 9 },
    Solver::Nesterov { steps: 9 },
];

/// Weights of the clear circuit on vectors of `slots` slots.
fn weights(model: &LinearRegression, table: &datasets::Dataset, slots: usize) -> Result<Vec<f64>, MlError> {
    let on = Clear::new(slots);
    let blocks = model.packing(slots)?.blocks(table.n_rows());
    let rows = (0..blocks).map(|block| on.input(&model.pack(table, on.slots(), block)?));
    let solution = model.run(&on, rows)?;
    let mut found = solution.model(solution.vector.values())?;
    found.weights.push(found.intercept);
    Ok(found.weights)
}

#[test]
fn a_matrix_cut_into_several_vectors_gives_the_same_weights() {
    let made = LinearSpec { rows: 70, features: 2, noise: 0.3, seed: 7 }.generate().expect("made").dataset;
    let standardised = Standardised::new(&made).expect("no column is constant");
    let ranges = [("x0", [-1.0, 1.0]), ("x1", [-1.0, 1.0]), ("y", [-9.0, 9.0])];
    let ranged =
        Ranged::new(&made, &ranges.map(|(name, range)| (name.to_owned(), range)).into()).expect("fits");
    for (rows, table) in
        [(Rows::Standardised, standardised.table()), (Rows::Ranged { variance_floor: 0.005 }, ranged.table())]
    {
        for solver in SOLVERS {
            let spec = LinearRegressionSpec::new().solver(solver).spectrum(0.5, 2.0).rows(rows);
            let model = spec.check(TableShape { rows: 70, features: 2 }).expect("fits");
            let whole = weights(&model, table, model.slots()).expect("runs");
            // Two and four parts, and a vector that holds the matrix twice.
            for slots in [model.slots() / 2, model.slots() / 4, 2 * model.slots()] {
                let cut = weights(&model, table, slots).expect("runs");
                for (x, y) in cut.iter().zip(&whole) {
                    assert!((x - y).abs() < 1e-12, "{solver:?} on {slots} slots: {x} {y}");
                }
            }
            let refused = weights(&model, table, model.slots() / 8).expect_err("less than a slice");
            assert!(matches!(refused, MlError::TooFewSlots { needed: 64, found: 32, .. }), "{refused}");
        }
    }
}

#[test]
fn on_a_toy_ring_a_matrix_in_four_parts_is_solved_as_in_the_clear() {
    let made = LinearSpec { rows: 40, features: 2, noise: 0.3, seed: 7 }.generate().expect("made").dataset;
    let standardised = Standardised::new(&made).expect("no column is constant");
    let spec = LinearRegressionSpec::new().solver(Solver::Residual { log_degree: 4 }).spectrum(0.5, 2.0);
    let model = spec.check(TableShape { rows: 40, features: 2 }).expect("fits");
    let toy = ParameterSpec::new(7).log_scale(40).log_q0(46).depth(10).allow_insecure();
    let plan = model.plan(&model.wanted().parameters(toy)).expect("deep enough");
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let (owner, server) = generate_keys(&model, &plan, &mut rng).expect("keys");
    let rows = owner.encrypt(standardised.table(), &mut rng).expect("encrypts");
    let found = owner.decrypt(&server.train(&rows).expect("trains")).expect("decrypts");
    let clear = weights(&model, standardised.table(), 64).expect("runs");
    for (x, y) in found.weights.iter().zip(&clear) {
        assert!((x - y).abs() < 1e-6, "{x} {y}");
    }
}

/// Thirty columns, of which some nearly determine others: with a penalty, as a linear model of a probability.
#[test]
fn thirty_columns_come_out_as_the_ridge() {
    let sides = load_split("breast_cancer", &"breast_cancer".into()).expect("the set is here");
    let standardised = Standardised::new(&sides.train).expect("no column is constant");
    let table = standardised.table();
    let (rows, ridge) = (table.n_rows(), 0.05);
    let spec = LinearRegressionSpec::new().ridge(ridge).solver(Solver::Residual { log_degree: 7 });
    let model = spec.spectrum(1e-4, 30.0).check(TableShape { rows, features: 30 }).expect("fits");
    let exact = LinearModel::ridge(table.features(), table.targets(), ridge * rows as f64).expect("regular");
    let found = weights(&model, table, model.slots()).expect("runs");
    for (x, y) in found.iter().zip(&exact.weights) {
        assert!((x - y).abs() < 1e-4, "{x} {y}");
    }
}

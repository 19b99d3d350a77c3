//! Linear regression in the clear and under encryption, against the closed form.

#![expect(clippy::expect_used, reason = "helpers of tests stop at the first failure")]

use ckks::ParameterSpec;
use datasets::{Dataset, ScaleMethod, Scaler, TargetScaler, TrainTest, load_split, synthetic::LinearSpec};
use he_ml::{
    MlError,
    arithmetic::Counts,
    baseline::LinearModel,
    linear_regression::{
        DEFAULT_FLOOR, LinearRegressionSpec, Solver, Standardised, TableShape, Weights, generate_keys,
    },
    metrics::RegressionMetrics,
    planner::Plan,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// Boston housing with standardised features and target, and what undoes the latter.
struct Boston {
    train: Dataset,
    test: Dataset,
    target: TargetScaler,
}

impl Boston {
    fn new(split: &str) -> Self {
        let TrainTest { train, test } = load_split("boston", &split.into()).expect("the set is here");
        let scaler = Scaler::fit(&ScaleMethod::Standardise, &train).expect("scales");
        let target = TargetScaler::fit(&ScaleMethod::Standardise, &train).expect("scales");
        let scale = |set| scaler.transform(set).expect("the same columns");
        Self { train: target.transform(&scale(&train)).expect("scales"), test: scale(&test), target }
    }

    fn shape(&self) -> TableShape {
        TableShape { rows: self.train.n_rows(), features: self.train.n_features() }
    }

    fn rmse(&self, weights: &[f64]) -> f64 {
        let model = LinearModel { intercept: 0.0, weights: weights.to_vec() };
        let predicted = self.target.inverse(&model.predict(self.test.features()).expect("fits"));
        RegressionMetrics::new(self.test.targets(), &predicted).expect("as many").rmse
    }

    fn exact(&self, ridge: f64) -> Vec<f64> {
        let alpha = ridge * self.train.n_rows() as f64;
        LinearModel::ridge(self.train.features(), self.train.targets(), alpha).expect("regular").weights
    }

    fn clear(&self, spec: LinearRegressionSpec) -> Weights {
        spec.check(self.shape()).expect("fits").run_clear(&self.train).expect("runs")
    }
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

/// The closed form for a small made-up table, and the table, standardised.
fn made_up(rows: usize, features: usize) -> Standardised {
    let spec = LinearSpec { rows, features, noise: 0.3, seed: 7 };
    Standardised::new(&spec.generate().expect("made").dataset).expect("no column is constant")
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(11)
}

/// Rings of toys: the circuit of up to two features takes 256 slots.
fn toy(depth: usize) -> ParameterSpec {
    ParameterSpec::new(9).log_scale(40).log_q0(46).depth(depth).allow_insecure()
}

#[test]
fn slot_by_slot_the_polynomial_comes_close_to_least_squares() {
    for (split, least_squares, polynomial) in
        [("boston_rs42", 4.92860, 4.92761), ("boston", 5.13857, 5.13899)]
    {
        let boston = Boston::new(split);
        let exact = boston.rmse(&boston.exact(0.0));
        assert!((exact - least_squares).abs() < 5e-6, "{split}: {exact}");
        let found = boston.clear(LinearRegressionSpec::new());
        let rmse = boston.rmse(&found.values);
        assert!((rmse - polynomial).abs() < 5e-6, "{split}: {rmse}");
        let Counts { depth, relinearizations, rotations, hoisted, conjugations, .. } = found.counts;
        assert_eq!((depth, relinearizations, rotations, hoisted, conjugations), (14, 16, 197, 20, 4));
    }
}

#[test]
fn every_solver_converges_to_the_closed_form_with_a_ridge_too() {
    let boston = Boston::new("boston_rs42");
    let solvers = [
        (Solver::Residual { log_degree: 5 }, 12, 4e-3),
        (Solver::Residual { log_degree: 7 }, 16, 2e-8),
        (Solver::NewtonSchulz { steps: 9 }, 20, 2e-4),
        (Solver::GradientDescent { steps: 300 }, 602, 2e-3),
        (Solver::Nesterov { steps: 80 }, 162, 2e-4),
    ];
    let exact = boston.exact(0.05);
    for (solver, depth, tolerance) in solvers {
        let found = boston.clear(LinearRegressionSpec::new().ridge(0.05).solver(solver));
        let error = largest_difference(&found.values, &exact);
        assert!(error < tolerance, "{solver:?}: {error:e}");
        assert_eq!(found.counts.depth, depth, "{solver:?}");
    }
}

#[test]
fn tables_of_several_blocks_and_other_widths_come_out_right() {
    for (rows, features, log_degree) in [(20, 1, 4), (70, 2, 4), (300, 6, 6), (1100, 14, 7)] {
        let made = made_up(rows, features);
        let spec = LinearRegressionSpec::new().solver(Solver::Residual { log_degree }).spectrum(0.5, 2.0);
        let model = spec.check(TableShape { rows, features }).expect("fits");
        let found = model.run_clear(made.table()).expect("runs");
        let exact = LinearModel::least_squares(made.table().features(), made.table().targets());
        let error = largest_difference(&found.values, &exact.expect("regular").weights);
        assert!(error < 1e-4, "{rows} x {features}: {error:e}");
    }
}

/// A setting that nobody made gives way to the table; one that was made is refused where there is no room for it.
#[test]
fn the_default_fits_tables_of_few_features() {
    for features in [1, 2] {
        let made = made_up(60, features);
        let model = LinearRegressionSpec::new().check(TableShape { rows: 60, features }).expect("fits");
        let found = model.run_clear(made.table()).expect("runs");
        let exact = LinearModel::least_squares(made.table().features(), made.table().targets());
        let exact = exact.expect("regular").weights;
        // The residual of the best polynomial of degree 15 on the default interval, 1 / T_16 at its mirrored origin.
        let high = features as f64;
        let residual = 1.0 / (16.0 * ((high + DEFAULT_FLOOR) / (high - DEFAULT_FLOOR)).acosh()).cosh();
        let size = exact.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        let error = largest_difference(&found.values, &exact);
        assert!(error <= residual * size, "{features}: {error:e} over {residual:e} of {size}");
    }
    assert_eq!(Solver::default_for(2), Solver::Residual { log_degree: 4 });
    assert_eq!(Solver::default_for(3), Solver::Residual { log_degree: 6 });
    let explicit = LinearRegressionSpec::new().solver(Solver::Residual { log_degree: 6 });
    assert!(explicit.check(TableShape { rows: 60, features: 2 }).is_err());
}

#[test]
fn on_a_toy_ring_encrypted_weights_are_those_of_the_clear_circuit_and_the_plan_is_kept() {
    let made = made_up(50, 2);
    let solver = Solver::Residual { log_degree: 4 };
    let spec = LinearRegressionSpec::new().solver(solver).spectrum(0.5, 2.0).ridge(0.01);
    let model = spec.check(TableShape { rows: 50, features: 2 }).expect("fits");
    let plan = model.plan(&model.wanted().parameters(toy(10))).expect("deep enough");
    assert!(plan.parameters.is_insecure());
    let mut rng = rng();
    let (owner, server) = generate_keys(&model, &plan, &mut rng).expect("keys");
    assert_eq!(server.key_size(), plan.keys);
    // 50 rows of 4 columns written twice take two vectors of 256 slots.
    let table = owner.encrypt(made.table(), &mut rng).expect("encrypts");
    assert_eq!((table.blocks().len(), table.size_bytes()), (2, 2 * plan.ciphertext_bytes));
    let result = server.train(&table).expect("trains with exactly the planned keys");
    assert_eq!(result.counts(), plan.counts);
    assert_eq!(model.run_clear(made.table()).expect("runs").counts, plan.counts);
    let weights = owner.decrypt(&result).expect("decrypts");
    let budget = model.error_budget(made.table(), &weights).expect("regular");
    assert!(budget.scheme.max < 1e-6 && budget.scheme.max > 0.0, "{budget}");
    assert!(budget.approximation.max < 1e-5 && budget.total.max < 1e-5, "{budget}");
    // The prediction allows for larger rows than these; it must not promise too much.
    assert!(plan.predicted_error > budget.scheme.max / 8.0, "{} {budget}", plan.predicted_error);
}

#[test]
fn what_cannot_work_is_refused_before_keys_are_made() {
    let check = |spec: LinearRegressionSpec, rows, features| {
        spec.check(TableShape { rows, features }).expect_err("refused").to_string()
    };
    let new = LinearRegressionSpec::new;
    assert_eq!(
        check(new(), 10, 31),
        "linear regression in mode encrypted: 31 features, there is room for 30; take mode aggregate_decrypt, or fewer \
         features"
    );
    assert_eq!(
        check(new(), 0, 3),
        "table to learn from: found 0 rows and 3 features, expected at least one of each"
    );
    assert!(check(new().ridge(-1.0), 10, 3).starts_with("hyper-parameter `ridge` is -1"));
    assert!(check(new().spectrum(2.0, 1.0), 10, 3).starts_with("hyper-parameter `spectrum` is [2, 1]"));
    assert!(check(new().solver(Solver::Residual { log_degree: 7 }), 10, 6).contains("room for 2 to 6"));
    assert!(check(new().solver(Solver::NewtonSchulz { steps: 0 }), 10, 6).contains("at least one step"));
    let model = new().solver(Solver::Residual { log_degree: 4 }).check(TableShape { rows: 9, features: 2 });
    let model = model.expect("fits");
    let refused = model.plan(&model.wanted().parameters(toy(9))).expect_err("10 levels are needed");
    assert!(matches!(refused, MlError::TooFewLevels { needed: 10, found: 9, .. }), "{refused}");
    let made = made_up(10, 2);
    assert!(matches!(model.run_clear(made.table()), Err(MlError::Shape { .. })));
    let mut constant = made.table().clone();
    constant = constant.select_rows(&[0, 0, 0]).expect("rows");
    assert!(matches!(Standardised::new(&constant), Err(MlError::Singular { .. })));
}

#[test]
fn a_wanted_precision_decides_about_the_scale() {
    let spec = LinearRegressionSpec::new().solver(Solver::Residual { log_degree: 3 }).spectrum(0.5, 2.0);
    let model = spec.check(TableShape { rows: 50, features: 2 }).expect("fits");
    let plan = |bits| model.plan(&model.wanted().precision(bits)).expect("parameters");
    let (coarse, fine) = (plan(14.0), plan(20.0));
    for (plan, bits) in [(&coarse, 14.0), (&fine, 20.0)] {
        assert!(plan.predicted_error.log2() <= -bits);
        assert_eq!((plan.parameters.security_bits(), plan.counts.depth), (128, 8));
    }
    // A scale twice as large for each bit.
    let log_scale = |plan: &Plan| plan.parameters.default_scale(plan.parameters.max_level()).log2().round();
    let more = log_scale(&fine) - log_scale(&coarse);
    assert!((more - 6.0).abs() <= 1.0, "{more}");
    assert!(matches!(
        model.plan(&model.wanted().precision(80.0)),
        Err(MlError::Hyperparameter { name: "precision", .. })
    ));
}

#[test]
fn a_wrong_spectrum_is_noticed_in_the_clear() {
    let boston = Boston::new("boston_rs42");
    let model = LinearRegressionSpec::new().spectrum(0.05, 3.0).check(boston.shape()).expect("fits");
    let refused = model.run_clear(&boston.train).expect_err("the largest eigenvalue is about 6");
    assert!(matches!(refused, MlError::OutsideApproximation { .. }), "{refused}");
}

#[test]
fn at_128_bits_boston_housing_is_learnt_under_encryption() {
    let boston = Boston::new("boston_rs42");
    let model = LinearRegressionSpec::new().check(boston.shape()).expect("fits");
    let plan = model.plan(&model.wanted()).expect("parameters");
    assert_eq!((plan.parameters.log_n(), plan.parameters.security_bits()), (15, 128));
    assert_eq!((plan.counts.depth, plan.counts.key_switches()), (14, 217));
    let mut rng = rng();
    let (owner, server) = generate_keys(&model, &plan, &mut rng).expect("keys");
    let table = owner.encrypt(&boston.train, &mut rng).expect("encrypts");
    assert_eq!(table.blocks().len(), 1);
    let weights = owner.decrypt(&server.train(&table).expect("trains")).expect("decrypts");
    let rmse = boston.rmse(&weights.weights);
    assert!((rmse / 4.92860 - 1.0).abs() < 1e-3, "{rmse}");
    let budget = model.error_budget(&boston.train, &weights).expect("regular");
    assert!(budget.scheme.max < 1e-4, "{budget}");
}

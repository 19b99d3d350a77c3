//! Linear regression in the clear and under encryption, against the closed form.

#![expect(clippy::expect_used, reason = "helpers of tests stop at the first failure")]

use datasets::{Dataset, ScaleMethod, Scaler, TargetScaler, TrainTest, load_split};
use he_ml::{
    baseline::LinearModel,
    linear_regression::{LinearRegressionSpec, Solver, TableShape, Weights},
    metrics::RegressionMetrics,
};

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

#[test]
fn slot_by_slot_the_polynomial_comes_close_to_least_squares() {
    let boston = Boston::new("boston_rs42");
    let exact = boston.exact(0.0);
    assert!((boston.rmse(&exact) - 4.92860).abs() < 5e-6);
    let found = boston.clear(LinearRegressionSpec::new());
    println!(
        "{} {:?} {}",
        boston.rmse(&found.values),
        largest_difference(&found.values, &exact),
        found.counts
    );
    assert!((boston.rmse(&found.values) - 4.92761).abs() < 5e-6);
    for solver in [
        Solver::Residual { log_degree: 5 },
        Solver::Residual { log_degree: 7 },
        Solver::NewtonSchulz { steps: 9 },
        Solver::GradientDescent { steps: 400 },
        Solver::Nesterov { steps: 80 },
    ] {
        let found = boston.clear(LinearRegressionSpec::new().solver(solver));
        println!(
            "{solver:?} {} {:?} {}",
            boston.rmse(&found.values),
            largest_difference(&found.values, &exact),
            found.counts
        );
    }
}

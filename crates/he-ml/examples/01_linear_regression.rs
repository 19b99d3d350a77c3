//! Least squares on Boston housing: standardised rows in, weights out, all under encryption.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::time::Instant;

use datasets::load_split;
use he_ml::{
    MlError,
    baseline::LinearModel,
    linear_regression::{LinearRegressionSpec, Mode, Standardised, TableShape, generate_keys},
    metrics::RegressionMetrics,
};

fn main() -> Result<(), MlError> {
    let mut rng = rand::rng();
    for split in ["boston_rs42", "boston"] {
        let sides = load_split("boston", &split.into())?;
        let standardised = Standardised::new(&sides.train)?;
        let table = standardised.table();
        let shape = TableShape { rows: table.n_rows(), features: table.n_features() };

        // Everything about costs is known before a key exists.
        let model = LinearRegressionSpec::new().check(shape)?;
        let plan = model.plan(&model.wanted())?;
        println!("{split}: {}\n{plan}", Mode::Encrypted.reveals());

        let start = Instant::now();
        let (owner, server) = generate_keys(&model, &plan, &mut rng)?;
        println!("keys in {:.2} s", start.elapsed().as_secs_f64());

        let start = Instant::now();
        let encrypted = owner.encrypt(table, &mut rng)?;
        let encryption = start.elapsed().as_secs_f64();
        let result = server.train(&encrypted)?;
        let evaluation = start.elapsed().as_secs_f64() - encryption;
        let weights = owner.decrypt(&result)?;
        let all = start.elapsed().as_secs_f64();
        println!(
            "encryption {encryption:.3} s, evaluation {evaluation:.2} s, with decryption {all:.2} s in all"
        );

        let budget = model.error_budget(table, &weights)?;
        println!(
            "largest error of a weight {:.1e}: {:.1e} from the polynomial, {:.1e} from noise",
            budget.total.max, budget.approximation.max, budget.scheme.max
        );
        let rmse = |model: &LinearModel| -> Result<f64, MlError> {
            let predicted = model.predict(sides.test.features())?;
            Ok(RegressionMetrics::new(sides.test.targets(), &predicted)?.rmse)
        };
        let exact = LinearModel::least_squares(sides.train.features(), sides.train.targets())?;
        println!(
            "test RMSE {:.5}; least squares in the clear {:.5}\n",
            rmse(&standardised.model(&weights.weights)?)?,
            rmse(&exact)?
        );
    }
    Ok(())
}

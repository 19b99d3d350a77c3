//! Second moments of 100,000 encrypted rows, taken chunk by chunk: memory does not grow with the number of rows.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::time::{Duration, Instant};

use datasets::synthetic::LinearSpec;
use he_ml::{
    MlError,
    baseline::LinearModel,
    linear_regression::{
        Mode, Standardised, TableShape,
        aggregate::{MomentAggregate, ValueRange},
    },
};

const ROWS: usize = 100_000;
const FEATURES: usize = 13;

fn main() -> Result<(), MlError> {
    let mut rng = rand::rng();
    let made = LinearSpec { rows: ROWS, features: FEATURES, noise: 0.5, seed: 1 }.generate()?;
    let standardised = Standardised::new(&made.dataset)?;
    let table = standardised.table();

    let shape = TableShape { rows: ROWS, features: FEATURES };
    let circuit = MomentAggregate::new(shape, ValueRange::Standardised)?;
    let plan = circuit.plan(&circuit.wanted())?;
    println!("{}\n{plan}", Mode::AggregateDecrypt.reveals());
    let (owner, server) = circuit.generate_keys(&plan, &mut rng)?;

    let mut encryption = Duration::ZERO;
    let start = Instant::now();
    let chunks = (0..owner.chunks()).map(|chunk| {
        let start = Instant::now();
        let columns = owner.encrypt_chunk(table, chunk, &mut rng);
        encryption += start.elapsed();
        columns
    });
    let sums = server.sum(chunks)?;
    let evaluation = start.elapsed().saturating_sub(encryption);
    println!(
        "{} chunks: encryption {:.2} s, evaluation {:.2} s",
        owner.chunks(),
        encryption.as_secs_f64(),
        evaluation.as_secs_f64()
    );

    let found = owner.decrypt(&sums)?.solve(0.0)?;
    let exact = LinearModel::least_squares(table.features(), table.targets())?;
    let error = found.weights.iter().zip(&exact.weights).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    println!("largest error of a weight {error:.1e}");
    Ok(())
}

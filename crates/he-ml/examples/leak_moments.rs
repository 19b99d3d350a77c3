//! What decrypted moments give away: an owner of the key who decrypts the Gram matrix of a table, and later that of the
//! table with one row more, reads off the row.
//!
//! This is why protocols that decrypt aggregates (`aggregate_decrypt`) say so in their results, and why one that only
//! decrypts weights is worth its price.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use ckks::{Ciphertext, ParameterSpec, Parameters};
use datasets::{Dataset, Matrix, ScaleMethod, Scaler, load_split};
use he_ml::{
    Disclosure, MlError, Session,
    arithmetic::{Encrypted, SlotArithmetic},
};
use rand::rngs::SysRng;
use rand_core::{CryptoRng, UnwrapErr};

fn main() -> Result<(), MlError> {
    run()
}

/// The example.
pub(crate) fn run() -> Result<(), MlError> {
    let sides = load_split("boston", &"boston_rs42".into())?;
    let table = Scaler::fit(&ScaleMethod::Standardise, &sides.train)?.transform(&sides.train)?;
    let all_but_last: Vec<usize> = (0..table.n_rows() - 1).collect();
    let before = table.select_rows(&all_but_last)?;

    let parameters = ParameterSpec::new(13).log_q0(50).log_scale(40).depth(1).check()?;
    let mut rng = UnwrapErr(SysRng);
    let (first, second) = (gram(&before, &parameters, &mut rng)?, gram(&table, &parameters, &mut rng)?);

    // The sum over rows of x x^T grew by x x^T of the new row x, whose largest diagonal entry says where to start.
    let p = table.n_features();
    let gained = |i: usize, j: usize| second.row(i)[j] - first.row(i)[j];
    let start = (0..p).max_by(|&i, &j| gained(i, i).total_cmp(&gained(j, j))).unwrap_or(0);
    let length = gained(start, start).sqrt();
    let found: Vec<f64> = (0..p).map(|j| gained(start, j) / length).collect();

    // Up to the sign, which the sums of a constant column would settle.
    let row = table.features().row(table.n_rows() - 1);
    let sign = if found[start] * row[start] < 0.0 { -1.0 } else { 1.0 };
    let largest_error = found.iter().zip(row).map(|(a, b)| (sign * a - b).abs()).fold(0.0, f64::max);
    println!("{}", Disclosure::Moments);
    println!("two sums over {} and {} rows gave away a row, up to its sign", before.n_rows(), table.n_rows());
    for (name, (found, value)) in table.feature_names().iter().zip(found.iter().zip(row)).take(4) {
        println!("  {name}: found {:.5}, is {value:.5} (standardised)", sign * found);
    }
    println!("all {p} values to within {largest_error:.1e} standard deviations");
    assert!(largest_error < 1e-3);
    Ok(())
}

/// The Gram matrix, by way of a server that sees ciphertexts only: one product and one sum over all rows for each entry.
fn gram(table: &Dataset, parameters: &Parameters, rng: &mut impl CryptoRng) -> Result<Matrix, MlError> {
    let (p, bound) = (table.n_features(), (table.n_rows() as f64).sqrt());
    let rotations = he_ml::arithmetic::doubling(1, parameters.max_slots());
    let request = ckks::KeyRequest::new().relinearization().rotations(rotations);
    let session = Session::new(parameters, &request, rng)?;
    let columns = (0..p)
        .map(|j| session.encrypt(&table.features().column(j).collect::<Vec<f64>>(), bound, rng))
        .collect::<Result<Vec<Ciphertext>, _>>()?;

    let evaluator = session.evaluator();
    let on = Encrypted::new(&evaluator);
    let mut entries = vec![0.0; p * p];
    for i in 0..p {
        for j in i..p {
            let sum = on.cyclic_sum(&on.mul(&columns[i], &columns[j])?, 1)?;
            // Of standardised columns no sum of products is larger than the number of rows.
            let sum = on.promise("entry of the Gram matrix", &sum, table.n_rows() as f64)?;
            let entry = session.decrypt(&sum)?[0].re;
            entries[i * p + j] = entry;
            entries[j * p + i] = entry;
        }
    }
    Ok(Matrix::new(p, p, entries)?)
}

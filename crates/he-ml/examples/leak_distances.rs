//! What decrypted distances give away: an owner of the key who may ask for the neighbours of 14 points of their choice
//! reads off all 404 training rows of Boston Housing, which they were never shown.
//!
//! This is why [`he_ml::knn::ClientSelect`] is for a key owner who owns the training rows as well.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use ckks::ParameterSpec;
use datasets::{Matrix, ScaleMethod, Scaler, load_split};
use he_ml::{
    Disclosure, MlError, Session,
    arithmetic::Encrypted,
    baseline::Ties,
    knn::{ClientSelect, NeighbourLayout},
};
use rand::rngs::SysRng;
use rand_core::UnwrapErr;

fn main() -> Result<(), MlError> {
    run()
}

/// The example.
pub(crate) fn run() -> Result<(), MlError> {
    // The owner of the rows. Standardised, as in every protocol on distances; the scaling is part of the model.
    let table = load_split("boston", &"boston_rs42".into())?.train;
    let scaler = Scaler::fit(&ScaleMethod::Standardise, &table)?;
    let secret_rows = scaler.transform(&table)?;
    let rows = secret_rows.features();
    let features = rows.n_cols();

    // The owner of the key asks about the origin and about one point on each axis.
    let mut points = vec![0.0; (features + 1) * features];
    for feature in 0..features {
        points[(feature + 1) * features + feature] = 1.0;
    }
    let queries = Matrix::new(features + 1, features, points)?;

    let parameters = ParameterSpec::new(13).log_q0(50).log_scale(45).depth(ClientSelect::DEPTH).check()?;
    let layout = NeighbourLayout::new(rows.n_rows(), features, parameters.max_slots())?;
    let circuit = ClientSelect::new(layout, 1, Ties::ByRow, 400.0)?;
    let mut rng = UnwrapErr(SysRng);
    let session = Session::new(&parameters, &circuit.plan(&parameters)?.request(), &mut rng)?;
    let mut encrypt = |vectors: &Vec<Vec<f64>>| {
        vectors.iter().map(|v| session.encrypt(v, 1.0, &mut rng)).collect::<Result<Vec<_>, _>>()
    };
    let blocks = circuit.pack_rows(rows)?.iter().map(&mut encrypt).collect::<Result<Vec<_>, _>>()?;
    let batches = circuit.pack_queries(&queries)?.iter().map(&mut encrypt).collect::<Result<Vec<_>, _>>()?;

    // The server computes, the owner of the key decrypts: all that they get to see is this.
    let evaluator = session.evaluator();
    let mut distances = Vec::new();
    for (batch, vectors) in batches.iter().enumerate() {
        let found = circuit.run(&Encrypted::new(&evaluator), vectors, &blocks)?;
        let real = |block| Ok(session.decrypt(block)?.iter().map(|slot| slot.re).collect());
        let slots = found.iter().map(real).collect::<Result<Vec<_>, MlError>>()?;
        let left = queries.n_rows() - batch * layout.queries();
        distances.extend(circuit.distances(&slots, layout.queries().min(left))?);
    }

    // |x|^2 and |x - e|^2 = |x|^2 - 2 x_e + 1: the difference is a coordinate of the row.
    let mut largest_error = 0.0_f64;
    for (feature, to_point) in distances[1..].iter().enumerate() {
        for ((to_origin, to_point), value) in distances[0].iter().zip(to_point).zip(rows.column(feature)) {
            let found = (to_origin - to_point + 1.0) / 2.0;
            largest_error = largest_error.max((found - value).abs());
        }
    }
    println!("{}", Disclosure::Distances);
    println!(
        "{} queries gave away {} rows of {} features, each value to within {largest_error:.1e} standard deviations",
        queries.n_rows(),
        rows.n_rows(),
        features
    );
    let scale = &scaler.columns()[5];
    let found = scale.invert((distances[0][7] - distances[6][7] + 1.0) / 2.0);
    println!("for one: row 7 has {} = {found:.3}; it is {}", scale.name, table.features().row(7)[5]);
    assert!(largest_error < 1e-4);
    Ok(())
}

//! Encrypted moments against plain ones.

#![expect(clippy::expect_used, reason = "helpers of tests stop at the first failure")]

use datasets::{Dataset, ScaleMethod, Scaler, load_split, synthetic::LinearSpec};
use he_ml::{
    MlError,
    baseline::{LinearModel, degree_two_features},
    linear_regression::{
        Standardised, TableShape,
        aggregate::{MomentAggregate, TableMoments, ValueRange},
    },
    metrics::RegressionMetrics,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

fn shape(table: &Dataset) -> TableShape {
    TableShape { rows: table.n_rows(), features: table.n_features() }
}

fn encrypted(circuit: &MomentAggregate, table: &Dataset) -> TableMoments {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let plan = circuit.plan(&circuit.wanted()).expect("parameters");
    assert_eq!(plan.parameters.security_bits(), 128);
    assert_eq!(plan.counts.depth, 1);
    let (owner, server) = circuit.generate_keys(&plan, &mut rng).expect("keys");
    assert_eq!(server.key_size(), plan.keys);
    let chunks = 0..owner.chunks();
    let sums = server.sum(chunks.map(|chunk| owner.encrypt_chunk(table, chunk, &mut rng))).expect("sums");
    owner.decrypt(&sums).expect("decrypts")
}

#[test]
fn boston_comes_out_as_least_squares_and_the_ridge_as_the_ridge() {
    for split in ["boston_rs42", "boston"] {
        let sides = load_split("boston", &split.into()).expect("the set is here");
        let standardised = Standardised::new(&sides.train).expect("no column is constant");
        let table = standardised.table();
        let circuit = MomentAggregate::new(shape(table), ValueRange::Standardised).expect("a table");
        let moments = encrypted(&circuit, table);
        for ridge in [0.0, 0.1] {
            let alpha = ridge * table.n_rows() as f64;
            let exact = LinearModel::ridge(table.features(), table.targets(), alpha).expect("regular");
            let found = moments.solve(ridge).expect("regular");
            let rmse = |weights: &[f64]| {
                let model = standardised.model(weights).expect("as many");
                let predicted = model.predict(sides.test.features()).expect("the same columns");
                RegressionMetrics::new(sides.test.targets(), &predicted).expect("as many").rmse
            };
            let (found, exact) = (rmse(&found.weights), rmse(&exact.weights));
            assert!((found / exact - 1.0).abs() < 1e-5, "{split}, ridge {ridge}: {found} {exact}");
        }
    }
}

/// Planning takes the same steps for any number of rows, and counts as the server works: chunk by chunk.
#[test]
fn plans_count_every_chunk_of_tables_of_any_length() {
    let plan = |rows| {
        let table = TableShape { rows, features: 3 };
        let circuit = MomentAggregate::new(table, ValueRange::Within(1.0)).expect("a table");
        circuit.plan(&circuit.wanted().log_scale(40)).expect("parameters")
    };
    let one = plan(1 << 12);
    assert_eq!((one.parameters.max_slots(), one.counts.products), (1 << 12, 10));
    for chunks in [2, 3, 7, 100] {
        let more = plan(chunks << 12);
        assert_eq!(more.counts.products, 10 * chunks);
        assert_eq!((more.counts.depth, more.transforms), (one.counts.depth, one.transforms));
        // Noises of chunks are independent: they grow with the root of their number, the bits of sums alike.
        let grown = more.predicted_error / one.predicted_error;
        assert!(grown > 1.0 && grown <= (chunks as f64).sqrt() * 1.01, "{chunks} chunks: {grown}");
    }
    let long = plan(1 << 36);
    assert_eq!(long.counts.products, 10 * (1 << 36) / long.parameters.max_slots());
}

#[test]
fn a_table_of_several_chunks_with_a_public_range() {
    let made = LinearSpec { rows: 9000, features: 3, noise: 0.1, seed: 3 }.generate().expect("made");
    let scaled = Scaler::fit(&ScaleMethod::MinMax { low: -1.0, high: 1.0 }, &made.dataset).expect("scales");
    let table = scaled.transform(&made.dataset).expect("the same columns");
    let circuit = MomentAggregate::new(shape(&table), ValueRange::Within(8.0)).expect("a table");
    let (clear, found) = (circuit.run_clear(&table).expect("runs"), encrypted(&circuit, &table));
    let column = |column: usize| -> Vec<f64> {
        if column < 3 { table.features().column(column).collect() } else { table.targets().to_vec() }
    };
    for a in 0..4 {
        let plain: f64 = column(a).iter().sum();
        assert!((clear.sum(a) - plain).abs() < 1e-8);
        assert!((found.sum(a) - plain).abs() < 0.01, "{a}: {} {plain}", found.sum(a));
        for b in 0..4 {
            let plain: f64 = column(a).iter().zip(column(b)).map(|(x, y)| x * y).sum();
            assert!((clear.product(a, b) - plain).abs() < 1e-8);
            assert!((found.product(a, b) - plain).abs() < 0.02, "{a} {b}: {} {plain}", found.product(a, b));
        }
    }
    let exact = LinearModel::least_squares(table.features(), table.targets()).expect("regular");
    let learnt = found.solve(0.0).expect("regular");
    for (x, y) in learnt.weights.iter().zip(&exact.weights) {
        assert!((x - y).abs() < 1e-5, "{x} {y}");
    }
}

#[test]
fn polynomial_features_take_a_ridge() {
    let sides = load_split("boston", &"boston_rs42".into()).expect("the set is here");
    let standardised = Standardised::new(&sides.train.without_feature("CHAS").expect("it is there"));
    let table = standardised.expect("no column is constant").table().clone();
    let few = Dataset::new(
        degree_two_features(table.features()).expect("products"),
        table.targets().to_vec(),
        (0..90).map(|k| format!("t{k}")).collect(),
        "MEDV".to_owned(),
        table.provenance().clone(),
    )
    .expect("a table");
    let circuit = MomentAggregate::new(shape(&few), ValueRange::Within(1e4)).expect("a table");
    let moments = circuit.run_clear(&few).expect("runs");
    let exact = LinearModel::ridge(few.features(), few.targets(), 0.1 * 404.0).expect("regular");
    let found = moments.solve(0.1).expect("regular");
    let error = found.weights.iter().zip(&exact.weights).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    assert!(error < 1e-8, "{error:e}");
}

#[test]
fn what_cannot_work_is_named() {
    let made = LinearSpec { rows: 20, features: 2, noise: 0.1, seed: 3 }.generate().expect("made").dataset;
    let circuit = MomentAggregate::new(shape(&made), ValueRange::Within(0.01)).expect("a table");
    let refused = circuit.run_clear(&made).expect_err("values are larger");
    assert!(matches!(refused, MlError::OutsideRange { row: 0, .. }), "{refused}");
    assert!(MomentAggregate::new(shape(&made), ValueRange::Within(-1.0)).is_err());
    assert!(MomentAggregate::new(TableShape { rows: 0, features: 2 }, ValueRange::Standardised).is_err());
    let twice = Dataset::new(
        datasets::Matrix::new(
            20,
            2,
            made.features().column(0).flat_map(|x| [x, -2.0 * x]).collect::<Vec<f64>>(),
        )
        .expect("40 entries"),
        made.targets().to_vec(),
        vec!["a".to_owned(), "b".to_owned()],
        "y".to_owned(),
        made.provenance().clone(),
    )
    .expect("a table");
    let circuit = MomentAggregate::new(shape(&twice), ValueRange::Within(8.0)).expect("a table");
    let moments = circuit.run_clear(&twice).expect("runs");
    assert!(matches!(moments.solve(0.0), Err(MlError::Singular { size: 2, .. })));
    assert!(moments.solve(0.1).is_ok());
    assert!(matches!(moments.solve(f64::NAN), Err(MlError::Hyperparameter { .. })));
}

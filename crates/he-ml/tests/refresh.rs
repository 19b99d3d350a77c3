//! Solvers that go on beyond the levels of a chain, by refreshing their iterates.

#![expect(clippy::expect_used, reason = "helpers of tests stop at the first failure")]

use ckks::bootstrap::presets;
use datasets::synthetic::LinearSpec;
use he_ml::{
    MlError,
    arithmetic::{Clear, Complex64, Refreshed, SlotArithmetic},
    linear_regression::{
        LinearRegression, LinearRegressionSpec, Solver, Standardised, TableShape, generate_refreshing_keys,
    },
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// Levels that a refreshed vector has.
const LEVELS: usize = 6;

/// Slots after which iterates of two features repeat.
const PERIOD: usize = 64;

fn made_up() -> Standardised {
    let made = LinearSpec { rows: 50, features: 2, noise: 0.3, seed: 7 }.generate().expect("made").dataset;
    Standardised::new(&made).expect("no column is constant")
}

fn model(solver: Solver) -> LinearRegression {
    let spec = LinearRegressionSpec::new().solver(solver).spectrum(0.5, 2.0);
    spec.check(TableShape { rows: 50, features: 2 }).expect("fits")
}

#[test]
fn in_the_clear_a_refresh_is_the_identity_and_counts() {
    let refreshed = Refreshed { levels: 3, period: 2, bound: 1.0 };
    let on = Clear::new(4).with_depth(5).with_refresh(refreshed);
    let x = on.input(&[0.5, -0.25, 0.5, -0.25].map(Complex64::from)).expect("fits");
    let low = on.align(&x, &on.mul(&x, &x).expect("a level")).expect("lower").0;
    let fresh = on.refresh(&low).expect("repeats after two slots");
    assert_eq!((fresh.values(), on.levels_left(&fresh)), (x.values(), Some(3)));
    let (a, b) = on.refresh_pair(&low, &x).expect("two real vectors");
    assert_eq!((on.levels_left(&a), on.levels_left(&b)), (Some(2), Some(2)));
    assert_eq!(on.counts().refreshes, 2);
    let odd = on.input(&[0.5, -0.25, 0.5, 0.25].map(Complex64::from)).expect("fits");
    assert!(matches!(on.refresh(&odd), Err(MlError::Shape { what: "slots to refresh", .. })));
    let large = on.input(&[Complex64::from(2.0); 4]).expect("fits");
    assert!(matches!(on.refresh(&large), Err(MlError::OutsideApproximation { .. })));
    assert!(matches!(Clear::new(4).refresh(&x), Err(MlError::NoRefresh)));
}

#[test]
fn on_a_toy_ring_encrypted_descent_goes_on_through_refreshes() {
    let made = made_up();
    let mut spec = presets::toy(10, PERIOD.ilog2());
    spec.levels = LEVELS;
    let bootstrap = spec.check().expect("a chain");
    for solver in [Solver::GradientDescent { steps: 12 }, Solver::Nesterov { steps: 12 }] {
        let model = model(solver);
        let refreshed = Refreshed { levels: LEVELS, period: PERIOD, bound: 1.0 };
        let clear = Clear::new(512).with_depth(LEVELS).with_refresh(refreshed);
        let blocks = model.packing(512).expect("fits").blocks(50);
        let rows = (0..blocks).map(|block| clear.input(&model.pack(made.table(), 512, block)?));
        let expected = model.run(&clear, rows).expect("as many levels");
        let expected = expected.model(expected.vector.values()).expect("two weights");

        let plan = model.plan_refreshing(&bootstrap).expect("as many levels");
        assert_eq!(plan.counts.refreshes, clear.counts().refreshes);
        assert!(plan.counts.refreshes >= 4, "{}", plan.counts);
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let (owner, server) = generate_refreshing_keys(&model, &plan, &bootstrap, &mut rng).expect("keys");
        let rows = owner.encrypt(made.table(), &mut rng).expect("encrypts");
        let mut shown = Vec::new();
        let blocks = rows.blocks().iter().cloned().map(Ok);
        let result = server.train_observed(blocks, &mut |iterate| {
            shown.push(owner.decrypt_iterate(iterate)?);
            Ok(())
        });
        let found = owner.decrypt(&result.expect("trains with exactly the planned keys")).expect("decrypts");
        assert_eq!(shown.len(), 12);
        let last = shown.last().expect("twelve iterates");
        for ((found, expected), last) in found.weights.iter().zip(&expected.weights).zip(last) {
            assert!((found - expected).abs() < 1e-3, "{solver:?}: {found} {expected}");
            assert!((found - last).abs() < 1e-6, "{solver:?}: {found} {last}");
        }
    }
}

//! Values that may lie outside of what a circuit is made for leave no worst case: their result cannot be published.

#![expect(clippy::expect_used, reason = "a failed expectation in a helper is a failed test")]

mod common;

use ckks::{
    Ciphertext, CiphertextShape, CkksError, Complex64, Decryptor, DryRun, Flooding, KeyRequest, Operations,
    circuits::{Inverse, InverseSqrt, Polynomial, Sign},
    params::presets,
};
use common::{Kit, rng};

const DEPTH: usize = 8;

fn kit() -> Kit {
    Kit::new(&presets::toy(10, DEPTH), &KeyRequest::new().relinearization())
}

/// Numbers from -1 to 1 that reach both ends.
fn values(kit: &Kit) -> Vec<f64> {
    let last = (kit.context.max_slots() - 1) as f64;
    (0..kit.context.max_slots()).map(|k| 2.0 * k as f64 / last - 1.0).collect()
}

/// The values times `factor`, tracked as no larger than that.
fn input<O: Operations>(ops: &O, x: &O::Ciphertext, factor: f64) -> O::Ciphertext {
    if factor == 1.0 { x.clone() } else { ops.mul_scalar(x, factor).expect("a level") }
}

/// What `circuit` makes of values up to `factor`, the same as in a dry run.
fn run(
    kit: &Kit,
    factor: f64,
    on_ciphertexts: impl Fn(&Ciphertext) -> Result<Ciphertext, CkksError>,
    on_shapes: impl Fn(&DryRun, &CiphertextShape) -> Result<CiphertextShape, CkksError>,
) -> Ciphertext {
    let dry = DryRun::new(kit.context.parameters());
    let complex: Vec<Complex64> = values(kit).iter().map(|&x| Complex64::new(x, 0.0)).collect();
    let x = kit.encrypt(&complex, 1);
    let found = on_ciphertexts(&input(&kit.evaluator(), &x, factor)).expect("levels enough");
    let shape = on_shapes(&dry, &input(&dry, &CiphertextShape::from(&x), factor)).expect("levels enough");
    assert_eq!(CiphertextShape::from(&found), shape);
    found
}

/// The largest error, in the integers that the scale produces.
fn measured(kit: &Kit, y: &Ciphertext, p: &Polynomial, factor: f64) -> f64 {
    let error = |(found, x): (&Complex64, f64)| (found - Complex64::new(p.eval(factor * x), 0.0)).norm();
    kit.decrypt(y).iter().zip(values(kit)).map(error).fold(0.0, f64::max) * y.scale().to_f64()
}

fn evaluated(kit: &Kit, p: &Polynomial, factor: f64) -> Ciphertext {
    run(kit, factor, |x| p.evaluate(&kit.evaluator(), x), |dry, x| p.evaluate(dry, x))
}

/// T_degree / 16 on [-1, 1].
fn chebyshev(degree: usize) -> Polynomial {
    let mut coefficients = vec![0.0; degree + 1];
    coefficients[degree] = 1.0 / 16.0;
    Polynomial::chebyshev(-1.0..=1.0, coefficients).expect("a polynomial")
}

#[test]
fn a_worst_case_holds_inside_of_the_interval_and_is_none_outside() {
    let kit = kit();
    for degree in [15, 31] {
        let p = chebyshev(degree);
        let inside = evaluated(&kit, &p, 1.0);
        assert!(inside.noise_bound().is_finite());
        let worst = measured(&kit, &inside, &p, 1.0);
        assert!(worst <= inside.noise_bound(), "degree {degree}: {worst:e}");
        for factor in [1.25, 1.5] {
            let outside = evaluated(&kit, &p, factor);
            assert!(outside.noise_std().is_finite() && outside.noise_bound() == f64::INFINITY);
        }
    }
    // Were it that of the values inside, it would not hold.
    let p = chebyshev(31);
    let (inside, outside) = (evaluated(&kit, &p, 1.0), evaluated(&kit, &p, 1.25));
    assert!(measured(&kit, &outside, &p, 1.25) > 2f64.powi(10) * inside.noise_bound());
}

/// A little beyond the end is counted in, for degrees that do not make much of it.
#[test]
fn a_worst_case_holds_a_little_outside_of_the_interval() {
    let kit = kit();
    for (degree, factor) in [(3, 1.02), (7, 1.005), (15, 1.001)] {
        let p = chebyshev(degree);
        let y = evaluated(&kit, &p, factor);
        let worst = measured(&kit, &y, &p, factor);
        assert!(y.noise_bound().is_finite() && worst <= y.noise_bound(), "degree {degree}: {worst:e}");
        assert!(y.message_bound() >= p.eval(factor));
    }
}

/// What is tracked is the size of values: that they lie around another number than 0 is somebody's word.
#[test]
fn intervals_around_other_numbers_are_a_promise() {
    let kit = kit();
    let p = Polynomial::chebyshev(0.0..=1.0, [0.0, 0.5, 0.25]).unwrap();
    assert_eq!(evaluated(&kit, &p, 1.0).noise_bound(), f64::INFINITY);
    let power = Polynomial::power([0.0, 0.5, 0.25]).unwrap();
    assert!(evaluated(&kit, &power, 1.25).noise_bound().is_finite());
}

#[test]
fn signs_and_comparisons_are_bounded_up_to_one() {
    let kit = kit();
    let ops = kit.evaluator();
    for sign in [Sign::composite(0.1, &[3, 3]).unwrap(), Sign::cheon_kim_kim(1, 0.5, 0.4).unwrap()] {
        let signed = |factor| run(&kit, factor, |x| sign.evaluate(&ops, x), |dry, x| sign.evaluate(dry, x));
        assert!(signed(1.0).noise_bound().is_finite());
        assert_eq!(signed(1.25).noise_bound(), f64::INFINITY);
        let stepped = |factor| run(&kit, factor, |x| sign.step(&ops, x), |dry, x| sign.step(dry, x));
        assert!(stepped(1.0).noise_bound().is_finite());
        assert_eq!(stepped(1.25).noise_bound(), f64::INFINITY);
        // The difference of two values up to 1/2 is at most 1.
        let larger = |factor| {
            run(&kit, factor, |x| sign.max(&ops, x, &ops.neg(x)?), |dry, x| sign.max(dry, x, &dry.neg(x)?))
        };
        assert!(larger(0.5).noise_bound().is_finite());
        assert_eq!(larger(0.75).noise_bound(), f64::INFINITY);
        let compared = |factor| {
            run(
                &kit,
                factor,
                |x| sign.compare(&ops, x, &ops.neg(x)?),
                |dry, x| sign.compare(dry, x, &dry.neg(x)?),
            )
        };
        assert!(compared(0.5).noise_bound().is_finite());
        assert_eq!(compared(0.75).noise_bound(), f64::INFINITY);
    }
}

/// Nothing that is tracked says that a value is not 0.
#[test]
fn reciprocals_have_no_worst_case() {
    let kit = kit();
    let ops = kit.evaluator();
    for iterations in [0, 2] {
        let inverse = Inverse::new(0.5..=1.0, iterations).unwrap();
        let y = run(&kit, 1.0, |x| inverse.evaluate(&ops, x), |dry, x| inverse.evaluate(dry, x));
        assert!(y.noise_std().is_finite() && y.noise_bound() == f64::INFINITY);
        let root = InverseSqrt::new(0.5..=1.0, 1, iterations).unwrap();
        let y = run(&kit, 1.0, |x| root.evaluate(&ops, x), |dry, x| root.evaluate(dry, x));
        assert!(y.noise_std().is_finite() && y.noise_bound() == f64::INFINITY);
    }
}

/// The owner gets the value, nobody else does.
#[test]
fn a_result_without_a_worst_case_is_decrypted_and_not_published() {
    let kit = kit();
    let p = chebyshev(3);
    let y = evaluated(&kit, &p, 1.5);
    let found = kit.decrypt(&y);
    for (found, x) in found.iter().zip(values(&kit)) {
        assert!((found.re - p.eval(1.5 * x)).abs() < 1e-6);
    }
    let decryptor = Decryptor::new(&kit.context, &kit.secret);
    for bound in [y.noise_std(), 1e30, f64::INFINITY] {
        assert!(decryptor.decrypt_public(&y, &Flooding::new(bound), &mut rng(2)).is_err());
    }
    assert_eq!(kit.secret.published(), 0);
}

//! Approximations, reciprocals and roots: measured errors, documented tables, and the same on ciphertexts.

mod common;

use ckks::{
    CiphertextShape, CkksError, Complex64, DryRun, KeyRequest,
    circuits::{Approximation, Function, Inverse, InverseSqrt},
    params::presets,
};
use common::Kit;

fn grid(low: f64, high: f64, count: usize) -> Vec<f64> {
    (0..count).map(|k| low + (high - low) * k as f64 / (count - 1) as f64).collect()
}

fn complex(values: &[f64]) -> Vec<Complex64> {
    values.iter().map(|&x| Complex64::new(x, 0.0)).collect()
}

#[test]
fn the_worst_error_is_the_worst() {
    for function in Function::ALL {
        let mut last = f64::INFINITY;
        for degree in [3, 7, 15] {
            let fits = [
                function.interpolate(-4.0..=4.0, degree).unwrap(),
                function.least_squares(-4.0..=4.0, degree).unwrap(),
                function.minimax(-4.0..=4.0, degree).unwrap(),
            ];
            for fit in &fits {
                let found = grid(-4.0, 4.0, 10_001)
                    .iter()
                    .map(|&x| (fit.eval(x) - function.eval(x)).abs())
                    .fold(0.0, f64::max);
                assert!(found <= fit.worst_error() * (1.0 + 1e-9), "{function} {degree}");
                assert!(
                    found >= fit.worst_error() * 0.99,
                    "{function} {degree}: {found:e} of {:e}",
                    fit.worst_error()
                );
            }
            let [interpolated, squares, minimax] = fits.map(|fit| fit.worst_error());
            assert!(
                minimax <= interpolated * (1.0 + 1e-6) && minimax <= squares * (1.0 + 1e-6),
                "{function} {degree}"
            );
            assert!(minimax < last, "{function} {degree}");
            last = minimax;
        }
    }
}

#[test]
fn least_squares_has_the_least_mean_square() {
    let mean_square = |fit: &Approximation, f: Function| -> f64 {
        grid(-3.0, 3.0, 20_001).iter().map(|&x| (fit.eval(x) - f.eval(x)).powi(2)).sum()
    };
    for f in Function::ALL {
        let squares = mean_square(&f.least_squares(-3.0..=3.0, 6).unwrap(), f);
        assert!(squares < mean_square(&f.interpolate(-3.0..=3.0, 6).unwrap(), f), "{f}");
        assert!(squares < mean_square(&f.minimax(-3.0..=3.0, 6).unwrap(), f), "{f}");
    }
}

#[test]
fn symmetric_functions_take_fewer_products() {
    let products = |f: Function, low: f64| f.minimax(low..=8.0, 63).unwrap().polynomial().cost().products;
    // SiLU is x/2 and something even: as many products as an even polynomial of degree 62.
    assert_eq!((products(Function::Sigmoid, -8.0), products(Function::Silu, -8.0)), (16, 12));
    assert_eq!(products(Function::Sigmoid, -7.0), 16);
    let interpolated = Function::Tanh.interpolate(-2.0..=2.0, 15).unwrap();
    assert!(interpolated.polynomial().coefficients().iter().step_by(2).all(|&c| c == 0.0));
}

#[test]
fn ciphertexts_get_the_same_values() {
    let kit = Kit::new(&presets::toy(8, 7), &KeyRequest::new().relinearization());
    let (eval, dry) = (kit.evaluator(), DryRun::new(kit.context.parameters()));
    let values = grid(-4.0, 4.0, kit.context.max_slots());
    let x = kit.encrypt_within(&complex(&values), 4.0, 1);
    for function in Function::ALL {
        for degree in [3, 7, 15, 31] {
            let fit = function.minimax(-4.0..=4.0, degree).unwrap();
            let y = fit.evaluate(&eval, &x).unwrap();
            assert_eq!(CiphertextShape::from(&y), fit.evaluate(&dry, &CiphertextShape::from(&x)).unwrap());
            assert_eq!(y.level().0, 7 - fit.depth());
            let bound = y.noise_bound() / y.scale().to_f64() + 1e-9;
            for (found, &x) in kit.decrypt(&y).iter().zip(&values) {
                assert!((found.re - fit.eval(x)).abs() < bound, "{function} {degree}");
                assert!((found.re - function.eval(x)).abs() < bound + fit.worst_error());
            }
        }
    }
}

#[test]
fn reciprocals_and_roots_are_as_right_as_they_say() {
    let kit = Kit::new(&presets::toy(8, 10), &KeyRequest::new().relinearization());
    let (eval, parameters) = (kit.evaluator(), kit.context.parameters());
    for (low, high, iterations) in [(0.25, 4.0, 5), (0.5, 1.5, 3), (1.0, 2.0, 0), (1.0, 100.0, 8)] {
        let inverse = Inverse::new(low..=high, iterations).unwrap();
        let values = grid(low, high, kit.context.max_slots());
        let worst = values.iter().map(|&x| (inverse.eval(x) * x - 1.0).abs()).fold(0.0, f64::max);
        assert!(worst <= inverse.worst_error() * (1.0 + 1e-9) + 1e-15, "{worst:e}");
        assert!(worst >= 0.99 * inverse.worst_error(), "{worst:e}");
        let scaled: Vec<f64> = values.iter().map(|x| x / high).collect();
        let scaled_inverse = Inverse::new(low / high..=1.0, iterations).unwrap();
        let x = kit.encrypt(&complex(&scaled), 2);
        let dry = DryRun::new(parameters);
        let shape = scaled_inverse.evaluate(&dry, &CiphertextShape::from(&x)).unwrap();
        let y = scaled_inverse.evaluate(&eval, &x).unwrap();
        assert_eq!(CiphertextShape::from(&y), shape);
        assert_eq!((dry.plan().depth, dry.plan().products), (inverse.depth(), 2 * iterations));
        // No bound shows that values stay away from 0.
        assert!(y.noise_std().is_finite() && y.noise_bound() == f64::INFINITY);
        for (found, &x) in kit.decrypt(&y).iter().zip(&scaled) {
            assert!((found.re - scaled_inverse.eval(x)).abs() * x < 1e-5);
            assert!((found.re * x - 1.0).abs() < scaled_inverse.worst_error() + 1e-5, "{x}: {}", found.re);
        }
    }
    for (low, high, degree, iterations) in
        [(0.25, 4.0, 3, 2), (0.5, 1.5, 1, 1), (0.05, 1.0, 7, 3), (1.0, 4.0, 5, 0)]
    {
        let inverse = InverseSqrt::new(low..=high, degree, iterations).unwrap();
        let values = grid(low, high, kit.context.max_slots());
        let worst = values.iter().map(|&x| (inverse.eval(x) * x.sqrt() - 1.0).abs()).fold(0.0, f64::max);
        assert!(
            worst <= inverse.worst_error() * (1.0 + 1e-6) + 1e-15,
            "{worst:e} {:e}",
            inverse.worst_error()
        );
        let x = kit.encrypt_within(&complex(&values), high, 3);
        let dry = DryRun::new(parameters);
        let shape = inverse.evaluate(&dry, &CiphertextShape::from(&x)).unwrap();
        let y = inverse.evaluate(&eval, &x).unwrap();
        assert_eq!(CiphertextShape::from(&y), shape);
        let products = inverse.seed().cost().products + 3 * iterations;
        assert_eq!((dry.plan().depth, dry.plan().products), (inverse.depth(), products));
        assert!(y.noise_std().is_finite() && y.noise_bound() == f64::INFINITY);
        for (found, &x) in kit.decrypt(&y).iter().zip(&values) {
            assert!((found.re - inverse.eval(x)).abs() * x.sqrt() < 1e-5);
            assert!((found.re * x.sqrt() - 1.0).abs() < inverse.worst_error() + 1e-5, "{x}: {}", found.re);
        }
    }
}

#[test]
fn bad_requests_are_refused() {
    assert!(matches!(
        Function::Exp.minimax(1.0..=1.0, 3),
        Err(CkksError::Parameter { name: "interval", .. })
    ));
    assert!(matches!(
        Function::Exp.minimax(0.0..=1.0, 100_000),
        Err(CkksError::Parameter { name: "degree", .. })
    ));
    for fit in [Approximation::interpolate, Approximation::least_squares, Approximation::minimax] {
        assert!(matches!(fit(f64::ln as fn(f64) -> f64, -1.0..=1.0, 4), Err(CkksError::NonFinite { .. })));
    }
    assert!(Inverse::new(0.0..=1.0, 3).is_err() && Inverse::new(2.0..=1.0, 3).is_err());
    assert!(Inverse::new(1.0..=2.0, 1000).is_err());
    assert!(InverseSqrt::new(-1.0..=1.0, 3, 1).is_err() && InverseSqrt::new(1.0..=2.0, 0, 1).is_err());
    let dry = DryRun::new(&presets::toy(8, 2).check().unwrap());
    let refused = Inverse::new(0.5..=1.0, 3).unwrap().evaluate(&dry, &dry.input(1.0)).unwrap_err();
    assert!(matches!(refused, CkksError::OutOfLevels { needed: 5, left: 2, .. }));
    let refused = InverseSqrt::new(0.5..=1.0, 3, 3).unwrap().evaluate(&dry, &dry.input(1.0)).unwrap_err();
    assert!(matches!(refused, CkksError::OutOfLevels { needed: 8, left: 2, .. }));
    assert_eq!(dry.plan().rescalings, 0);
}

/// The tables of the documentation are what the code computes. `CIRCUIT_TABLES=write` brings them up to date.
#[test]
fn the_documented_errors_are_the_real_ones() {
    let degrees = [3, 5, 7, 15, 31, 63];
    let mut table =
        format!("| function | interval |{}\n|---|---|", degrees.map(|d| format!(" degree {d} |")).concat());
    table += &format!("{}\n", "---:|".repeat(degrees.len()));
    let rows = [
        (Function::Sigmoid, -8.0, 8.0),
        (Function::Tanh, -4.0, 4.0),
        (Function::Exp, -1.0, 1.0),
        (Function::Exp, -8.0, 0.0),
        (Function::Silu, -8.0, 8.0),
        (Function::Gelu, -8.0, 8.0),
        (Function::Relu, -1.0, 1.0),
    ];
    for (function, low, high) in rows {
        table += &format!("| {function} | [{low}, {high}] |");
        for degree in degrees {
            let fit = function.minimax(low..=high, degree).unwrap();
            // Below 2^-45 the digits are those of the floating-point error.
            let error = fit.worst_error();
            let error = if error < 2f64.powi(-45) { "< 3e-14".to_owned() } else { format!("{error:.1e}") };
            table += &format!(" {error}, {} |", fit.depth());
        }
        table += "\n";
    }
    common::check_table("src/circuits/approx/errors.md", &table);

    let mut table = String::from("| | ratio 4 | ratio 16 | ratio 100 | ratio 1000 | levels | products |\n");
    table += "|---|---:|---:|---:|---:|---:|---:|\n";
    let show = |error: Result<f64, CkksError>| match error {
        Ok(error) if error < 1e-15 => "< 1e-15".to_owned(),
        Ok(error) => format!("{error:.1e}"),
        Err(_) => "-".to_owned(),
    };
    let ratios = [4.0, 16.0, 100.0, 1000.0];
    for iterations in [2, 4, 6, 8, 10, 12] {
        let errors = ratios.map(|r| show(Inverse::new(1.0 / r..=1.0, iterations).map(|i| i.worst_error())));
        let levels = Inverse::new(0.5..=1.0, iterations).unwrap().depth();
        table += &format!(
            "| inverse, {iterations} iterations | {} | {levels} | {} |\n",
            errors.join(" | "),
            2 * iterations
        );
    }
    for (degree, iterations) in [(3, 1), (3, 2), (7, 2), (7, 3), (15, 3), (31, 3)] {
        let errors = ratios
            .map(|r| show(InverseSqrt::new(1.0 / r..=1.0, degree, iterations).map(|i| i.worst_error())));
        let example = InverseSqrt::new(0.5..=1.0, degree, iterations).unwrap();
        table += &format!(
            "| inverse square root, degree {degree}, {iterations} iterations | {} | {} | {} |\n",
            errors.join(" | "),
            example.depth(),
            example.seed().cost().products + 3 * iterations
        );
    }
    common::check_table("src/circuits/inverse_costs.md", &table);
}

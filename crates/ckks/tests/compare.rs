//! Signs, comparisons, maxima and minima.

mod common;

use ckks::{CiphertextShape, CkksError, Complex64, DryRun, ParameterSpec, circuits::Sign, params::presets};
use common::{Kit, random};

fn complex(values: &[f64]) -> Vec<Complex64> {
    values.iter().map(|&x| Complex64::new(x, 0.0)).collect()
}

#[test]
fn signs_are_as_right_as_they_say() {
    for (log_epsilon, log_error) in [(-4, -6), (-8, -8), (-10, -20), (-16, -12)] {
        let (epsilon, error) = (2f64.powi(log_epsilon), 2f64.powi(log_error));
        let minimax = Sign::minimax(epsilon, error).unwrap();
        let fixed = Sign::cheon_kim_kim(3, epsilon, error).unwrap();
        for sign in [&minimax, &fixed] {
            assert!(sign.worst_error() <= error * (1.0 + 1e-6), "{:e}", sign.worst_error());
            let mut worst: f64 = 0.0;
            for k in 0..=100_000 {
                let x = epsilon.powf(f64::from(k) / 100_000.0);
                worst = worst.max((sign.eval(x) - 1.0).abs()).max((sign.eval(-x) + 1.0).abs());
            }
            assert!(
                worst <= sign.worst_error() * (1.0 + 1e-6) + 1e-12,
                "{worst:e} of {:e}",
                sign.worst_error()
            );
        }
        assert!(minimax.depth() < fixed.depth());
    }
}

#[test]
fn ciphertexts_are_compared() {
    let sign = Sign::minimax(2f64.powi(-6), 2f64.powi(-10)).unwrap();
    let spec = presets::toy(8, sign.depth() + 1);
    let parameters = spec.check().unwrap();
    let dry = DryRun::new(&parameters);
    sign.max(&dry, &dry.input(1.0), &dry.input(1.0)).unwrap();
    let plan = dry.plan();
    assert_eq!((plan.depth, plan.products), (sign.depth() + 1, sign.products() + 1));
    let kit = Kit::new(&spec, &plan.request());
    let eval = kit.evaluator();
    let values = |seed: u64| -> Vec<f64> {
        random(kit.context.max_slots(), seed).iter().map(|x| (x.re + 1.0) / 2.0).collect()
    };
    let (a, b) = (values(1), values(2));
    let (x, y) = (kit.encrypt(&complex(&a), 3), kit.encrypt(&complex(&b), 4));
    let compared = sign.compare(&eval, &x, &y).unwrap();
    let (larger, smaller) = (sign.max(&eval, &x, &y).unwrap(), sign.min(&eval, &x, &y).unwrap());
    let shape = |c| CiphertextShape::from(c);
    assert_eq!(shape(&larger), sign.max(&dry, &shape(&x), &shape(&y)).unwrap());
    assert_eq!((compared.level().0, larger.level().0), (1, 0));
    let (compared, larger, smaller) = (kit.decrypt(&compared), kit.decrypt(&larger), kit.decrypt(&smaller));
    let mut decided = 0;
    for i in 0..a.len() {
        let gap = a[i] - b[i];
        let allowed = if gap.abs() >= sign.epsilon() { sign.worst_error() } else { sign.epsilon() } + 1e-5;
        if gap.abs() >= sign.epsilon() {
            decided += 1;
            let expected = if gap > 0.0 { 1.0 } else { 0.0 };
            assert!((compared[i].re - expected).abs() < allowed, "{gap}: {}", compared[i]);
        }
        assert!((larger[i].re - a[i].max(b[i])).abs() < allowed, "{gap}: {}", larger[i]);
        assert!((smaller[i].re - a[i].min(b[i])).abs() < allowed, "{gap}: {}", smaller[i]);
    }
    assert!(decided > a.len() / 2);
}

#[test]
fn the_sign_of_a_ciphertext_at_real_parameters() {
    let sign = Sign::minimax(2f64.powi(-10), 2f64.powi(-20)).unwrap();
    // Two levels to spare: the worst case that is tracked through three steep polynomials at this scale exceeds the message,
    // though the real noise is far below, and a decryption wants room for it.
    let spec = ParameterSpec::new(15).log_q0(48).log_scale(40).depth(sign.depth() + 2);
    let dry = DryRun::new(&spec.check().unwrap());
    sign.evaluate(&dry, &dry.input(1.0)).unwrap();
    let kit = Kit::new(&spec, &dry.plan().request());
    let count = kit.context.max_slots();
    let values: Vec<f64> = (0..count)
        .map(|k| 2f64.powf(-10.0 * (k / 2) as f64 / (count / 2) as f64) * if k % 2 == 0 { 1.0 } else { -1.0 })
        .collect();
    let y = sign.evaluate(&kit.evaluator(), &kit.encrypt(&complex(&values), 9)).unwrap();
    assert_eq!(y.level().0, 2);
    let worst = kit
        .decrypt(&y)
        .iter()
        .zip(&values)
        .map(|(found, x)| (found.re - x.signum()).abs())
        .fold(0.0, f64::max);
    println!("measured 2^{:.1}", worst.log2());
    // The error of the approximation and that of the scheme at 40 bits.
    assert!(worst < 1.25 * 2f64.powi(-20), "{worst:e}");
}

#[test]
fn bad_requests_are_refused() {
    for (epsilon, error) in [(0.0, 0.1), (1.0, 0.1), (0.1, 0.0), (f64::NAN, 0.1), (0.1, 1.5)] {
        assert!(matches!(Sign::minimax(epsilon, error), Err(CkksError::Parameter { .. })));
        assert!(Sign::cheon_kim_kim(3, epsilon, error).is_err());
    }
    assert!(Sign::cheon_kim_kim(0, 0.1, 0.1).is_err() && Sign::cheon_kim_kim(5, 0.1, 0.1).is_err());
    assert!(Sign::composite(0.1, &[]).is_err() && Sign::composite(0.1, &[4]).is_err());
    assert!(Sign::composite(0.1, &[33]).is_err() && Sign::composite(2.0, &[3]).is_err());
    let dry = DryRun::new(&presets::toy(8, 2).check().unwrap());
    let sign = Sign::composite(0.1, &[7, 7]).unwrap();
    let refused = sign.evaluate(&dry, &dry.input(1.0)).unwrap_err();
    assert!(matches!(refused, CkksError::OutOfLevels { needed: 6, left: 2, .. }), "{refused}");
    assert!(sign.max(&dry, &dry.input(1.0), &dry.input(1.0)).is_err());
    assert_eq!(dry.plan().products, 0);
}

/// The table of the documentation is what the code computes. `CIRCUIT_TABLES=write` brings it up to date.
#[test]
fn the_documented_costs_are_the_real_ones() {
    let cases = [(8, 8), (10, 10), (10, 20), (16, 16)];
    let mut table = String::from("| |");
    table += &cases.map(|(e, a)| format!(" epsilon 2^-{e} to 2^-{a} |")).concat();
    table += &format!("\n|---|{}\n", "---:|".repeat(cases.len()));
    let mut rows = [String::from("| minimax: levels, products |"), String::from("| minimax: degrees |")];
    for (e, a) in cases {
        let sign = Sign::minimax(2f64.powi(-e), 2f64.powi(-a)).unwrap();
        rows[0] += &format!(" {}, {} |", sign.depth(), sign.products());
        let degrees: Vec<String> = sign.stages().iter().map(|stage| stage.degree().to_string()).collect();
        rows[1] += &format!(" {} |", degrees.join(", "));
    }
    table += &format!("{}\n", rows.join("\n"));
    for n in 1..=4 {
        table += &format!("| g_{n} and f_{n}: levels, products |");
        for (e, a) in cases {
            let sign = Sign::cheon_kim_kim(n, 2f64.powi(-e), 2f64.powi(-a)).unwrap();
            table += &format!(" {}, {} |", sign.depth(), sign.products());
        }
        table += "\n";
    }
    common::check_table("src/circuits/sign_costs.md", &table);
}

//! The noise model against measured noise, at ring degrees that are used.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helper functions of tests that show their figures"
)]

mod common;

use ckks::{
    Ciphertext, Complex64, Decryptor, Encryptor, KeyRequest, ParameterSpec, Scale, Workspace,
    encoder::Packing, inner_sum_rotations, params::presets,
};
use common::{Kit, distance, in_square, random, rng, rotated};

/// What measured and predicted standard deviation may differ by, in bits.
const TOLERANCE_BITS: f64 = 0.1;

fn compare(kit: &Kit, what: &str, found: &Ciphertext, expected: &[Complex64]) {
    let (measured, predicted) = (kit.measured_std(found, expected), found.noise_std());
    let difference = (measured / predicted).log2();
    println!("{what}: measured 2^{:.2}, predicted 2^{:.2}", measured.log2(), predicted.log2());
    assert!(difference.abs() <= TOLERANCE_BITS, "{what}: {difference:.3} bits from the prediction");
    let worst = distance(&kit.decrypt(found), expected) * found.scale().to_f64();
    assert!(worst <= found.noise_bound(), "{what}: 2^{:.2} above the bound", worst.log2());
}

fn every_operation_is_as_noisy_as_predicted(spec: &ParameterSpec) {
    let request =
        KeyRequest::new().relinearization().conjugation().rotations([1]).rotations(inner_sum_rotations(1, 8));
    let kit = Kit::new(spec, &request);
    let (eval, slots) = (kit.evaluator(), kit.context.max_slots());
    let (a, b) = (random(slots, 11), random(slots, 12));
    let (x, y) = (kit.encrypt_random(&a, 13), kit.encrypt_random(&b, 14));
    let zip = |f: fn(Complex64, Complex64) -> Complex64| -> Vec<Complex64> {
        a.iter().zip(&b).map(|(&x, &y)| f(x, y)).collect()
    };
    compare(&kit, "fresh, public key", &x, &a);
    let plaintext = in_square(kit.encoder.encode_complex(&a).unwrap());
    let owner = Encryptor::new(&kit.context, &kit.secret).encrypt(&plaintext, &mut rng(15)).unwrap();
    compare(&kit, "fresh, secret key", &owner, &a);
    compare(&kit, "addition", &eval.add(&x, &y).unwrap(), &zip(|x, y| x + y));
    let (product, expected) = (eval.mul(&x, &y).unwrap(), zip(|x, y| x * y));
    compare(&kit, "multiplication", &product, &expected);
    compare(&kit, "rescaling", &eval.rescale(&product).unwrap(), &expected);
    compare(&kit, "multiplication with rescaling", &eval.mul_rescale(&x, &y).unwrap(), &expected);
    let raw = eval.mul_unrelinearized(&x, &y).unwrap();
    compare(&kit, "degree 2", &raw, &expected);
    compare(&kit, "rescaling at degree 2", &eval.rescale(&raw).unwrap(), &expected);
    let b_plain = kit.encoder.encode_complex(&b).unwrap();
    compare(&kit, "plaintext product", &eval.mul_plain(&x, &b_plain).unwrap(), &expected);
    compare(&kit, "plaintext product, rescaled", &eval.mul_plain_rescale(&x, &b_plain).unwrap(), &expected);
    let scaled: Vec<_> = a.iter().map(|x| x * 0.3).collect();
    compare(&kit, "number", &eval.mul_scalar(&x, 0.3).unwrap(), &scaled);
    let conjugate: Vec<_> = a.iter().map(|x| x.conj()).collect();
    compare(&kit, "conjugation", &eval.conjugate(&x).unwrap(), &conjugate);
    compare(&kit, "rotation", &eval.rotate(&x, 1).unwrap(), &rotated(&a, 1));
    compare(&kit, "rotation of a product", &eval.rotate(&product, 1).unwrap(), &rotated(&expected, 1));
    let sum: Vec<Complex64> = (0..slots).map(|i| (0..8).map(|j| a[(i + j) % slots]).sum()).collect();
    compare(&kit, "inner sum", &eval.inner_sum(&x, 1, 8, &mut Workspace::new()).unwrap(), &sum);
}

#[test]
fn every_operation_is_as_noisy_as_predicted_at_12() {
    every_operation_is_as_noisy_as_predicted(
        &ParameterSpec::new(12).log_q0(34).log_scale(28).depth(1).log_p([38]),
    );
}

#[test]
fn every_operation_is_as_noisy_as_predicted_at_13() {
    every_operation_is_as_noisy_as_predicted(&presets::small());
}

/// A rotation costs at most 0.8 bits below a fresh public-key ciphertext, and so does a relinearisation.
#[test]
fn a_key_switch_costs_less_than_eight_tenths_of_a_bit() {
    const MOST: f64 = 0.8;
    for spec in [presets::small(), presets::medium(), presets::medium_precise()] {
        let kit = Kit::new(&spec, &KeyRequest::new().relinearization().rotations([1]));
        let eval = kit.evaluator();
        let a = random(kit.context.max_slots(), 21);
        let x = kit.encrypt_random(&a, 22);
        let fresh = kit.measured_std(&x, &a);
        let cost = (kit.measured_std(&eval.rotate(&x, 1).unwrap(), &rotated(&a, 1)) / fresh).log2();
        println!(
            "N = {}, dnum {}: rotation costs {cost:.2} bits",
            kit.context.n(),
            spec.check().unwrap().dnum()
        );
        assert!(cost <= MOST, "a rotation costs {cost:.2} bits");
        // What relinearisation adds shows where nothing else is, between degree 2 and degree 1 of one product, and at a
        // scale small enough for it to be visible in the float of a slot.
        let low =
            kit.encoder.encode_with(&a, &Packing { scale: Scale::power_of_two(15), ..kit.encoder.packing() });
        let x = kit.encrypt_plain(&in_square(low.unwrap()), 23);
        let raw = eval.mul_unrelinearized(&x, &x).unwrap();
        let small = eval.relinearize(&raw).unwrap();
        let added = kit.measured_std(&small, &kit.decrypt(&raw));
        assert!(added > 0.0, "nothing was measured");
        let cost = (fresh.hypot(added) / fresh).log2();
        println!("relinearisation adds 2^{:.2}: {cost:.2} bits of a fresh ciphertext", added.log2());
        assert!(cost <= MOST, "a relinearisation costs {cost:.2} bits");
    }
}

/// Uncentred digits would show as a bias in the first slots: the error's mean over many ciphertexts is zero in every
/// slot, and slots 0 and 1 are as precise as the others.
#[test]
fn no_slot_is_biased() {
    const TRIALS: usize = 64;
    let spec = ParameterSpec::new(10).log_q0(44).log_scale(40).depth(3).log_p([48]).dnum(4).allow_insecure();
    for spec in [spec.clone(), spec.log_p([48; 2]).dnum(2)] {
        let kit = Kit::new(&spec, &KeyRequest::new().relinearization().rotations([1]));
        let (eval, slots) = (kit.evaluator(), kit.context.max_slots());
        for product in [false, true] {
            let (mut sums, mut squares) = (vec![Complex64::default(); slots], vec![0.0; slots]);
            let mut deviation = 0.0;
            for trial in 0..TRIALS as u64 {
                let a = random(slots, 100 + trial);
                let x = kit.encrypt_random(&a, 200 + trial);
                let (found, expected) = if product {
                    (eval.square_rescale(&x).unwrap(), a.iter().map(|x| x * x).collect())
                } else {
                    (eval.rotate(&x, 1).unwrap(), rotated(&a, 1))
                };
                deviation = found.noise_std() * (kit.context.n() as f64).sqrt() / found.scale().to_f64();
                for ((slot, expected), (sum, square)) in
                    kit.decrypt(&found).iter().zip(&expected).zip(sums.iter_mut().zip(&mut squares))
                {
                    *sum += slot - expected;
                    *square += (slot - expected).norm_sqr();
                }
            }
            // The mean of the trials has a standard deviation of deviation / sqrt(TRIALS). Noise has the secret's size
            // in its slot, which varies by a factor of a few from slot to slot; 6 deviations allow for it.
            let limit = 6.0 * deviation / (TRIALS as f64).sqrt();
            for (slot, sum) in sums.iter().enumerate() {
                let mean = (sum / TRIALS as f64).norm();
                assert!(mean <= limit, "slot {slot}: mean error {mean:e}, limit {limit:e}");
            }
            for slot in [0, 1] {
                let rms = (squares[slot] / TRIALS as f64).sqrt();
                assert!(rms <= 4.0 * deviation, "slot {slot}: {rms:e} against {deviation:e}");
            }
        }
    }
}

/// x + x + ... doubles the noise each time, which the average case does not see and the worst case does.
#[test]
fn the_bound_holds_for_correlated_noise() {
    let kit = Kit::new(&presets::small(), &KeyRequest::new());
    let (eval, a) = (kit.evaluator(), random(kit.context.max_slots(), 31));
    let mut x = kit.encrypt_random(&a, 32);
    for k in 1..=12 {
        x = eval.add(&x, &x).unwrap();
        let expected: Vec<_> = a.iter().map(|x| x * f64::from(1 << k)).collect();
        let found = kit.measured_std(&x, &expected);
        assert!(found > 1.3 * x.noise_std(), "the average case should be too small");
        let plaintext = Decryptor::new(&kit.context, &kit.secret).decrypt(&x).unwrap();
        let slots = kit.encoder.decode_complex(&plaintext).unwrap();
        assert!(distance(&slots, &expected) * x.scale().to_f64() <= x.noise_bound());
    }
}

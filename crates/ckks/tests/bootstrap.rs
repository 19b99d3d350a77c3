//! Refreshing on a small ring that hides nothing: the whole and its refusals.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helper functions of tests that show their figures"
)]

mod common;

use ckks::{
    Ciphertext, CiphertextShape, CkksError, Complex64, Context, Decryptor, DryRun, Encoder, Encryptor,
    EvaluationKeys, Evaluator, KeyGenerator, KeyRequest, Level, SecretKey,
    bootstrap::{
        BootstrapParameters, BootstrapSpec, Bootstrapper, RefreshRequirements, plan_refresh, presets,
    },
    encoder::Packing,
    params::max_log_qp_ephemeral,
};
use common::{distance, random, rng};

struct Kit {
    parameters: BootstrapParameters,
    context: Context,
    secret: SecretKey,
    keys: EvaluationKeys,
}

impl Kit {
    fn new(spec: &BootstrapSpec, more: &KeyRequest) -> Self {
        let parameters = spec.check().unwrap();
        let context = Context::new(parameters.parameters()).unwrap();
        let mut rng = rng(1);
        let mut generator = KeyGenerator::new(&context, &mut rng);
        let secret = generator.secret_key();
        let request = parameters.key_request().unwrap().and(more);
        let keys = generator.evaluation_keys(&secret, &request).unwrap();
        Self { parameters, context, secret, keys }
    }

    fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(&self.context, &self.keys)
    }

    fn encrypt(&self, values: &[Complex64], level: Level) -> Ciphertext {
        self.encrypt_within(values, self.parameters.message_bound(), level)
    }

    fn encrypt_within(&self, values: &[Complex64], bound: f64, level: Level) -> Ciphertext {
        let scale = self.context.default_scale(level).unwrap();
        let packing = Packing { level, scale, slots: self.parameters.slots() };
        let plaintext = Encoder::new(&self.context).encode_with(values, &packing).unwrap();
        let plaintext = plaintext.with_message_bound(bound).unwrap();
        Encryptor::new(&self.context, &self.secret).encrypt(&plaintext, &mut rng(2)).unwrap()
    }

    fn decrypt(&self, ciphertext: &Ciphertext) -> Vec<Complex64> {
        let plaintext = Decryptor::new(&self.context, &self.secret).decrypt(ciphertext).unwrap();
        Encoder::new(&self.context).decode_complex(&plaintext).unwrap()
    }
}

/// Precision that all messages come back with: the arcsine's error, 2^-23, and what noise adds on these small rings.
const BITS: f64 = 20.0;

fn check_refresh(kit: &Kit, values: &[Complex64], bits: f64) {
    let evaluator = kit.evaluator();
    let bootstrapper = Bootstrapper::new(&kit.parameters, &evaluator).unwrap();
    let x = kit.encrypt(values, Level(0));
    let before = x.clone();
    let refreshed = bootstrapper.refresh(&evaluator, &x).unwrap();
    assert_eq!(x.parts(), before.parts());
    assert_eq!(refreshed.level(), kit.parameters.levels_left());
    assert_eq!(refreshed.scale(), kit.context.default_scale(refreshed.level()).unwrap());
    let worst = distance(&kit.decrypt(&refreshed), values);
    assert!(worst < (-bits).exp2(), "worst 2^{:.2}", worst.log2());
    assert!(worst * refreshed.scale().to_f64() < refreshed.noise_bound());
}

/// Compares the precision that is predicted for uniform real messages with what comes back.
fn check_prediction(kit: &Kit) {
    let values: Vec<Complex64> =
        random(kit.parameters.slots(), 5).iter().map(|value| Complex64::new(value.re, 0.0)).collect();
    let evaluator = kit.evaluator();
    let bootstrapper = Bootstrapper::new(&kit.parameters, &evaluator).unwrap();
    let refreshed = bootstrapper.refresh(&evaluator, &kit.encrypt(&values, Level(0))).unwrap();
    let measured = -distance(&kit.decrypt(&refreshed), &values).log2();
    let predicted = kit.parameters.precision_bits().unwrap();
    println!("precision: measured {measured:.2} bits, predicted {predicted:.2}");
    assert!((measured - predicted).abs() < PREDICTION_BITS, "{measured:.2} bits, {predicted:.2} predicted");
}

/// What the worst slot of one message may differ by from the prediction, which is of the mean: of ten messages in 32 slots the
/// worst slot lay between 0.6 bits below it and 0.8 above, in more slots within 0.4.
const PREDICTION_BITS: f64 = 0.75;

#[test]
fn messages_come_back_with_levels() {
    // All slots, half of them (side by side from here on), and few.
    for log_slots in [11, 10, 5] {
        let kit = Kit::new(&presets::toy(12, log_slots), &KeyRequest::new());
        let n = kit.parameters.slots();
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let values: Vec<Complex64> = random(n, 3).iter().map(|value| value * half).collect();
        check_refresh(&kit, &values, BITS);
        check_prediction(&kit);
        // Everything in one coefficient: where a sine alone would bend.
        check_refresh(&kit, &vec![Complex64::ONE; n], BITS);
    }
}

#[test]
fn shapes_and_keys_are_those_of_the_dry_run() {
    let kit = Kit::new(&presets::toy(11, 4), &KeyRequest::new());
    assert_eq!(kit.keys.size(), kit.parameters.key_size().unwrap());
    let evaluator = kit.evaluator();
    let half = std::f64::consts::FRAC_1_SQRT_2;
    let values: Vec<Complex64> = random(16, 1).iter().map(|value| value * half).collect();
    let x = kit.encrypt(&values, Level(2));
    let dry = DryRun::new(kit.parameters.parameters());
    let shape = CiphertextShape::from(&x);
    let expected = Bootstrapper::new(&kit.parameters, &dry).unwrap().refresh(&dry, &shape).unwrap();
    let low = Kit::new(&presets::toy(11, 4).low_memory(), &KeyRequest::new());
    for kit in [&kit, &low] {
        let bootstrapper = Bootstrapper::new(&kit.parameters, &evaluator).unwrap();
        let found = bootstrapper.refresh(&evaluator, &x).unwrap();
        let found = CiphertextShape::from(&found);
        assert_eq!(
            (found.level(), found.scale(), found.slots()),
            (expected.level(), expected.scale(), expected.slots())
        );
        assert!((found.noise_bound() / expected.noise_bound()).log2().abs() < 1e-6);
    }
    // The same keys, half of each expanded when it is needed: the same result to the bit.
    assert_eq!(low.keys.size(), low.parameters.key_size().unwrap());
    assert!(low.keys.size().memory < kit.keys.size().memory * 7 / 10);
    let refresh = |kit: &Kit| {
        let bootstrapper = Bootstrapper::new(&kit.parameters, &kit.evaluator()).unwrap();
        bootstrapper.refresh(&kit.evaluator(), &x).unwrap()
    };
    assert_eq!(refresh(&kit).parts(), refresh(&low).parts());
}

#[test]
fn real_messages_are_refreshed_in_pairs() {
    let kit = Kit::new(&presets::toy(11, 6), &KeyRequest::new().conjugation());
    let evaluator = kit.evaluator();
    let bootstrapper = Bootstrapper::new(&kit.parameters, &evaluator).unwrap();
    let real = |seed: u64| -> Vec<Complex64> {
        random(64, seed).iter().map(|value| Complex64::new(value.re / 2.0, 0.0)).collect()
    };
    let (a, b) = (real(1), real(2));
    let (x, y) = (kit.encrypt_within(&a, 0.5, Level(0)), kit.encrypt_within(&b, 0.5, Level(0)));
    let (x, y) = bootstrapper.refresh_pair(&evaluator, &x, &y).unwrap();
    assert!(distance(&kit.decrypt(&x), &a) < (-BITS).exp2());
    assert!(distance(&kit.decrypt(&y), &b) < (-BITS).exp2());
}

#[test]
fn a_second_pass_takes_off_what_the_first_one_erred() {
    // Without the arcsine, whose levels are the lowest of the sine: its error is what one pass gets wrong.
    let mut spec = presets::toy(11, 6);
    spec.arcsine_degree = 1;
    spec.sine.drain(..3);
    let kit = Kit::new(&spec, &KeyRequest::new());
    let evaluator = kit.evaluator();
    let bootstrapper = Bootstrapper::new(&kit.parameters, &evaluator).unwrap();
    let values: Vec<Complex64> = random(64, 7).iter().map(|value| Complex64::new(value.re, 0.0)).collect();
    let x = kit.encrypt(&values, Level(0));
    let one = bootstrapper.refresh(&evaluator, &x).unwrap();
    let two = bootstrapper.refresh_in_two_passes(&evaluator, &x).unwrap();
    let bits = |refreshed: &Ciphertext| -distance(&kit.decrypt(refreshed), &values).log2();
    let (first, both) = (bits(&one), bits(&two));
    println!("one pass {first:.2} bits, two {both:.2}, gain of 2^{}", kit.parameters.log_gain().unwrap());
    // What roundings at the scale 2^40 leave is above 24 bits on so small a ring.
    assert!(first < 18.0 && both > 24.0, "{first}, {both}");
    assert_eq!(Some(two.level()), kit.parameters.levels_left().below());
    assert_eq!(two.scale(), kit.context.default_scale(two.level()).unwrap());
    assert!(two.noise_std() < one.noise_std() / 16.0);
    let dry = DryRun::new(kit.parameters.parameters());
    let shape = Bootstrapper::new(&kit.parameters, &dry)
        .unwrap()
        .refresh_in_two_passes(&dry, &CiphertextShape::from(&x))
        .unwrap();
    assert_eq!((shape.level(), shape.scale()), (two.level(), two.scale()));
    // The worst case of one pass leaves room for a larger error than the second pass could take: nothing to flood by.
    let worst = one.noise_bound() / one.scale().to_f64();
    assert!(worst.is_finite() && worst.log2() + f64::from(kit.parameters.log_gain().unwrap()) > 0.0);
    assert_eq!((shape.noise_bound(), two.noise_bound()), (f64::INFINITY, f64::INFINITY));
}

/// Noise beyond what the sine has room for comes back as something else: there is no worst case then.
#[test]
fn noise_without_room_leaves_no_worst_case() {
    let kit = Kit::new(&presets::toy(10, 4), &KeyRequest::new());
    let evaluator = kit.evaluator();
    let bootstrapper = Bootstrapper::new(&kit.parameters, &evaluator).unwrap();
    let x = kit.encrypt(&[Complex64::ONE; 16], Level(0));
    for (part, finite) in [(1.0 / 512.0, true), (1.0 / 128.0, false)] {
        let added = part * x.scale().to_f64();
        let noisy = x.clone().with_noise_bound_added(added).unwrap();
        let refreshed = bootstrapper.refresh(&evaluator, &noisy).unwrap();
        assert_eq!(refreshed.noise_bound().is_finite(), finite, "{part}");
        assert!(refreshed.noise_std().is_finite());
        let dry = DryRun::new(kit.parameters.parameters());
        let shape = CiphertextShape::from(&noisy);
        let shape = Bootstrapper::new(&kit.parameters, &dry).unwrap().refresh(&dry, &shape).unwrap();
        assert_eq!(shape.noise_bound().is_finite(), finite);
    }
}

#[test]
fn mistakes_are_refused() {
    let kit = Kit::new(&presets::toy(10, 4), &KeyRequest::new());
    let evaluator = kit.evaluator();
    let bootstrapper = Bootstrapper::new(&kit.parameters, &evaluator).unwrap();
    let x = kit.encrypt(&[Complex64::ONE; 16], Level(0));
    let refused = |result: Result<Ciphertext, CkksError>| result.unwrap_err();
    let sparse = evaluator.relabel_slots(&x, 32).unwrap();
    let error = refused(bootstrapper.refresh(&evaluator, &sparse));
    assert!(matches!(error, CkksError::SlotMismatch { left: 32, right: 16, .. }), "{error}");
    let large = evaluator.mul_integer(&x, 3).unwrap();
    let error = refused(bootstrapper.refresh(&evaluator, &large));
    assert!(matches!(error, CkksError::PrecisionLost { .. }), "{error}");
    let none = EvaluationKeys::none();
    let keyless = Evaluator::new(&kit.context, &none);
    let error = refused(bootstrapper.refresh(&keyless, &x));
    assert!(matches!(error, CkksError::MissingKey { .. }), "{error}");
    let error = refused(evaluator.raise(&kit.encrypt(&[Complex64::ONE; 16], Level(1))));
    assert!(matches!(error, CkksError::LevelMismatch { .. }), "{error}");
    let other = DryRun::new(presets::toy(10, 5).check().unwrap().parameters());
    assert!(Bootstrapper::new(&kit.parameters, &other).is_ok()); // the same chain, whatever is packed
    let mut spec = presets::toy(10, 4);
    spec.sine.pop();
    assert!(matches!(spec.check(), Err(CkksError::Parameter { name: "sine", .. })));
    spec = presets::toy(10, 10);
    assert!(matches!(spec.check(), Err(CkksError::Parameter { name: "log_slots", .. })));
    spec = presets::toy(10, 4);
    spec.interval = Some(8.0);
    assert!(matches!(spec.check(), Err(CkksError::Parameter { name: "interval", .. })));
    // A specification may come from a file: numbers without sense are no panic.
    let toy = || presets::toy(10, 4);
    for absurd in [
        BootstrapSpec { levels: usize::MAX, ..toy() },
        BootstrapSpec { levels: 300, ..toy() },
        BootstrapSpec { doublings: usize::MAX, ..toy() },
        BootstrapSpec { doublings: 1 << 20, ..toy() },
        BootstrapSpec { degree: usize::MAX, ..toy() },
        BootstrapSpec { arcsine_degree: usize::MAX, ..toy() },
        BootstrapSpec { log_n: u32::MAX, log_slots: u32::MAX - 1, ..toy() },
        BootstrapSpec { log_scale: u32::MAX, ..toy() },
        BootstrapSpec { dnum: Some(usize::MAX), ..toy() },
        BootstrapSpec { log_p: vec![u32::MAX; 3], ..toy() },
        BootstrapSpec { interval: Some(f64::NAN), ..toy() },
        BootstrapSpec { message_bound: f64::MAX, ..toy() },
        toy().message_bound(0.0),
        toy().message_bound(f64::MIN_POSITIVE),
        toy().message_bound(f64::INFINITY),
    ] {
        assert!(absurd.check().is_err(), "{absurd:?}");
    }
}

#[test]
fn the_sparse_secret_is_used_at_the_lowest_modulus_only() {
    let kit = Kit::new(&presets::toy(10, 4), &KeyRequest::new());
    let parameters = kit.parameters.parameters();
    let special = &parameters.p_primes()[..parameters.encapsulation_primes()];
    let expected: f64 =
        parameters.groups()[0].primes.iter().chain(special).map(|&prime| (prime as f64).log2()).sum();
    let key = kit.keys.encapsulation().unwrap();
    assert!((key.sparse_log_modulus() - expected).abs() < 1e-9);
    for (name, preset) in presets::ALL {
        let plan = preset().check().unwrap();
        let parameters = plan.parameters();
        assert_eq!((parameters.security_bits(), parameters.is_insecure()), (128, false), "{name}");
        let cap = max_log_qp_ephemeral(parameters.log_n()).unwrap();
        assert!(parameters.encapsulation_bit_length() <= cap, "{name}");
        assert!(plan.failure_log2() <= -128.0, "{name}");
    }
}

#[test]
fn keys_survive_being_stored() {
    let kit = Kit::new(&presets::toy(10, 4), &KeyRequest::new());
    let mut bytes = Vec::new();
    kit.keys.write_to(&kit.context, &mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, kit.parameters.key_size().unwrap().stored);
    let keys = EvaluationKeys::read_from(&kit.context, &bytes[..], u64::MAX).unwrap();
    let x = kit.encrypt(&[Complex64::ONE; 16], Level(0));
    let (before, after) = (kit.evaluator(), Evaluator::new(&kit.context, &keys));
    let bootstrapper = Bootstrapper::new(&kit.parameters, &before).unwrap();
    let expected = bootstrapper.refresh(&before, &x).unwrap();
    assert_eq!(bootstrapper.refresh(&after, &x).unwrap().parts(), expected.parts());
}

#[test]
fn a_sparse_message_is_refreshed_at_128_bits() {
    let kit = Kit::new(&presets::n15_sparse(), &KeyRequest::new());
    let values: Vec<Complex64> =
        random(kit.parameters.slots(), 3).iter().map(|value| Complex64::new(value.re, 0.0)).collect();
    check_refresh(&kit, &values, 12.0);
    check_prediction(&kit);
}

#[test]
fn the_cheapest_preset_that_is_good_enough_is_planned() {
    let wanted = |slots, precision_bits, levels| RefreshRequirements {
        slots,
        precision_bits,
        levels,
        ..RefreshRequirements::default()
    };
    for (requirements, name) in [
        (wanted(1, 10.0, 1), "n15_sparse"),
        (wanted(1000, 13.5, 4), "n15_sparse"),
        (wanted(2000, 10.0, 2), "n15_full"),
        (wanted(200, 20.0, presets::n16_sparse().levels), "n16_sparse"),
        (wanted(20_000, 20.0, presets::n16_full_fast().levels), "n16_full_fast"),
        (wanted(20_000, 22.5, 6), "n16_full_precise"),
    ] {
        let planned = plan_refresh(&requirements).unwrap();
        assert_eq!(planned.name, name, "{requirements:?}");
        assert!(planned.parameters.slots() >= requirements.slots);
        assert!(planned.parameters.levels_left().0 >= requirements.levels);
        assert!(planned.precision_bits >= requirements.precision_bits);
    }
    let low = RefreshRequirements { low_memory: true, ..wanted(20_000, 20.0, 9) };
    let low = plan_refresh(&low).unwrap().parameters;
    let fast = plan_refresh(&wanted(20_000, 20.0, 9)).unwrap().parameters;
    assert!(low.key_size().unwrap().memory < fast.key_size().unwrap().memory);
    // Refusals name what there is.
    for (requirements, offer) in [
        (wanted(20_000, 60.0, 1), "those of n16_full_precise"),
        (wanted(20_000, 10.0, 100), "those of n16_full_fast"),
        (wanted(10, 10.0, 100), "those of n16_sparse"),
    ] {
        let error = plan_refresh(&requirements).unwrap_err().to_string();
        assert!(error.contains(offer), "{error}");
    }
    assert!(matches!(plan_refresh(&wanted(1 << 16, 1.0, 1)), Err(CkksError::TooManySlots { .. })));
}

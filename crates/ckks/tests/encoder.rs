//! Encoding against its definition, its precision, and its refusals.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a helper is a failed test")]

use std::f64::consts::PI;

use ckks::{
    CkksError, Complex64, Context, Encoder, EncoderScratch, Level, ParameterSpec, Plaintext, Scale,
    encoder::Packing, noise::transform_error, params::presets,
};
use proptest::prelude::*;
use ring_math::Kernel;

fn context(spec: &ParameterSpec) -> Context {
    Context::new(&spec.check().unwrap()).unwrap()
}

fn toy(log_n: u32, depth: usize) -> Encoder {
    Encoder::new(&context(&presets::toy(log_n, depth)))
}

/// Values in the unit disc, the same on every run.
fn disc(count: usize, seed: u64) -> Vec<Complex64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..count).map(|_| Complex64::from_polar(uniform().sqrt(), 2.0 * PI * uniform())).collect()
}

/// The integer coefficients of a plaintext whose first prime exceeds twice all of them.
fn coefficients(plaintext: &Plaintext) -> Vec<f64> {
    let poly = plaintext.poly().clone().into_coeff();
    let modulus = *poly.basis().modulus(0);
    poly.limb(0).iter().map(|&word| modulus.centre(word) as f64).collect()
}

/// Slot j of a polynomial by definition: its value at exp(i pi 5^j / N).
fn evaluate(coefficients: &[f64], slot: usize) -> Complex64 {
    let n = coefficients.len() as u64;
    let exponent = (0..slot).fold(1, |power, _| 5 * power % (2 * n));
    let at = |k: u64| Complex64::from_polar(1.0, PI * (k * exponent % (2 * n)) as f64 / n as f64);
    (0..n).zip(coefficients).map(|(k, &c)| at(k) * c).sum()
}

fn distance(a: &[Complex64], b: &[Complex64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max)
}

#[test]
fn slots_are_the_values_at_powers_of_five() {
    for log_n in 3..9 {
        let encoder = toy(log_n, 0);
        let n = 1usize << log_n;
        let scale = 40f64.exp2();
        for log_slots in 0..log_n {
            let slots = 1 << log_slots;
            let values = disc(slots, u64::from(log_n));
            let packing = Packing { slots, ..encoder.packing() };
            let plaintext = encoder.encode_with(&values, &packing).unwrap();
            let found = coefficients(&plaintext);
            let gap = n / 2 / slots;
            assert!(found.iter().enumerate().all(|(k, &c)| k % gap == 0 || c == 0.0));
            // Each of 2 * slots coefficients is rounded by at most one half; the rest is arithmetic in f64.
            let bound = slots as f64 / scale + 1e-14 * n as f64;
            let by_definition: Vec<_> = (0..n / 2).map(|j| evaluate(&found, j) / scale).collect();
            for (j, slot) in by_definition.iter().enumerate() {
                assert!((slot - values[j % slots]).norm() < bound, "N = {n}, {slots} slots, slot {j}");
            }
            let decoded = encoder.decode_complex(&plaintext).unwrap();
            assert!(distance(&decoded, &by_definition[..slots]) < 1e-13 * n as f64);
            let real = encoder.decode(&plaintext).unwrap();
            assert!(real.iter().zip(&decoded).all(|(&r, c)| r == c.re));
        }
    }
}

#[test]
fn a_round_trip_is_right_to_two_to_the_minus_45_at_scale_two_to_the_55() {
    let encoder = Encoder::new(&context(&ParameterSpec::new(15).log_scale(55).depth(1)));
    for (seed, size) in [(1, 1.0), (2, 7.5), (3, 1e-3)] {
        let values: Vec<_> = disc(1 << 14, seed).into_iter().map(|z| z * size).collect();
        let decoded = encoder.decode_complex(&encoder.encode_complex(&values).unwrap()).unwrap();
        // At 10^-3 the scale itself is the limit: 2^-45 of one, not of the values.
        let error = distance(&decoded, &values) / f64::max(size, 1.0);
        assert!(error < (-45f64).exp2(), "2^{}", error.log2());
    }
    // The worst case for the transform: everything in one coefficient.
    let ones = vec![1.0; 1 << 14];
    let decoded = encoder.decode(&encoder.encode(&ones).unwrap()).unwrap();
    assert!(decoded.iter().all(|&x| (x - 1.0).abs() < (-49f64).exp2()));
}

#[test]
fn scales_beyond_a_word_keep_the_precision_of_floating_point() {
    // Products before rescaling: 2^80 to 2^190 in a modulus of 248 bits.
    let encoder = toy(10, 5);
    let values = disc(512, 9);
    for log_scale in [46, 47, 48, 52, 80, 96, 110, 144, 190] {
        let scale = Scale::power_of_two(log_scale).div_by_prime(3);
        let packing = Packing { scale, ..encoder.packing() };
        let plaintext = encoder.encode_with(&values, &packing).unwrap();
        let decoded = encoder.decode_complex(&plaintext).unwrap();
        let bound = 2.0 * 1024.0 / scale.to_f64() + (-46f64).exp2();
        assert!(distance(&decoded, &values) < bound, "2^{log_scale}");
    }
}

#[test]
fn sparse_packing_is_full_packing_of_the_repeated_vector() {
    let encoder = toy(9, 1);
    for slots in [1, 2, 16, 128] {
        let values = disc(slots, 5);
        let sparse = encoder.encode_with(&values, &Packing { slots, ..encoder.packing() }).unwrap();
        let repeated: Vec<_> = (0..256).map(|j| values[j % slots]).collect();
        let full = encoder.encode_complex(&repeated).unwrap();
        let off = coefficients(&sparse)
            .iter()
            .zip(coefficients(&full))
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(off <= 1.0, "{slots} slots: {off}");
    }
}

#[test]
fn constants_need_no_transform_and_have_the_exact_scale() {
    let encoder = toy(6, 2);
    let parameters = encoder.context().parameters().clone();
    for level in [Level(0), Level(1), Level(2)] {
        let scale = parameters.default_scale(level);
        for value in [0.0, 1.0, -3.7, 1e-9] {
            let constant = encoder.encode_constant(value, &Packing { level, scale, slots: 32 }).unwrap();
            let found = coefficients(&constant);
            assert_eq!(found[0], scale.round_product(value).unwrap() as f64);
            assert!(found[1..].iter().all(|&c| c == 0.0));
            let spread = encoder.encode_at(&[value; 32], level, scale).unwrap();
            let off =
                coefficients(&spread).iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(off <= 1.0);
        }
        let value = Complex64::new(1.25, -0.5);
        let constant = encoder.encode_constant(value, &Packing { level, scale, slots: 32 }).unwrap();
        let decoded = encoder.decode_complex(&constant).unwrap();
        assert!(decoded.iter().all(|z| (z - value).norm() < 2.0 / scale.to_f64()));
    }
}

#[test]
fn plaintexts_have_the_same_bytes_on_every_kernel() {
    let parameters = presets::toy(8, 3).check().unwrap();
    let values = disc(128, 3);
    let encode = |kernel: Kernel, log_scale| {
        let encoder = Encoder::new(&Context::with_kernel(&parameters, kernel).unwrap());
        let packing = Packing { scale: Scale::power_of_two(log_scale), ..encoder.packing() };
        let plaintext = encoder.encode_with(&values, &packing).unwrap();
        (plaintext.poly().words().to_vec(), encoder.decode_complex(&plaintext).unwrap())
    };
    for log_scale in [40, 90] {
        let reference = encode(Kernel::scalar(), log_scale);
        for kernel in Kernel::available() {
            assert!(encode(kernel, log_scale) == reference, "{}", kernel.name());
        }
    }
}

#[test]
fn buffers_are_reused_across_levels_and_slot_counts() {
    let encoder = toy(8, 2);
    let (mut out, mut scratch) = (Plaintext::empty(encoder.context()).unwrap(), EncoderScratch::new());
    let values = disc(128, 4);
    for (level, slots) in [(2, 128), (0, 4), (1, 64), (2, 1)] {
        let packing = Packing { level: Level(level), slots, ..encoder.packing() };
        encoder.encode_into(&mut out, &values[..slots], &packing, &mut scratch).unwrap();
        assert!(out.poly() == encoder.encode_with(&values[..slots], &packing).unwrap().poly());
        let mut decoded = vec![Complex64::ZERO; slots];
        encoder.decode_into(&mut decoded, &out, &mut scratch).unwrap();
        assert!(distance(&decoded, &values) < 1e-9);
    }
}

#[test]
fn a_lower_level_holds_the_same_message() {
    let encoder = toy(8, 3);
    let values = disc(128, 4);
    let mut plaintext = encoder.encode_complex(&values).unwrap();
    let fresh = encoder.decode_complex(&plaintext).unwrap();
    plaintext.drop_to(encoder.context(), Level(1)).unwrap();
    assert_eq!(encoder.decode_complex(&plaintext).unwrap(), fresh);
    assert!(matches!(
        plaintext.drop_to(encoder.context(), Level(2)),
        Err(CkksError::OutOfLevels { needed: 2, left: 1, .. })
    ));
}

#[test]
fn a_declared_size_takes_the_place_of_the_measured_one() {
    let encoder = toy(5, 1);
    let encode = || encoder.encode(&[0.25, -0.5]).unwrap();
    assert_eq!(encode().message_bound(), 0.5);
    let declared = encode().with_message_bound(2.0).unwrap();
    assert_eq!((declared.message_bound(), declared.noise().message_rms()), (2.0, 2.0));
    let declared = encode().with_message_size(2.0, 0.75).unwrap();
    assert_eq!((declared.message_bound(), declared.noise().message_rms()), (2.0, 0.75));
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = encode().with_message_bound(wrong).err();
        assert!(matches!(refused, Some(CkksError::Parameter { name: "message bound", .. })), "{refused:?}");
    }
    for wrong in [0.0, -1.0, 2.5, f64::NAN, f64::INFINITY] {
        let refused = encode().with_message_size(2.0, wrong).err();
        assert!(matches!(refused, Some(CkksError::Parameter { .. })), "{refused:?}");
    }
    // The owner learns that a value is larger; the text, which may end up in a log, does not say which or how large.
    let secret = -42_123.625;
    let refused = encoder.encode(&[0.25, secret]).unwrap().with_message_bound(400.0).unwrap_err();
    assert_eq!(refused, CkksError::MessageTooLarge { op: "declaring the size of a message", bound: 400.0 });
    let text = format!("{refused} {refused:?}");
    assert!(text.contains("with_message_bound") && !text.contains("421"), "{text}");
}

/// At scales that an f64 does not resolve the transforms are what is wrong, not the rounding, and by no more than they may be.
#[test]
fn transforms_err_by_what_they_may() {
    for log_n in [5, 9, 12] {
        let encoder = toy(log_n, 3);
        let slots = encoder.context().max_slots();
        let packing = Packing { scale: Scale::power_of_two(90), ..encoder.packing() };
        let values = disc(slots, 6);
        let plaintext = encoder.encode_with(&values, &packing).unwrap();
        let found = encoder.decode_complex(&plaintext).unwrap();
        let mean = |squares: f64| (squares / slots as f64).sqrt();
        let rms = mean(values.iter().map(|value| value.norm_sqr()).sum());
        let error = mean(found.iter().zip(&values).map(|(a, b)| (a - b).norm_sqr()).sum());
        // There and back.
        let allowed = 2.0 * transform_error(2 * slots) * rms;
        println!(
            "log N {log_n}: 2^{:.1} of the message, 2^{:.1} allowed",
            (error / rms).log2(),
            (allowed / rms).log2()
        );
        assert!(error <= allowed, "{error:e} {allowed:e}");
        assert!(error > plaintext.noise().bound() / packing.scale.to_f64(), "{error:e}");
    }
}

#[test]
fn bad_values_are_refused() {
    let encoder = toy(5, 1);
    let packing = encoder.packing();
    assert_eq!(encoder.encode(&[0.0; 17]).err(), Some(CkksError::TooManySlots { found: 17, max: 16 }));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let refused = encoder.encode(&[1.0, bad]).err();
        assert!(matches!(refused, Some(CkksError::NonFinite { index: 1, .. })), "{refused:?}");
        assert!(matches!(encoder.encode_constant(bad, &packing), Err(CkksError::NonFinite { index: 0, .. })));
    }
    for slots in [0, 3, 12] {
        let refused = encoder.encode_with(&[0.0; 0], &Packing { slots, ..packing }).err();
        assert!(matches!(refused, Some(CkksError::SlotCount { .. })), "{refused:?}");
    }
    assert!(matches!(
        encoder.encode_with(&[0.0; 2], &Packing { slots: 32, ..packing }),
        Err(CkksError::TooManySlots { found: 32, max: 16 })
    ));
    let refused = encoder.encode_at(&[0.0], Level(2), packing.scale).err();
    assert_eq!(refused, Some(CkksError::NoSuchLevel { op: "encode", found: Level(2), max: Level(1) }));
}

#[test]
fn values_up_to_half_the_modulus_are_accepted_and_above_refused() {
    let encoder = toy(5, 1);
    // q0 has 48 bits, the scale 40: the message may have 7.
    let scale = Scale::power_of_two(40);
    let fits = |value: f64| encoder.encode_at(&[value; 16], Level(0), scale);
    assert!((encoder.decode(&fits(127.9).unwrap()).unwrap()[3] - 127.9).abs() < 1e-9);
    assert!(matches!(fits(128.1), Err(CkksError::Overflow { .. })));
    assert!(matches!(fits(f64::MAX), Err(CkksError::Overflow { .. })));
    for (value, level, log_scale) in [(128.1, 0, 40), (1.0, 0, 2000), (f64::MAX, 1, 40), (1.0, 1, 130)] {
        let scale = Scale::power_of_two(log_scale);
        assert!(matches!(
            encoder.encode_constant(value, &Packing { level: Level(level), scale, slots: 16 }),
            Err(CkksError::Overflow { .. })
        ));
        assert!(matches!(
            encoder.encode_at(&[value; 16], Level(level), scale),
            Err(CkksError::Overflow { .. })
        ));
    }
    for (log_scale, zeros) in [(2000, [0.0; 4]), (-2000, [0.0; 4]), (-2000, [1.0; 4])] {
        assert!(encoder.encode_at(&zeros, Level(1), Scale::power_of_two(log_scale)).is_err());
    }
    // A vector whose coefficients are smaller than its values fits where its largest value would not.
    assert!(encoder.encode_at(&[300.0], Level(0), scale).is_ok());
}

#[test]
fn plaintexts_of_another_context_are_refused() {
    let (mine, other) = (toy(5, 1), toy(5, 2));
    let plaintext = other.encode(&[1.0]).unwrap();
    assert!(matches!(mine.decode(&plaintext), Err(CkksError::ContextMismatch { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn encoding_is_linear_to_the_last_rounding(seed in any::<u64>(), factor in -4.0f64..4.0) {
        let encoder = toy(7, 1);
        let (a, b) = (disc(64, seed), disc(64, !seed));
        let sum: Vec<_> = a.iter().zip(&b).map(|(x, y)| x + y * factor).collect();
        let of = |values: &[Complex64]| coefficients(&encoder.encode_complex(values).unwrap());
        let (a, b, sum) = (of(&a), of(&b), of(&sum));
        for ((a, b), sum) in a.iter().zip(&b).zip(&sum) {
            prop_assert!((a + b * factor - sum).abs() <= 1.5 + factor.abs());
        }
    }
}

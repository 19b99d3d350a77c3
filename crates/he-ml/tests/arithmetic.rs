//! One circuit on plain slots, on shapes and on ciphertexts: the same counts everywhere, the same values where there
//! are any.

#![expect(clippy::expect_used, reason = "helpers of tests stop at the first failure")]

use ckks::{
    Context, Decryptor, DryRun, Encoder, Encryptor, Evaluator, KeyGenerator, ParameterSpec, Parameters,
};
use he_ml::{
    MlError,
    arithmetic::{Clear, Complex64, Counts, Encrypted, Mask, SlotArithmetic, doubling},
};
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const LOG_N: u32 = 7;
const SLOTS: usize = 1 << (LOG_N - 1);
const DEPTH: usize = 5;

fn parameters() -> Parameters {
    ParameterSpec::new(LOG_N).log_scale(40).depth(DEPTH).allow_insecure().check().expect("parameters")
}

/// Every operation once at least, on operands of equal and of different levels.
fn circuit<A: SlotArithmetic>(on: &A, x: &A::Vector, y: &A::Vector) -> Result<Vec<A::Vector>, MlError> {
    let mask = Mask::from_fn(SLOTS, |slot| if slot % 3 == 0 { 0.5 } else { -0.25 });
    let product = on.mul(x, y)?;
    let low = on.mul_number(&product, -0.75)?;
    let sums = on.add(&on.sub(x, &low)?, &on.add_number(&on.neg(&product)?, 0.125)?)?;
    let masked = on.sum_of_masked(&[(x, &mask), (&low, &mask.times(Complex64::I))])?;
    let scaled = on.sum_of_scaled(&[(&masked, 0.5), (y, -0.5), (&product, 0.25)])?;
    let turned = on.rotate_each(&low, &[1, 0, -3, 5])?;
    let dot = on.sum_of_products(&[(&turned[0], x), (&turned[2], &turned[3]), (&low, &low)])?;
    let started = on.accumulate(None, &[(x, y), (x, x)])?;
    let streamed = on.close(on.accumulate(Some(started), &[(y, y)])?)?;
    let square = on.square(&on.mul_i(&on.conjugate(&streamed)?)?)?;
    let summed = on.cyclic_sum(&on.mul_mask(&square, &mask)?, 16)?;
    let windows = on.add_rotations(&on.add_mask(&product, &mask)?, doubling(1, 4))?;
    let (high, same) = on.align(x, &summed)?;
    let promised = on.promise("result", &on.mul_integer(&on.add(&high, &same)?, 3)?, 1e3)?;
    Ok(vec![sums, scaled, dot, streamed, summed, windows, promised, on.rotate(&square, -1)?])
}

fn run_clear(x: &[Complex64], y: &[Complex64]) -> (Counts, Vec<Vec<Complex64>>) {
    let clear = Clear::new(SLOTS);
    let (x, y) = (clear.input(x).expect("fits"), clear.input(y).expect("fits"));
    let results = circuit(&clear, &x, &y).expect("runs");
    (clear.counts(), results.iter().map(|result| result.values().to_vec()).collect())
}

#[test]
fn a_dry_run_counts_what_plain_slots_count_and_what_the_scheme_plans() {
    let zeros = [Complex64::ZERO; SLOTS];
    let (clear, _) = run_clear(&zeros, &zeros);
    let parameters = parameters();
    let dry = DryRun::new(&parameters);
    let on = Encrypted::new(&dry);
    circuit(&on, &dry.input(2f64.sqrt()), &dry.input(2f64.sqrt())).expect("runs");
    assert_eq!(on.counts(), clear);
    let plan = dry.plan();
    let planned = Counts {
        depth: plan.depth,
        products: plan.products,
        plain_products: plan.plain_products,
        relinearizations: plan.relinearizations,
        rotations: plan.rotations,
        hoisted: plan.hoisted,
        conjugations: plan.conjugations,
        refreshes: plan.raised,
    };
    assert_eq!(planned, clear);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn ciphertexts_hold_what_plain_slots_hold(seed: u64, parts in prop::collection::vec(-1.0..1.0f64, 4 * SLOTS)) {
        let values: Vec<Complex64> = parts.chunks(2).map(|part| Complex64::new(part[0], part[1])).collect();
        let (x, y) = values.split_at(SLOTS);
        let (counts, expected) = run_clear(x, y);

        let context = Context::new(&parameters()).expect("a context");
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let dry = DryRun::new(context.parameters());
        circuit(&Encrypted::new(&dry), &dry.input(2f64.sqrt()), &dry.input(2f64.sqrt())).expect("runs");
        let mut generator = KeyGenerator::new(&context, &mut rng);
        let secret = generator.secret_key();
        let keys = generator.evaluation_keys(&secret, &dry.plan().request()).expect("keys");
        let evaluator = Evaluator::new(&context, &keys);
        let (encoder, encryptor) = (Encoder::new(&context), Encryptor::new(&context, &secret));
        let mut encrypt = |values: &[Complex64]| {
            let plaintext = encoder.encode_complex(values).expect("encodes");
            let plaintext = plaintext.with_message_bound(2f64.sqrt()).expect("parts of at most 1");
            encryptor.encrypt(&plaintext, &mut rng).expect("encrypts")
        };
        let (x, y) = (encrypt(x), encrypt(y));
        let on = Encrypted::new(&evaluator);
        let results = circuit(&on, &x, &y).expect("runs with exactly the planned keys");
        prop_assert_eq!(on.counts(), counts);
        for (result, expected) in results.iter().zip(&expected) {
            let result = on.promise("result", result, 100.0).expect("a bound");
            let plaintext = Decryptor::new(&context, &secret).decrypt(&result).expect("decrypts");
            let found = encoder.decode_complex(&plaintext).expect("decodes");
            let error = found.iter().zip(expected).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max);
            prop_assert!(error < 1e-6, "error {error:e}");
        }
    }
}

#[test]
fn mistakes_are_named() {
    let clear = Clear::new(4).with_depth(1);
    let x = clear.input(&[Complex64::ONE]).expect("fits");
    assert!(matches!(
        clear.input(&[Complex64::ONE; 5]),
        Err(MlError::TooFewSlots { needed: 5, found: 4, .. })
    ));
    let square = clear.square(&x).expect("one level");
    assert_eq!((clear.levels_left(&x), clear.levels_left(&square)), (Some(1), Some(0)));
    assert!(matches!(clear.square(&square), Err(MlError::TooFewLevels { needed: 2, found: 1, .. })));
    assert!(matches!(clear.sum_of_scaled(&[]), Err(MlError::Shape { .. })));
    assert!(matches!(clear.sum_of_products(&[]), Err(MlError::Shape { .. })));
    assert!(clear.promise("one", &x, 1.0).is_ok());
    let broken = clear.promise("one", &x, 0.5).expect_err("a slot holds 1");
    assert_eq!(
        broken.to_string(),
        "one: the polynomial holds on [-0.5, 0.5], found 1; widen the interval or scale the input"
    );
    let nan = clear.input(&[f64::NAN.into()]).expect("fits");
    assert!(clear.promise("nan", &nan, f64::INFINITY).is_err());
}

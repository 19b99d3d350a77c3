//! Every operation against complex numbers, with the tracked noise as the tolerance.

#![expect(clippy::unwrap_used, reason = "helper functions of tests")]

mod common;

use std::sync::LazyLock;

use ckks::{
    Ciphertext, Complex64, Decryptor, Encryptor, Evaluator, KeyGenerator, KeyRequest, Level, ParameterSpec,
    Workspace,
    encoder::Packing,
    inner_sum_rotations,
    params::{LevelSpec, presets},
};
use common::{Kit, distance, in_square, random, rng, rotated};
use proptest::prelude::*;

/// Rotations the tests do themselves, next to those of inner sums.
const STEPS: [i64; 4] = [1, -1, 2, 3];

fn request() -> KeyRequest {
    KeyRequest::new().relinearization().conjugation().rotations(STEPS).rotations(inner_sum_rotations(1, 7))
}

/// Toys that take every path: digits of one and of several primes, levels of one and of two primes, a base of two, the
/// smallest ring, and one on which the vector kernels run.
static KITS: LazyLock<Vec<Kit>> = LazyLock::new(|| {
    let two_primes = |log_scale| LevelSpec::new(log_scale).prime_count(2);
    let specs = [
        presets::toy(3, 3),
        presets::toy(6, 3).dnum(4),
        presets::toy(6, 3).dnum(2),
        presets::toy(7, 4).dnum(1),
        ParameterSpec::new(7)
            .levels([two_primes(66), two_primes(60), two_primes(60), two_primes(60)])
            .dnum(3)
            .allow_insecure(),
    ];
    specs.iter().map(|spec| Kit::new(spec, &request())).collect()
});

fn kits() -> impl Strategy<Value = &'static Kit> {
    (0..KITS.len()).prop_map(|i| &KITS[i])
}

/// What a floating-point transform may be off by, for slots of about 1.
const FLOAT_ERROR: f64 = 1.0 / (1u64 << 44) as f64;

/// Independent operands stay within this many average-case standard deviations of a slot.
const DEVIATIONS: f64 = 9.0;

/// Decrypts and compares: with the average case times [`DEVIATIONS`] and with the worst case.
fn check(kit: &Kit, what: &str, found: &Ciphertext, expected: &[Complex64]) {
    check_worst(kit, what, found, expected);
    let error = distance(&kit.decrypt(found), expected);
    let scale = found.scale().to_f64();
    let average = DEVIATIONS * found.noise_std() * (kit.context.n() as f64).sqrt() / scale;
    assert!(error <= average + FLOAT_ERROR, "{what}: error {error:e} above the average case {average:e}");
}

/// Decrypts and compares with the worst case only: for operands that depend on each other.
fn check_worst(kit: &Kit, what: &str, found: &Ciphertext, expected: &[Complex64]) {
    let error = distance(&kit.decrypt(found), expected);
    let bound = found.noise_bound() / found.scale().to_f64();
    assert!(error <= bound + FLOAT_ERROR, "{what}: error {error:e} above the bound {bound:e}");
    let largest = expected.iter().map(|slot| slot.norm()).fold(0.0, f64::max);
    assert!(largest <= found.message_bound() * (1.0 + FLOAT_ERROR), "{what}: message above its bound");
    assert_eq!(found.parts()[0].basis(), kit.context.q_basis(found.level()).unwrap(), "{what}: basis");
}

fn zip(a: &[Complex64], b: &[Complex64], f: impl Fn(Complex64, Complex64) -> Complex64) -> Vec<Complex64> {
    a.iter().zip(b).map(|(&x, &y)| f(x, y)).collect()
}

/// Two random messages and their encryptions.
struct Pair<'a> {
    kit: &'a Kit,
    eval: Evaluator<'a>,
    a: Vec<Complex64>,
    b: Vec<Complex64>,
    x: Ciphertext,
    y: Ciphertext,
}

impl<'a> Pair<'a> {
    fn new(kit: &'a Kit, seed: u64) -> Self {
        let slots = kit.context.max_slots();
        let (a, b) = (random(slots, seed), random(slots, !seed));
        let (x, y) = (kit.encrypt_random(&a, seed), kit.encrypt_random(&b, !seed));
        Self { kit, eval: kit.evaluator(), a, b, x, y }
    }

    fn check(&self, what: &str, found: &Ciphertext, expected: &[Complex64]) {
        check(self.kit, what, found, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn encryption_round_trips(kit in kits(), seed: u64) {
        let values = random(kit.context.max_slots(), seed);
        check(kit, "public key", &kit.encrypt_random(&values, seed), &values);
        for level in 0..=kit.context.max_level().0 {
            let level = Level(level);
            let scale = kit.context.default_scale(level).unwrap();
            let packing = Packing { level, scale, slots: kit.context.max_slots() };
            let plaintext = in_square(kit.encoder.encode_with(&values, &packing).unwrap());
            let public = Encryptor::new(&kit.context, &kit.public);
            check(kit, "lower level", &public.encrypt(&plaintext, &mut rng(seed)).unwrap(), &values);
            let owner = Encryptor::new(&kit.context, &kit.secret);
            let symmetric = owner.encrypt(&plaintext, &mut rng(seed)).unwrap();
            check(kit, "secret key", &symmetric, &values);
            let seeded = owner.encrypt_seeded(&plaintext, &mut rng(seed)).unwrap();
            assert_eq!(seeded.expand().parts(), symmetric.parts());
            prop_assert!(seeded.size_bytes() <= symmetric.size_bytes() / 2 + 32);
        }
    }

    #[test]
    fn sums_and_differences(kit in kits(), seed: u64) {
        let p = Pair::new(kit, seed);
        let (sum, difference) = (zip(&p.a, &p.b, |x, y| x + y), zip(&p.a, &p.b, |x, y| x - y));
        p.check("addition", &p.eval.add(&p.x, &p.y).unwrap(), &sum);
        p.check("subtraction", &p.eval.sub(&p.x, &p.y).unwrap(), &difference);
        p.check("negation", &p.eval.neg(&p.x).unwrap(), &p.a.iter().map(|x| -x).collect::<Vec<_>>());
        let (mut s, mut d) = (p.x.clone(), p.x.clone());
        p.eval.add_assign(&mut s, &p.y).unwrap();
        p.eval.sub_assign(&mut d, &p.y).unwrap();
        assert_eq!(s.parts(), p.eval.add(&p.x, &p.y).unwrap().parts());
        assert_eq!(d.parts(), p.eval.sub(&p.x, &p.y).unwrap().parts());
        let b = kit.encoder.encode_complex(&p.b).unwrap();
        p.check("plain addition", &p.eval.add_plain(&p.x, &b).unwrap(), &sum);
        p.check("plain subtraction", &p.eval.sub_plain(&p.x, &b).unwrap(), &difference);
        let shifted: Vec<_> = p.a.iter().map(|x| x - 0.75).collect();
        p.check("number", &p.eval.add_scalar(&p.x, -0.75).unwrap(), &shifted);
        let tripled: Vec<_> = p.a.iter().map(|x| x * -3.0).collect();
        p.check("integer", &p.eval.mul_integer(&p.x, -3).unwrap(), &tripled);
        // Correlated operands: the noise adds up linearly, which only the worst case covers.
        let doubled: Vec<_> = p.a.iter().map(|x| x * 2.0).collect();
        check_worst(kit, "doubling", &p.eval.add(&p.x, &p.x).unwrap(), &doubled);
    }

    #[test]
    fn operands_of_different_levels_and_degrees_meet(kit in kits(), seed: u64) {
        let p = Pair::new(kit, seed);
        let low = p.eval.drop_to(&p.y, Level(1)).unwrap();
        let sum = zip(&p.a, &p.b, |x, y| x + y);
        for (left, right) in [(&p.x, &low), (&low, &p.x)] {
            let mut assigned = left.clone();
            p.eval.add_assign(&mut assigned, right).unwrap();
            p.check("levels, in place", &assigned, &sum);
            let found = p.eval.add(left, right).unwrap();
            p.check("levels", &found, &sum);
            prop_assert_eq!(found.level(), Level(1));
        }
        let product = p.eval.mul_unrelinearized(&p.x, &p.y).unwrap();
        let expected = zip(&p.a, &p.b, |x, y| x * y);
        p.check("degree 2", &product, &expected);
        let other = p.eval.mul(&p.x, &p.y).unwrap();
        let (plus, minus) = (zip(&expected, &expected, |x, y| x + y), vec![Complex64::default(); p.a.len()]);
        for (left, right) in [(&product, &other), (&other, &product)] {
            check_worst(kit, "degrees", &p.eval.add(left, right).unwrap(), &plus);
            check_worst(kit, "degrees", &p.eval.sub(left, right).unwrap(), &minus);
            let mut assigned = left.clone();
            p.eval.sub_assign(&mut assigned, right).unwrap();
            assert_eq!(assigned.parts(), p.eval.sub(left, right).unwrap().parts());
        }
    }

    #[test]
    fn products(kit in kits(), seed: u64) {
        let p = Pair::new(kit, seed);
        let expected = zip(&p.a, &p.b, |x, y| x * y);
        let product = p.eval.mul(&p.x, &p.y).unwrap();
        p.check("product", &product, &expected);
        p.check("then rescaled", &p.eval.rescale(&product).unwrap(), &expected);
        let fused = p.eval.mul_rescale(&p.x, &p.y).unwrap();
        p.check("fused", &fused, &expected);
        prop_assert_eq!(fused.scale(), kit.context.default_scale(fused.level()).unwrap());
        let raw = p.eval.mul_unrelinearized(&p.x, &p.y).unwrap();
        assert_eq!(p.eval.relinearize(&raw).unwrap().parts(), product.parts());
        assert_eq!(p.eval.relinearize_rescale(&raw).unwrap().parts(), fused.parts());
        p.check("rescaled at degree 2", &p.eval.rescale(&raw).unwrap(), &expected);
        let squared = zip(&p.a, &p.a, |x, y| x * y);
        check_worst(kit, "square", &p.eval.square(&p.x).unwrap(), &squared);
        check_worst(kit, "square, rescaled", &p.eval.square_rescale(&p.x).unwrap(), &squared);
        assert_eq!(p.eval.square(&p.x).unwrap().parts(), p.eval.mul(&p.x, &p.x).unwrap().parts());
        let mut work = Workspace::new();
        let mut assigned = p.x.clone();
        p.eval.mul_rescale_assign(&mut assigned, &p.y, &mut work).unwrap();
        assert_eq!(assigned.parts(), fused.parts());
    }

    #[test]
    fn products_with_what_is_known(kit in kits(), seed: u64) {
        let p = Pair::new(kit, seed);
        let expected = zip(&p.a, &p.b, |x, y| x * y);
        let b = kit.encoder.encode_complex(&p.b).unwrap();
        let product = p.eval.mul_plain(&p.x, &b).unwrap();
        p.check("plain product", &product, &expected);
        let fused = p.eval.mul_plain_rescale(&p.x, &b).unwrap();
        p.check("fused", &fused, &expected);
        assert_eq!(p.eval.rescale(&product).unwrap().parts(), fused.parts());
        let mut assigned = p.x.clone();
        p.eval.mul_plain_assign(&mut assigned, &b).unwrap();
        assert_eq!(assigned.parts(), product.parts());
        let factor = p.b[0].re * 4.0;
        let scaled: Vec<_> = p.a.iter().map(|x| x * factor).collect();
        let number = p.eval.mul_scalar(&p.x, factor).unwrap();
        p.check("number", &number, &scaled);
        prop_assert_eq!(number.scale(), kit.context.default_scale(number.level()).unwrap());
        let unscaled = p.eval.mul_scalar_at(&p.x, factor, p.x.scale()).unwrap();
        p.check("number, not rescaled", &unscaled, &scaled);
    }

    #[test]
    fn a_whole_chain_comes_down_to_level_0(kit in kits(), seed: u64) {
        let p = Pair::new(kit, seed);
        let (mut x, mut expected) = (p.x.clone(), p.a.clone());
        while let Some(below) = x.level().below() {
            let y = p.eval.align_to(&p.y, x.level(), x.scale(), &mut Workspace::new()).unwrap();
            x = p.eval.mul_rescale(&x, &y).unwrap();
            expected = zip(&expected, &p.b, |x, y| x * y);
            prop_assert_eq!(x.level(), below);
            check_worst(kit, "chain", &x, &expected);
        }
    }

    #[test]
    fn alignment_brings_scales_together(kit in kits(), seed: u64) {
        let p = Pair::new(kit, seed);
        let low = p.eval.mul_rescale(&p.x, &p.y).unwrap();
        let sum: Vec<_> = p.a.iter().zip(&p.b).map(|(x, y)| x * y + x).collect();
        for (left, right) in [(&p.x, &low), (&low, &p.x)] {
            let (u, v) = p.eval.align(left, right).unwrap();
            prop_assert_eq!((u.scale(), u.level()), (v.scale(), v.level()));
            p.check("aligned", &p.eval.add(&u, &v).unwrap(), &sum);
        }
    }

    #[test]
    fn rotations_and_conjugation(kit in kits(), seed: u64, which in 0..STEPS.len(), level in 0usize..4) {
        let p = Pair::new(kit, seed);
        let steps = STEPS[which];
        let x = p.eval.drop_to(&p.x, Level(level.min(p.x.level().0))).unwrap();
        let expected = rotated(&p.a, steps);
        let found = p.eval.rotate(&x, steps).unwrap();
        p.check("rotation", &found, &expected);
        let conjugate: Vec<_> = p.a.iter().map(|x| x.conj()).collect();
        p.check("conjugation", &p.eval.conjugate(&x).unwrap(), &conjugate);
        let mut work = Workspace::new();
        let mut hoisted = p.eval.hoist(&p.y, &mut work).unwrap();
        hoisted.replace(&x, &mut work).unwrap();
        assert_eq!(hoisted.rotate(steps).unwrap().parts(), found.parts());
        assert_eq!(hoisted.conjugate().unwrap().parts(), p.eval.conjugate(&x).unwrap().parts());
        assert_eq!(hoisted.rotate(0).unwrap().parts(), x.parts());
        let mut assigned = x.clone();
        p.eval.rotate_assign(&mut assigned, steps, &mut work).unwrap();
        assert_eq!(assigned.parts(), found.parts());
    }

    #[test]
    fn sums_over_slots(kit in kits(), seed: u64, count in 1usize..=7) {
        let p = Pair::new(kit, seed);
        let slots = p.a.len();
        let expected: Vec<Complex64> =
            (0..slots).map(|i| (0..count).map(|j| p.a[(i + j) % slots]).sum()).collect();
        let found = p.eval.inner_sum(&p.x, 1, count, &mut Workspace::new()).unwrap();
        check_worst(kit, "inner sum", &found, &expected);
    }

    #[test]
    fn sums_of_products(kit in kits(), seed: u64, terms in 1usize..6) {
        let pairs: Vec<Pair<'_>> = (0..terms as u64).map(|i| Pair::new(kit, seed.wrapping_add(i))).collect();
        let mut expected = vec![Complex64::default(); kit.context.max_slots()];
        for p in &pairs {
            expected = zip(&expected, &zip(&p.a, &p.b, |x, y| x * y), |x, y| x + y);
        }
        let operands: Vec<_> = pairs.iter().map(|p| (&p.x, &p.y)).collect();
        let eval = kit.evaluator();
        let sum = eval.sum_of_products(&operands).unwrap();
        check(kit, "sum of products", &sum, &expected);
        check(kit, "rescaled", &eval.sum_of_products_rescale(&operands).unwrap(), &expected);
    }

    #[test]
    fn short_messages_repeat_and_rotate_within_themselves(kit in kits(), seed: u64, log_slots in 1u32..=2) {
        let slots = (1usize << log_slots).min(kit.context.max_slots());
        let values = random(slots, seed);
        let packing = Packing { slots, ..kit.encoder.packing() };
        let x = kit.encrypt_plain(&in_square(kit.encoder.encode_with(&values, &packing).unwrap()), seed);
        check(kit, "short", &x, &values);
        // Any rotation by a multiple of a step that has a key, modulo the number of slots.
        for steps in [1, -1, 1 + slots as i64, 0, slots as i64] {
            check(kit, "rotated", &kit.evaluator().rotate(&x, steps).unwrap(), &rotated(&values, steps));
        }
    }

    #[test]
    fn secrets_can_be_switched(kit in kits(), seed: u64) {
        let p = Pair::new(kit, seed);
        let mut source = rng(seed);
        let mut generator = KeyGenerator::new(&kit.context, &mut source);
        let other = generator.secret_key();
        let key = generator.switching_key(&kit.secret, &other, kit.context.max_level()).unwrap();
        let moved = p.eval.switch_secret(&p.x, &key).unwrap();
        let plaintext = Decryptor::new(&kit.context, &other).decrypt(&moved).unwrap();
        let found = kit.encoder.decode_complex(&plaintext).unwrap();
        let bound = moved.noise_bound() / moved.scale().to_f64();
        prop_assert!(distance(&found, &p.a) <= bound + FLOAT_ERROR);
    }

    #[test]
    fn keys_of_a_level_serve_the_levels_below(kit in kits(), seed: u64, level in 1usize..4) {
        let p = Pair::new(kit, seed);
        let level = Level(level.min(kit.context.max_level().0));
        let request = KeyRequest::new().relinearization_at(level).rotations_at(level, [1]);
        let mut source = rng(seed);
        let keys = KeyGenerator::new(&kit.context, &mut source).evaluation_keys(&kit.secret, &request).unwrap();
        prop_assert_eq!(keys.size(), request.size(kit.context.parameters()).unwrap());
        let eval = Evaluator::new(&kit.context, &keys);
        for lower in [level, Level(level.0 - 1)] {
            let x = eval.drop_to(&p.x, lower).unwrap();
            p.check("rotation", &eval.rotate(&x, 1).unwrap(), &rotated(&p.a, 1));
        }
        let (x, y) = (eval.drop_to(&p.x, level).unwrap(), eval.drop_to(&p.y, level).unwrap());
        p.check("product", &eval.mul_rescale(&x, &y).unwrap(), &zip(&p.a, &p.b, |x, y| x * y));
    }
}

/// More products than one inner product holds.
#[test]
fn long_sums_of_products_are_cut() {
    let kit = &KITS[1];
    let p = Pair::new(kit, 9);
    let operands = vec![(&p.x, &p.y); 70];
    let expected: Vec<_> = p.a.iter().zip(&p.b).map(|(x, y)| x * y * 70.0).collect();
    let sum = p.eval.sum_of_products(&operands).unwrap();
    check_worst(kit, "70 products", &sum, &expected);
    let rescaled = p.eval.sum_of_products_rescale(&operands).unwrap();
    check_worst(kit, "70 products, rescaled", &rescaled, &expected);
}

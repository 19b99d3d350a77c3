//! Precision in bits against what the best other libraries reach at equal parameters.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helper functions of tests that show their figures"
)]

mod common;

use ckks::{Complex64, Encryptor, KeyGenerator, KeyRequest, ParameterSpec, Workspace, params::presets};
use common::{Kit, distance, rng};

/// Bits of the largest error of one vector of real messages in [-1, 1], as means over 24 to 40 runs of SEAL (six in the
/// largest ring) that each made their own keys, by `scripts/peers/seal_precision.py`. `configs/precision.toml` runs the same
/// program beside ours; its results are not published yet.
struct Peer {
    fresh: f64,
    product: f64,
    rotation: f64,
    depth: f64,
}

/// How many standard errors the mean of a few runs may lie from what it is held against: 95% of means do not.
const ERRORS: f64 = 2.0;

/// How many times as much the bits after the whole depth spread as fresh ones: the largest error is that of the slots whose
/// messages stayed large, of which there are few.
const SPREAD_OF_DEPTH: f64 = 2.0;

/// Euler's constant, the mean of Gumbel's law.
const EULER: f64 = 0.577_215_664_901_532_9;

/// Bits of the largest error of `slots` real parts, each of the standard deviation `std`.
///
/// What dominates a fresh ciphertext is a rounding error times the secret. In a slot both are close to complex normal
/// variables, and the real part of their product follows Laplace's law, whose tail is heavier than the normal one; the largest
/// of n such parts is std / sqrt(2) times (ln n + Gumbel's variable).
fn law(std: f64, slots: usize) -> f64 {
    -(std / 2f64.sqrt() * ((slots as f64).ln() + EULER)).log2()
}

/// Standard deviation of those bits in one run: that of Gumbel's variable is pi / sqrt(6).
fn spread(slots: usize) -> f64 {
    std::f64::consts::PI / 6f64.sqrt() / ((slots as f64).ln() + EULER) / std::f64::consts::LN_2
}

/// A rotation costs at most this much below fresh.
const ROTATION_COST: f64 = 0.8;

/// Bits of the largest error: fresh, after one multiplication, after one rotation, after the whole depth.
fn precision(kit: &Kit, seed: u64) -> [f64; 4] {
    let eval = kit.evaluator();
    let slots = kit.context.max_slots();
    let real = |seed| common::random(slots, seed).iter().map(|z| Complex64::from(z.re)).collect::<Vec<_>>();
    let (a, b) = (real(4 * seed), real(4 * seed + 1));
    let encrypt = |values: &[Complex64], seed| {
        let plaintext = kit.encoder.encode_complex(values).unwrap();
        Encryptor::new(&kit.context, &kit.public).encrypt(&plaintext, &mut rng(seed)).unwrap()
    };
    let (x, y) = (encrypt(&a, 4 * seed + 2), encrypt(&b, 4 * seed + 3));
    // The peers' errors are those of the real parts, which is what a user decodes.
    let bits = |found: &ckks::Ciphertext, expected: &[Complex64]| {
        let reals: Vec<_> = kit.decrypt(found).iter().map(|z| Complex64::from(z.re)).collect();
        -distance(&reals, expected).log2()
    };
    let product: Vec<_> = a.iter().zip(&b).map(|(x, y)| x * y).collect();
    let fresh = bits(&x, &a);
    let after_product = bits(&eval.mul_rescale(&x, &y).unwrap(), &product);
    let rotation = bits(&eval.rotate(&x, 1).unwrap(), &common::rotated(&a, 1));
    let (mut deep, mut expected, mut work) = (x.clone(), a.clone(), Workspace::new());
    while deep.level().0 > 0 {
        // A product takes any two scales; bringing the factor to that of the chain would cost a rounding more.
        let factor = eval.drop_to(&y, deep.level()).unwrap();
        eval.mul_rescale_assign(&mut deep, &factor, &mut work).unwrap();
        expected.iter_mut().zip(&b).for_each(|(x, y)| *x *= y);
    }
    [fresh, after_product, rotation, bits(&deep, &expected)]
}

/// Other keys for the same context. The largest errors go with the largest values of a key, so that runs under one key are
/// no independent samples.
fn renew(kit: &mut Kit, request: &KeyRequest, seed: u64) {
    let mut rng = rng(seed);
    let mut generator = KeyGenerator::new(&kit.context, &mut rng);
    kit.secret = generator.secret_key();
    kit.public = generator.public_key(&kit.secret).unwrap();
    kit.keys = generator.evaluation_keys(&kit.secret, request).unwrap();
}

fn at_least_the_peers(spec: &ParameterSpec, runs: u64, peer: &Peer) {
    let request = KeyRequest::new().relinearization().rotations([1]);
    let mut kit = Kit::new(spec, &request);
    let mut mean = [0.0; 4];
    for seed in 1..=runs {
        renew(&mut kit, &request, 1000 + seed);
        let found = precision(&kit, seed);
        mean.iter_mut().zip(found).for_each(|(mean, bits)| *mean += bits / runs as f64);
    }
    let [fresh, product, rotation, depth] = mean;
    println!(
        "log N {}: fresh {fresh:.2}, product {product:.2}, rotation {rotation:.2}, depth {depth:.2} bits",
        kit.context.log_n()
    );
    let plain = kit.encrypt(&[Complex64::ONE], 1);
    let slots = kit.context.max_slots();
    let std = plain.noise_std() * (slots as f64).sqrt() / plain.scale().to_f64();
    let (expected, luck) = (law(std, slots), ERRORS * spread(slots) / (runs as f64).sqrt());
    println!("by the noise's law fresh {expected:.2} bits, the mean of {runs} runs within {luck:.2}");
    assert!((fresh - expected).abs() <= luck, "fresh: {fresh:.2} bits, {expected:.2} by law");
    for (what, found, theirs, luck) in [
        ("fresh", fresh, peer.fresh, luck),
        ("product", product, peer.product, luck),
        ("rotation", rotation, peer.rotation, luck),
        ("depth", depth, peer.depth, SPREAD_OF_DEPTH * luck),
    ] {
        assert!(found >= theirs - luck, "{what}: {found:.2} bits, the best peer has {theirs} on average");
    }
    assert!(rotation >= fresh - ROTATION_COST, "rotation: {rotation:.2} bits, fresh {fresh:.2}");
}

#[test]
fn small_rings_are_as_precise_as_the_best_peer() {
    let spec = ParameterSpec::new(13).log_q0(44).log_scale(40).depth(2).log_p([48]);
    at_least_the_peers(&spec, 12, &Peer { fresh: 26.94, product: 26.56, rotation: 26.68, depth: 26.24 });
}

#[test]
fn medium_rings_are_as_precise_as_the_best_peer() {
    let peer = Peer { fresh: 30.76, product: 30.36, rotation: 30.56, depth: 29.02 };
    at_least_the_peers(&presets::medium_precise(), 8, &peer);
}

#[test]
fn large_rings_are_as_precise_as_the_best_peer() {
    let peer = Peer { fresh: 29.79, product: 29.23, rotation: 29.50, depth: 27.20 };
    at_least_the_peers(&presets::large_precise(), 4, &peer);
}

#[test]
fn huge_rings_are_as_precise_as_the_best_peer() {
    let peer = Peer { fresh: 33.67, product: 33.17, rotation: 30.81, depth: 30.43 };
    at_least_the_peers(&presets::huge_precise(), 2, &peer);
}

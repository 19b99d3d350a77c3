//! Precision in bits against what the best other libraries reach at equal parameters.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helper functions of tests that show their figures"
)]

mod common;

use ckks::{Complex64, Encryptor, KeyRequest, ParameterSpec, Workspace, params::presets};
use common::{Kit, distance, rng};

/// Largest error of one vector, in bits, for real messages in [-1, 1]: fresh and after one multiplication are those of
/// SEAL's wheel with the same ring and levels, after the whole depth the best of SEAL's and OpenFHE's.
struct Peer {
    fresh: f64,
    product: f64,
    depth: f64,
}

/// How far the mean over a few seeds may lie below a peer's figure, which is of one run: about one and a half times the
/// [`spread`] of one run, 0.17 bit in the largest ring and 0.21 in the smallest.
const LUCK: f64 = 0.3;

/// How many spreads of one run the mean may lie from the law. Runs share a key, which the largest errors depend on most, so
/// that their mean spreads nearly as much as one of them.
const SPREADS: f64 = 2.0;

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

/// Standard deviation of those bits: that of Gumbel's variable is pi / sqrt(6).
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
        let factor = eval.align_to(&y, deep.level(), deep.scale(), &mut work).unwrap();
        eval.mul_rescale_assign(&mut deep, &factor, &mut work).unwrap();
        expected.iter_mut().zip(&b).for_each(|(x, y)| *x *= y);
    }
    [fresh, after_product, rotation, bits(&deep, &expected)]
}

fn at_least_the_peers(spec: &ParameterSpec, runs: u64, peer: &Peer) {
    let kit = Kit::new(spec, &KeyRequest::new().relinearization().rotations([1]));
    let mut mean = [0.0; 4];
    for seed in 1..=runs {
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
    let (expected, spread) = (law(std, slots), spread(slots));
    println!("by the noise's law fresh {expected:.2} bits, one run spreads by {spread:.2}");
    assert!((fresh - expected).abs() <= SPREADS * spread, "fresh: {fresh:.2} bits, {expected:.2} by law");
    assert!(fresh >= peer.fresh - LUCK, "fresh: {fresh:.2} bits, the best peer has {}", peer.fresh);
    assert!(product >= peer.product - LUCK, "product: {product:.2} bits against {}", peer.product);
    assert!(depth >= peer.depth - LUCK, "depth: {depth:.2} bits against {}", peer.depth);
    assert!(rotation >= fresh - ROTATION_COST, "rotation: {rotation:.2} bits, fresh {fresh:.2}");
}

#[test]
fn small_rings_are_as_precise_as_the_best_peer() {
    let spec = ParameterSpec::new(13).log_q0(44).log_scale(40).depth(2).log_p([48]);
    at_least_the_peers(&spec, 5, &Peer { fresh: 27.2, product: 26.5, depth: 25.5 });
}

#[test]
fn medium_rings_are_as_precise_as_the_best_peer() {
    at_least_the_peers(&presets::medium_precise(), 5, &Peer { fresh: 30.9, product: 30.2, depth: 28.1 });
}

#[test]
fn large_rings_are_as_precise_as_the_best_peer() {
    at_least_the_peers(&presets::large_precise(), 3, &Peer { fresh: 29.7, product: 29.1, depth: 26.5 });
}

#[test]
fn huge_rings_are_as_precise_as_the_best_peer() {
    at_least_the_peers(&presets::huge_precise(), 2, &Peer { fresh: 33.8, product: 32.9, depth: 29.3 });
}

//! How wide the noise of published decryptions is: measured, and held against the number that the proof asks for.

#![expect(clippy::expect_used, reason = "a failed expectation in a helper is a failed test")]

mod common;

use ckks::{CiphertextShape, Decryptor, DryRun, Flooding, KeyRequest, ParameterSpec, Plaintext};
use common::{Kit, random, rng};
use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

/// A statistic that is less likely than this, in either tail, fails. Seeds are fixed: a test passes always or never.
const SIGNIFICANCE: f64 = 1e-6;

/// N = 2^10 and 80 bits of scale: room to drown the noise in.
fn roomy() -> ParameterSpec {
    ParameterSpec::new(10).log_scale(80).depth(1).allow_insecure()
}

/// The flooding that a circuit with this result asks for.
fn flooding(result: &CiphertextShape) -> Flooding {
    Flooding::new(result.noise_bound())
}

/// The integers by which the coefficients of a published decryption differ from those of the private one. Two primes
/// hold them with room to spare.
fn added(private: &Plaintext, public: &Plaintext) -> Vec<i128> {
    let basis = private.poly().basis().slice(0..2).expect("two primes");
    let [low, high] = [0, 1].map(|i| {
        let ring = basis.ring(i);
        let mut limb = public.poly().limb(i).to_vec();
        ring.sub_assign(&mut limb, private.poly().limb(i)).expect("one limb each");
        ring.inverse(&mut limb).expect("one limb");
        limb
    });
    let (p, q) = (basis.modulus(0), basis.modulus(1));
    let inverse = q.inv(q.reduce(p.value())).expect("primes differ");
    let product = i128::from(p.value()) * i128::from(q.value());
    let join = |(&low, &high): (&u64, &u64)| {
        let quotient = q.mul(q.sub(high, q.reduce(low)), inverse);
        let integer = i128::from(low) + i128::from(p.value()) * i128::from(quotient);
        if 2 * integer > product { integer - product } else { integer }
    };
    low.iter().zip(&high).map(join).collect()
}

fn assert_chi_squared(what: &str, statistic: f64, freedom: usize) {
    let law = ChiSquared::new(freedom as f64).expect("a distribution");
    let least = law.cdf(statistic).min(law.sf(statistic));
    let bits = 0.5 * (statistic / freedom as f64).log2();
    assert!(least > SIGNIFICANCE, "{what}: {bits:+.3} bits off the width");
}

fn assert_standard_normal(what: &str, z: f64) {
    let law = Normal::new(0.0, 1.0).expect("a distribution");
    assert!(law.sf(z.abs()) > SIGNIFICANCE, "{what}: {z} standard deviations");
}

/// sqrt(12 tau) 2^(s/2) times the worst case, for tau = 16 publications and s = 64 bits, as Li, Micciancio, Schultz and
/// Sorrell have it (CRYPTO 2022). 16 times 2^10 coefficients tell the width to 0.04 bits; the sums over all publications and
/// the products of neighbours see noise that is not fresh for each of them.
#[test]
fn published_decryptions_are_as_noisy_as_the_proof_asks() {
    let kit = Kit::new(&roomy(), &KeyRequest::new());
    let n = kit.context.n();
    let dry = DryRun::new(kit.context.parameters());
    let result = dry.input(1.0);
    let bound = result.noise_bound();
    let sigma = 192f64.sqrt() * 2f64.powi(32) * bound;
    // The bound itself is at least what public-key encryption does to two slots in three.
    assert!(bound > (n as f64 * (1.0 + 2.0 * n as f64 / 3.0) / 12.0).sqrt());

    let values: Vec<_> = random(n / 2, 1).into_iter().map(|value| value / 2f64.sqrt()).collect();
    let x = kit.encrypt(&values, 2);
    let decryptor = Decryptor::new(&kit.context, &kit.secret);
    let private = decryptor.decrypt(&x).unwrap();
    let mut source = rng(3);
    let mut publish = || decryptor.decrypt_public(&x, &flooding(&result), &mut source).unwrap();
    let noises: Vec<Vec<f64>> = (0..16)
        .map(|_| added(&private, &publish()).into_iter().map(|integer| integer as f64 / sigma).collect())
        .collect();

    let squares = |noise: &[f64]| noise.iter().map(|x| x * x).sum::<f64>();
    let all: f64 = noises.iter().map(|noise| squares(noise)).sum();
    assert_chi_squared("all publications", all, 16 * n);
    let sums: Vec<f64> = (0..n).map(|i| noises.iter().map(|noise| noise[i]).sum::<f64>() / 4.0).collect();
    assert_chi_squared("the sum of all publications", squares(&sums), n);
    let neighbours: f64 =
        noises.iter().flat_map(|noise| noise.windows(2)).map(|pair| pair[0] * pair[1]).sum();
    assert_standard_normal("neighbours", neighbours / ((16 * (n - 1)) as f64).sqrt());
    let mean: f64 = noises.iter().flatten().sum();
    assert_standard_normal("mean", mean / ((16 * n) as f64).sqrt());
}

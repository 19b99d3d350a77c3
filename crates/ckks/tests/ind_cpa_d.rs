//! Attacks on shared decryptions, mounted: they must recover the key from `decrypt` and nothing from `decrypt_public`.

#![expect(clippy::expect_used, reason = "a failed expectation in a helper is a failed test")]

mod common;

use ckks::{
    Ciphertext, CkksError, Complex64, Decryptor, DryRun, Flooding, KeyRequest, Level, Operations,
    ParameterSpec, Plaintext, Scale, encoder::Packing, params::presets,
};
use common::{Kit, random, rng};
use ring_math::{Coeff, Ntt, RnsPoly, sample};

/// The attack of Li and Micciancio (EUROCRYPT 2021) on the result of 2^`doublings` times `x`: from the decrypted slots,
/// recompute the integers m + e of the fresh ciphertext x = (c_0, c_1), and solve m + e = c_0 + c_1 s for s modulo the
/// first prime. `None` when what comes out is no ternary polynomial, or some c_1 is not invertible.
fn recover_key(
    kit: &Kit,
    x: &Ciphertext,
    slots: &[Complex64],
    scale: Scale,
    doublings: i32,
) -> Option<RnsPoly<Coeff>> {
    let scale = scale / Scale::power_of_two(doublings);
    let packing = Packing { level: Level(0), scale, slots: x.slots() };
    let phase = kit.encoder.encode_with(slots, &packing).ok()?;
    let basis = phase.poly().basis().slice(0..1).ok()?;
    let modulus = basis.modulus(0);
    let words: Option<Vec<u64>> = phase
        .poly()
        .limb(0)
        .iter()
        .zip(x.parts()[0].limb(0))
        .zip(x.parts()[1].limb(0))
        .map(|((&phase, &c0), &c1)| Some(modulus.mul(modulus.sub(phase, c0), modulus.inv(c1).ok()?)))
        .collect();
    let secret = RnsPoly::<Ntt>::from_words(&basis, &words?).ok()?.into_coeff();
    secret.limb(0).iter().all(|&word| modulus.centre(word).abs() <= 1).then_some(secret)
}

/// Whether `secret` decrypts `ciphertext` to `expected`.
fn decrypts(secret: &RnsPoly<Coeff>, ciphertext: &Ciphertext, expected: &Plaintext) -> bool {
    let ring = secret.basis().ring(0);
    let secret = secret.clone().into_ntt();
    let mut phase = ciphertext.parts()[0].limb(0).to_vec();
    ring.mul_add_assign(&mut phase, ciphertext.parts()[1].limb(0), secret.limb(0)).expect("one limb each");
    ring.sub_assign(&mut phase, expected.poly().limb(0)).expect("one limb each");
    ring.inverse(&mut phase).expect("one limb");
    phase.iter().all(|&word| ring.modulus().centre(word).abs() < 1 << 20)
}

/// N = 2^10 and 80 bits of scale: room to drown the noise in.
fn roomy() -> ParameterSpec {
    ParameterSpec::new(10).log_scale(80).depth(1).allow_insecure()
}

#[test]
fn a_private_decryption_gives_the_key_away() {
    let kit = Kit::new(&presets::toy(10, 1), &KeyRequest::new());
    let (values, others) = (random(512, 1), random(512, 2));
    let x = kit.encrypt_random(&values, 3);
    let shared = kit.decrypt(&x); // f64 slots, as somebody might send them back
    let secret = recover_key(&kit, &x, &shared, x.scale(), 0).expect("the attack works");
    let other = kit.encrypt_random(&others, 4);
    assert!(decrypts(&secret, &other, &kit.encoder.encode_complex(&others).unwrap()));
    // The values themselves, without the noise, are no use.
    assert!(recover_key(&kit, &x, &values, x.scale(), 0).is_none());
}

#[test]
fn public_decryptions_do_not_not_even_all_that_the_budget_allows() {
    let kit = Kit::new(&roomy(), &KeyRequest::new());
    let zero = vec![Complex64::ZERO; 512];
    let x = kit.encrypt(&zero, 1);
    let slots_of = |plaintext: &Plaintext| kit.encoder.decode_complex(plaintext).unwrap();
    let decryptor = Decryptor::new(&kit.context, &kit.secret);
    // The same ciphertext, decrypted privately, is enough: its noise is known to the last bit.
    let private = slots_of(&decryptor.decrypt(&x).unwrap());
    assert!(recover_key(&kit, &x, &private, x.scale(), 0).is_some());

    let bound = DryRun::new(kit.context.parameters()).input(1.0).noise_bound();
    let flooding = Flooding::new(bound);
    let mut generator = rng(2);
    let mut mean = zero.clone();
    for _ in 0..Flooding::DEFAULT_QUERIES {
        let public = slots_of(&decryptor.decrypt_public(&x, &flooding, &mut generator).unwrap());
        assert!(recover_key(&kit, &x, &public, x.scale(), 0).is_none());
        for (sum, slot) in mean.iter_mut().zip(&public) {
            *sum += slot / Flooding::DEFAULT_QUERIES as f64;
        }
        // And yet the message is there.
        assert!(common::distance(&public, &zero) < (-20f64).exp2());
    }
    assert!(recover_key(&kit, &x, &mean, x.scale(), 0).is_none());
    let spent = decryptor.decrypt_public(&x, &flooding, &mut generator);
    assert!(matches!(spent, Err(CkksError::QueryBudget { budget: 16, .. })), "{spent:?}");
}

/// What a narrow flood would be worth: half an integer wide, it hides the key from one look and not from the mean of as many
/// as the budget allows. `decrypt_public` is as wide as the proof asks (`tests/flooding.rs` measures it), and its mean, above,
/// gives nothing away.
#[test]
fn a_narrow_flood_is_averaged_away() {
    let kit = Kit::new(&roomy(), &KeyRequest::new());
    let x = kit.encrypt(&[Complex64::ZERO; 512], 1);
    let private = kit.decrypt(&x);
    let mut mean = vec![Complex64::ZERO; 512];
    for query in 0..Flooding::DEFAULT_QUERIES {
        let mut narrow = private.clone();
        add_gaussian(&mut narrow, 0.5, x.scale(), query);
        assert!(recover_key(&kit, &x, &narrow, x.scale(), 0).is_none());
        for (sum, slot) in mean.iter_mut().zip(&narrow) {
            *sum += slot / Flooding::DEFAULT_QUERIES as f64;
        }
    }
    let secret = recover_key(&kit, &x, &mean, x.scale(), 0).expect("the attack works");
    let others: Vec<Complex64> = random(512, 2).iter().map(|value| value / 2f64.sqrt()).collect();
    let other = kit.encrypt(&others, 4);
    assert!(decrypts(&secret, &other, &kit.encoder.encode_complex(&others).unwrap()));
}

/// 2^`doublings` times x, by adding to itself; also as a dry run would have it.
fn doubled<O: Operations>(ops: &O, x: &O::Ciphertext, doublings: i32) -> Result<O::Ciphertext, CkksError> {
    (0..doublings).try_fold(x.clone(), |sum, _| ops.add(&sum, &sum))
}

#[test]
fn flooding_for_the_average_case_would_give_the_key_away() {
    // Sums of equal terms have noise that grows as their number, not as its root: after enough of them flooding sized
    // by the average case is smaller than what it should hide (Guo et al., USENIX Security 2024).
    const DOUBLINGS: i32 = 100;
    let kit = Kit::new(&presets::toy(10, 5), &KeyRequest::new());
    let x = kit.encrypt(&[Complex64::ZERO; 512], 1);
    let sum = doubled(&kit.evaluator(), &x, DOUBLINGS).unwrap();
    let decryptor = Decryptor::new(&kit.context, &kit.secret);
    let average = Flooding::new(sum.noise_std());

    let mut flooded = kit.decrypt(&sum);
    add_gaussian(&mut flooded, average.sigma(), sum.scale(), 5);
    assert!(recover_key(&kit, &x, &flooded, x.scale(), DOUBLINGS).is_some(), "the attack works");

    // `decrypt_public` refuses both the bound that is too small and the result that would drown.
    let refused = decryptor.decrypt_public(&sum, &average, &mut rng(6));
    assert!(matches!(refused, Err(CkksError::PrecisionLost { .. })), "{refused:?}");
    let dry = DryRun::new(kit.context.parameters());
    let bound = doubled(&dry, &dry.input(1.0), DOUBLINGS).unwrap().noise_bound();
    let refused = decryptor.decrypt_public(&sum, &Flooding::new(bound), &mut rng(6));
    assert!(matches!(refused, Err(CkksError::PrecisionLost { .. })), "{refused:?}");
}

/// Adds a polynomial of Gaussian integers, at the given scale, to the slots: what `decrypt_public` does.
fn add_gaussian(slots: &mut [Complex64], sigma: f64, scale: Scale, seed: u64) {
    let n = 2 * slots.len();
    let mut integers = vec![0; n];
    sample::gaussian_integers(&mut integers, sigma, &mut rng(seed)).expect("a sigma that can be sampled");
    let root = |k: usize| Complex64::from_polar(1.0, std::f64::consts::PI * (k % (2 * n)) as f64 / n as f64);
    let exponents = std::iter::successors(Some(1), |e| Some(5 * e % (2 * n)));
    for (slot, e) in slots.iter_mut().zip(exponents) {
        let noise: Complex64 = integers.iter().enumerate().map(|(k, &c)| root(k * e) * c as f64).sum();
        *slot += noise / scale.to_f64();
    }
}

#[test]
fn correlated_noise_is_hidden_by_the_bound_of_the_dry_run() {
    for doublings in [1, 4, 8] {
        let kit = Kit::new(&roomy(), &KeyRequest::new());
        let x = kit.encrypt(&[Complex64::ZERO; 512], 7);
        let sum = doubled(&kit.evaluator(), &x, doublings).unwrap();
        let decryptor = Decryptor::new(&kit.context, &kit.secret);
        let private = kit.encoder.decode_complex(&decryptor.decrypt(&sum).unwrap()).unwrap();
        assert!(recover_key(&kit, &x, &private, x.scale(), doublings).is_some());

        let dry = DryRun::new(kit.context.parameters());
        let bound = doubled(&dry, &dry.input(1.0), doublings).unwrap().noise_bound();
        // The worst case grows with the number of terms, the average case with its root.
        let growth = f64::from(doublings);
        assert!((bound / dry.input(1.0).noise_bound()).log2() >= growth - 1e-9);
        assert!((sum.noise_std() / x.noise_std()).log2() <= 0.5 * growth + 1e-9);
        let public = decryptor.decrypt_public(&sum, &Flooding::new(bound), &mut rng(8)).unwrap();
        let public = kit.encoder.decode_complex(&public).unwrap();
        assert!(recover_key(&kit, &x, &public, x.scale(), doublings).is_none());
    }
}

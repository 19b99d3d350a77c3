//! The errors in keys, taken out with the secret: each is there, small, and distributed as the parameters were estimated for.

#![expect(clippy::expect_used, reason = "a failed expectation in a helper is a failed test")]

mod common;

use ckks::{
    Context, Encoder, Encryptor, EvaluationKeys, GaloisElement, GaloisKey, KeyGenerator, KeyRequest, Level,
    PublicKey, SecretKey, SwitchingKey, params::presets, serialize::Stored,
};
use common::rng;
use rand_chacha::rand_core::Rng;
use ring_math::{
    Ntt, RnsBasis, RnsPoly,
    sample::{ExpansionDomain, SeedExpander},
};
use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

/// A statistic that is less likely than this, in either tail, fails. Seeds are fixed: a test passes always or never.
const SIGNIFICANCE: f64 = 1e-6;

/// Coins on each side of the centred binomial distribution.
const COINS: i64 = 21;

/// What the seeds of public keys, symmetric ciphertexts and switching keys are expanded for.
const PUBLIC_KEY: u64 = 1;
const CIPHERTEXT: u64 = 2;
const SWITCHING_KEY: u64 = 3;

/// N = 2^10, six levels, digits of three primes.
fn context() -> Context {
    let parameters = presets::toy(10, 5).log_p([48; 3]).dnum(2).check().expect("possible parameters");
    Context::new(&parameters).expect("a context")
}

/// A uniform ternary secret that the test knows.
fn ternary(n: usize, seed: u64) -> Vec<i64> {
    let mut rng = rng(seed);
    (0..n).map(|_| i64::from(rng.next_u32() % 3) - 1).collect()
}

fn key(context: &Context, secret: &[i64]) -> SecretKey {
    let coefficients: Vec<i8> = secret.iter().map(|&c| c as i8).collect();
    SecretKey::from_ternary_coefficients(context, &coefficients).expect("ternary coefficients")
}

fn over(basis: &RnsBasis, coefficients: &[i64]) -> RnsPoly<Ntt> {
    RnsPoly::from_i64(basis, coefficients).expect("N coefficients").into_ntt()
}

/// The image of a polynomial under X -> X^exponent.
fn image(coefficients: &[i64], exponent: u64) -> Vec<i64> {
    let n = coefficients.len() as u64;
    let mut out = vec![0; coefficients.len()];
    for (k, &coefficient) in (0..).zip(coefficients) {
        let power = k * exponent % (2 * n);
        out[(power % n) as usize] = if power < n { coefficient } else { -coefficient };
    }
    out
}

/// The error b + a s - m: one integer for each coefficient, the same modulo every prime. `seeded` says what a is expanded
/// from.
fn error(
    what: &str,
    body: &RnsPoly<Ntt>,
    seeded: (&[u8; 32], u64, usize),
    secret: &[i64],
    message: Option<&RnsPoly<Ntt>>,
) -> Vec<i64> {
    let (seed, object, part) = seeded;
    let domain = ExpansionDomain { object, part: part as u32 };
    let mask: RnsPoly<Ntt> = SeedExpander::new(seed).expand(domain, body.basis());
    let mut found = body.clone();
    found.mul_add_assign(&mask, &over(body.basis(), secret)).expect("one basis");
    if let Some(message) = message {
        found.sub_assign(message).expect("one basis");
    }
    let found = found.into_coeff();
    let centred = |i: usize| -> Vec<i64> {
        found.limb(i).iter().map(|&word| found.basis().modulus(i).centre(word)).collect()
    };
    let first = centred(0);
    for i in 1..found.len() {
        assert_eq!(first, centred(i), "{what}: limb {i} has another error");
    }
    let largest = first.iter().map(|e| e.abs()).max().expect("coefficients");
    assert!(largest <= COINS, "{what}: an error of {largest}");
    first
}

/// The errors of all digits of a switching key: b_j + a_j s - P g_j s'.
fn switching_errors(
    what: &str,
    key: &SwitchingKey,
    digits: &[std::ops::Range<usize>],
    secret: &[i64],
    message: &[i64],
) -> Vec<Vec<i64>> {
    let basis = key.bodies().next().expect("a digit").basis().clone();
    let q_len = digits.last().expect("a digit").end;
    assert_eq!(key.bodies().len(), digits.len(), "{what}");
    let one = |(j, (body, mask)): (usize, (&RnsPoly<Ntt>, &RnsPoly<Ntt>))| {
        let mut gadget = over(&basis, message);
        for i in 0..basis.len() {
            let modulus = basis.modulus(i);
            let special =
                basis.primes().skip(q_len).fold(1, |product, p| modulus.mul(product, modulus.reduce(p)));
            let factor = if digits[j].contains(&i) { special } else { 0 };
            gadget.limb_mut(i).iter_mut().for_each(|word| *word = modulus.mul(*word, factor));
        }
        // What is in memory of the uniform half is what the seed gives.
        let domain = ExpansionDomain { object: SWITCHING_KEY, part: j as u32 };
        let expanded: RnsPoly<Ntt> = SeedExpander::new(key.seed()).expand(domain, mask.basis());
        assert_eq!(expanded.words(), mask.words(), "{what}, digit {j}: another mask than the seed's");
        error(&format!("{what}, digit {j}"), body, (key.seed(), SWITCHING_KEY, j), secret, Some(&gadget))
    };
    key.bodies().zip(key.masks()).enumerate().map(one).collect()
}

/// Pearson's test against the centred binomial distribution of 2 x 21 coins.
fn assert_centred_binomial(what: &str, errors: &[Vec<i64>]) {
    let total = errors.iter().flatten().count() as f64;
    // 42 choose 21 + k, over 2^42.
    let choose = |k: i64| (1..=21 + k).fold(1.0, |c, i| c * (43 - i) as f64 / i as f64);
    let probability = |k: i64| choose(k) / 2f64.powi(42);
    assert!(((-COINS..=COINS).map(probability).sum::<f64>() - 1.0).abs() < 1e-12);
    // Cells of one value each while they expect 8, and the tails as one each.
    let edge = (0..=COINS).take_while(|&k| probability(k) * total >= 8.0).last().expect("enough errors");
    let cells = -edge..=edge;
    let expected = |k: i64| -> f64 {
        let beyond = (k.abs() + 1..=COINS).map(probability).sum::<f64>();
        total * (probability(k) + if k.abs() == edge { beyond } else { 0.0 })
    };
    let observed = |k: i64| errors.iter().flatten().filter(|&&e| e.clamp(-edge, edge) == k).count() as f64;
    let statistic: f64 = cells.clone().map(|k| (observed(k) - expected(k)).powi(2) / expected(k)).sum();
    let law = ChiSquared::new((cells.count() - 1) as f64).expect("a distribution");
    let least = law.cdf(statistic).min(law.sf(statistic));
    assert!(least > SIGNIFICANCE, "{what}: chi-squared {statistic} for cells from -{edge} to {edge}");
}

/// No two errors are the same, opposite, or alike in any way that their products would show.
fn assert_independent(errors: &[Vec<i64>]) {
    let law = Normal::new(0.0, 1.0).expect("a distribution");
    let pairs = errors.len() * (errors.len() - 1) / 2;
    for (k, a) in errors.iter().enumerate() {
        for (l, b) in errors.iter().enumerate().take(k) {
            let product: i64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
            let z = product as f64 / (10.5 * (a.len() as f64).sqrt());
            assert!(law.sf(z.abs()) > SIGNIFICANCE / pairs as f64, "errors {k} and {l}: {z} deviations");
        }
    }
}

/// The element with which `element` gives the identity: the group of odd residues has exponent N/2.
fn inverse(element: GaloisElement, n: u64) -> u64 {
    (1..n / 2).fold(1, |power, _| power * element.value() % (2 * n))
}

/// Errors of every key of a set, and what they are called.
fn set_errors(context: &Context, keys: &EvaluationKeys, secret: &[i64]) -> Vec<(String, Vec<Vec<i64>>)> {
    let parameters = context.parameters();
    let n = context.n();
    let alive = |key: &SwitchingKey| -> Vec<_> {
        let q_len = parameters.q_len(key.level());
        let ranges = parameters.digit_ranges().into_iter().filter(|range| range.start < q_len);
        ranges.map(|range| range.start..range.end.min(q_len)).collect()
    };
    let mut all = Vec::new();
    let mut push = |what: String, key: &SwitchingKey, secret: &[i64], message: &[i64]| {
        let errors = switching_errors(&what, key, &alive(key), secret, message);
        all.push((what, errors));
    };
    let mut square = vec![0; n];
    for (i, &a) in secret.iter().enumerate() {
        for (j, &b) in secret.iter().enumerate() {
            let sign = if i + j < n { 1 } else { -1 };
            square[(i + j) % n] += sign * a * b;
        }
    }
    let relinearization = keys.relinearization().expect("a relinearisation key");
    push("relinearisation".to_owned(), relinearization.switching_key(), secret, &square);
    for galois in keys.galois_keys() {
        let under = image(secret, inverse(galois.element(), n as u64));
        push(format!("map {}", galois.element()), galois.switching_key(), &under, secret);
    }
    all
}

#[test]
fn every_key_of_a_set_hides_behind_errors_of_its_own() {
    let context = context();
    let (n, secret) = (context.n(), ternary(context.n(), 1));
    let owner = key(&context, &secret);
    let mut source = rng(2);
    let mut generator = KeyGenerator::new(&context, &mut source);
    let public = generator.public_key(&owner).unwrap();
    let request =
        KeyRequest::new().relinearization().rotations([1, -3]).rotations_at(Level(2), [7]).conjugation();
    let keys = generator.evaluation_keys(&owner, &request).unwrap();
    let other = ternary(n, 3);
    let switching = generator.switching_key(&key(&context, &other), &owner, context.max_level()).unwrap();

    let mut all = set_errors(&context, &keys, &secret);
    assert_eq!(all.len(), 5);
    let digits = context.parameters().digit_ranges();
    let errors = switching_errors("switching key", &switching, &digits, &secret, &other);
    all.push(("switching key".to_owned(), errors));
    let [body, mask] = public.parts();
    assert_eq!(
        SeedExpander::new(public.seed())
            .expand::<Ntt>(ExpansionDomain { object: PUBLIC_KEY, part: 0 }, body.basis())
            .words(),
        mask.words()
    );
    let errors = error("public key", body, (public.seed(), PUBLIC_KEY, 0), &secret, None);
    all.push(("public key".to_owned(), vec![errors]));
    for (what, errors) in &all {
        assert_centred_binomial(what, errors);
    }
    let errors: Vec<_> = all.into_iter().flat_map(|(_, errors)| errors).collect();
    assert_centred_binomial("all keys", &errors);
    assert_independent(&errors);
}

/// Half of a compact key, and of one that was stored, is a seed: what it stands for are the same errors.
#[test]
fn keys_from_seeds_have_the_same_errors() {
    let context = context();
    let secret = ternary(context.n(), 1);
    let owner = key(&context, &secret);
    let request = KeyRequest::new().relinearization().rotations([1, 2]);
    let make = |request: &KeyRequest| {
        KeyGenerator::new(&context, &mut rng(2)).evaluation_keys(&owner, request).unwrap()
    };
    let (whole, compact) = (make(&request), make(&request.clone().compact()));
    let expected = set_errors(&context, &whole, &secret);
    assert!(compact.size().memory < whole.size().memory);
    assert!(set_errors(&context, &compact, &secret) == expected);
    let mut stored = EvaluationKeys::none();
    let relinearization = whole.relinearization().unwrap().to_bytes(&context).unwrap();
    stored.insert_relinearization(Stored::from_bytes(&context, &relinearization).unwrap());
    for galois in whole.galois_keys() {
        stored.insert_galois(GaloisKey::from_bytes(&context, &galois.to_bytes(&context).unwrap()).unwrap());
    }
    assert!(set_errors(&context, &stored, &secret) == expected);
    let public = KeyGenerator::new(&context, &mut rng(5)).public_key(&owner).unwrap();
    let read = PublicKey::from_bytes(&context, &public.to_bytes(&context).unwrap()).unwrap();
    assert!(read.parts()[0].words() == public.parts()[0].words());
    assert!(read.parts()[1].words() == public.parts()[1].words());
}

/// The key back from the sparse secret lives over special primes too, modulo which nothing but the error is in it; the rest
/// of it is the sparse secret, and with that the key to it opens.
#[test]
fn both_encapsulation_keys_hide_behind_errors_of_their_own() {
    let context = context();
    let (n, parameters) = (context.n(), context.parameters());
    let secret = ternary(n, 1);
    let owner = key(&context, &secret);
    let made = KeyGenerator::new(&context, &mut rng(6)).encapsulation_key(&owner).unwrap();
    let [to_sparse, to_dense] = made.switching_keys();

    let q_len = parameters.q_primes().len();
    let body = to_dense.bodies().next().unwrap();
    let basis = body.basis();
    let mask: RnsPoly<Ntt> =
        SeedExpander::new(to_dense.seed()).expand(ExpansionDomain { object: SWITCHING_KEY, part: 0 }, basis);
    let mut phase = body.clone();
    phase.mul_add_assign(&mask, &over(basis, &secret)).unwrap();
    let phase = phase.into_coeff();
    let first = basis.modulus(0);
    let special = basis.primes().skip(q_len).fold(1, |product, p| first.mul(product, first.reduce(p)));
    let special = first.inv(special).unwrap();
    let sparse: Vec<i64> = (0..n)
        .map(|k| {
            let error = basis.modulus(q_len).centre(phase.limb(q_len)[k]);
            first.centre(first.mul(first.sub(phase.limb(0)[k], first.reduce_i64(error)), special))
        })
        .collect();
    assert!(sparse.iter().all(|c| c.abs() <= 1));
    assert_eq!(sparse.iter().filter(|&&c| c != 0).count(), 32);

    let whole = std::iter::once(0..q_len).collect::<Vec<_>>();
    let mut errors = switching_errors("key back", to_dense, &whole, &secret, &sparse);
    assert_centred_binomial("key back", &errors);
    let base: Vec<_> = (0..parameters.groups()[0].primes.len()).map(|i| i..i + 1).collect();
    let to = switching_errors("key to the sparse secret", to_sparse, &base, &sparse, &secret);
    assert_centred_binomial("key to the sparse secret", &to);
    errors.extend(to);
    assert_independent(&errors);
}

#[test]
fn symmetric_ciphertexts_hide_behind_errors_of_their_own() {
    let context = context();
    let secret = ternary(context.n(), 1);
    let owner = key(&context, &secret);
    let plaintext = Encoder::new(&context).encode(&[0.25, -0.5]).unwrap();
    let encryptor = Encryptor::new(&context, &owner);
    let mut source = rng(8);
    let errors: Vec<_> = (0..4)
        .map(|_| {
            let x = encryptor.encrypt_seeded(&plaintext, &mut source).unwrap();
            error("ciphertext", x.body(), (x.seed(), CIPHERTEXT, 0), &secret, Some(plaintext.poly()))
        })
        .collect();
    assert_centred_binomial("ciphertexts", &errors);
    assert_independent(&errors);
}

//! The samplers against their distributions, and the seed expansion against an implementation of its own.
//!
//! Seeds are fixed, so that each test either always passes or always fails. A statistic is rejected when its
//! probability under the claimed distribution, in either tail, is below [`SIGNIFICANCE`].

#![expect(clippy::unwrap_used, reason = "helpers of tests, which the lint does not recognise")]

use std::collections::HashMap;

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use ring_math::{
    Coeff, Modulus, Ntt, RingError, RnsBasis, RnsPoly, ntt_primes, ntt_primes_near,
    sample::{
        self, CBD_PAIRS, EXPANSION_VERSION, ExpansionDomain, MAX_GAUSSIAN_SIGMA, SeedExpander, gaussian_tail,
    },
};
use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

const SIGNIFICANCE: f64 = 1e-6;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn basis(log_n: u32, primes: &[u64]) -> RnsBasis {
    RnsBasis::new(log_n, primes).unwrap()
}

/// Fails unless the counts fit the probabilities, by Pearson's test.
fn assert_distribution(what: &str, counts: &[u64], probabilities: &[f64]) {
    assert_eq!(counts.len(), probabilities.len(), "{what}");
    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{what}: probabilities");
    let total = counts.iter().sum::<u64>() as f64;
    let least = probabilities.iter().copied().fold(1.0, f64::min) * total;
    assert!(least >= 8.0, "{what}: a cell expects {least} only, too few for the test");
    let statistic: f64 = counts
        .iter()
        .zip(probabilities)
        .map(|(&count, &p)| (count as f64 - p * total).powi(2) / (p * total))
        .sum();
    let law = ChiSquared::new((counts.len() - 1) as f64).unwrap();
    let (below, above) = (law.cdf(statistic), law.sf(statistic));
    assert!(below.min(above) > SIGNIFICANCE, "{what}: chi-squared {statistic}, cells {}", counts.len());
}

fn assert_equally_likely(what: &str, counts: &[u64]) {
    assert_distribution(what, counts, &vec![1.0 / counts.len() as f64; counts.len()]);
}

/// Fails unless `z`, standard normal by hypothesis, is a likely value.
fn assert_standard_normal(what: &str, z: f64) {
    let law = Normal::new(0.0, 1.0).unwrap();
    assert!(law.sf(z.abs()) > SIGNIFICANCE, "{what}: {z} standard deviations");
}

/// Chi-squared on the position in [0, p), on the low bits, and on pairs of neighbours.
fn assert_uniform(what: &str, words: &[u64], p: u64) {
    assert!(words.iter().all(|&word| word < p), "{what}: canonical");
    let cells = p.min(256);
    let cell = |word: u64, cells: u64| (u128::from(word) * u128::from(cells) / u128::from(p)) as usize;
    // Cell c holds the words from ceil(c p / cells) to ceil((c + 1) p / cells).
    let probability = |cells: u64| -> Vec<f64> {
        let bound = |c: u64| (u128::from(c) * u128::from(p)).div_ceil(u128::from(cells));
        (0..cells).map(|c| (bound(c + 1) - bound(c)) as f64 / p as f64).collect()
    };
    let mut counts = vec![0; cells as usize];
    words.iter().for_each(|&word| counts[cell(word, cells)] += 1);
    assert_distribution(&format!("{what}, position"), &counts, &probability(cells));

    let mut low = [0; 16];
    words.iter().for_each(|&word| low[(word % 16) as usize] += 1);
    let low_probability: Vec<f64> = (0..16).map(|r| (p - r).div_ceil(16) as f64 / p as f64).collect();
    assert_distribution(&format!("{what}, low bits"), &low, &low_probability);

    let mut pairs = [0; 256];
    words.as_chunks().0.iter().for_each(|&[a, b]| pairs[16 * cell(a, 16) + cell(b, 16)] += 1);
    let single = probability(16);
    let joint: Vec<f64> = single.iter().flat_map(|x| single.iter().map(move |y| x * y)).collect();
    assert_distribution(&format!("{what}, pairs"), &pairs, &joint);
}

#[test]
fn uniform_is_uniform_modulo_each_prime() {
    // 17 and the primes just above a power of two reject about half of all candidates.
    let cases = [
        (3, vec![17]),
        (11, vec![12289]),
        (13, ntt_primes(48, 13, 1, &[]).unwrap()),
        (13, ntt_primes_near(45, 46, 13, 1, &[]).unwrap()),
        (13, ntt_primes(61, 13, 1, &[]).unwrap()),
    ];
    for (log_n, primes) in cases {
        let (basis, p) = (basis(log_n, &primes), primes[0]);
        let mut rng = rng(11);
        let mut words = Vec::new();
        while words.len() < 1 << 17 {
            let poly: RnsPoly<Ntt> = sample::uniform(&basis, &mut rng);
            words.extend_from_slice(poly.words());
        }
        assert_uniform(&format!("uniform modulo {p}"), &words, p);
    }
}

#[test]
fn the_three_forms_of_a_sampler_agree() {
    let basis = basis(6, &ntt_primes(40, 6, 3, &[]).unwrap());
    let mut words = vec![1; 3 * 64];
    let mut poly = RnsPoly::<Coeff>::from_words(&basis, &words).unwrap();

    let expected: RnsPoly<Coeff> = sample::uniform(&basis, &mut rng(1));
    sample::uniform_into(&mut poly, &mut rng(1));
    sample::uniform_words(&basis, &mut words, &mut rng(1)).unwrap();
    assert!(poly == expected && words == expected.words());

    let expected = sample::ternary(&basis, &mut rng(2));
    sample::ternary_into(&mut poly, &mut rng(2));
    sample::ternary_words(&basis, &mut words, &mut rng(2)).unwrap();
    assert!(poly == expected && words == expected.words());

    let expected = sample::ternary_of_weight(&basis, 9, &mut rng(3)).unwrap();
    sample::ternary_of_weight_into(&mut poly, 9, &mut rng(3)).unwrap();
    sample::ternary_of_weight_words(&basis, &mut words, 9, &mut rng(3)).unwrap();
    assert!(poly == expected && words == expected.words());

    let expected = sample::cbd(&basis, &mut rng(4));
    sample::cbd_into(&mut poly, &mut rng(4));
    sample::cbd_words(&basis, &mut words, &mut rng(4)).unwrap();
    assert!(poly == expected && words == expected.words());

    let expected = sample::gaussian(&basis, 1e9, &mut rng(5)).unwrap();
    sample::gaussian_into(&mut poly, 1e9, &mut rng(5)).unwrap();
    sample::gaussian_words(&basis, &mut words, 1e9, &mut rng(5)).unwrap();
    assert!(poly == expected && words == expected.words());
}

#[test]
fn a_generator_behind_a_pointer_will_do() {
    let basis = basis(3, &[17]);
    let mut by_pointer = rng(1);
    let pointer: &mut dyn rand_chacha::rand_core::CryptoRng = &mut by_pointer;
    assert_eq!(sample::cbd(&basis, pointer), sample::cbd(&basis, &mut rng(1)));
}

/// The coefficients of a small polynomial, after checking that all limbs hold the same integers.
fn integers(poly: &RnsPoly<Coeff>) -> Vec<i64> {
    let basis = poly.basis();
    let last = basis.len() - 1;
    let found: Vec<i64> = poly.limb(last).iter().map(|&word| basis.modulus(last).centre(word)).collect();
    for i in 0..last {
        let q = basis.modulus(i);
        assert!(poly.limb(i).iter().zip(&found).all(|(&word, &x)| word == q.reduce_i64(x)), "limb {i}");
    }
    found
}

/// Limb 0 modulo 17, which is below the largest error, for N = 8; the last limb is wide.
fn narrow_and_wide(log_n: u32) -> RnsBasis {
    let mut primes = if log_n == 3 { vec![17, 97] } else { ntt_primes(20, log_n, 2, &[]).unwrap() };
    primes.extend(ntt_primes(61, log_n, 1, &[]).unwrap());
    basis(log_n, &primes)
}

#[test]
fn ternary_digits_are_uniform_and_independent() {
    for (log_n, runs) in [(3, 32768), (13, 64)] {
        let basis = narrow_and_wide(log_n);
        let mut rng = rng(21);
        let mut digits = Vec::new();
        // All 243 runs of five that one byte can give; a polynomial begins with a new byte.
        let mut counts = [0; 243];
        for _ in 0..runs {
            let poly = integers(&sample::ternary(&basis, &mut rng));
            assert!(poly.iter().all(|d| d.abs() <= 1));
            for five in poly.as_chunks::<5>().0 {
                counts[five.iter().fold(0, |acc, d| 3 * acc + (d + 1) as usize)] += 1;
            }
            digits.extend(poly);
        }
        assert_equally_likely(&format!("ternary, N = 2^{log_n}"), &counts);
        // Each coefficient place by itself: the last bytes are cut off there.
        for place in [0, (1 << log_n) - 1] {
            if runs > 1000 {
                let mut counts = [0; 3];
                digits.iter().skip(place).step_by(1 << log_n).for_each(|d| counts[(d + 1) as usize] += 1);
                assert_equally_likely(&format!("ternary, coefficient {place}"), &counts);
            }
        }
    }
}

#[test]
fn fixed_weight_secrets_are_uniform_among_all_of_that_weight() {
    let basis = narrow_and_wide(3);
    let mut rng = rng(31);
    for (weight, patterns) in [(0, 1), (1, 16), (2, 112), (3, 448), (8, 256)] {
        let mut counts: HashMap<Vec<i64>, u64> = HashMap::new();
        for _ in 0..patterns * 100 {
            let s = integers(&sample::ternary_of_weight(&basis, weight, &mut rng).unwrap());
            assert_eq!(s.iter().filter(|c| **c != 0).count(), weight);
            assert!(s.iter().all(|c| c.abs() <= 1));
            *counts.entry(s).or_default() += 1;
        }
        assert_eq!(counts.len(), patterns, "weight {weight}: every pattern occurs");
        if patterns > 1 {
            assert_equally_likely(&format!("weight {weight}"), &counts.into_values().collect::<Vec<_>>());
        }
    }
}

#[test]
fn fixed_weight_is_exact_in_large_rings() {
    let basis = basis(12, &ntt_primes(48, 12, 2, &[]).unwrap());
    let mut rng = rng(32);
    let mut places = [0; 64];
    for weight in [1, 32, 192, 2048, 4095, 4096] {
        for _ in 0..8 {
            let s = integers(&sample::ternary_of_weight(&basis, weight, &mut rng).unwrap());
            assert_eq!(s.iter().map(|c| c.unsigned_abs()).sum::<u64>(), weight as u64);
            if weight == 192 {
                s.iter().enumerate().for_each(|(i, c)| places[i / 64] += c.unsigned_abs());
            }
        }
    }
    assert_equally_likely("places of 192 non-zero coefficients", &places);
}

/// P(k) of the centred binomial distribution for k from -21 to 21, from exact binomial coefficients.
fn cbd_probabilities() -> Vec<f64> {
    let coins = u64::from(2 * CBD_PAIRS);
    let mut binomial = vec![1u64];
    for k in 1..=coins {
        // binomial(n, k) = binomial(n, k - 1) (n - k + 1) / k, an exact division
        binomial.push(binomial[k as usize - 1] * (coins - k + 1) / k);
    }
    assert_eq!(binomial.iter().sum::<u64>(), 1 << coins);
    assert_eq!(binomial[21], 538_257_874_440);
    binomial.iter().map(|&b| b as f64 / (1u64 << coins) as f64).collect()
}

#[test]
fn errors_follow_the_centred_binomial() {
    let probabilities = cbd_probabilities();
    let variance: f64 = (-21i32..).zip(&probabilities).map(|(k, p)| f64::from(k * k) * p).sum();
    assert!((variance - 10.5).abs() < 1e-9);
    for (log_n, runs) in [(3, 32768), (13, 32)] {
        let basis = narrow_and_wide(log_n);
        let mut rng = rng(41);
        let errors: Vec<i64> = (0..runs).flat_map(|_| integers(&sample::cbd(&basis, &mut rng))).collect();
        assert!(errors.iter().all(|e| e.abs() <= 21), "bound");
        // Cells of less than 16 expected values are put together at either end.
        let total = errors.len() as f64;
        let ends = (-21i64..).zip(&probabilities).find(|(_, p)| **p * total >= 16.0).unwrap().0.abs();
        let mut counts = vec![0; 2 * ends as usize + 1];
        errors.iter().for_each(|e| counts[(e.clamp(&-ends, &ends) + ends) as usize] += 1);
        let mut expected = vec![0.0; counts.len()];
        for (k, p) in (-21i64..).zip(&probabilities) {
            expected[(k.clamp(-ends, ends) + ends) as usize] += p;
        }
        assert_distribution(&format!("errors, N = 2^{log_n}"), &counts, &expected);
        // Neighbours share words of the generator but no bits: their products average to zero.
        for lag in 1..=4 {
            let products: i64 = errors.iter().zip(&errors[lag..]).map(|(a, b)| a * b).sum();
            let deviation = variance * (total - lag as f64).sqrt();
            assert_standard_normal(&format!("errors at distance {lag}"), products as f64 / deviation);
        }
    }
}

fn gaussians(sigma: f64, count: usize, seed: u64) -> Vec<i128> {
    let mut out = vec![0; count];
    sample::gaussian_integers(&mut out, sigma, &mut rng(seed)).unwrap();
    out
}

#[test]
fn narrow_gaussians_have_the_probabilities_of_a_rounded_normal() {
    for sigma in [0.5, 1.0, 3.2, 20.0, 40.0] {
        let samples = gaussians(sigma, 1 << 17, 51);
        let law = Normal::new(0.0, sigma).unwrap();
        let ends = (3.0 * sigma).ceil() as i128;
        let mut counts = vec![0; 2 * ends as usize + 1];
        samples.iter().for_each(|&x| counts[(x.clamp(-ends, ends) + ends) as usize] += 1);
        let mut expected: Vec<f64> =
            (-ends..=ends).map(|k| law.cdf(k as f64 + 0.5) - law.cdf(k as f64 - 0.5)).collect();
        expected[0] = law.cdf(0.5 - ends as f64);
        expected[2 * ends as usize] = expected[0];
        assert_distribution(&format!("sigma {sigma}"), &counts, &expected);
    }
}

#[test]
fn wide_gaussians_have_normal_moments_and_tails() {
    let count = 1 << 16;
    let n = f64::from(count);
    for log_sigma in [10, 41, 60, 100] {
        let sigma = 2f64.powi(log_sigma);
        let z: Vec<f64> = gaussians(sigma, count as usize, 52).iter().map(|&x| x as f64 / sigma).collect();
        let moment = |k: i32| z.iter().map(|x| x.powi(k)).sum::<f64>() / n;
        // Variances of the sample moments: 1, 2, 15 and 96, each over n.
        assert_standard_normal("mean", moment(1) * n.sqrt());
        assert_standard_normal("variance", (moment(2) - 1.0) * (n / 2.0).sqrt());
        assert_standard_normal("third moment", moment(3) * (n / 15.0).sqrt());
        assert_standard_normal("fourth moment", (moment(4) - 3.0) * (n / 96.0).sqrt());
        // Equally likely intervals over the whole line, then the tails from 3 standard deviations on.
        let law = Normal::new(0.0, 1.0).unwrap();
        let mut counts = [0; 256];
        z.iter().for_each(|&x| counts[((256.0 * law.cdf(x)) as usize).min(255)] += 1);
        assert_equally_likely(&format!("sigma 2^{log_sigma}"), &counts);
        let edges = [3.0, 3.25, 3.5, 3.75];
        let mut tails = [0; 5];
        z.iter().for_each(|x| tails[edges.iter().filter(|e| x.abs() > **e).count()] += 1);
        let beyond: Vec<f64> = edges.iter().map(|&e| 2.0 * law.sf(e)).collect();
        let mut expected = vec![1.0 - beyond[0]];
        expected.extend(beyond.windows(2).map(|w| w[0] - w[1]));
        expected.push(beyond[3]);
        assert_distribution(&format!("tails, sigma 2^{log_sigma}"), &tails, &expected);
        assert!(z.iter().all(|x| x.abs() * sigma <= gaussian_tail(sigma)));
    }
}

#[test]
fn every_bit_of_a_wide_gaussian_is_random() {
    // One double would leave the low 47 bits zero.
    let samples = gaussians(MAX_GAUSSIAN_SIGMA, 1 << 14, 53);
    for shift in (0..=88).step_by(8) {
        let mut counts = [0; 256];
        samples.iter().for_each(|x| counts[((x >> shift) & 0xff) as usize] += 1);
        assert_equally_likely(&format!("bits from {shift}"), &counts);
    }
}

#[test]
fn gaussian_residues_are_those_of_the_integers() {
    let basis = basis(6, &[ntt_primes(20, 6, 2, &[]).unwrap(), ntt_primes(61, 6, 1, &[]).unwrap()].concat());
    for sigma in [1.5, 1e12, MAX_GAUSSIAN_SIGMA] {
        let poly = sample::gaussian(&basis, sigma, &mut rng(54)).unwrap();
        let integers = gaussians(sigma, 64, 54);
        for (i, p) in basis.primes().enumerate() {
            let expected: Vec<u64> = integers.iter().map(|x| x.rem_euclid(i128::from(p)) as u64).collect();
            assert_eq!(poly.limb(i), expected);
        }
    }
}

#[test]
fn parameters_out_of_range_are_refused() {
    let basis = basis(3, &[17, 97]);
    for sigma in [0.0, -1.0, f64::NAN, f64::INFINITY, 1.5 * MAX_GAUSSIAN_SIGMA] {
        let error = sample::gaussian(&basis, sigma, &mut rng(1)).unwrap_err();
        assert!(matches!(error, RingError::SamplerParameter { distribution: "Gaussian", .. }), "{error}");
        assert_eq!(sample::gaussian_integers(&mut [0], sigma, &mut rng(1)), Err(error));
    }
    let error = sample::ternary_of_weight(&basis, 9, &mut rng(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ternary of fixed weight: parameter 9 is out of range; expected a weight of at most the ring degree"
    );
    let error = SeedExpander::with_version(&[0; 32], EXPANSION_VERSION + 1).unwrap_err();
    assert_eq!(error.to_string(), "seed expansion: parameter version 2 is out of range; expected version 1");
    let expected = RingError::LengthMismatch { what: "limbs to sample", found: 15, expected: 16 };
    let (mut words, mut rng) = ([0; 15], rng(1));
    let domain = ExpansionDomain { object: 0, part: 0 };
    for result in [
        sample::uniform_words(&basis, &mut words, &mut rng),
        sample::ternary_words(&basis, &mut words, &mut rng),
        sample::ternary_of_weight_words(&basis, &mut words, 1, &mut rng),
        sample::cbd_words(&basis, &mut words, &mut rng),
        sample::gaussian_words(&basis, &mut words, 1.0, &mut rng),
        SeedExpander::new(&[0; 32]).expand_words(domain, &basis, &mut words),
    ] {
        assert_eq!(result, Err(expected.clone()));
    }
}

fn seed_from_hex(hex: &str) -> [u8; 32] {
    std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
}

#[test]
fn expansion_has_the_words_of_another_implementation() {
    let mut limbs: HashMap<&str, Vec<u64>> = HashMap::new();
    let rows = include_str!("data/seed_expansion.csv").lines().skip(2);
    let mut checked = 0;
    for row in rows {
        let (limb, expected) = row.rsplit_once(',').unwrap();
        let (limb, index) = limb.rsplit_once(',').unwrap();
        let words = limbs.entry(limb).or_insert_with(|| {
            let [seed, object, part, prime] = limb.split(',').collect::<Vec<_>>().try_into().unwrap();
            let expander = SeedExpander::with_version(&seed_from_hex(seed), EXPANSION_VERSION).unwrap();
            let domain = ExpansionDomain { object: object.parse().unwrap(), part: part.parse().unwrap() };
            let mut words = vec![0; 4096];
            let prime = prime.parse().unwrap();
            expander.expand_limb(domain, &Modulus::new(prime).unwrap(), &mut words);
            words
        });
        assert_eq!(words[index.parse::<usize>().unwrap()], expected.parse::<u64>().unwrap(), "{row}");
        checked += 1;
    }
    assert_eq!((checked, limbs.len()), (270, 45));
}

#[test]
fn expansion_is_uniform() {
    let primes = [ntt_primes(48, 13, 8, &[]).unwrap(), ntt_primes_near(45, 46, 13, 8, &[]).unwrap()].concat();
    let basis = basis(13, &primes);
    let expander = SeedExpander::new(&[9; 32]);
    let poly: RnsPoly<Ntt> = expander.expand(ExpansionDomain { object: 1, part: 2 }, &basis);
    for (i, p) in basis.primes().enumerate() {
        assert_uniform(&format!("expansion modulo {p}"), poly.limb(i), p);
    }
}

#[test]
fn expansion_does_not_depend_on_what_else_is_expanded() {
    let primes = ntt_primes_near(45, 46, 12, 5, &[]).unwrap();
    let (all, domain) = (basis(12, &primes), ExpansionDomain { object: 77, part: 3 });
    let expander = SeedExpander::new(&[4; 32]);
    let poly: RnsPoly<Ntt> = expander.expand(domain, &all);
    // A level-limited basis (fewer ciphertext primes, then the special prime), in another order, over a smaller ring.
    let some = basis(11, &[primes[4], primes[0], primes[1]]);
    let part: RnsPoly<Coeff> = expander.expand(domain, &some);
    for (i, j) in [(0, 4), (1, 0), (2, 1)] {
        assert_eq!(part.limb(i), &poly.limb(j)[..2048]);
    }
    for length in [0, 1, 7, 511, 513, 4096] {
        let mut prefix = vec![0; length];
        expander.expand_limb(domain, all.modulus(2), &mut prefix);
        assert_eq!(prefix, poly.limb(2)[..length]);
    }
    let mut into = RnsPoly::<Ntt>::zero(&all);
    expander.expand_into(domain, &mut into);
    assert_eq!(into, poly);
}

#[test]
fn expansion_domains_are_separate() {
    let q = Modulus::new((1 << 61) - 1).unwrap();
    let other_prime = Modulus::new(ntt_primes(61, 3, 1, &[]).unwrap()[0]).unwrap();
    let mut seen: HashMap<u64, String> = HashMap::new();
    let mut check = |name: String, expander: &SeedExpander, object: u64, part: u32, q: &Modulus| {
        let mut words = [0; 256];
        expander.expand_limb(ExpansionDomain { object, part }, q, &mut words);
        for word in words {
            // Some 2^15 words of 61 bits collide with probability 2^-32.
            if let Some(other) = seen.insert(word, name.clone()) {
                assert_eq!(other, name, "the streams share {word}");
            }
        }
    };
    for seed in [[0; 32], [1; 32], std::array::from_fn(|i| u8::from(i == 31))] {
        let expander = SeedExpander::new(&seed);
        for object in [0, 1, 2, 1 << 32, 1 << 56, u64::MAX] {
            for part in [0, 1, 1 << 24, u32::MAX] {
                check(format!("{seed:?} {object} {part}"), &expander, object, part, &q);
            }
        }
        check(format!("{seed:?} other prime"), &expander, 0, 0, &other_prime);
    }
}

#[test]
fn an_expander_does_not_show_its_seed() {
    assert_eq!(format!("{:?}", SeedExpander::new(&[1; 32])), "SeedExpander(version 1)");
}

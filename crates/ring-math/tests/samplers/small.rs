//! Ternary secrets and centred binomial errors.

use std::collections::HashMap;

use ring_math::{
    Coeff, RnsBasis, RnsPoly, ntt_primes,
    sample::{self, CBD_PAIRS},
};

use super::{assert_distribution, assert_equally_likely, assert_standard_normal, basis, rng};

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

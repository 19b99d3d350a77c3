//! Rounded Gaussians, narrow and wide.

use ring_math::{
    ntt_primes,
    sample::{self, MAX_GAUSSIAN_SIGMA, gaussian_tail},
};
use statrs::distribution::{ContinuousCDF, Normal};

use super::{assert_distribution, assert_equally_likely, assert_standard_normal, basis, rng};

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

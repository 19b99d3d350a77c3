//! Transforms joined with the steps before and after them, against these steps one by one on the portable kernel.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first failure")]

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use ring_math::{Kernel, Modulus, ResidueRing, ntt_primes};

/// Bits of target primes, at the edges of each arithmetic range.
const TARGET_BITS: [u32; 10] = [30, 40, 46, 47, 48, 49, 50, 51, 60, 61];

/// Bits of the primes that residues come from, smaller and larger than the targets; vector kernels do not take the last.
const SOURCE_BITS: [u32; 6] = [30, 36, 47, 48, 50, 55];

/// The smallest or the largest primes of that many bits: those next to a power of two have least room.
fn edge_prime(bits: u32, log_n: u32, smallest: bool) -> u64 {
    let step = 2u64 << log_n;
    match smallest {
        false => ntt_primes(bits, log_n, 1, &[]).unwrap()[0],
        true => (1..).map(|k| (1u64 << (bits - 1)) + 1 + k * step).find(|&p| ring_math::is_prime(p)).unwrap(),
    }
}

/// Residues at the ends of their range and around its middle, and random ones.
fn residues(from: u64, n: usize, rng: &mut ChaCha20Rng) -> Vec<u64> {
    let edges = [0, from - 1, from / 2, from / 2 + 1, 1];
    (0..n).map(|i| if i % 3 == 0 { edges[i / 3 % 5] } else { rng.next_u64() % from }).collect()
}

struct Case<'a> {
    rings: [&'a ResidueRing; 2],
    from: Modulus,
    residues: Vec<u64>,
    minuend: Vec<u64>,
}

impl Case<'_> {
    /// Joined forms give what the steps give.
    fn check(&self) {
        let [portable, ring] = self.rings;
        let q = ring.modulus();
        let (n, what) = (ring.n(), format!("{ring:?} from {}", self.from));
        let scale = q.value() / 2 + 1;
        let (c, minus_one) = (q.prepare(scale), q.prepare(q.value() - 1));
        let mut coefficients = vec![7; n];
        portable.lift_centred(&mut coefficients, &self.residues, &self.from).unwrap();
        let mut values = coefficients.clone();
        portable.forward(&mut values).unwrap();
        let mut quotients = vec![7; n];
        portable.sub_mul_scalar_into(&mut quotients, &self.minuend, &values, &c).unwrap();

        let (mut out, mut unreduced) = (vec![9; n], vec![9; n]);
        ring.forward_lifted(&mut unreduced, &self.residues, &self.from).unwrap();
        ring.sub_mul_scalar_into(&mut out, &vec![0; n], &unreduced, &minus_one).unwrap();
        assert!(out == values, "{what}: lifted");
        ring.sub_mul_scalar_into(&mut out, &self.minuend, &unreduced, &c).unwrap();
        assert!(out == quotients, "{what}: lifted, then divided");
        let (ones, zeros) = (vec![1; n], vec![0; n]);
        let mut second = vec![9; n];
        ring.inner_product_pair(&mut out, &mut second, &[(&unreduced, &ones, &zeros)]).unwrap();
        assert!(out == values, "{what}: lifted, then multiplied");

        ring.inverse_scaled_into(&mut out, &values, &ring.inverse_scale(1)).unwrap();
        assert!(out == coefficients, "{what}: back, beside the values");
        let mut scaled = values.clone();
        portable.inverse_scaled(&mut scaled, &portable.inverse_scale(scale)).unwrap();
        ring.inverse_scaled_into(&mut out, &values, &ring.inverse_scale(scale)).unwrap();
        assert!(out == scaled, "{what}: back and scaled, beside the values");
    }
}

fn agree(log_n: u32, target_bits: &[u32], source_bits: &[u32]) {
    let mut rng = ChaCha20Rng::seed_from_u64(u64::from(log_n));
    for (&bits, smallest) in target_bits.iter().flat_map(|bits| [(bits, false), (bits, true)]) {
        let q = Modulus::new(edge_prime(bits, log_n, smallest)).unwrap();
        let portable = ResidueRing::new(q, log_n, Kernel::scalar()).unwrap();
        for kernel in Kernel::available() {
            let ring = ResidueRing::new(q, log_n, kernel).unwrap();
            for &bits in source_bits {
                let from = Modulus::new(edge_prime(bits, log_n, !smallest)).unwrap();
                Case {
                    rings: [&portable, &ring],
                    from,
                    residues: residues(from.value(), ring.n(), &mut rng),
                    minuend: residues(q.value(), ring.n(), &mut rng),
                }
                .check();
            }
        }
    }
}

#[test]
fn joined_transforms_agree_with_their_steps() {
    for log_n in 3..=12 {
        agree(log_n, &TARGET_BITS, &SOURCE_BITS);
    }
}

#[test]
fn large_joined_transforms_agree_with_their_steps() {
    for log_n in 13..=17 {
        agree(log_n, &[40, 47, 48, 50], &[36, 48, 50]);
    }
}

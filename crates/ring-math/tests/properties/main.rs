//! Laws of the ring, of conversion and division against integers of any size, and of the automorphisms, on drawn
//! operands; and every error that a caller can provoke.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which the lint does not recognise")]
#![expect(clippy::expect_used, reason = "helpers of tests stop at the first failure")]

mod integers;
mod laws;
mod primes;
mod refused;

use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use ring_math::{Kernel, Representation, RnsBasis, RnsPoly, ntt_primes, sample};

/// A ring to draw operands from: any kernel of this machine, small degrees, primes of every regime.
#[derive(Clone, Debug)]
struct Setting {
    log_n: u32,
    primes: Vec<u64>,
    kernel: Kernel,
    seed: u64,
}

fn setting(most_primes: usize) -> impl Strategy<Value = Setting> {
    let kernels = Kernel::available();
    let bits = prop_oneof![20u32..=30, 38u32..=48, 47u32..=51, 59u32..=61];
    (3u32..=8, prop::collection::vec(bits, 1..=most_primes), 0..kernels.len(), any::<u64>()).prop_map(
        move |(log_n, bits, kernel, seed)| {
            let mut primes = Vec::new();
            for bits in bits {
                primes.extend(ntt_primes(bits, log_n, 1, &primes).unwrap());
            }
            Setting { log_n, primes, kernel: kernels[kernel], seed }
        },
    )
}

impl Setting {
    fn basis(&self) -> RnsBasis {
        RnsBasis::with_kernel(self.log_n, &self.primes, self.kernel).unwrap()
    }

    /// Polynomials whose words are random, all zero, all p - 1, or either end at random.
    fn polys<R: Representation, const K: usize>(&self) -> [RnsPoly<R>; K] {
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        std::array::from_fn(|k| {
            let mut poly: RnsPoly<R> = sample::uniform(&self.basis(), &mut rng);
            let basis = poly.basis().clone();
            for (i, p) in basis.primes().enumerate() {
                for word in poly.limb_mut(i) {
                    *word = match (self.seed >> (4 * k)) % 8 {
                        0 => 0,
                        1 => p - 1,
                        2 => [0, p - 1][(*word % 2) as usize],
                        _ => *word,
                    };
                }
            }
            poly
        })
    }
}

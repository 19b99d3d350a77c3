//! What operations cost, in multiplications of residues.

use std::time::Instant;

use ckks::Parameters;
use ring_math::{RnsBasis, ntt_primes};

/// Multiplications in the transform of one residue polynomial.
pub(in crate::workloads) fn transform_cost(parameters: &Parameters) -> f64 {
    (parameters.ring_degree() as f64) * f64::from(parameters.log_n()) / 2.0
}

/// Transforms of one key switch at the highest level.
pub(in crate::workloads) fn switch_transforms(parameters: &Parameters) -> f64 {
    let limbs = parameters.q_len(parameters.max_level());
    let all = limbs + parameters.p_primes().len();
    // The products with the key weigh about as much as the transforms of the digits.
    (limbs + 2 * parameters.dnum() * all + 2 * all) as f64
}

/// Multiplications of `switches` key switches at the highest level.
pub(in crate::workloads) fn switch_cost(parameters: &Parameters, switches: f64) -> f64 {
    switches * switch_transforms(parameters) * transform_cost(parameters)
}

/// Seconds of one multiplication in a transform on this machine, from transforms of N = 2^13 for a few milliseconds.
pub(in crate::workloads) fn seconds_per_unit() -> Option<f64> {
    const LOG_N: u32 = 13;
    const ROUNDS: u32 = 200;
    let basis = RnsBasis::new(LOG_N, &ntt_primes(48, LOG_N, 1, &[]).ok()?).ok()?;
    let mut words = vec![1; basis.n()];
    let start = Instant::now();
    for _ in 0..ROUNDS {
        basis.ring(0).forward(&mut words).ok()?;
    }
    let products = f64::from(ROUNDS) * f64::from(LOG_N) * (basis.n() / 2) as f64;
    Some(start.elapsed().as_secs_f64() / products)
}

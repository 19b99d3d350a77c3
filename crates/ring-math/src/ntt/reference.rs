//! The quadratic definitions that every fast transform and product is tested against.

use super::roots::bit_reverse;
use crate::{error::RingError, modulus::Modulus, prime::primitive_root};

/// The negacyclic transform by evaluating the polynomial at every odd power of psi: O(N^2).
///
/// # Errors
/// [`RingError::NotNttFriendly`] when p is not 1 modulo 2N, [`RingError::LengthMismatch`] when the length of `a` is
/// not 2^`log_n`.
pub fn forward(modulus: &Modulus, log_n: u32, a: &[u64]) -> Result<Vec<u64>, RingError> {
    let n = 1usize << log_n;
    if a.len() != n {
        return Err(RingError::LengthMismatch { what: "coefficients", found: a.len(), expected: n });
    }
    let psi = primitive_root(modulus, log_n)?;
    let value_at = |x: u64| a.iter().rev().fold(0, |acc, &c| modulus.add(modulus.mul(acc, x), c));
    Ok((0..n).map(|i| value_at(modulus.pow(psi, 2 * bit_reverse(i, log_n) as u64 + 1))).collect())
}

/// The product in `Z_p[X]/(X^N+1)` by the schoolbook rule: O(N^2). The shorter operand is taken as zero-padded.
#[must_use]
pub fn negacyclic_product(modulus: &Modulus, a: &[u64], b: &[u64]) -> Vec<u64> {
    let n = a.len().max(b.len());
    let mut out = vec![0; n];
    for (i, &x) in a.iter().enumerate() {
        for (j, &y) in b.iter().enumerate() {
            let product = modulus.mul(x, y);
            let k = (i + j) % n;
            out[k] = if i + j < n { modulus.add(out[k], product) } else { modulus.sub(out[k], product) };
        }
    }
    out
}

//! Portable transforms: radix-2 Harvey butterflies on 64-bit words with Shoup's companions.

use super::{InverseScale, NttPlan, roots::RootTable};
use crate::modulus::{Modulus, PreparedScalar};

/// A twiddle factor and floor(w * 2^64 / p).
#[derive(Clone, Copy)]
struct Twiddle {
    value: u64,
    shoup: u64,
}

impl From<PreparedScalar> for Twiddle {
    fn from(c: PreparedScalar) -> Self {
        Self { value: c.value, shoup: c.shoup }
    }
}

/// Tables of the portable transforms; twiddle `m + i` belongs to block i of the stage with m blocks.
pub(crate) struct ScalarPlan {
    modulus: Modulus,
    forward: Vec<Twiddle>,
    inverse: Vec<Twiddle>,
    n_inverse: u64,
    /// psi^-(N/2), the twiddle of the inverse's last stage.
    last_inverse: u64,
}

impl ScalarPlan {
    pub(crate) fn new(roots: &RootTable) -> Self {
        let prepare = |powers: &[u64]| powers.iter().map(|&w| roots.modulus.prepare(w).into()).collect();
        Self {
            modulus: roots.modulus,
            forward: prepare(&roots.forward),
            inverse: prepare(&roots.inverse),
            n_inverse: roots.n_inverse,
            last_inverse: roots.inverse[1],
        }
    }
}

/// y * w mod p in [0, 2p) for any word y.
#[inline(always)]
fn mul_lazy(p: u64, y: u64, w: Twiddle) -> u64 {
    let quotient = ((u128::from(y) * u128::from(w.shoup)) >> 64) as u64;
    y.wrapping_mul(w.value).wrapping_sub(quotient.wrapping_mul(p))
}

/// From [0, 2m) to [0, m).
#[inline(always)]
fn fold(x: u64, m: u64) -> u64 {
    x.min(x.wrapping_sub(m))
}

impl NttPlan for ScalarPlan {
    fn forward(&self, a: &mut [u64]) {
        let p = self.modulus.value();
        let (mut blocks, mut half) = (1, a.len() / 2);
        // Values stay below 4p: x is folded below 2p, w*y is below 2p.
        while half >= 1 {
            for (block, &w) in a.chunks_exact_mut(2 * half).zip(&self.forward[blocks..]) {
                let (low, high) = block.split_at_mut(half);
                for (x, y) in low.iter_mut().zip(high) {
                    let (u, v) = (fold(*x, 2 * p), mul_lazy(p, *y, w));
                    *x = u + v;
                    *y = u + 2 * p - v;
                }
            }
            blocks *= 2;
            half /= 2;
        }
        for x in a {
            *x = fold(fold(*x, 2 * p), p);
        }
    }

    fn inverse(&self, a: &mut [u64], scale: &InverseScale) {
        let p = self.modulus.value();
        let (mut blocks, mut half) = (a.len() / 2, 1);
        // Values stay below 2p.
        while blocks > 1 {
            for (block, &w) in a.chunks_exact_mut(2 * half).zip(&self.inverse[blocks..]) {
                let (low, high) = block.split_at_mut(half);
                for (x, y) in low.iter_mut().zip(high) {
                    let (u, v) = (*x, *y);
                    *x = fold(u + v, 2 * p);
                    *y = mul_lazy(p, u + 2 * p - v, w);
                }
            }
            blocks /= 2;
            half *= 2;
        }
        let (sum, difference) = (Twiddle::from(scale.factors[0]), Twiddle::from(scale.factors[1]));
        let (low, high) = a.split_at_mut(half);
        for (x, y) in low.iter_mut().zip(high) {
            let (u, v) = (*x, *y);
            *x = fold(mul_lazy(p, u + v, sum), p);
            *y = fold(mul_lazy(p, u + 2 * p - v, difference), p);
        }
    }

    fn scale(&self, c: u64) -> InverseScale {
        let sum = self.modulus.mul(self.modulus.reduce(c), self.n_inverse);
        let difference = self.modulus.mul(sum, self.last_inverse);
        InverseScale { factors: vec![self.modulus.prepare(sum), self.modulus.prepare(difference)] }
    }
}

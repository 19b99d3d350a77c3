//! Rounding of coefficients to integers, and their residues.
//!
//! Rounded coefficients travel as residues modulo one prime, the carrier, from where the kernels lift them to all the
//! primes of the plaintext. What does not fit is cut into words.

use ring_math::{Modulus, PreparedScalar, RnsBasis, Scratch, VECTOR_MODULUS_BITS, parallel};

use super::Complex64;
use crate::context::Context;

/// The carrier prime.
#[derive(Clone)]
pub(super) struct Carrier {
    modulus: Modulus,
    /// Bits of one word of a coefficient, whose absolute value is at most 2^bits, below half the carrier.
    bits: u32,
}

impl Carrier {
    /// Takes the widest prime of the context that the vector kernels lift from.
    pub(super) fn new(context: &Context) -> Self {
        let basis = &context.top().qp;
        let primes = (0..basis.len()).map(|i| *basis.modulus(i));
        let widest = primes.filter(Modulus::fits_vector_kernels).max_by_key(Modulus::value);
        let modulus = widest.unwrap_or(*basis.modulus(0));
        // 2^(b-1) < p for a prime of b bits; the other limit is that of `nearest`.
        Self { modulus, bits: (modulus.bits() - 2).min(VECTOR_MODULUS_BITS - 2) }
    }

    /// Writes the polynomial of the w_k in `values`, none larger than `largest`, in transform form.
    pub(super) fn write(
        &self,
        out: &mut [u64],
        basis: &RnsBasis,
        values: &mut [Complex64],
        largest: f64,
        scratch: &mut Scratch,
    ) {
        let n = basis.n();
        // 2^bits itself, reached by rounding, still fits a word.
        let words = ((largest.max(1.0).log2() / f64::from(self.bits)).ceil() as usize).max(1);
        if words == 1 {
            let carried = scratch.words(n);
            self.cut(carried, values, 0);
            let carried = &*carried;
            parallel::for_each_limb(out, n, |i, limb| {
                let ring = basis.ring(i);
                // Lengths are the ring's, which is all that these can object to.
                let _ = ring.lift_centred(limb, carried, &self.modulus);
                let _ = ring.forward(limb);
            });
            return;
        }
        let (carried, lifted) = scratch.words(n * words + out.len()).split_at_mut(n * words);
        for (i, word) in carried.chunks_exact_mut(n).enumerate() {
            // The top word first.
            self.cut(word, values, words - 1 - i);
        }
        let carried = &*carried;
        parallel::for_each_limb_pair(out, lifted, n, |i, limb, lifted| {
            let ring = basis.ring(i);
            let shift: PreparedScalar = ring.modulus().prepare(ring.modulus().pow(2, self.bits.into()));
            let mut rest = carried.chunks_exact(n);
            let top = rest.next().unwrap_or(&[]);
            let _ = ring.lift_centred(limb, top, &self.modulus);
            for word in rest {
                let _ = ring.mul_scalar_assign(limb, &shift);
                let _ = ring.lift_centred(lifted, word, &self.modulus);
                let _ = ring.add_assign(limb, lifted);
            }
            let _ = ring.forward(limb);
        });
    }

    /// Takes word `index` off each value: the multiple of 2^(bits * index) nearest to it, which leaves an exact rest.
    fn cut(&self, out: &mut [u64], values: &mut [Complex64], index: usize) {
        let (first, second) = out.split_at_mut(out.len() / 2);
        let gap = first.len() / values.len();
        if gap > 1 {
            first.fill(0);
            second.fill(0);
        }
        let unit = f64::from(self.bits * index as u32).exp2();
        let inverse = unit.recip();
        let parts = first.iter_mut().step_by(gap).zip(second.iter_mut().step_by(gap));
        for (value, (real, imaginary)) in values.iter_mut().zip(parts) {
            let (re, im) = (nearest(value.re * inverse), nearest(value.im * inverse));
            if index > 0 {
                value.re -= re as f64 * unit;
                value.im -= im as f64 * unit;
            }
            (*real, *imaginary) = (self.residue(re), self.residue(im));
        }
    }

    /// x modulo the carrier, for |x| at most 2^bits.
    fn residue(&self, x: i64) -> u64 {
        (x + ((x >> 63) & self.modulus.value() as i64)) as u64
    }
}

/// The integer nearest to x, for |x| below 2^51: adding 1.5 * 2^52 leaves it in the low bits of the mantissa.
fn nearest(x: f64) -> i64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    (x + MAGIC).to_bits() as i64 - MAGIC.to_bits() as i64
}

/// x modulo a prime.
pub(super) fn reduce_i128(modulus: &Modulus, x: i128) -> u64 {
    let residue = modulus.reduce_u128(x.unsigned_abs());
    if x < 0 { modulus.neg(residue) } else { residue }
}

//! The portable kernel: 64-bit words, 128-bit products, every prime up to 61 bits. It is the definition the vector
//! kernels are tested against.

use super::{ConvertRow, FRACTION_BITS, FractionScale, KernelOps, MAX_TERMS};
use crate::{
    modulus::{IFMA_BITS, Modulus, PreparedScalar},
    ntt::{NttPlan, roots::RootTable, scalar::ScalarPlan},
};

/// The portable kernel needs no proof of anything.
pub(super) struct Scalar;

impl KernelOps for Scalar {
    fn name(&self) -> &'static str {
        "scalar"
    }

    fn plan_ntt(&self, roots: &RootTable) -> Box<dyn NttPlan> {
        Box::new(ScalarPlan::new(roots))
    }
}

pub(super) fn mul_into(q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64]) {
    for ((o, &x), &y) in out.iter_mut().zip(a).zip(b) {
        *o = q.mul(x, y);
    }
}

pub(super) fn mul_assign(q: &Modulus, a: &mut [u64], b: &[u64]) {
    for (x, &y) in a.iter_mut().zip(b) {
        *x = q.mul(*x, y);
    }
}

pub(super) fn mul_add_assign(q: &Modulus, acc: &mut [u64], a: &[u64], b: &[u64]) {
    for ((o, &x), &y) in acc.iter_mut().zip(a).zip(b) {
        *o = q.reduce_u128(u128::from(x) * u128::from(y) + u128::from(*o));
    }
}

pub(super) fn mul_scalar_assign(q: &Modulus, a: &mut [u64], c: &PreparedScalar) {
    for x in a {
        *x = q.mul_prepared(*x, c);
    }
}

pub(super) fn mul_scalar_add_assign(q: &Modulus, acc: &mut [u64], a: &[u64], c: &PreparedScalar) {
    for (o, &x) in acc.iter_mut().zip(a) {
        *o = q.add(*o, q.mul_prepared(x, c));
    }
}

pub(super) fn sub_mul_scalar_assign(q: &Modulus, a: &mut [u64], b: &[u64], c: &PreparedScalar) {
    for (x, &y) in a.iter_mut().zip(b) {
        *x = q.mul_prepared(x.wrapping_sub(y).wrapping_add(q.value()), c);
    }
}

pub(super) fn sub_mul_scalar_into(q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64], c: &PreparedScalar) {
    for ((o, &x), &y) in out.iter_mut().zip(a).zip(b) {
        *o = q.mul_prepared(x.wrapping_sub(y).wrapping_add(q.value()), c);
    }
}

/// Products of this many canonical residues fit in a double word with room for one more partial sum.
fn terms_per_reduction(bits_left: u32, bits_right: u32) -> usize {
    1 << (127 - bits_left - bits_right).min(MAX_TERMS.ilog2())
}

pub(super) fn inner_product(q: &Modulus, out: &mut [u64], terms: &[(&[u64], &[u64])]) {
    let group = terms_per_reduction(q.bits(), q.bits());
    for (i, o) in out.iter_mut().enumerate() {
        let mut acc = 0u128;
        for chunk in terms.chunks(group) {
            let sum: u128 = chunk.iter().map(|(a, b)| u128::from(a[i]) * u128::from(b[i])).sum();
            acc = u128::from(q.reduce_u128(acc + sum));
        }
        *o = acc as u64;
    }
}

pub(super) fn inner_product_pair(
    q: &Modulus,
    out0: &mut [u64],
    out1: &mut [u64],
    terms: &[(&[u64], &[u64], &[u64])],
) {
    let group = terms_per_reduction(q.bits(), q.bits());
    for (i, (o0, o1)) in out0.iter_mut().zip(out1).enumerate() {
        let (mut acc0, mut acc1) = (0u128, 0u128);
        for chunk in terms.chunks(group) {
            let (mut sum0, mut sum1) = (acc0, acc1);
            for (a, b, c) in chunk {
                let digit = u128::from(a[i]);
                sum0 += digit * u128::from(b[i]);
                sum1 += digit * u128::from(c[i]);
            }
            acc0 = u128::from(q.reduce_u128(sum0));
            acc1 = u128::from(q.reduce_u128(sum1));
        }
        *o0 = acc0 as u64;
        *o1 = acc1 as u64;
    }
}

pub(super) fn convert_row(
    row: &ConvertRow<'_>,
    sources: &[&[u64]],
    correction: Option<&[u64]>,
    out: &mut [u64],
) {
    let q = row.modulus;
    let group = terms_per_reduction(row.source_bits, q.bits());
    for (i, o) in out.iter_mut().enumerate() {
        let mut acc = 0u128;
        for (chunk, factors) in sources.chunks(group).zip(row.factors.chunks(group)) {
            let sum: u128 = chunk
                .iter()
                .zip(factors)
                .map(|(limb, factor)| u128::from(limb[i]) * u128::from(factor.value))
                .sum();
            acc = u128::from(q.reduce_u128(acc + sum));
        }
        *o = match correction {
            Some(words) => q.add(acc as u64, q.mul_prepared(words[i], row.correction_factor)),
            None => acc as u64,
        };
    }
}

pub(super) fn quotients(out: &mut [u64], sources: &[&[u64]], scales: &[FractionScale], start: u64) {
    for (i, o) in out.iter_mut().enumerate() {
        let fractions = sources.iter().zip(scales).map(|(limb, scale)| {
            let y = (limb[i] << scale.shift_left) >> scale.shift_right;
            ((u128::from(y) * u128::from(scale.reciprocal)) >> IFMA_BITS) as u64
        });
        *o = (start + fractions.sum::<u64>()) >> FRACTION_BITS;
    }
}

pub(super) fn lift_centred(q: &Modulus, from: &Modulus, out: &mut [u64], a: &[u64]) {
    let half = from.value() / 2;
    let wrap = q.reduce(from.value());
    let one = q.prepare(1);
    for (o, &x) in out.iter_mut().zip(a) {
        let r = q.mul_prepared(x, &one);
        // No branch: the words may be errors of a key.
        *o = q.sub(r, wrap & u64::from(x > half).wrapping_neg());
    }
}

//! Word-by-word loops.

use super::{
    super::{MAX_TERMS, body},
    plan::lazy_offset,
};
use crate::modulus::{IFMA_BITS, IFMA_MASK, LAZY_MODULUS_BITS, Modulus, PreparedScalar};
use core::arch::x86_64::{_mm512_and_si512, _mm512_srli_epi64};

#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
pub(super) fn add_assign(p: u64, a: &mut [u64], b: &[u64]) {
    body::add_assign(p, a, b);
}

#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
pub(super) fn add_into(p: u64, out: &mut [u64], a: &[u64], b: &[u64]) {
    body::add_into(p, out, a, b);
}

#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
pub(super) fn sub_assign(p: u64, a: &mut [u64], b: &[u64]) {
    body::sub_assign(p, a, b);
}

#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
pub(super) fn sub_into(p: u64, out: &mut [u64], a: &[u64], b: &[u64]) {
    body::sub_into(p, out, a, b);
}

#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
pub(super) fn neg_assign(p: u64, a: &mut [u64]) {
    body::neg_assign(p, a);
}

#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
pub(super) fn permute_blocks(out: &mut [u64], a: &[u64], map: &[u32], patterns: &[[u64; 8]; 8]) {
    let (blocks, _) = out.as_chunks_mut::<8>();
    let (sources, _) = a.as_chunks::<8>();
    for (block, &entry) in blocks.iter_mut().zip(map) {
        let pattern = load!(&patterns[(entry & 7) as usize]);
        let source = load!(&sources[(entry >> 3) as usize]);
        store!(block, core::arch::x86_64::_mm512_permutexvar_epi64(pattern, source));
    }
}

/// Montgomery constants of one prime, for products of two variable operands.
macro_rules! variable_constants {
    ($q:expr => $p:ident, $inverse:ident, $r2:ident, $r2q:ident) => {
        let $p = splat!($q.value());
        let $inverse = splat!($q.inv52());
        let $r2 = splat!($q.r2_52().mont);
        let $r2q = splat!($q.r2_52().mont_quotient);
    };
}

/// a * b mod p in (-p, p): one reduction leaves a * b / 2^52 in (0, 2p), a product with 2^104 mod p brings it back.
macro_rules! variable_product {
    ($a:expr, $b:expr, $p:ident, $inverse:ident, $r2:ident, $r2q:ident) => {{
        let (a, b) = ($a, $b);
        let high = mul_high!($p, a, b);
        let m = mul_low!(zero!(), mul_low!(zero!(), a, b), $inverse);
        montgomery!(zero!(), sub!(high, mul_high!(zero!(), m, $p)), $r2, $r2q, $p)
    }};
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn mul_into(q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64]) {
    variable_constants!(q => p, inverse, r2, r2q);
    let (out, a, b) = (out.as_chunks_mut::<8>().0, a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
        let product = variable_product!(load!(a), load!(b), p, inverse, r2, r2q);
        store!(o, unsign!(product, p));
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn mul_assign(q: &Modulus, a: &mut [u64], b: &[u64]) {
    variable_constants!(q => p, inverse, r2, r2q);
    for (a, b) in a.as_chunks_mut::<8>().0.iter_mut().zip(b.as_chunks::<8>().0) {
        let product = variable_product!(load!(a), load!(b), p, inverse, r2, r2q);
        store!(a, unsign!(product, p));
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn mul_add_assign(q: &Modulus, acc: &mut [u64], a: &[u64], b: &[u64]) {
    variable_constants!(q => p, inverse, r2, r2q);
    let (acc, a, b) = (acc.as_chunks_mut::<8>().0, a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    for ((o, a), b) in acc.iter_mut().zip(a).zip(b) {
        let product = variable_product!(load!(a), load!(b), p, inverse, r2, r2q);
        store!(o, fold!(add!(load!(o), unsign!(product, p)), p));
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn mul_scalar_assign(q: &Modulus, a: &mut [u64], c: &PreparedScalar) {
    let (p, w, wq) = (splat!(q.value()), splat!(c.mont), splat!(c.mont_quotient));
    for x in a.as_chunks_mut::<8>().0 {
        store!(x, unsign!(montgomery!(zero!(), load!(x), w, wq, p), p));
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn mul_scalar_add_assign(q: &Modulus, acc: &mut [u64], a: &[u64], c: &PreparedScalar) {
    let (p, w, wq) = (splat!(q.value()), splat!(c.mont), splat!(c.mont_quotient));
    for (o, x) in acc.as_chunks_mut::<8>().0.iter_mut().zip(a.as_chunks::<8>().0) {
        let product = unsign!(montgomery!(zero!(), load!(x), w, wq, p), p);
        store!(o, fold!(add!(load!(o), product), p));
    }
}

/// A multiple of p to add to a canonical word before what a transform left unreduced is subtracted, and whether that has
/// to be folded by the same multiple first. Lazy values lie in (0, 2kp) in their low 52 bits, so that 2kp makes the
/// difference positive; where it might exceed 52 bits, folding leaves [0, kp) and kp is enough. Strict values are
/// canonical.
fn subtraction_offset(q: &Modulus) -> (u64, bool) {
    let p = q.value();
    let half_room = u64::from(lazy_offset(q)) * p;
    match q.is_lazy() {
        false => (p, false),
        true if 2 * half_room + p <= 1 << IFMA_BITS => (2 * half_room, false),
        true => (half_room, true),
    }
}

/// `$out` = (`$a` - `$b`) * c for each `$slot` of `$words`.
macro_rules! sub_mul_scalar {
    ($q:ident, $c:ident, $slot:pat in $words:expr => $out:ident, $a:ident, $b:ident) => {{
        let (p, w, wq) = (splat!($q.value()), splat!($c.mont), splat!($c.mont_quotient));
        let (offset, tight) = subtraction_offset($q);
        let (offset, mask) = (splat!(offset), splat!(IFMA_MASK));
        if tight {
            for $slot in $words {
                let b = fold!(_mm512_and_si512(load!($b), mask), offset);
                let difference = sub!(add!(load!($a), offset), b);
                store!($out, unsign!(montgomery!(zero!(), difference, w, wq, p), p));
            }
        } else {
            for $slot in $words {
                let difference = sub!(add!(load!($a), offset), load!($b));
                store!($out, unsign!(montgomery!(zero!(), difference, w, wq, p), p));
            }
        }
    }};
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn sub_mul_scalar_assign(q: &Modulus, a: &mut [u64], b: &[u64], c: &PreparedScalar) {
    let words = a.as_chunks_mut::<8>().0.iter_mut().zip(b.as_chunks::<8>().0);
    sub_mul_scalar!(q, c, (x, y) in words => x, x, y);
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn sub_mul_scalar_into(q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64], c: &PreparedScalar) {
    let operands = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    let words = out.as_chunks_mut::<8>().0.iter_mut().zip(operands);
    sub_mul_scalar!(q, c, (o, (x, y)) in words => o, x, y);
}

/// Terms one accumulator may take before it is reduced. With left operands x and right operands y < p, the reduced sum
/// lies in (0, p + sum of x * y / 2^52) and has to stay below 2^52. Lazy regime: x < 2^52, so 15 terms reach 16p <= 2^52.
/// Strict regime: x < p <= 2^50, so 12 terms reach 4p <= 2^52.
fn terms_per_reduction(q: &Modulus) -> usize {
    if q.bits() <= LAZY_MODULUS_BITS { 15 } else { 12 }
}

/// Reduces high * 2^52 + low, high having started at p, to [0, p).
macro_rules! reduce_accumulator {
    ($low:expr, $high:expr, $p:ident, $inverse:ident, $r2:ident, $r2q:ident) => {{
        let low = $low;
        let high = add!($high, _mm512_srli_epi64::<52>(low));
        let m = mul_low!(zero!(), low, $inverse);
        let once = sub!(high, mul_high!(zero!(), m, $p));
        unsign_beside_multipliers!(montgomery!(zero!(), once, $r2, $r2q, $p), $p)
    }};
}

/// Vectors handled together, so that a term's addresses are fetched once for all of them. Rings of this kernel have at
/// least 64 words, so limbs split evenly.
pub(super) const WIDTH: usize = 4;

/// A limb as groups of `WIDTH` vectors.
pub(super) type Groups = [[[u64; 8]; WIDTH]];

pub(super) fn groups(limb: &[u64]) -> &Groups {
    limb.as_chunks().0.as_chunks().0
}

pub(super) fn groups_mut(limb: &mut [u64]) -> &mut Groups {
    limb.as_chunks_mut().0.as_chunks_mut().0
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn inner_product(q: &Modulus, out: &mut [u64], terms: &[(&[u64], &[u64])]) {
    variable_constants!(q => p, inverse, r2, r2q);
    let mut lanes: [(&Groups, &Groups); MAX_TERMS] = [(&[], &[]); MAX_TERMS];
    for (slot, (a, b)) in lanes.iter_mut().zip(terms) {
        *slot = (groups(a), groups(b));
    }
    let lanes = &lanes[..terms.len()];
    for (i, out) in groups_mut(out).iter_mut().enumerate() {
        let mut total = [zero!(); WIDTH];
        for (c, chunk) in lanes.chunks(terms_per_reduction(q)).enumerate() {
            let (mut low, mut high) = ([zero!(); WIDTH], [p; WIDTH]);
            for (a, b) in chunk {
                let (a, b) = (&a[i], &b[i]);
                for k in 0..WIDTH {
                    let (x, y) = (load!(&a[k]), load!(&b[k]));
                    low[k] = mul_low!(low[k], x, y);
                    high[k] = mul_high!(high[k], x, y);
                }
            }
            for k in 0..WIDTH {
                let reduced = reduce_accumulator!(low[k], high[k], p, inverse, r2, r2q);
                total[k] = if c == 0 { reduced } else { fold!(add!(total[k], reduced), p) };
            }
        }
        for k in 0..WIDTH {
            store!(&mut out[k], total[k]);
        }
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn inner_product_pair(
    q: &Modulus,
    out0: &mut [u64],
    out1: &mut [u64],
    terms: &[(&[u64], &[u64], &[u64])],
) {
    variable_constants!(q => p, inverse, r2, r2q);
    let mut lanes: [(&Groups, &Groups, &Groups); MAX_TERMS] = [(&[], &[], &[]); MAX_TERMS];
    for (slot, (a, b, c)) in lanes.iter_mut().zip(terms) {
        *slot = (groups(a), groups(b), groups(c));
    }
    let lanes = &lanes[..terms.len()];
    let (out0, out1) = (groups_mut(out0), groups_mut(out1));
    for (i, (out0, out1)) in out0.iter_mut().zip(out1).enumerate() {
        let (mut total0, mut total1) = ([zero!(); WIDTH], [zero!(); WIDTH]);
        for (c, chunk) in lanes.chunks(terms_per_reduction(q)).enumerate() {
            let (mut low0, mut high0) = ([zero!(); WIDTH], [p; WIDTH]);
            let (mut low1, mut high1) = ([zero!(); WIDTH], [p; WIDTH]);
            for (a, b, c) in chunk {
                let (a, b, c) = (&a[i], &b[i], &c[i]);
                for k in 0..WIDTH {
                    let (x, y, z) = (load!(&a[k]), load!(&b[k]), load!(&c[k]));
                    low0[k] = mul_low!(low0[k], x, y);
                    high0[k] = mul_high!(high0[k], x, y);
                    low1[k] = mul_low!(low1[k], x, z);
                    high1[k] = mul_high!(high1[k], x, z);
                }
            }
            for k in 0..WIDTH {
                let reduced = reduce_accumulator!(low0[k], high0[k], p, inverse, r2, r2q);
                total0[k] = if c == 0 { reduced } else { fold!(add!(total0[k], reduced), p) };
                let reduced = reduce_accumulator!(low1[k], high1[k], p, inverse, r2, r2q);
                total1[k] = if c == 0 { reduced } else { fold!(add!(total1[k], reduced), p) };
            }
        }
        for k in 0..WIDTH {
            store!(&mut out0[k], total0[k]);
            store!(&mut out1[k], total1[k]);
        }
    }
}

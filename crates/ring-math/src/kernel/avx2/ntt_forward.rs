//! Coefficients to values: two stages per pass over the data, blocks that fit the first-level cache finished one after
//! the other, the last four stages in registers.

use std::arch::x86_64::{
    _mm256_add_pd, _mm256_blendv_pd, _mm256_fmadd_pd, _mm256_fmsub_pd, _mm256_fnmadd_pd, _mm256_mul_pd,
    _mm256_or_pd, _mm256_permute2f128_pd, _mm256_set1_pd, _mm256_sub_pd, _mm256_unpackhi_pd,
    _mm256_unpacklo_pd, _mm256_xor_pd,
};

use super::{
    lanes::{Field, from_words, load, load_floats, reduce, store, to_words, transpose, twiddle},
    ntt::{CACHE_WORDS, LEAF, Leaf, Table},
};

/// (x, y) to (x + w y, x - w y). The parts r and l of the product, as in `product_with!`, are added one by one, which
/// takes an operation more but does not wait for r; |l| is at most 2^48, so sums with |x| <= 2^52 are exact.
macro_rules! butterfly {
    ($f:ident, $x:ident, $y:ident, $w:expr) => {
        let (w, companion) = $w;
        let h = _mm256_mul_pd($y, w);
        let q = _mm256_sub_pd(_mm256_fmadd_pd($y, companion, $f.round), $f.round);
        let l = _mm256_fmsub_pd($y, w, h);
        let r = _mm256_fnmadd_pd(q, $f.p, h);
        $y = _mm256_sub_pd(_mm256_sub_pd($x, l), r);
        $x = _mm256_add_pd(_mm256_add_pd($x, l), r);
    };
}

/// The whole transform, canonical words in and out.
#[target_feature(enable = "avx2,fma")]
pub(super) fn forward(f: &Field, table: &Table, a: &mut [u64]) {
    let radix = table.edge_radix;
    if radix == 8 {
        first_radix8(f, table, a);
    } else {
        first_radix4(f, table, a);
    }
    let size = a.len() / radix;
    for (i, block) in a.chunks_exact_mut(size).enumerate() {
        descend(f, table, block, radix + i, &table.reduce_forward);
    }
}

/// All further stages of one block; `node` is its place in the tree of blocks, whose root is 1.
#[target_feature(enable = "avx2,fma")]
fn descend(f: &Field, table: &Table, block: &mut [u64], node: usize, reduce: &[bool]) {
    if block.len() > CACHE_WORDS
        && let Some((&now, later)) = reduce.split_first()
    {
        pass(f, table, block, node, now);
        let size = block.len() / 4;
        for (i, part) in block.chunks_exact_mut(size).enumerate() {
            descend(f, table, part, 4 * node + i, later);
        }
        return;
    }
    let (mut size, mut first) = (block.len(), node);
    for &now in reduce {
        for (i, part) in block.chunks_exact_mut(size).enumerate() {
            pass(f, table, part, first + i, now);
        }
        (size, first) = (size / 4, 4 * first);
    }
    let leaves = &table.leaves[first - table.leaves.len()..];
    if table.reduce_leaves {
        last_stages::<true>(f, leaves, block)
    } else {
        last_stages::<false>(f, leaves, block)
    }
}

#[target_feature(enable = "avx2,fma")]
fn pass(f: &Field, table: &Table, block: &mut [u64], node: usize, reduce: bool) {
    let w = &table.upper;
    let twiddles = [w[node], w[2 * node], w[2 * node + 1]];
    if reduce { radix4::<true>(f, twiddles, block) } else { radix4::<false>(f, twiddles, block) }
}

/// Two stages on a block of floats. `REDUCE` brings the two inputs that are not multiplied near zero first.
#[target_feature(enable = "avx2,fma")]
fn radix4<const REDUCE: bool>(f: &Field, twiddles: [f64; 3], block: &mut [u64]) {
    let f = *f;
    let [w1, w2, w3] = twiddles.map(|w| twiddle!(f, _mm256_set1_pd(w)));
    let (low, high) = block.split_at_mut(block.len() / 2);
    let ((a, b), (c, d)) = (low.split_at_mut(low.len() / 2), high.split_at_mut(high.len() / 2));
    let (a, b) = (a.as_chunks_mut::<4>().0, b.as_chunks_mut::<4>().0);
    let (c, d) = (c.as_chunks_mut::<4>().0, d.as_chunks_mut::<4>().0);
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        let (mut x0, mut x1, mut x2, mut x3) = (load(a), load(b), load(c), load(d));
        if REDUCE {
            x0 = reduce!(f, x0);
            x1 = reduce!(f, x1);
        }
        butterfly!(f, x0, x2, w1);
        butterfly!(f, x1, x3, w1);
        butterfly!(f, x0, x1, w2);
        butterfly!(f, x2, x3, w3);
        store(a, x0);
        store(b, x1);
        store(c, x2);
        store(d, x3);
    }
}

/// The first two stages, from words to floats.
#[target_feature(enable = "avx2,fma")]
fn first_radix4(f: &Field, table: &Table, a: &mut [u64]) {
    let f = *f;
    let w = &table.upper;
    let [w1, w2, w3] = [w[1], w[2], w[3]].map(|w| twiddle!(f, _mm256_set1_pd(w)));
    let (low, high) = a.split_at_mut(a.len() / 2);
    let ((a, b), (c, d)) = (low.split_at_mut(low.len() / 2), high.split_at_mut(high.len() / 2));
    let (a, b) = (a.as_chunks_mut::<4>().0, b.as_chunks_mut::<4>().0);
    let (c, d) = (c.as_chunks_mut::<4>().0, d.as_chunks_mut::<4>().0);
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        let (mut x0, mut x1) = (from_words!(f, load(a)), from_words!(f, load(b)));
        let (mut x2, mut x3) = (from_words!(f, load(c)), from_words!(f, load(d)));
        butterfly!(f, x0, x2, w1);
        butterfly!(f, x1, x3, w1);
        butterfly!(f, x0, x1, w2);
        butterfly!(f, x2, x3, w3);
        store(a, x0);
        store(b, x1);
        store(c, x2);
        store(d, x3);
    }
}

/// The first three stages, from words to floats.
#[target_feature(enable = "avx2,fma")]
fn first_radix8(f: &Field, table: &Table, a: &mut [u64]) {
    let f = *f;
    let Some(&[_, w1, w2, w3, w4, w5, w6, w7]) = table.upper.first_chunk::<8>() else { return };
    let [w1, w2, w3, w4, w5, w6, w7] = [w1, w2, w3, w4, w5, w6, w7].map(|w| twiddle!(f, _mm256_set1_pd(w)));
    let eighth = a.len() / 8;
    let mut parts = a.chunks_exact_mut(eighth).map(|part| part.as_chunks_mut::<4>().0);
    let mut next = || parts.next().unwrap_or_default();
    let (a0, a1, a2, a3) = (next(), next(), next(), next());
    let (a4, a5, a6, a7) = (next(), next(), next(), next());
    let low = a0.iter_mut().zip(a1).zip(a2).zip(a3);
    let high = a4.iter_mut().zip(a5).zip(a6).zip(a7);
    for ((((a0, a1), a2), a3), (((a4, a5), a6), a7)) in low.zip(high) {
        let (mut x0, mut x4) = (from_words!(f, load(a0)), from_words!(f, load(a4)));
        butterfly!(f, x0, x4, w1);
        let (mut x1, mut x5) = (from_words!(f, load(a1)), from_words!(f, load(a5)));
        butterfly!(f, x1, x5, w1);
        let (mut x2, mut x6) = (from_words!(f, load(a2)), from_words!(f, load(a6)));
        butterfly!(f, x2, x6, w1);
        let (mut x3, mut x7) = (from_words!(f, load(a3)), from_words!(f, load(a7)));
        butterfly!(f, x3, x7, w1);
        butterfly!(f, x0, x2, w2);
        butterfly!(f, x1, x3, w2);
        butterfly!(f, x0, x1, w4);
        store(a0, x0);
        store(a1, x1);
        butterfly!(f, x2, x3, w5);
        store(a2, x2);
        store(a3, x3);
        butterfly!(f, x4, x6, w3);
        butterfly!(f, x5, x7, w3);
        butterfly!(f, x4, x5, w6);
        store(a4, x4);
        store(a5, x5);
        butterfly!(f, x6, x7, w7);
        store(a6, x6);
        store(a7, x7);
    }
}

/// The last four stages on blocks of sixteen, from floats to canonical words.
#[target_feature(enable = "avx2,fma")]
fn last_stages<const REDUCE: bool>(f: &Field, leaves: &[Leaf], a: &mut [u64]) {
    let f = *f;
    for (block, leaf) in a.as_chunks_mut::<LEAF>().0.iter_mut().zip(leaves) {
        let [a, b, c, d] = block.as_chunks_mut::<4>().0 else { return };
        let (mut x0, mut x1, mut x2, mut x3) = (load(a), load(b), load(c), load(d));
        if REDUCE {
            x0 = reduce!(f, x0);
            x1 = reduce!(f, x1);
        }
        let w = twiddle!(f, _mm256_set1_pd(leaf.outer[0]));
        butterfly!(f, x0, x2, w);
        butterfly!(f, x1, x3, w);
        butterfly!(f, x0, x1, twiddle!(f, _mm256_set1_pd(leaf.outer[1])));
        butterfly!(f, x2, x3, twiddle!(f, _mm256_set1_pd(leaf.outer[2])));
        transpose!(x0, x1, x2, x3);
        if REDUCE {
            x0 = reduce!(f, x0);
            x1 = reduce!(f, x1);
        }
        let w = twiddle!(f, load_floats(&leaf.inner[0]));
        butterfly!(f, x0, x2, w);
        butterfly!(f, x1, x3, w);
        butterfly!(f, x0, x1, twiddle!(f, load_floats(&leaf.inner[1])));
        butterfly!(f, x2, x3, twiddle!(f, load_floats(&leaf.inner[2])));
        x0 = reduce!(f, x0);
        x1 = reduce!(f, x1);
        x2 = reduce!(f, x2);
        x3 = reduce!(f, x3);
        transpose!(x0, x1, x2, x3);
        store(a, to_words!(f, x0));
        store(b, to_words!(f, x1));
        store(c, to_words!(f, x2));
        store(d, to_words!(f, x3));
    }
}

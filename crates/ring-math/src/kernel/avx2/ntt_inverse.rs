//! Values to coefficients: the stages of the forward transform undone in reverse order.

use std::arch::x86_64::{
    _mm256_add_pd, _mm256_blendv_pd, _mm256_fmadd_pd, _mm256_fmsub_pd, _mm256_fnmadd_pd, _mm256_mul_pd,
    _mm256_or_pd, _mm256_permute2f128_pd, _mm256_set1_pd, _mm256_sub_pd, _mm256_unpackhi_pd,
    _mm256_unpacklo_pd, _mm256_xor_pd,
};

use super::{
    lanes::{
        Field, from_words, load, load_floats, product_with, reduce, store, to_words, transpose, twiddle,
    },
    ntt::{CACHE_WORDS, KEEP, LEAF, Leaf, REDUCE_FIRST, REDUCE_LAST, Table},
};

/// (x, y) to (x + y, (x - y) w).
macro_rules! butterfly {
    ($f:ident, $x:ident, $y:ident, $w:expr) => {
        let difference = _mm256_sub_pd($x, $y);
        $x = _mm256_add_pd($x, $y);
        $y = product_with!($f, difference, $w);
    };
}

/// (x, y) to ((x + y) s, (x - y) w).
macro_rules! last_butterfly {
    ($f:ident, $x:ident, $y:ident, $s:expr, $w:expr) => {
        let (sum, difference) = (_mm256_add_pd($x, $y), _mm256_sub_pd($x, $y));
        $x = product_with!($f, sum, $s);
        $y = product_with!($f, difference, $w);
    };
}

/// Two stages on four vectors: w2 and w3 in the first, w1 in the second. `$mode` says which sums are reduced.
macro_rules! two_stages {
    ($mode:ident, $f:ident, $x0:ident, $x1:ident, $x2:ident, $x3:ident, $w1:expr, $w2:expr, $w3:expr) => {
        butterfly!($f, $x0, $x1, $w2);
        butterfly!($f, $x2, $x3, $w3);
        if $mode == REDUCE_FIRST {
            $x0 = reduce!($f, $x0);
            $x2 = reduce!($f, $x2);
        }
        let w1 = $w1;
        butterfly!($f, $x0, $x2, w1);
        butterfly!($f, $x1, $x3, w1);
        if $mode == REDUCE_LAST {
            $x0 = reduce!($f, $x0);
        }
    };
}

/// The whole transform, canonical words in and out; `scale` multiplies sums and differences of the last stage.
#[target_feature(enable = "avx2,fma")]
pub(super) fn inverse(f: &Field, table: &Table, scale: [f64; 2], a: &mut [u64]) {
    let radix = table.edge_radix;
    let size = a.len() / radix;
    for (i, block) in a.chunks_exact_mut(size).enumerate() {
        ascend(f, table, block, radix + i, &table.modes_inverse);
    }
    if radix == 8 {
        last_radix8(f, table, scale, a);
    } else if table.reduce_edge {
        last_radix4::<REDUCE_FIRST>(f, table, scale, a);
    } else {
        last_radix4::<KEEP>(f, table, scale, a);
    }
}

/// All stages inside one block; `node` is its place in the tree of blocks, `modes` those of its passes, last first.
#[target_feature(enable = "avx2,fma")]
fn ascend(f: &Field, table: &Table, block: &mut [u64], node: usize, modes: &[u8]) {
    if block.len() > CACHE_WORDS
        && let Some((&last, earlier)) = modes.split_first()
    {
        let size = block.len() / 4;
        for (i, part) in block.chunks_exact_mut(size).enumerate() {
            ascend(f, table, part, 4 * node + i, earlier);
        }
        pass(f, table, block, node, last);
        return;
    }
    let mut size = LEAF;
    let mut first = node * (block.len() / LEAF);
    let leaves = &table.leaves[first - table.leaves.len()..];
    match table.modes_leaves {
        [KEEP, KEEP] => first_stages::<KEEP, KEEP>(f, leaves, block),
        [KEEP, _] => first_stages::<KEEP, REDUCE_LAST>(f, leaves, block),
        [REDUCE_LAST, _] => first_stages::<REDUCE_LAST, REDUCE_LAST>(f, leaves, block),
        _ => first_stages::<REDUCE_FIRST, REDUCE_FIRST>(f, leaves, block),
    }
    for &mode in modes.iter().rev() {
        (size, first) = (size * 4, first / 4);
        for (i, part) in block.chunks_exact_mut(size).enumerate() {
            pass(f, table, part, first + i, mode);
        }
    }
}

#[target_feature(enable = "avx2,fma")]
fn pass(f: &Field, table: &Table, block: &mut [u64], node: usize, mode: u8) {
    let w = &table.upper;
    let twiddles = [w[node], w[2 * node], w[2 * node + 1]];
    match mode {
        KEEP => radix4::<KEEP>(f, twiddles, block),
        REDUCE_LAST => radix4::<REDUCE_LAST>(f, twiddles, block),
        _ => radix4::<REDUCE_FIRST>(f, twiddles, block),
    }
}

/// Two stages on a block of floats.
#[target_feature(enable = "avx2,fma")]
fn radix4<const MODE: u8>(f: &Field, twiddles: [f64; 3], block: &mut [u64]) {
    let f = *f;
    let [w1, w2, w3] = twiddles.map(|w| twiddle!(f, _mm256_set1_pd(w)));
    let (low, high) = block.split_at_mut(block.len() / 2);
    let ((a, b), (c, d)) = (low.split_at_mut(low.len() / 2), high.split_at_mut(high.len() / 2));
    let (a, b) = (a.as_chunks_mut::<4>().0, b.as_chunks_mut::<4>().0);
    let (c, d) = (c.as_chunks_mut::<4>().0, d.as_chunks_mut::<4>().0);
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        let (mut x0, mut x1, mut x2, mut x3) = (load(a), load(b), load(c), load(d));
        two_stages!(MODE, f, x0, x1, x2, x3, w1, w2, w3);
        store(a, x0);
        store(b, x1);
        store(c, x2);
        store(d, x3);
    }
}

/// The first four stages on blocks of sixteen, from words to floats.
#[target_feature(enable = "avx2,fma")]
fn first_stages<const INNER: u8, const OUTER: u8>(f: &Field, leaves: &[Leaf], a: &mut [u64]) {
    let f = *f;
    for (block, leaf) in a.as_chunks_mut::<LEAF>().0.iter_mut().zip(leaves) {
        let [a, b, c, d] = block.as_chunks_mut::<4>().0 else { return };
        let (mut x0, mut x1) = (from_words!(f, load(a)), from_words!(f, load(b)));
        let (mut x2, mut x3) = (from_words!(f, load(c)), from_words!(f, load(d)));
        transpose!(x0, x1, x2, x3);
        let w1 = twiddle!(f, load_floats(&leaf.inner[0]));
        let w2 = twiddle!(f, load_floats(&leaf.inner[1]));
        let w3 = twiddle!(f, load_floats(&leaf.inner[2]));
        two_stages!(INNER, f, x0, x1, x2, x3, w1, w2, w3);
        transpose!(x0, x1, x2, x3);
        let w1 = twiddle!(f, _mm256_set1_pd(leaf.outer[0]));
        let w2 = twiddle!(f, _mm256_set1_pd(leaf.outer[1]));
        let w3 = twiddle!(f, _mm256_set1_pd(leaf.outer[2]));
        two_stages!(OUTER, f, x0, x1, x2, x3, w1, w2, w3);
        store(a, x0);
        store(b, x1);
        store(c, x2);
        store(d, x3);
    }
}

/// The last two stages, from floats to canonical words; every output is a product, hence below p in size.
#[target_feature(enable = "avx2,fma")]
fn last_radix4<const MODE: u8>(f: &Field, table: &Table, scale: [f64; 2], a: &mut [u64]) {
    let f = *f;
    let w = &table.upper;
    let [w2, w3, sum, difference] = [w[2], w[3], scale[0], scale[1]].map(|w| twiddle!(f, _mm256_set1_pd(w)));
    let (low, high) = a.split_at_mut(a.len() / 2);
    let ((a, b), (c, d)) = (low.split_at_mut(low.len() / 2), high.split_at_mut(high.len() / 2));
    let (a, b) = (a.as_chunks_mut::<4>().0, b.as_chunks_mut::<4>().0);
    let (c, d) = (c.as_chunks_mut::<4>().0, d.as_chunks_mut::<4>().0);
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        let (mut x0, mut x1, mut x2, mut x3) = (load(a), load(b), load(c), load(d));
        butterfly!(f, x0, x1, w2);
        butterfly!(f, x2, x3, w3);
        if MODE == REDUCE_FIRST {
            x0 = reduce!(f, x0);
            x2 = reduce!(f, x2);
        }
        last_butterfly!(f, x0, x2, sum, difference);
        last_butterfly!(f, x1, x3, sum, difference);
        store(a, to_words!(f, x0));
        store(b, to_words!(f, x1));
        store(c, to_words!(f, x2));
        store(d, to_words!(f, x3));
    }
}

/// The last three stages, from floats to canonical words. The sums of its first stage are always reduced.
#[target_feature(enable = "avx2,fma")]
fn last_radix8(f: &Field, table: &Table, scale: [f64; 2], a: &mut [u64]) {
    let f = *f;
    let Some(&[_, _, w2, w3, w4, w5, w6, w7]) = table.upper.first_chunk::<8>() else { return };
    let [w2, w3, w4, w5, w6, w7] = [w2, w3, w4, w5, w6, w7].map(|w| twiddle!(f, _mm256_set1_pd(w)));
    let [sum, difference] = scale.map(|w| twiddle!(f, _mm256_set1_pd(w)));
    let eighth = a.len() / 8;
    let mut parts = a.chunks_exact_mut(eighth).map(|part| part.as_chunks_mut::<4>().0);
    let mut next = || parts.next().unwrap_or_default();
    let (a0, a1, a2, a3) = (next(), next(), next(), next());
    let (a4, a5, a6, a7) = (next(), next(), next(), next());
    let low = a0.iter_mut().zip(a1).zip(a2).zip(a3);
    let high = a4.iter_mut().zip(a5).zip(a6).zip(a7);
    for ((((a0, a1), a2), a3), (((a4, a5), a6), a7)) in low.zip(high) {
        let (mut x0, mut x1, mut x2, mut x3) = (load(a0), load(a1), load(a2), load(a3));
        two_stages!(REDUCE_FIRST, f, x0, x1, x2, x3, w2, w4, w5);
        let (mut x4, mut x5, mut x6, mut x7) = (load(a4), load(a5), load(a6), load(a7));
        two_stages!(REDUCE_FIRST, f, x4, x5, x6, x7, w3, w6, w7);
        last_butterfly!(f, x0, x4, sum, difference);
        store(a0, to_words!(f, x0));
        store(a4, to_words!(f, x4));
        last_butterfly!(f, x1, x5, sum, difference);
        store(a1, to_words!(f, x1));
        store(a5, to_words!(f, x5));
        last_butterfly!(f, x2, x6, sum, difference);
        store(a2, to_words!(f, x2));
        store(a6, to_words!(f, x6));
        last_butterfly!(f, x3, x7, sum, difference);
        store(a3, to_words!(f, x3));
        store(a7, to_words!(f, x7));
    }
}

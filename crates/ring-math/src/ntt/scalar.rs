//! Portable transforms: Harvey butterflies on 64-bit words with Shoup's companions, two stages per pass over the
//! data, blocks that fit the first-level cache finished one after the other.
//!
//! The product of any word by a twiddle factor lands in [0, 2p), so sums need reducing only when the next one could
//! leave the word. Forward, a stage adds 2p to the bound on all values: below 2^58 no stage reduces. Inverse, a stage
//! doubles the bound, so the last 63 - bits(p) stages never reduce.

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

/// Blocks of at most this many words go through all their stages in the first-level cache.
const CACHE_WORDS: usize = 2048;

/// Forward transforms modulo primes of at most this many bits reduce at the end only: 17 stages leave values below
/// (1 + 2 * 17) p < 2^6 p.
const LAZY_FORWARD_BITS: u32 = 58;

/// Tables of the portable transforms; entry i belongs to block i in the tree of blocks, whose root is 1 and where the
/// halves of i are 2i and 2i + 1.
pub(crate) struct ScalarPlan {
    modulus: Modulus,
    forward: Vec<Twiddle>,
    inverse: Vec<Twiddle>,
    n_inverse: u64,
    /// psi^-(N/2), the twiddle of the inverse's last stage.
    last_inverse: u64,
    /// floor(2^64 / p).
    one_shoup: u64,
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
            one_shoup: roots.modulus.prepare(1).shoup,
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

/// The four quarters of a block.
#[inline(always)]
fn quarters(block: &mut [u64]) -> [&mut [u64]; 4] {
    let (low, high) = block.split_at_mut(block.len() / 2);
    let (a, b) = low.split_at_mut(low.len() / 2);
    let (c, d) = high.split_at_mut(high.len() / 2);
    [a, b, c, d]
}

/// The twiddles of two stages of block `node`: its own and those of its halves.
#[inline(always)]
fn twiddles(table: &[Twiddle], node: usize) -> [Twiddle; 3] {
    [table[node], table[2 * node], table[2 * node + 1]]
}

/// (x, y) to (x + w y, x - w y): from below 4p to below 4p with `FOLD`, else the bound grows by 2p.
#[inline(always)]
fn forward_butterfly<const FOLD: bool>(p: u64, x: u64, y: u64, w: Twiddle) -> (u64, u64) {
    let (u, v) = (if FOLD { fold(x, 2 * p) } else { x }, mul_lazy(p, y, w));
    (u + v, u + 2 * p - v)
}

/// Two forward stages on one element of each quarter.
#[inline(always)]
fn forward_four<const FOLD: bool>(p: u64, [a, b, c, d]: [u64; 4], w: [Twiddle; 3]) -> [u64; 4] {
    let (a, c) = forward_butterfly::<FOLD>(p, a, c, w[0]);
    let (b, d) = forward_butterfly::<FOLD>(p, b, d, w[0]);
    let (a, b) = forward_butterfly::<FOLD>(p, a, b, w[1]);
    let (c, d) = forward_butterfly::<FOLD>(p, c, d, w[2]);
    [a, b, c, d]
}

impl ScalarPlan {
    fn forward_with<const FOLD: bool>(&self, a: &mut [u64]) {
        let p = self.modulus.value();
        if a.len().ilog2().is_multiple_of(2) {
            return self.descend::<FOLD>(a, 1);
        }
        let (low, high) = a.split_at_mut(a.len() / 2);
        let w = self.forward[1];
        for (x, y) in low.iter_mut().zip(high.iter_mut()) {
            (*x, *y) = forward_butterfly::<FOLD>(p, *x, *y, w);
        }
        self.descend::<FOLD>(low, 2);
        self.descend::<FOLD>(high, 3);
    }

    /// All further stages of block `node`, down to canonical values.
    fn descend<const FOLD: bool>(&self, block: &mut [u64], node: usize) {
        if block.len() > CACHE_WORDS {
            self.forward_pass::<FOLD>(block, node);
            let size = block.len() / 4;
            for (i, part) in block.chunks_exact_mut(size).enumerate() {
                self.descend::<FOLD>(part, 4 * node + i);
            }
            return;
        }
        let (mut size, mut first) = (block.len(), node);
        while size > 4 {
            for (i, part) in block.chunks_exact_mut(size).enumerate() {
                self.forward_pass::<FOLD>(part, first + i);
            }
            (size, first) = (size / 4, 4 * first);
        }
        self.forward_last::<FOLD>(block, first);
    }

    fn forward_pass<const FOLD: bool>(&self, block: &mut [u64], node: usize) {
        let p = self.modulus.value();
        let w = twiddles(&self.forward, node);
        let [a, b, c, d] = quarters(block);
        for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
            [*a, *b, *c, *d] = forward_four::<FOLD>(p, [*a, *b, *c, *d], w);
        }
    }

    /// The last two stages; block `first + i` is the i-th four words.
    fn forward_last<const FOLD: bool>(&self, block: &mut [u64], first: usize) {
        let p = self.modulus.value();
        let outer = &self.forward[first..];
        let inner = self.forward[2 * first..].as_chunks::<2>().0;
        // The unmultiplied inputs of the last stage go below 2p, its outputs below 4p.
        let near = |x: u64| if FOLD { fold(x, 2 * p) } else { self.reduce_lazy(x) };
        for ((words, &w), &[w0, w1]) in block.as_chunks_mut::<4>().0.iter_mut().zip(outer).zip(inner) {
            let [a, b, c, d] = *words;
            let (a, c) = forward_butterfly::<FOLD>(p, a, c, w);
            let (b, d) = forward_butterfly::<FOLD>(p, b, d, w);
            let (a, b) = forward_butterfly::<false>(p, near(a), b, w0);
            let (c, d) = forward_butterfly::<false>(p, near(c), d, w1);
            *words = [a, b, c, d].map(|x| fold(fold(x, 2 * p), p));
        }
    }

    /// Any word to below 2p.
    #[inline(always)]
    fn reduce_lazy(&self, x: u64) -> u64 {
        let quotient = ((u128::from(x) * u128::from(self.one_shoup)) >> 64) as u64;
        x.wrapping_sub(quotient.wrapping_mul(self.modulus.value()))
    }
}

/// (x, y) to (x + y, (x - y) w) for values below `bound`, a multiple of p. With `FOLD` that is 2p, and the sum is
/// brought below it again; else the sum is below twice the bound.
#[inline(always)]
fn inverse_butterfly<const FOLD: bool>(p: u64, bound: u64, x: u64, y: u64, w: Twiddle) -> (u64, u64) {
    let sum = x + y;
    (if FOLD { fold(sum, 2 * p) } else { sum }, mul_lazy(p, x + bound - y, w))
}

/// Two inverse stages on one element of each quarter.
#[inline(always)]
fn inverse_four<const FOLD: bool>(p: u64, bound: u64, [a, b, c, d]: [u64; 4], w: [Twiddle; 3]) -> [u64; 4] {
    let next = if FOLD { bound } else { 2 * bound };
    let (a, b) = inverse_butterfly::<FOLD>(p, bound, a, b, w[1]);
    let (c, d) = inverse_butterfly::<FOLD>(p, bound, c, d, w[2]);
    let (a, c) = inverse_butterfly::<FOLD>(p, next, a, c, w[0]);
    let (b, d) = inverse_butterfly::<FOLD>(p, next, b, d, w[0]);
    [a, b, c, d]
}

impl ScalarPlan {
    /// The bound on values that have `left` stages before them: 2p, doubled by each stage among the last
    /// 63 - bits(p) (two at least).
    fn bound(&self, left: u32) -> u64 {
        (2 * self.modulus.value()) << (63 - self.modulus.bits()).saturating_sub(left)
    }

    /// All stages inside block `node`.
    fn ascend(&self, block: &mut [u64], node: usize) {
        if block.len() > CACHE_WORDS {
            let size = block.len() / 4;
            for (i, part) in block.chunks_exact_mut(size).enumerate() {
                self.ascend(part, 4 * node + i);
            }
            return self.inverse_pass(block, node);
        }
        let (mut size, mut first) = (4, node * (block.len() / 4));
        self.inverse_first(block, first);
        while size < block.len() {
            (size, first) = (4 * size, first / 4);
            for (i, part) in block.chunks_exact_mut(size).enumerate() {
                self.inverse_pass(part, first + i);
            }
        }
    }

    /// The bound before the two stages that end with block `node`, when neither of them has to reduce.
    fn lazy_bound(&self, node: usize) -> Option<u64> {
        let (before, after) = (self.bound(node.ilog2() + 2), self.bound(node.ilog2()));
        (after == 4 * before).then_some(before)
    }

    /// The first two stages; block `first + i` is the i-th four words.
    fn inverse_first(&self, block: &mut [u64], first: usize) {
        let p = self.modulus.value();
        let outer = &self.inverse[first..];
        let inner = self.inverse[2 * first..].as_chunks::<2>().0;
        let fours = block.as_chunks_mut::<4>().0.iter_mut().zip(outer).zip(inner);
        if let Some(bound) = self.lazy_bound(first) {
            for ((words, &w), &[w0, w1]) in fours {
                *words = inverse_four::<false>(p, bound, *words, [w, w0, w1]);
            }
        } else {
            for ((words, &w), &[w0, w1]) in fours {
                *words = inverse_four::<true>(p, 2 * p, *words, [w, w0, w1]);
            }
        }
    }

    fn inverse_pass(&self, block: &mut [u64], node: usize) {
        let p = self.modulus.value();
        let w = twiddles(&self.inverse, node);
        let [a, b, c, d] = quarters(block);
        let fours = a.iter_mut().zip(b).zip(c).zip(d);
        if let Some(bound) = self.lazy_bound(node) {
            for (((a, b), c), d) in fours {
                [*a, *b, *c, *d] = inverse_four::<false>(p, bound, [*a, *b, *c, *d], w);
            }
        } else {
            for (((a, b), c), d) in fours {
                [*a, *b, *c, *d] = inverse_four::<true>(p, 2 * p, [*a, *b, *c, *d], w);
            }
        }
    }
}

impl NttPlan for ScalarPlan {
    fn forward(&self, a: &mut [u64]) {
        if self.modulus.bits() <= LAZY_FORWARD_BITS {
            self.forward_with::<false>(a);
        } else {
            self.forward_with::<true>(a);
        }
    }

    fn inverse(&self, a: &mut [u64], scale: &InverseScale) {
        let p = self.modulus.value();
        let (sum, difference) = (Twiddle::from(scale.factors[0]), Twiddle::from(scale.factors[1]));
        let bound = self.bound(1);
        let last = |x: u64, y: u64| {
            [fold(mul_lazy(p, x + y, sum), p), fold(mul_lazy(p, x + bound - y, difference), p)]
        };
        let parts = if a.len().ilog2().is_multiple_of(2) { 4 } else { 2 };
        let size = a.len() / parts;
        for (i, part) in a.chunks_exact_mut(size).enumerate() {
            self.ascend(part, parts + i);
        }
        if parts == 2 {
            let (low, high) = a.split_at_mut(size);
            for (x, y) in low.iter_mut().zip(high) {
                [*x, *y] = last(*x, *y);
            }
            return;
        }
        let (bound, [_, w0, w1]) = (self.bound(2), twiddles(&self.inverse, 1));
        let [a, b, c, d] = quarters(a);
        for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
            let (a0, b0) = inverse_butterfly::<false>(p, bound, *a, *b, w0);
            let (c0, d0) = inverse_butterfly::<false>(p, bound, *c, *d, w1);
            [*a, *c] = last(a0, c0);
            [*b, *d] = last(b0, d0);
        }
    }

    fn scale(&self, c: u64) -> InverseScale {
        let sum = self.modulus.mul(self.modulus.reduce(c), self.n_inverse);
        let difference = self.modulus.mul(sum, self.last_inverse);
        InverseScale { factors: vec![self.modulus.prepare(sum), self.modulus.prepare(difference)] }
    }
}

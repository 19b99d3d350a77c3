//! Tables of the float transforms, and the proof, carried out for each prime, that every value stays exact.

use super::{
    Avx2,
    lanes::{TWO_52, centred},
};
use crate::{
    modulus::Modulus,
    ntt::{InverseScale, NttPlan, roots::RootTable},
};

/// Blocks of at most this many words go through all their stages in the first-level cache.
pub(super) const CACHE_WORDS: usize = 2048;

/// The last four stages of the forward transform, and the first four of the inverse, see blocks of this many words.
pub(super) const LEAF: usize = 16;

/// Inverse pass of two stages: leave the sums as they are,
pub(super) const KEEP: u8 = 0;
/// reduce the sum of sums, one output in four,
pub(super) const REDUCE_LAST: u8 = 1;
/// or reduce the two sums between the stages.
pub(super) const REDUCE_FIRST: u8 = 2;

/// Twiddle factors of four stages of one block of sixteen: two cache lines, read once.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
pub(super) struct Leaf {
    /// Of the block and of its halves; the fourth entry is padding.
    pub(super) outer: [f64; 4],
    /// Lane j: of quarter j, of its first half, of its second half.
    pub(super) inner: [[f64; 4]; 3],
}

/// Twiddle factors of one direction in (-p/2, p/2), and which passes reduce.
pub(super) struct Table {
    /// Entry i belongs to block i in the tree of blocks (the root is 1, the halves of i are 2i and 2i + 1).
    pub(super) upper: Vec<f64>,
    pub(super) leaves: Vec<Leaf>,
    /// 4 or 8: the pass at the root does two or three stages, so that the others do two each.
    pub(super) edge_radix: usize,
    /// For each pass between root and leaves of the forward transform: whether it reduces its unmultiplied inputs.
    pub(super) reduce_forward: Vec<bool>,
    /// The same for both halves of the leaves.
    pub(super) reduce_leaves: bool,
    /// Modes of the inverse passes between root and leaves, the one nearest the root first.
    pub(super) modes_inverse: Vec<u8>,
    /// Modes of the two passes in the leaves, in the order they run.
    pub(super) modes_leaves: [u8; 2],
    /// Whether the inverse's last pass, when it has two stages, reduces between them.
    pub(super) reduce_edge: bool,
}

/// Transforms modulo one prime below 2^50, for N >= 64.
pub(super) struct Plan {
    kernel: Avx2,
    modulus: Modulus,
    forward: Table,
    inverse: Table,
    n_inverse: u64,
    /// psi^-(N/2), the twiddle of the inverse's last stage.
    last_inverse: u64,
}

impl Plan {
    pub(super) fn new(kernel: Avx2, roots: &RootTable) -> Self {
        Self {
            kernel,
            modulus: roots.modulus,
            forward: Table::new(&roots.modulus, roots.log_n, &roots.forward),
            inverse: Table::new(&roots.modulus, roots.log_n, &roots.inverse),
            n_inverse: roots.n_inverse,
            last_inverse: roots.inverse[1],
        }
    }
}

impl NttPlan for Plan {
    fn forward(&self, a: &mut [u64]) {
        self.kernel.forward(&self.modulus, &self.forward, a);
    }

    fn inverse(&self, a: &mut [u64], scale: &InverseScale) {
        let &[sum, difference] = &scale.factors[..] else { return };
        let factors = [sum, difference].map(|factor| centred(&self.modulus, factor.value));
        self.kernel.inverse(&self.modulus, &self.inverse, factors, a);
    }

    fn scale(&self, c: u64) -> InverseScale {
        let sum = self.modulus.mul(self.modulus.reduce(c), self.n_inverse);
        let difference = self.modulus.mul(sum, self.last_inverse);
        InverseScale { factors: vec![self.modulus.prepare(sum), self.modulus.prepare(difference)] }
    }
}

impl Table {
    fn new(q: &Modulus, log_n: u32, powers: &[u64]) -> Self {
        let twiddle = |i: usize| centred(q, powers[i]);
        let blocks = powers.len() / LEAF;
        let leaf = |b: usize| {
            let i = blocks + b;
            Leaf {
                outer: [twiddle(i), twiddle(2 * i), twiddle(2 * i + 1), 0.0],
                inner: [
                    std::array::from_fn(|j| twiddle(4 * i + j)),
                    std::array::from_fn(|j| twiddle(2 * (4 * i + j))),
                    std::array::from_fn(|j| twiddle(2 * (4 * i + j) + 1)),
                ],
            }
        };
        let edge_stages = 2 + log_n % 2;
        let passes = (log_n - 4 - edge_stages) / 2;
        let bounds = Bounds { p: q.value() as f64 };
        let (reduce_forward, reduce_leaves) = bounds.plan_forward(edge_stages, passes);
        let (modes_leaves, modes_inverse, reduce_edge) = bounds.plan_inverse(passes);
        Self {
            upper: (0..blocks).map(twiddle).collect(),
            leaves: (0..blocks).map(leaf).collect(),
            edge_radix: 1 << edge_stages,
            reduce_forward,
            reduce_leaves,
            modes_inverse,
            modes_leaves,
            reduce_edge,
        }
    }
}

/// Bounds on the size of values, in units of p; infinite once some product would have an input above 2^52.
struct Bounds {
    p: f64,
}

/// What a reduced value is bounded by: 1/2 and the (far smaller) error of the rounded 1/p.
const REDUCED: f64 = 0.5 + 1.0 / (1u64 << 40) as f64;

impl Bounds {
    /// Whether a value may enter a product; the margin covers the roundings of this bookkeeping.
    fn fits(&self, b: f64) -> bool {
        b * self.p <= TWO_52 * (1.0 - 1.0 / (1u64 << 20) as f64)
    }

    /// Of a product with an input bounded by `b`: 1/2 + Y 2^-53 in the words of the `lanes` module.
    fn product(&self, b: f64) -> f64 {
        if self.fits(b) { 0.5 + b * self.p / (2.0 * TWO_52) } else { f64::INFINITY }
    }

    /// After `stages` forward stages that start from `b`.
    fn forward_pass(&self, b: f64, stages: u32, reduce: bool) -> f64 {
        let first = if reduce { REDUCED } else { b } + self.product(b);
        (1..stages).fold(first, |b, _| b + self.product(b))
    }

    /// Which forward passes reduce: those that would leave values too large for the next pass.
    fn plan_forward(&self, edge_stages: u32, passes: u32) -> (Vec<bool>, bool) {
        let mut b = self.forward_pass(1.0, edge_stages, false);
        let reduce = (0..passes)
            .map(|_| {
                let reduce = !self.fits(self.forward_pass(b, 2, false));
                b = self.forward_pass(b, 2, reduce);
                reduce
            })
            .collect();
        (reduce, !self.fits(self.forward_pass(b, 4, false)))
    }

    /// After two inverse stages that start from `b`.
    fn inverse_pass(&self, b: f64, mode: u8) -> f64 {
        let product = self.product(2.0 * b);
        let sum = if mode == REDUCE_FIRST { REDUCED } else { 2.0 * b };
        let sum_of_sums = if mode == REDUCE_LAST { REDUCED } else { 2.0 * sum };
        sum_of_sums.max(2.0 * product).max(self.product(2.0 * sum)).max(self.product(2.0 * product))
    }

    /// The cheapest of `options` (sequences of passes) after which two more stages fit; else the last one.
    fn choose<const N: usize>(&self, b: &mut f64, options: &[[u8; N]]) -> [u8; N] {
        let after = |modes: &[u8; N]| modes.iter().fold(*b, |b, &mode| self.inverse_pass(b, mode));
        let fallback = [REDUCE_FIRST; N];
        let chosen = options.iter().find(|modes| self.fits(4.0 * after(modes))).unwrap_or(&fallback);
        *b = after(chosen);
        *chosen
    }

    /// Modes of the leaves, of the passes (nearest the root first), and whether the last pass reduces.
    fn plan_inverse(&self, passes: u32) -> ([u8; 2], Vec<u8>, bool) {
        let mut b = 1.0;
        let leaves = self.choose(&mut b, &[[KEEP, KEEP], [KEEP, REDUCE_LAST], [REDUCE_LAST, REDUCE_LAST]]);
        let modes = (0..passes).map(|_| self.choose(&mut b, &[[KEEP], [REDUCE_LAST]])[0]);
        let mut modes: Vec<u8> = modes.collect();
        modes.reverse();
        (leaves, modes, !self.fits(4.0 * b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the chosen passes through the bounds once more, for the largest admissible p of each length.
    #[test]
    fn chosen_reductions_keep_every_value_exact() {
        for bits in 2..=50 {
            let bounds = Bounds { p: ((1u64 << bits) - 1) as f64 };
            for log_n in 6..=17 {
                let edge_stages = 2 + log_n % 2;
                let passes = (log_n - 4 - edge_stages) / 2;
                let (reduce, reduce_leaves) = bounds.plan_forward(edge_stages, passes);
                let mut b = bounds.forward_pass(1.0, edge_stages, false);
                for pass in reduce.into_iter().chain([reduce_leaves; 2]) {
                    assert!(bounds.fits(b), "forward {bits} {log_n}");
                    b = bounds.forward_pass(b, 2, pass);
                }
                // The last values are only reduced, which is exact up to 2^53.
                assert!(b * bounds.p <= 2.0 * TWO_52, "forward {bits} {log_n}");

                let (leaves, modes, reduce_edge) = bounds.plan_inverse(passes);
                let mut b = 1.0;
                for mode in leaves.into_iter().chain(modes.into_iter().rev()) {
                    b = bounds.inverse_pass(b, mode);
                }
                if edge_stages == 3 {
                    b = bounds.inverse_pass(b, REDUCE_FIRST);
                    assert!(bounds.fits(2.0 * b), "inverse {bits} {log_n}");
                } else {
                    assert!(bounds.fits(2.0 * b));
                    let sum = if reduce_edge { REDUCED } else { 2.0 * b };
                    let last = sum.max(bounds.product(2.0 * b));
                    assert!(bounds.fits(2.0 * last), "inverse {bits} {log_n}");
                }
            }
        }
    }
}

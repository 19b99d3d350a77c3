//! Tables of the transforms and the order of their passes.

use super::{
    Avx512Ifma,
    convert::Centring,
    forward::{self, Constants, Entry, Origin},
    inverse::{self, Units},
    lazy,
    tables::{Twiddle, aligned, forward_tail, inverse_tail, output_factors, stage_factors, tables_from},
    vector,
};
use crate::{
    buffer::WordBuffer,
    modulus::{IFMA_BITS, Modulus},
    ntt::{InverseScale, NttPlan, roots::RootTable},
};

/// log2 of the run of values that the tail pass keeps in registers.
const LOG_TAIL: u32 = 6;

/// Vectors whose last pass and tail are done together: a quarter of the nearest cache, which the tail's tables share.
const GROUP_VECTORS: usize = 128;

/// Half the room of a lazy value in multiples of p: values start within p of this offset, grow by p on either side in
/// every stage, and stay in (0, 2^52). It is 8 for 48-bit primes; beyond 32 nothing is gained, since no transform has
/// more than 17 stages.
pub(super) fn lazy_offset(q: &Modulus) -> u32 {
    1 << (IFMA_BITS - 1).saturating_sub(q.bits()).min(5)
}

/// One level of passes, all of one radix; node k of the level owns the k-th equal part of the limb.
struct Level {
    log_radix: u32,
    entry: Entry,
    /// radix - 1 twiddles a node, in the order of the stages.
    forward: Vec<Twiddle>,
    /// radix twiddles a node, one for each output.
    inverse: Vec<Twiddle>,
}

impl Level {
    /// The forward pass of node number `node` over its `block`.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn forward_pass<const LAZY: bool>(&self, c: &Constants, block: &mut [[u64; 8]], node: usize) {
        let twiddles = &self.forward[node * ((1 << self.log_radix) - 1)..];
        match (self.log_radix, LAZY) {
            (3, true) => lazy::pass_8(c, block, None, self.entry, twiddles),
            (3, false) => forward::pass_8(c, block, None, twiddles),
            (2, true) => lazy::pass_4(c, block, self.entry, twiddles),
            (2, false) => forward::pass_4(c, block, twiddles),
            _ => forward::pass_2::<LAZY>(c, block, self.entry, twiddles),
        }
    }

    /// As [`Self::forward_pass`] for the first node, of radix 8, whose operands come from `origin`.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn lifted_pass<const LAZY: bool>(&self, c: &Constants, block: &mut [[u64; 8]], origin: Origin<'_>) {
        match LAZY {
            true => lazy::pass_8(c, block, Some(origin), self.entry, &self.forward),
            false => forward::pass_8(c, block, Some(origin), &self.forward),
        }
    }

    /// The inverse pass of node number `node` over its `block`, unless it is the last.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn inverse_pass<const LAZY: bool>(&self, c: &Constants, u: &Units, block: &mut [[u64; 8]], node: usize) {
        let twiddles = &self.inverse[node << self.log_radix..];
        match self.log_radix {
            3 => inverse::pass_8::<LAZY, false>(c, u, block, twiddles),
            2 => inverse::pass_4::<LAZY, false>(c, u, block, twiddles),
            _ => inverse::pass_2::<LAZY, false>(c, block, twiddles),
        }
    }
}

/// Tables of one prime for this kernel.
pub(super) struct IfmaPlan {
    token: Avx512Ifma,
    modulus: Modulus,
    n_inverse: u64,
    levels: Vec<Level>,
    tail_entry: Entry,
    forward_tail: WordBuffer,
    inverse_tail: WordBuffer,
    /// 1, i^-1, s^-1, (i s)^-1.
    units: [Twiddle; 4],
    /// The last pass' factors before they are scaled.
    last: Vec<u64>,
}

/// Radices of the passes before the tail, as logarithms: as many of 8 as possible, none of 2 unless it is the only one.
fn radices(stages: u32) -> Vec<u32> {
    let mut radices = match stages % 3 {
        0 => vec![],
        1 if stages >= 4 => vec![2, 2],
        rest => vec![rest],
    };
    while radices.iter().sum::<u32>() < stages {
        radices.insert(0, 3);
    }
    radices
}

impl IfmaPlan {
    pub(super) fn new(token: Avx512Ifma, roots: &RootTable) -> Self {
        let q = roots.modulus;
        let prepare = |factors: Vec<u64>| factors.into_iter().map(move |w| Twiddle::new(&q, q.prepare(w)));
        let mut levels = Vec::new();
        let (mut nodes, mut used) = (1, 0);
        let entry_for = |stages: u32, nodes: usize, used: &mut u32| {
            let entry = match () {
                () if nodes == 1 => Entry::Canonical,
                () if *used + stages < lazy_offset(&q) => Entry::Free,
                () if stages == 2 && *used + 1 < lazy_offset(&q) => Entry::Late,
                () => Entry::Full,
            };
            *used = match entry {
                Entry::Canonical | Entry::Free => *used + stages,
                Entry::Full => stages,
                Entry::Late => 1,
            };
            entry
        };
        for log_radix in radices(roots.log_n - LOG_TAIL) {
            levels.push(Level {
                log_radix,
                entry: entry_for(log_radix, nodes, &mut used),
                forward: (0..nodes)
                    .flat_map(|k| prepare(stage_factors(&roots.forward, log_radix, nodes, k)))
                    .collect(),
                inverse: (0..nodes)
                    .flat_map(|k| prepare(output_factors(roots, log_radix, nodes, k)))
                    .collect(),
            });
            nodes <<= log_radix;
        }
        let tail_entry = entry_for(LOG_TAIL, nodes, &mut used);
        let last = levels.first().map_or(vec![1], |level| output_factors(roots, level.log_radix, 1, 0));
        Self {
            token,
            modulus: q,
            n_inverse: roots.n_inverse,
            levels,
            tail_entry,
            forward_tail: aligned(nodes, |k| forward_tail(roots, nodes, k)),
            inverse_tail: aligned(nodes, |k| inverse_tail(roots, nodes, k)),
            units: [0, 1, 2, 3].map(|k| Twiddle::new(&q, q.prepare(roots.inverse[k]))),
            last,
        }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn run_forward<const LAZY: bool, const CANONICAL: bool>(&self, a: &mut [u64]) {
        let c = Constants::new(&self.modulus, lazy_offset(&self.modulus));
        self.forward_node::<LAZY, CANONICAL>(&c, a.as_chunks_mut().0, 0, 0);
    }

    /// From residues of another prime, where the first pass can read them; says whether it can.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn run_lifted<const LAZY: bool>(&self, a: &mut [u64], origin: Origin<'_>) -> bool {
        let Some(level) = self.levels.first().filter(|level| level.log_radix == 3) else { return false };
        let c = Constants::new(&self.modulus, lazy_offset(&self.modulus));
        let block = a.as_chunks_mut().0;
        level.lifted_pass::<LAZY>(&c, block, origin);
        // Strict values are canonical whatever is asked for.
        self.forward_below::<LAZY, false>(&c, level, block, (0, 0));
        true
    }

    /// Depth first, so that a block stays in the nearest cache that holds it; the nodes of the last level several at a
    /// time, so that the tail has a long run.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn forward_node<const LAZY: bool, const CANONICAL: bool>(
        &self,
        c: &Constants,
        block: &mut [[u64; 8]],
        depth: usize,
        node: usize,
    ) {
        let Some(level) = self.levels.get(depth) else {
            return self.forward_tail::<LAZY, CANONICAL>(c, block, node);
        };
        level.forward_pass::<LAZY>(c, block, node);
        self.forward_below::<LAZY, CANONICAL>(c, level, block, (depth, node));
    }

    /// What follows the pass of the node at `place`, (depth, node) on `level`.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn forward_below<const LAZY: bool, const CANONICAL: bool>(
        &self,
        c: &Constants,
        level: &Level,
        block: &mut [[u64; 8]],
        (depth, node): (usize, usize),
    ) {
        let radix = 1 << level.log_radix;
        let length = block.len() / radix;
        let Some(next) = self.levels.get(depth + 1) else {
            return self.forward_tail::<LAZY, CANONICAL>(c, block, node * radix);
        };
        if depth + 2 < self.levels.len() {
            for (k, part) in block.chunks_exact_mut(length).enumerate() {
                self.forward_node::<LAZY, CANONICAL>(c, part, depth + 1, node * radix + k);
            }
            return;
        }
        let group = (GROUP_VECTORS / length).clamp(1, radix);
        for (g, part) in block.chunks_exact_mut(length * group).enumerate() {
            let first = node * radix + g * group;
            for (k, child) in part.chunks_exact_mut(length).enumerate() {
                next.forward_pass::<LAZY>(c, child, first + k);
            }
            self.forward_tail::<LAZY, CANONICAL>(c, part, first << next.log_radix);
        }
    }

    /// The last six stages of the runs in `block`, the first of which has index `run`.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn forward_tail<const LAZY: bool, const CANONICAL: bool>(
        &self,
        c: &Constants,
        block: &mut [[u64; 8]],
        run: usize,
    ) {
        forward::tail::<LAZY, CANONICAL>(c, block, self.tail_entry, tables_from(&self.forward_tail, run));
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn run_inverse<const LAZY: bool>(&self, a: &mut [u64], values: Option<&[u64]>, scale: &InverseScale) {
        let c = Constants::new(&self.modulus, lazy_offset(&self.modulus));
        let u = Units::new(&self.units);
        if self.levels.is_empty() {
            if let Some(values) = values {
                a.copy_from_slice(values);
            }
            self.inverse_tail::<LAZY>(&c, &u, a.as_chunks_mut().0, None, 0);
            if LAZY {
                // From (-p, p) to a multiplier's range.
                for x in a.iter_mut() {
                    *x = x.wrapping_add(self.modulus.value());
                }
            }
            return vector::mul_scalar_assign(&self.modulus, a, &scale.factors[0]);
        }
        let mut last = [Twiddle::default(); 8];
        for (slot, factor) in last.iter_mut().zip(&scale.factors) {
            *slot = Twiddle::new(&self.modulus, *factor);
        }
        let values = values.map(|values| values.as_chunks().0);
        self.inverse_node::<LAZY>(&c, &u, (a.as_chunks_mut().0, values), (0, 0), &last);
    }

    /// `place` is (depth, node). Depth first, and the nodes of the last level several at a time, as in [`Self::forward_node`].
    /// The values are those of `block` or of the whole limb `values`.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn inverse_node<const LAZY: bool>(
        &self,
        c: &Constants,
        u: &Units,
        (block, values): (&mut [[u64; 8]], Option<&[[u64; 8]]>),
        place: (usize, usize),
        last: &[Twiddle; 8],
    ) {
        let (depth, node) = place;
        let Some(level) = self.levels.get(depth) else { return };
        let radix = 1 << level.log_radix;
        let length = block.len() / radix;
        match self.levels.get(depth + 1) {
            None => self.inverse_tail::<LAZY>(c, u, block, values, node * radix),
            Some(next) if depth + 2 == self.levels.len() => {
                let group = (GROUP_VECTORS / length).clamp(1, radix);
                for (g, part) in block.chunks_exact_mut(length * group).enumerate() {
                    let first = node * radix + g * group;
                    self.inverse_tail::<LAZY>(c, u, part, values, first << next.log_radix);
                    for (k, child) in part.chunks_exact_mut(length).enumerate() {
                        next.inverse_pass::<LAZY>(c, u, child, first + k);
                    }
                }
            }
            Some(_) => {
                for (k, part) in block.chunks_exact_mut(length).enumerate() {
                    self.inverse_node::<LAZY>(c, u, (part, values), (depth + 1, node * radix + k), last);
                }
            }
        }
        match (level.log_radix, depth) {
            (3, 0) => inverse::pass_8::<LAZY, true>(c, u, block, last),
            (2, 0) => inverse::pass_4::<LAZY, true>(c, u, block, last),
            (_, 0) => inverse::pass_2::<LAZY, true>(c, block, last),
            _ => level.inverse_pass::<LAZY>(c, u, block, node),
        }
    }

    /// The first six stages of the runs in `block`, the first of which has index `run`.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn inverse_tail<const LAZY: bool>(
        &self,
        c: &Constants,
        u: &Units,
        block: &mut [[u64; 8]],
        values: Option<&[[u64; 8]]>,
        run: usize,
    ) {
        let values = values.and_then(|values| values.get(8 * run..));
        inverse::tail::<LAZY>(c, u, block, values, tables_from(&self.inverse_tail, run));
    }
}

/// Enters code compiled for the kernel's instruction sets.
macro_rules! enter {
    ($plan:expr, $call:expr) => {{
        let _proof: Avx512Ifma = $plan.token;
        #[expect(unsafe_code, reason = "calls a function compiled for AVX-512 IFMA")]
        // SAFETY: the plan holds a token that exists only where `Avx512Ifma::detect` found every feature.
        unsafe {
            $call
        }
    }};
}

impl NttPlan for IfmaPlan {
    fn forward(&self, a: &mut [u64]) {
        if self.modulus.is_lazy() {
            enter!(self, self.run_forward::<true, true>(a));
        } else {
            enter!(self, self.run_forward::<false, true>(a));
        }
    }

    fn forward_lazy(&self, a: &mut [u64]) {
        if self.modulus.is_lazy() {
            enter!(self, self.run_forward::<true, false>(a));
        } else {
            self.forward(a);
        }
    }

    fn forward_lifted(&self, out: &mut [u64], residues: &[u64], from: &Modulus) -> bool {
        let centring = Centring::new(&self.modulus, from);
        let origin = Origin { residues: residues.as_chunks().0, centring };
        if self.modulus.is_lazy() {
            enter!(self, self.run_lifted::<true>(out, origin))
        } else {
            enter!(self, self.run_lifted::<false>(out, origin))
        }
    }

    fn inverse(&self, a: &mut [u64], scale: &InverseScale) {
        if self.modulus.is_lazy() {
            enter!(self, self.run_inverse::<true>(a, None, scale));
        } else {
            enter!(self, self.run_inverse::<false>(a, None, scale));
        }
    }

    fn inverse_into(&self, out: &mut [u64], values: &[u64], scale: &InverseScale) {
        if self.modulus.is_lazy() {
            enter!(self, self.run_inverse::<true>(out, Some(values), scale));
        } else {
            enter!(self, self.run_inverse::<false>(out, Some(values), scale));
        }
    }

    fn scale(&self, c: u64) -> InverseScale {
        let q = &self.modulus;
        let factor = q.mul(q.reduce(c), self.n_inverse);
        InverseScale { factors: self.last.iter().map(|&w| q.prepare(q.mul(w, factor))).collect() }
    }
}

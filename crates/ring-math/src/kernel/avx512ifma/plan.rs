//! Tables of the transforms and the order of their passes.

use super::{
    Avx512Ifma,
    forward::{self, Constants, Entry},
    inverse::{self, Units},
    vector,
};
use crate::{
    modulus::{Modulus, PreparedScalar},
    ntt::{InverseScale, NttPlan, roots::RootTable},
};

/// log2 of the run of values that the tail pass keeps in registers.
const LOG_TAIL: u32 = 6;

/// Table lines of eight words that the tail needs for each run: one of factors for its rows, seven for its columns.
pub(super) const TAIL_LINES: usize = 8;

/// Stages a lazy value may go through between reductions: it starts within (7p, 9p) and has to stay in (0, 16p).
const STAGES_PER_REDUCTION: u32 = 7;

/// A constant in Montgomery form and its quotient constant (see the module above).
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Twiddle {
    pub(super) value: u64,
    pub(super) quotient: u64,
}

impl From<PreparedScalar> for Twiddle {
    fn from(c: PreparedScalar) -> Self {
        Self { value: c.mont, quotient: c.mont_quotient }
    }
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

/// Tables of one prime for this kernel.
pub(super) struct IfmaPlan {
    token: Avx512Ifma,
    modulus: Modulus,
    n_inverse: u64,
    levels: Vec<Level>,
    tail_entry: Entry,
    forward_tail: Vec<[u64; 8]>,
    inverse_tail: Vec<[u64; 8]>,
    /// i^-1, s^-1, (i s)^-1.
    units: [Twiddle; 3],
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

/// The factors of one node of radix 2^`log_radix` with index `node` on a level of `nodes`, stage by stage.
fn stage_factors(roots: &[u64], log_radix: u32, nodes: usize, node: usize) -> Vec<u64> {
    (0..log_radix).flat_map(|s| roots[(nodes + node) << s..][..1 << s].to_vec()).collect()
}

/// 1, w^-1, w^-2, ... for the node's root w, the twiddle of its last stage.
fn output_factors(roots: &RootTable, log_radix: u32, nodes: usize, node: usize) -> Vec<u64> {
    let q = &roots.modulus;
    let root = roots.inverse[(nodes + node) << (log_radix - 1)];
    let mut power = 1;
    (0..1 << log_radix)
        .map(|_| {
            let factor = power;
            power = q.mul(power, root);
            factor
        })
        .collect()
}

impl IfmaPlan {
    pub(super) fn new(token: Avx512Ifma, roots: &RootTable) -> Self {
        let q = roots.modulus;
        let prepare = |factors: Vec<u64>| factors.into_iter().map(|w| Twiddle::from(q.prepare(w)));
        let mut levels = Vec::new();
        let (mut nodes, mut used) = (1, 0);
        let entry_for = |stages: u32, nodes: usize, used: &mut u32| {
            let entry = match () {
                () if nodes == 1 => Entry::Canonical,
                () if *used + stages > STAGES_PER_REDUCTION => Entry::Full,
                () => Entry::Free,
            };
            *used = if entry == Entry::Full { stages } else { *used + stages };
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
            forward_tail: (0..nodes).flat_map(|k| forward_tail(roots, nodes, k)).collect(),
            inverse_tail: (0..nodes).flat_map(|k| inverse_tail(roots, nodes, k)).collect(),
            units: [1, 2, 3].map(|k| q.prepare(roots.inverse[k]).into()),
            last,
        }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn run_forward<const LAZY: bool, const CANONICAL: bool>(&self, a: &mut [u64]) {
        let c = Constants::new(&self.modulus);
        self.forward_node::<LAZY, CANONICAL>(&c, a.as_chunks_mut().0, 0, 0);
    }

    /// Depth first, so that a block stays in the nearest cache that holds it.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn forward_node<const LAZY: bool, const CANONICAL: bool>(
        &self,
        c: &Constants,
        block: &mut [[u64; 8]],
        depth: usize,
        node: usize,
    ) {
        let Some(level) = self.levels.get(depth) else {
            let tables = &self.forward_tail[node * TAIL_LINES..];
            return forward::tail::<LAZY, CANONICAL>(c, block, self.tail_entry, tables);
        };
        let radix = 1 << level.log_radix;
        let twiddles = &level.forward[node * (radix - 1)..];
        match level.log_radix {
            3 => forward::pass_8::<LAZY>(c, block, level.entry, twiddles),
            2 => forward::pass_4::<LAZY>(c, block, level.entry, twiddles),
            _ => forward::pass_2::<LAZY>(c, block, level.entry, twiddles),
        }
        if depth + 1 == self.levels.len() {
            let tables = &self.forward_tail[node * radix * TAIL_LINES..];
            return forward::tail::<LAZY, CANONICAL>(c, block, self.tail_entry, tables);
        }
        let length = block.len() / radix;
        for (k, part) in block.chunks_exact_mut(length).enumerate() {
            self.forward_node::<LAZY, CANONICAL>(c, part, depth + 1, node * radix + k);
        }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn run_inverse<const LAZY: bool>(&self, a: &mut [u64], scale: &InverseScale) {
        let (c, u) = (Constants::new(&self.modulus), Units::new(&self.units));
        if self.levels.is_empty() {
            inverse::tail::<LAZY>(&c, &u, a.as_chunks_mut().0, &self.inverse_tail);
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
            *slot = (*factor).into();
        }
        self.inverse_node::<LAZY>(&c, &u, a.as_chunks_mut().0, (0, 0), &last);
    }

    /// `place` is (depth, node).
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn inverse_node<const LAZY: bool>(
        &self,
        c: &Constants,
        u: &Units,
        block: &mut [[u64; 8]],
        place: (usize, usize),
        last: &[Twiddle; 8],
    ) {
        let (depth, node) = place;
        let Some(level) = self.levels.get(depth) else { return };
        let radix = 1 << level.log_radix;
        if depth + 1 == self.levels.len() {
            inverse::tail::<LAZY>(c, u, block, &self.inverse_tail[node * radix * TAIL_LINES..]);
        } else {
            let length = block.len() / radix;
            for (k, part) in block.chunks_exact_mut(length).enumerate() {
                self.inverse_node::<LAZY>(c, u, part, (depth + 1, node * radix + k), last);
            }
        }
        let twiddles = &level.inverse[node * radix..];
        match (level.log_radix, depth) {
            (3, 0) => inverse::pass_8::<LAZY, true>(c, u, block, last),
            (2, 0) => inverse::pass_4::<LAZY, true>(c, u, block, last),
            (_, 0) => inverse::pass_2::<LAZY, true>(c, block, last),
            (3, _) => inverse::pass_8::<LAZY, false>(c, u, block, twiddles),
            (2, _) => inverse::pass_4::<LAZY, false>(c, u, block, twiddles),
            (_, _) => inverse::pass_2::<LAZY, false>(c, block, twiddles),
        }
    }
}

/// Montgomery forms of the factors of one run of 64: line 0 for the stages between rows, then one line a factor for the
/// stages between columns, with a lane for each row.
fn forward_tail(roots: &RootTable, nodes: usize, node: usize) -> Vec<[u64; 8]> {
    let q = &roots.modulus;
    let montgomery = |w: u64| q.prepare(w).mont;
    let mut lines = vec![[0; 8]; TAIL_LINES];
    for (slot, w) in lines[0].iter_mut().zip(stage_factors(&roots.forward, 3, nodes, node)) {
        *slot = montgomery(w);
    }
    for row in 0..8 {
        let factors = stage_factors(&roots.forward, 3, nodes * 8, node * 8 + row);
        for (line, w) in lines[1..].iter_mut().zip(factors) {
            line[row] = montgomery(w);
        }
    }
    lines
}

/// As `forward_tail`, with the output factors 1..8 of rows in line 0 and of columns in lines 1..8.
fn inverse_tail(roots: &RootTable, nodes: usize, node: usize) -> Vec<[u64; 8]> {
    let q = &roots.modulus;
    let montgomery = |w: u64| q.prepare(w).mont;
    let mut lines = vec![[0; 8]; TAIL_LINES];
    for (slot, w) in lines[0].iter_mut().zip(output_factors(roots, 3, nodes, node)) {
        *slot = montgomery(w);
    }
    for row in 0..8 {
        let factors = output_factors(roots, 3, nodes * 8, node * 8 + row);
        for (line, w) in lines.iter_mut().zip(factors).skip(1) {
            line[row] = montgomery(w);
        }
    }
    lines
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

    fn inverse(&self, a: &mut [u64], scale: &InverseScale) {
        if self.modulus.is_lazy() {
            enter!(self, self.run_inverse::<true>(a, scale));
        } else {
            enter!(self, self.run_inverse::<false>(a, scale));
        }
    }

    fn scale(&self, c: u64) -> InverseScale {
        let q = &self.modulus;
        let factor = q.mul(q.reduce(c), self.n_inverse);
        InverseScale { factors: self.last.iter().map(|&w| q.prepare(q.mul(w, factor))).collect() }
    }
}

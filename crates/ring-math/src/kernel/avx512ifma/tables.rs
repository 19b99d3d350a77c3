//! Constant factors of the transforms and how they are laid out.

use crate::{
    buffer::WordBuffer,
    modulus::{IFMA_BITS, Modulus, PreparedScalar},
    ntt::roots::RootTable,
};

/// Table lines of eight words that the tail needs for each run: factors of its rows and their companions in a line each,
/// and one word of each pair of its columns in seven lines. The other word takes one multiplication to compute, which is
/// cheaper than the memory traffic of storing it.
pub(super) const TAIL_LINES: usize = 9;

/// A constant factor and its companion: (w, floor(w * 2^52 / p)) in the lazy regime, (w * 2^52 mod p, that times p^-1 mod
/// 2^52) in the strict one.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Twiddle {
    pub(super) value: u64,
    pub(super) quotient: u64,
}

impl Twiddle {
    pub(super) fn new(q: &Modulus, c: PreparedScalar) -> Self {
        if q.is_lazy() {
            Self { value: c.value, quotient: c.shoup >> (u64::BITS - IFMA_BITS) }
        } else {
            Self { value: c.mont, quotient: c.mont_quotient }
        }
    }
}

/// The factors of one node of radix 2^`log_radix` with index `node` on a level of `nodes`, stage by stage.
pub(super) fn stage_factors(roots: &[u64], log_radix: u32, nodes: usize, node: usize) -> Vec<u64> {
    (0..log_radix).flat_map(|s| roots[(nodes + node) << s..][..1 << s].to_vec()).collect()
}

/// 1, w^-1, w^-2, ... for the node's root w, the twiddle of its last stage.
pub(super) fn output_factors(roots: &RootTable, log_radix: u32, nodes: usize, node: usize) -> Vec<u64> {
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

/// The table of one run.
type TailLines = [[u64; 8]; TAIL_LINES];

/// The tables of all runs, each line in a cache line of its own.
pub(super) fn aligned(runs: usize, lines: impl Fn(usize) -> TailLines) -> WordBuffer {
    let mut table = WordBuffer::zeroed(runs * TAIL_LINES * 8);
    for (k, run) in table.as_mut_slice().chunks_exact_mut(TAIL_LINES * 8).enumerate() {
        run.copy_from_slice(lines(k).as_flattened());
    }
    table
}

/// Factors of one run of 64 for the forward tail; a lane of the column lines belongs to a row.
pub(super) fn forward_tail(roots: &RootTable, nodes: usize, node: usize) -> TailLines {
    tail_table(
        roots,
        &stage_factors(&roots.forward, 3, nodes, node),
        &core::array::from_fn(|row| stage_factors(&roots.forward, 3, nodes * 8, node * 8 + row)),
    )
}

/// As `forward_tail`, with the output factors: all eight for rows (the first is 1), the last seven for columns.
pub(super) fn inverse_tail(roots: &RootTable, nodes: usize, node: usize) -> TailLines {
    tail_table(
        roots,
        &output_factors(roots, 3, nodes, node),
        &core::array::from_fn(|row| output_factors(roots, 3, nodes * 8, node * 8 + row).split_off(1)),
    )
}

/// Lays out the factors of rows and of columns as [`TAIL_LINES`] describes. The column word that is kept is the one that
/// the other can be computed from: the companion in the lazy regime, the factor in the strict one.
fn tail_table(roots: &RootTable, rows: &[u64], columns: &[Vec<u64>; 8]) -> TailLines {
    let q = &roots.modulus;
    let mut lines = [[0; 8]; TAIL_LINES];
    for (i, &w) in rows.iter().enumerate() {
        let Twiddle { value, quotient } = Twiddle::new(q, q.prepare(w));
        (lines[0][i], lines[1][i]) = (value, quotient);
    }
    for (lane, factors) in columns.iter().enumerate() {
        for (i, &w) in factors.iter().enumerate() {
            let Twiddle { value, quotient } = Twiddle::new(q, q.prepare(w));
            lines[2 + i][lane] = if q.is_lazy() { quotient } else { value };
        }
    }
    lines
}

/// The tables from run number `run` on.
pub(super) fn tables_from(table: &WordBuffer, run: usize) -> &[[u64; 8]] {
    &table.as_slice().as_chunks().0[run * TAIL_LINES..]
}

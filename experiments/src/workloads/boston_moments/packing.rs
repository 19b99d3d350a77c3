//! How a table lies in slots, and the circuit that sums it up.

use std::collections::BTreeMap;

use ckks::{CkksError, Complex64, Operations};

/// A table in slots: each column has a block of slots in a row, several columns share a ciphertext, and a column longer
/// than all slots goes on in further ciphertexts (chunks).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    rows: usize,
    columns: usize,
    slots: usize,
    /// Slots of one column in one ciphertext, a power of two.
    block: usize,
}

/// Where the sum of the products of two columns ends up: in the ciphertext of a [`Shift`], at this slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) columns: (usize, usize),
    pub(super) slot: usize,
}

/// Two groups of columns, the second one rotated to the left by a number of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shift {
    first: usize,
    second: usize,
    blocks: usize,
}

impl Layout {
    /// The layout of a table in ciphertexts of `slots` slots.
    pub(super) fn new(rows: usize, columns: usize, slots: usize) -> Self {
        Self { rows, columns, slots, block: rows.next_power_of_two().min(slots) }
    }

    /// log2 of the number of terms in a sum, rounded up.
    pub(super) fn log_terms(&self) -> u32 {
        self.rows.next_power_of_two().ilog2()
    }

    fn columns_at_once(&self) -> usize {
        self.slots / self.block
    }

    fn groups(&self) -> usize {
        self.columns.div_ceil(self.columns_at_once())
    }

    fn chunks(&self) -> usize {
        self.rows.div_ceil(self.block)
    }

    /// Ciphertexts of the whole table.
    pub(super) fn ciphertexts(&self) -> usize {
        self.groups() * self.chunks()
    }

    /// The slots of every ciphertext: group by group, chunk by chunk. `value(row, column)` is a cell.
    pub(super) fn pack(&self, value: impl Fn(usize, usize) -> f64) -> Vec<Vec<Complex64>> {
        let at_once = self.columns_at_once();
        let slot = |group: usize, chunk: usize, slot: usize| {
            let (column, row) = (group * at_once + slot / self.block, chunk * self.block + slot % self.block);
            if column < self.columns && row < self.rows { value(row, column) } else { 0.0 }
        };
        (0..self.ciphertexts())
            .map(|i| (i / self.chunks(), i % self.chunks()))
            .map(|(group, chunk)| (0..self.slots).map(|s| slot(group, chunk, s).into()).collect())
            .collect()
    }

    /// Where the sum of a column ends up: its group, and the slot.
    pub(super) fn place(&self, column: usize) -> (usize, usize) {
        (column / self.columns_at_once(), column % self.columns_at_once() * self.block)
    }

    /// Every pair of columns, by the shift that brings them together; of the two shifts that do, the smaller one.
    pub(super) fn pairs(&self) -> BTreeMap<Shift, Vec<Pair>> {
        let at_once = self.columns_at_once();
        let mut shifts: BTreeMap<Shift, Vec<Pair>> = BTreeMap::new();
        for i in 0..self.columns {
            for j in i..self.columns {
                let ((first, from), (second, to)) = ((i / at_once, i % at_once), (j / at_once, j % at_once));
                let forth = (to + at_once - from) % at_once;
                let back = (at_once - forth) % at_once;
                let (blocks, block) =
                    if first == second && back < forth { (back, to) } else { (forth, from) };
                let pair = Pair { columns: (i, j), slot: block * self.block };
                shifts.entry(Shift { first, second, blocks }).or_default().push(pair);
            }
        }
        shifts
    }

    /// The sum of every column, one ciphertext a group: [`Self::place`] says where.
    pub(super) fn sums<O: Operations>(
        &self,
        ops: &O,
        table: &[O::Ciphertext],
    ) -> Result<Vec<O::Ciphertext>, CkksError> {
        let sum = |chunks: &[O::Ciphertext]| {
            let mut total = chunks[0].clone();
            for chunk in &chunks[1..] {
                total = ops.add(&total, chunk)?;
            }
            ops.inner_sum(&total, 1, self.block)
        };
        table.chunks_exact(self.chunks()).map(sum).collect()
    }

    /// The sum of the products of every two columns, one ciphertext a shift, in the order of [`Self::pairs`].
    pub(super) fn products<O: Operations>(
        &self,
        ops: &O,
        table: &[O::Ciphertext],
    ) -> Result<Vec<O::Ciphertext>, CkksError> {
        let shifts: Vec<Shift> = self.pairs().into_keys().collect();
        let mut rotated: BTreeMap<(usize, usize), Vec<O::Ciphertext>> = BTreeMap::new();
        for group in 0..self.groups() {
            let mut blocks: Vec<usize> =
                shifts.iter().filter(|s| s.second == group).map(|s| s.blocks).collect();
            blocks.sort_unstable();
            blocks.dedup();
            let steps: Vec<i64> = blocks.iter().map(|blocks| (blocks * self.block) as i64).collect();
            for chunk in self.group(table, group) {
                for (&blocks, ciphertext) in blocks.iter().zip(ops.rotate_hoisted(chunk, &steps)?) {
                    rotated.entry((group, blocks)).or_default().push(ciphertext);
                }
            }
        }
        let sum = |shift: &Shift| {
            let second = rotated.get(&(shift.second, shift.blocks)).map_or(&[][..], Vec::as_slice);
            let pairs: Vec<_> = self.group(table, shift.first).iter().zip(second).collect();
            ops.inner_sum(&ops.sum_of_products_rescale(&pairs)?, 1, self.block)
        };
        shifts.iter().map(sum).collect()
    }

    fn group<'t, C>(&self, table: &'t [C], group: usize) -> &'t [C] {
        &table[group * self.chunks()..(group + 1) * self.chunks()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every cell is packed once, and every pair of columns meets where it says.
    #[test]
    fn every_pair_of_columns_meets_once() {
        for (rows, columns, slots) in
            [(506, 13, 4096), (506, 13, 8192), (5, 3, 4), (4, 7, 32), (506, 13, 512)]
        {
            let layout = Layout::new(rows, columns, slots);
            let table = layout.pack(|row, column| (1 + row + 1000 * (1 + column)) as f64);
            assert_eq!(table.len(), layout.ciphertexts());
            let cells = table.iter().flatten().filter(|slot| slot.re != 0.0).count();
            assert_eq!(cells, rows * columns);
            let mut met = Vec::new();
            for (shift, pairs) in layout.pairs() {
                for Pair { columns: (i, j), slot } in pairs {
                    let first = &layout.group(&table, shift.first)[0];
                    let second = &layout.group(&table, shift.second)[0];
                    let partner = second[(slot + shift.blocks * layout.block) % slots];
                    let mut found = [first[slot].re, partner.re].map(|cell| cell as usize / 1000 - 1);
                    found.sort_unstable();
                    assert_eq!(found, [i, j], "{rows} x {columns} in {slots}");
                    met.push((i, j));
                }
            }
            met.sort_unstable();
            met.dedup();
            assert_eq!(met.len(), columns * (columns + 1) / 2);
        }
    }
}

//! The digits of a polynomial while a run of limbs is worked on, and their products with keys.

use std::ops::Range;

use ring_math::MAX_TERMS;

use crate::{
    context::LevelTables,
    keys::GaloisKey,
    keyswitch::{Prepared, by_construction},
};

/// The digits of a polynomial for a run of limbs of QP.
pub(super) struct Digits<'a> {
    pub(super) tables: &'a LevelTables,
    pub(super) prepared: &'a Prepared<'a>,
    /// What [`lift_run`] wrote.
    pub(super) lifted: &'a mut [u64],
    /// The first limb of the run, and their number.
    pub(super) first: usize,
    pub(super) limbs: usize,
}

impl Digits<'_> {
    /// The place of digit `j` for limb `i` in `lifted`.
    fn place(&self, j: usize, i: usize) -> Range<usize> {
        let (n, place) = (self.tables.q.n(), self.limbs * j + i - self.first);
        n * place..n * (place + 1)
    }

    /// Turns the digits for limb `i` into transform values. To be called once for each limb.
    pub(super) fn transform(&mut self, i: usize) {
        for (j, digit) in self.tables.digits.iter().enumerate() {
            if !digit.range.contains(&i) {
                let place = self.place(j, i);
                by_construction(self.tables.qp.ring(i).forward_unreduced(&mut self.lifted[place]));
            }
        }
    }

    /// The sums of products with `key` for limb `i`, which has been transformed.
    pub(super) fn times_key(
        &self,
        key: &GaloisKey,
        i: usize,
        [sum0, sum1]: [&mut [u64]; 2],
        masks: &mut [u64],
    ) {
        let n = self.tables.q.n();
        let mut masks = masks.chunks_exact_mut(n);
        let mut terms: [(&[u64], &[u64], &[u64]); MAX_TERMS] = [(&[], &[], &[]); MAX_TERMS];
        for (j, (term, digit)) in terms.iter_mut().zip(&self.tables.digits).enumerate() {
            let words = if digit.range.contains(&i) {
                &self.prepared.values[n * i..n * (i + 1)]
            } else {
                &self.lifted[self.place(j, i)]
            };
            let (body, mask) = key.key.limbs(self.tables, j, i, masks.next().unwrap_or_default());
            *term = (words, body, mask);
        }
        let count = self.tables.digits.len();
        by_construction(self.tables.qp.ring(i).inner_product_pair(sum0, sum1, &terms[..count]));
    }
}

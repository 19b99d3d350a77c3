//! The hybrid key switch (Han, Ki, CT-RSA 2020): the hot path of every multiplication and rotation.
//!
//! A polynomial c over Q is cut into digits, centred and carried over to QP ([`decompose`]); each digit multiplies its
//! part of the key and the products are summed ([`inner_product`]); the sums are divided by P, or by P and the primes
//! of a rescaling at once ([`Switch::run`]). The work goes by groups of limbs: all digits are carried over to a group
//! together, which reads them once for the group; then limb by limb they are transformed, multiplied and, where the limb
//! survives the division, divided while they are in the core's own cache. Only the limbs that the division drops have to
//! be ready first; with several threads a few others may be summed beside them ([`early_limbs`]), so that no thread waits.

mod decompose;
mod inner_product;

pub(crate) use decompose::{
    Decomposed, Prepared, group_limbs, inverse_limb, lift_all, lift_run, lifted_words, prepare, prepare_with,
    prepared_words,
};

use std::ops::Range;

use ring_math::{
    Rescaler, ResidueRing, RingError,
    parallel::{self, Runs},
};

use crate::{context::LevelTables, keys::SwitchingKey};

/// For results of ring operations whose only possible failure, a wrong length, the construction of the tables and
/// buffers excludes.
pub(crate) fn by_construction(result: Result<(), RingError>) {
    debug_assert_eq!(result, Ok(()), "lengths are fixed by the tables");
}

/// What the sums of a limb and what their division cost beside each other, by measurement at N = 2^15 with four digits.
const SUM_COST: usize = 2;
const DIVISION_COST: usize = 1;

/// How many of the `kept` limbs, the last ones, to sum beside the `dropped` ones, before anything is divided: threads take
/// whole limbs, and where one of them would wait for the last limb of another it takes such a limb on instead.
fn early_limbs(dropped: usize, kept: usize, threads: usize) -> usize {
    let time = |early: usize| {
        let whole = kept - early;
        let shared = (whole * (SUM_COST + DIVISION_COST) + early * DIVISION_COST).div_ceil(threads);
        let second = shared.max(whole.div_ceil(threads) * (SUM_COST + DIVISION_COST));
        (dropped + early).div_ceil(threads) * SUM_COST + second
    };
    // More than two limbs a thread even nothing out that fewer do not. Of equals, min_by_key takes the first.
    (0..(2 * threads).min(kept)).min_by_key(|&early| time(early)).unwrap_or(0)
}

/// One key switch at one level.
pub(crate) struct Switch<'a> {
    pub(crate) tables: &'a LevelTables,
    pub(crate) key: &'a SwitchingKey,
    /// What the sums are divided by: `mod_down` or `mod_down_rescale` of the level.
    pub(crate) divide: &'a Rescaler,
}

/// The sums for one limb before they are divided.
pub(crate) struct LimbSums<'a> {
    /// Its index among the primes of Q.
    pub(crate) index: usize,
    /// Its ring.
    pub(crate) ring: &'a ResidueRing,
    /// The two sums.
    pub(crate) sums: [&'a mut [u64]; 2],
    /// Work space of one limb.
    pub(crate) spare: &'a mut [u64],
}

/// The sums for one limb, to be divided.
pub(crate) struct LimbQuotients<'a> {
    /// The sums, their limb and work space.
    pub(crate) limb: LimbSums<'a>,
    divide: &'a Rescaler,
    /// The dropped limbs of each sum, carried over to this one.
    lifted: [&'a mut [u64]; 2],
}

impl LimbQuotients<'_> {
    /// Writes sum `part`, divided, to `out`. To be called once for each part.
    pub(crate) fn divide_into(&mut self, part: usize, out: &mut [u64]) {
        let (sum, lifted) = (&*self.limb.sums[part], &mut *self.lifted[part]);
        by_construction(self.divide.finish(self.limb.index, out, sum, lifted));
    }

    /// Divides sum `part` and returns it. To be called once for each part.
    pub(crate) fn divided(&mut self, part: usize) -> &mut [u64] {
        let (sum, lifted) = (&mut *self.limb.sums[part], &mut *self.lifted[part]);
        by_construction(self.divide.finish_assign(self.limb.index, sum, lifted));
        sum
    }
}

impl Switch<'_> {
    /// Words of scratch that [`Self::run`] takes.
    pub(crate) fn scratch_words(&self) -> usize {
        2 * self.tables.q.n() * self.first().len() + parallel::work_spaces() * self.space_words()
    }

    /// The limbs that are summed first, and those that the division keeps: the last of these may be among both.
    fn first(&self) -> Range<usize> {
        let (all, kept) = (self.tables.qp.len(), self.divide.kept().len());
        kept - early_limbs(all - kept, kept, parallel::threads())..all
    }

    /// Polynomials that are carried over to each limb: the digits, and the dropped limbs of both sums.
    fn columns(&self) -> usize {
        self.tables.digits.len() + 2
    }

    /// Limbs that are worked on together.
    fn group(&self) -> usize {
        group_limbs(self.tables, self.columns())
    }

    /// Words of work space for one group: what is carried over, the two sums of one limb, one limb more, and what the key
    /// asks for.
    fn space_words(&self) -> usize {
        self.tables.q.n() * (self.group() * self.columns() + 3) + self.key.mask_words(self.tables)
    }

    /// Sums the products of all digits with the key and divides. `enter` may add to the sums of the limbs of Q before
    /// the division; `leave` divides the sums of each limb that is kept and makes that limb of `out` of them.
    pub(crate) fn run(
        &self,
        digits: &Decomposed<'_>,
        scratch: &mut [u64],
        out: [&mut [u64]; 2],
        enter: impl Fn(&mut LimbSums<'_>) + Sync + Send,
        leave: impl Fn(&mut LimbQuotients<'_>, [&mut [u64]; 2]) + Sync + Send,
    ) {
        let n = self.tables.q.n();
        let (kept, first) = (self.divide.kept().len(), self.first());
        let early = first.start..kept;
        let (sums, rest) = scratch.split_at_mut(2 * n * first.len());
        let (sums0, sums1) = sums.split_at_mut(n * first.len());
        let space_words = self.space_words();
        let spaces = &mut rest[..parallel::work_spaces() * space_words];
        parallel::for_each_run_pair_with(
            sums0,
            sums1,
            (n, Runs::even(first.len(), self.group())),
            (&mut *spaces, space_words),
            |at, sums0, sums1, space| {
                let start = first.start + at;
                let limbs = start..start + sums0.len() / n;
                let (lifted, rest) = self.lift_group(digits, limbs.clone(), space);
                for (i, (sum0, sum1)) in
                    limbs.clone().zip(sums0.chunks_exact_mut(n).zip(sums1.chunks_exact_mut(n)))
                {
                    self.sum(digits, i, &limbs, lifted, [&mut *sum0, &mut *sum1], &mut *rest, &enter);
                    if let Some(dropped) = i.checked_sub(kept) {
                        by_construction(self.divide.prepare_limb(dropped, sum0));
                        by_construction(self.divide.prepare_limb(dropped, sum1));
                    }
                }
            },
        );
        let (early0, dropped0) = sums0.split_at(n * early.len());
        let (early1, dropped1) = sums1.split_at(n * early.len());
        let [out0, out1] = out;
        parallel::for_each_run_pair_with(
            out0,
            out1,
            (n, Runs::even(early.start, self.group()).then_single(early.len())),
            (spaces, space_words),
            |at, out0, out1, space| {
                let limbs = at..at + out0.len() / n;
                let is_early = early.contains(&at);
                let (lifted, rest) = if is_early {
                    space.split_at_mut(0)
                } else {
                    self.lift_group(digits, limbs.clone(), space)
                };
                let (lifted0, rest) = rest.split_at_mut(out0.len());
                let (lifted1, rest) = rest.split_at_mut(out0.len());
                let (sum0, rest) = rest.split_at_mut(n);
                let (sum1, rest) = rest.split_at_mut(n);
                by_construction(self.divide.lift(at, dropped0, lifted0));
                by_construction(self.divide.lift(at, dropped1, lifted1));
                let lifted01 = lifted0.chunks_exact_mut(n).zip(lifted1.chunks_exact_mut(n));
                let outs = out0.chunks_exact_mut(n).zip(out1.chunks_exact_mut(n));
                for ((i, (lifted0, lifted1)), (out0, out1)) in limbs.clone().zip(lifted01).zip(outs) {
                    if is_early {
                        let words = n * (i - early.start)..n * (i + 1 - early.start);
                        sum0.copy_from_slice(&early0[words.clone()]);
                        sum1.copy_from_slice(&early1[words]);
                    } else {
                        self.sum(digits, i, &limbs, lifted, [&mut *sum0, &mut *sum1], &mut *rest, &enter);
                    }
                    let (ring, spare) = (self.tables.q.ring(i), &mut rest[..n]);
                    let limb = LimbSums { index: i, ring, sums: [&mut *sum0, &mut *sum1], spare };
                    let lifted = [lifted0, lifted1];
                    leave(&mut LimbQuotients { limb, divide: self.divide, lifted }, [out0, out1]);
                }
            },
        );
    }

    /// Carries the digits over to `limbs`, unless that was done beforehand: digit after digit, one limb for each of
    /// `limbs`. Returns them and the rest of `space`.
    fn lift_group<'s>(
        &self,
        digits: &Decomposed<'_>,
        limbs: Range<usize>,
        space: &'s mut [u64],
    ) -> (&'s mut [u64], &'s mut [u64]) {
        let words = self.tables.q.n() * limbs.len();
        let (lifted, rest) = space.split_at_mut(words * self.tables.digits.len());
        if let Decomposed::Fresh(prepared) = digits {
            lift_run(self.tables, prepared, &limbs, lifted);
        }
        (lifted, rest)
    }

    /// The two sums of limb `i` of the group `limbs`, for which [`Self::lift_group`] wrote `lifted`. `rest` is a limb and what
    /// the key asks for.
    #[expect(clippy::too_many_arguments, reason = "the operands of one inner step of both phases")]
    fn sum(
        &self,
        digits: &Decomposed<'_>,
        i: usize,
        limbs: &Range<usize>,
        lifted: &mut [u64],
        [sum0, sum1]: [&mut [u64]; 2],
        rest: &mut [u64],
        enter: &impl Fn(&mut LimbSums<'_>),
    ) {
        let slot = |j: usize| limbs.len() * j + i - limbs.start;
        let sums = [&mut *sum0, &mut *sum1];
        let (spare, rest) = rest.split_at_mut(self.tables.q.n());
        let masks = &mut rest[..self.key.mask_words(self.tables)];
        inner_product::accumulate(self.tables, (self.key, masks), digits, i, (lifted, slot), sums);
        if i < self.tables.q.len() {
            enter(&mut LimbSums { index: i, ring: self.tables.q.ring(i), sums: [sum0, sum1], spare });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::early_limbs;

    #[test]
    fn limbs_are_summed_early_where_a_thread_would_wait() {
        // One thread never waits; whole shares need nothing.
        assert!((1..40).all(|kept| early_limbs(5, kept, 1) == 0));
        assert_eq!(early_limbs(4, 16, 2), 0);
        assert_eq!(early_limbs(10, 30, 2), 0);
        // 5 and 15 over two threads: 3 + 8 become 3 + 7 and one division.
        assert_eq!(early_limbs(5, 15, 2), 1);
        assert_eq!(early_limbs(4, 15, 2), 2);
        for (dropped, kept, threads) in [(1, 1, 2), (1, 2, 8), (3, 1, 4), (11, 29, 2), (2, 3, 3)] {
            assert!(early_limbs(dropped, kept, threads) < kept.max(1));
        }
    }
}

//! The hybrid key switch (Han, Ki, CT-RSA 2020): the hot path of every multiplication and rotation.
//!
//! A polynomial c over Q is cut into digits, centred and carried over to QP ([`decompose`]); each digit multiplies its
//! part of the key and the products are summed ([`inner_product`]); the sums are divided by P, or by P and the primes
//! of a rescaling at once ([`Switch::run`]). The work goes limb by limb: all digits of one limb are carried over,
//! transformed, multiplied and, where the limb survives the division, divided while they are in the core's own cache.
//! Only the limbs that the division drops have to be ready first.

mod decompose;
mod inner_product;

pub(crate) use decompose::{
    Decomposed, Prepared, lift_all, lifted_words, prepare, prepare_with, prepared_words,
};

use ring_math::{Rescaler, ResidueRing, RingError, parallel};

use crate::{context::LevelTables, keys::SwitchingKey};

/// For results of ring operations whose only possible failure, a wrong length, the construction of the tables and
/// buffers excludes.
pub(crate) fn by_construction(result: Result<(), RingError>) {
    debug_assert_eq!(result, Ok(()), "lengths are fixed by the tables");
}

/// One key switch at one level.
pub(crate) struct Switch<'a> {
    pub(crate) tables: &'a LevelTables,
    pub(crate) key: &'a SwitchingKey,
    /// What the sums are divided by: `mod_down` or `mod_down_rescale` of the level.
    pub(crate) divide: &'a Rescaler,
}

/// The limb a closure of [`Switch::run`] works on.
pub(crate) struct LimbWork<'a> {
    /// Its index among the primes of Q.
    pub(crate) index: usize,
    /// Its ring.
    pub(crate) ring: &'a ResidueRing,
    /// The two sums.
    pub(crate) sums: [&'a mut [u64]; 2],
    /// Work space of one limb.
    pub(crate) spare: &'a mut [u64],
}

impl Switch<'_> {
    /// Words of scratch that [`Self::run`] takes.
    pub(crate) fn scratch_words(&self) -> usize {
        let n = self.tables.q.n();
        let dropped = self.tables.qp.len() - self.divide.kept().len();
        2 * n * (dropped + 1) + parallel::work_spaces() * self.space_words()
    }

    /// Words of work space for one limb: the digits, the two sums, and one more.
    fn space_words(&self) -> usize {
        self.tables.q.n() * (self.tables.digits.len() + 3)
    }

    /// Sums the products of all digits with the key and divides. `enter` may add to the sums of the limbs of Q before
    /// the division; `leave` turns the divided sums of each limb that is kept into that limb of `out`.
    pub(crate) fn run(
        &self,
        digits: &Decomposed<'_>,
        scratch: &mut [u64],
        out: [&mut [u64]; 2],
        enter: impl Fn(&mut LimbWork<'_>) + Sync + Send,
        leave: impl Fn(&mut LimbWork<'_>, [&mut [u64]; 2]) + Sync + Send,
    ) {
        let n = self.tables.q.n();
        let (kept, all) = (self.divide.kept().len(), self.tables.qp.len());
        let (dropped, rest) = scratch.split_at_mut(2 * n * (all - kept));
        let (dropped0, dropped1) = dropped.split_at_mut(n * (all - kept));
        let (quotients, rest) = rest.split_at_mut(2 * n);
        let (quotients0, quotients1) = quotients.split_at_mut(n);
        let space_words = self.space_words();
        let spaces = &mut rest[..parallel::work_spaces() * space_words];

        let sum = |i: usize, sum0: &mut [u64], sum1: &mut [u64], lifted: &mut [u64], spare: &mut [u64]| {
            inner_product::accumulate(self.tables, self.key, digits, i, lifted, [&mut *sum0, &mut *sum1]);
            if i < self.tables.q.len() {
                enter(&mut LimbWork { index: i, ring: self.tables.q.ring(i), sums: [sum0, sum1], spare });
            }
        };
        let lifted_words = n * self.tables.digits.len();
        parallel::for_each_limb_pair_with(
            dropped0,
            dropped1,
            n,
            (&mut *spaces, space_words),
            |i, sum0, sum1, space| {
                let (lifted, rest) = space.split_at_mut(lifted_words);
                sum(kept + i, sum0, sum1, lifted, &mut rest[..n]);
            },
        );
        let prepare = |limbs: &mut [u64], quotients: &mut [u64]| {
            by_construction(self.divide.prepare_dropped(limbs, quotients));
        };
        parallel::join(
            2 * dropped0.len(),
            || prepare(dropped0, quotients0),
            || prepare(dropped1, quotients1),
        );
        let (dropped0, dropped1, quotients0, quotients1) =
            (&*dropped0, &*dropped1, &*quotients0, &*quotients1);
        let [out0, out1] = out;
        parallel::for_each_limb_pair_with(out0, out1, n, (spaces, space_words), |i, out0, out1, space| {
            let (lifted, rest) = space.split_at_mut(lifted_words);
            let (sum0, rest) = rest.split_at_mut(n);
            let (sum1, spare) = rest.split_at_mut(n);
            sum(i, &mut *sum0, &mut *sum1, lifted, &mut *spare);
            by_construction(self.divide.finish_limb(i, sum0, dropped0, quotients0, spare));
            by_construction(self.divide.finish_limb(i, sum1, dropped1, quotients1, spare));
            let mut work = LimbWork { index: i, ring: self.tables.q.ring(i), sums: [sum0, sum1], spare };
            leave(&mut work, [out0, out1]);
        });
    }
}

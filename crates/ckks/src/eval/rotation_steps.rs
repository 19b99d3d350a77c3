//! What a weighted sum of rotations computes, step by step.
//!
//! Everything is over QP and goes limb by limb, so that the rotations of one limb are made, weighted and forgotten; a tile of
//! them is in the core's own cache while all groups take it. Of each group only the second part is kept, which the outer
//! rotation has to divide by P and to cut into digits again; the first goes to the total at once.

use std::ops::Range;

use ring_math::{
    Automorphism, MAX_TERMS, PART_WORDS, Rescaler, ResidueRing,
    parallel::{self, Runs},
};

use super::{Workspace, rotation_digits::Digits};
use crate::{
    ciphertext::Ciphertext,
    context::LevelTables,
    encoder::Weights,
    keys::{GaloisElement, GaloisKey},
    keyswitch::{Prepared, by_construction, group_limbs, inverse_limb, lift_run, prepare, prepared_words},
};

/// Words that the tiles of all rotations may take together: half of a core's own cache.
const TILE_WORDS: usize = 1 << 16;

/// A sum whose operands have been checked.
pub(super) struct RotationSum<'a> {
    pub(super) tables: &'a LevelTables,
    pub(super) a: &'a Ciphertext,
    /// The keys of the inner rotations; none where nothing moves.
    pub(super) inner: Vec<Option<&'a GaloisKey>>,
    /// For each group the weights, with the number of the inner rotation that they multiply.
    pub(super) weights: Vec<Vec<(usize, &'a Weights)>>,
    /// Each group's outer rotation.
    pub(super) outer: Vec<Outer<'a>>,
}

/// The outer rotation of a group.
pub(super) struct Outer<'a> {
    /// Its key; none where nothing moves.
    pub(super) key: Option<&'a GaloisKey>,
    /// The later group whose sum it is added to before that one is rotated; none for the total.
    pub(super) onto: Option<usize>,
    /// All maps from the group to the total together.
    pub(super) element: GaloisElement,
    /// The same, ready to be applied; none where nothing moves.
    pub(super) map: Option<Automorphism>,
}

/// Memory of a sum.
struct Buffers<'a> {
    /// The sum before its last division, over QP.
    total: [&'a mut [u64]; 2],
    /// Second parts of the groups: for each limb of QP one limb for each group.
    seconds: &'a mut [u64],
    /// A polynomial over Q as values and as digits, and limbs over P.
    values: &'a mut [u64],
    coefficients: &'a mut [u64],
    dropped: &'a mut [u64],
    /// Work space of the threads, equal pieces.
    spaces: &'a mut [u64],
}

impl RotationSum<'_> {
    /// Writes the sum, divided by what `divide` drops, to `out`.
    pub(super) fn run(&self, divide: &Rescaler, work: &mut Workspace, out: [&mut [u64]; 2]) {
        let n = self.n();
        let all = n * self.tables.qp.len();
        let lengths = [
            all,
            all,
            all * self.weights.len(),
            n * self.tables.q.len(),
            prepared_words(self.tables),
            all - n * self.tables.q.len(),
            self.space_words() * parallel::work_spaces(),
        ];
        let mut rest = work.scratch.words(lengths.iter().sum());
        let mut take = lengths.map(|length| rest.split_off_mut(..length).unwrap_or_default()).into_iter();
        let mut next = || take.next().unwrap_or_default();
        let mut buffers = Buffers {
            total: [next(), next()],
            seconds: next(),
            values: next(),
            coefficients: next(),
            dropped: next(),
            spaces: next(),
        };
        self.sum_groups(&mut buffers);
        parallel::for_each_limb(buffers.total[1], n, |_, limb| limb.fill(0));
        for (g, outer) in self.outer.iter().enumerate() {
            match outer.key {
                Some(key) => {
                    self.divide_second(g, &mut buffers);
                    self.add_switched(outer, key, &mut buffers);
                }
                None => self.add_second(g, &mut buffers),
            }
        }
        self.divide_total(divide, &mut buffers, out);
    }

    fn n(&self) -> usize {
        self.tables.q.n()
    }

    /// Limbs that are worked on together.
    fn group(&self) -> usize {
        group_limbs(self.tables, self.tables.digits.len())
    }

    /// The most work space that a thread needs in any step.
    fn space_words(&self) -> usize {
        let digits = self.group() * self.tables.digits.len();
        let inner = digits + 2 * (self.inner.len() + 1) + self.weights.len();
        let outer = (digits + 3).max(2 * self.group());
        (self.n() * inner + self.spread_words()).max(self.n() * outer) + self.mask_words()
    }

    /// Work space that the keys ask for.
    fn mask_words(&self) -> usize {
        let outer = self.outer.iter().filter_map(|outer| outer.key);
        let keys = self.inner.iter().copied().flatten().chain(outer);
        keys.map(|key| key.key.mask_words(self.tables)).max().unwrap_or(0)
    }

    /// Words of each rotation that are weighed together.
    fn tile(&self) -> usize {
        let most = (TILE_WORDS / (2 * self.inner.len()).max(1)).max(PART_WORDS);
        self.n().min(1 << most.ilog2())
    }

    /// Words of the weights of one tile that are kept once for several.
    fn spread_words(&self) -> usize {
        let spread = |group: &Vec<(usize, &Weights)>| group.iter().any(|(_, weights)| weights.repeat() > 1);
        let longest = self.weights.iter().filter(|group| spread(group)).map(Vec::len).max().unwrap_or(0);
        longest.min(MAX_TERMS) * self.tile()
    }

    /// Limb `i` of the second part of group `g`.
    fn second<'s>(&self, seconds: &'s [u64], g: usize, i: usize) -> &'s [u64] {
        let (n, place) = (self.n(), i * self.weights.len() + g);
        &seconds[n * place..n * (place + 1)]
    }

    /// For each limb: rotates that limb of the operand by all inner steps and sums the products with the weights of each
    /// group. The first parts go through the outer rotations to the total.
    fn sum_groups(&self, buffers: &mut Buffers<'_>) {
        let n = self.n();
        let prepared = prepare(self.tables, self.a.parts[1].words(), buffers.coefficients);
        let [total0, _] = &mut buffers.total;
        let runs = Runs::even(total0.len() / n, self.group());
        parallel::for_each_run_pair_with(
            total0,
            buffers.seconds,
            (n, runs),
            (buffers.spaces, self.space_words()),
            |first, totals, seconds, space| {
                let limbs = first..first + totals.len() / n;
                let (masks, space) = space.split_at_mut(self.mask_words());
                let (lifted, space) = space.split_at_mut(n * self.tables.digits.len() * limbs.len());
                lift_run(self.tables, &prepared, &limbs, lifted);
                let seconds = seconds.chunks_exact_mut(n * self.weights.len());
                for (i, (total, seconds)) in limbs.clone().zip(totals.chunks_exact_mut(n).zip(seconds)) {
                    let mut digits = Digits {
                        tables: self.tables,
                        prepared: &prepared,
                        lifted,
                        first,
                        limbs: limbs.len(),
                    };
                    digits.transform(i);
                    let (rotated, space) = space.split_at_mut(2 * n * self.inner.len());
                    let (firsts, space) = space.split_at_mut(n * self.weights.len());
                    let (spare0, space) = space.split_at_mut(n);
                    let (spare1, space) = space.split_at_mut(n);
                    let spread = &mut space[..self.spread_words()];
                    for (pair, key) in rotated.chunks_exact_mut(2 * n).zip(&self.inner) {
                        let spaces = [&mut *spare0, &mut *spare1, &mut *masks];
                        self.rotate_limb(*key, &digits, i, pair, spaces);
                    }
                    self.weigh(i, rotated, [firsts, seconds], [&mut *spare0, &mut *spare1], spread);
                    self.add_firsts(i, firsts, total, spare0);
                }
            },
        );
    }

    /// Writes limb `i` of P times the rotation of the operand by one inner step, both parts.
    fn rotate_limb(
        &self,
        key: Option<&GaloisKey>,
        digits: &Digits<'_>,
        i: usize,
        out: &mut [u64],
        [spare0, spare1, masks]: [&mut [u64]; 3],
    ) {
        let n = self.n();
        let ring = self.tables.qp.ring(i);
        let (out0, out1) = out.split_at_mut(n);
        // P is 0 modulo its own primes.
        let factor = self.tables.p_residues.get(i);
        let Some(key) = key else {
            for (part, out) in [out0, out1].into_iter().enumerate() {
                out.fill(0);
                if let Some(factor) = factor {
                    by_construction(ring.mul_scalar_add_assign(out, self.a.parts[part].limb(i), factor));
                }
            }
            return;
        };
        digits.times_key(key, i, [&mut *spare0, &mut *spare1], masks);
        if let Some(factor) = factor {
            by_construction(ring.mul_scalar_add_assign(spare0, self.a.parts[0].limb(i), factor));
        }
        by_construction(ring.permute(out0, spare0, &key.automorphism));
        by_construction(ring.permute(out1, spare1, &key.automorphism));
    }

    /// Sums the products of limb `i` of the rotations with the weights: one limb for each group and part. Tile by tile, so
    /// that a tile of all rotations is read from a near cache by all groups but the first.
    fn weigh(
        &self,
        i: usize,
        rotated: &[u64],
        [firsts, seconds]: [&mut [u64]; 2],
        [spare0, spare1]: [&mut [u64]; 2],
        spread: &mut [u64],
    ) {
        let n = self.n();
        let ring = self.tables.qp.ring(i);
        for at in (0..n).step_by(self.tile()) {
            let words = at..at + self.tile();
            let outs = firsts.chunks_exact_mut(n).zip(seconds.chunks_exact_mut(n));
            for ((first, second), weights) in outs.zip(&self.weights) {
                let (first, second) = (&mut first[words.clone()], &mut second[words.clone()]);
                for (k, chunk) in weights.chunks(MAX_TERMS).enumerate() {
                    if k == 0 {
                        self.multiply((i, &words), chunk, rotated, [&mut *first, &mut *second], spread);
                        continue;
                    }
                    // What one inner product cannot take.
                    let (spare0, spare1) = (&mut spare0[words.clone()], &mut spare1[words.clone()]);
                    self.multiply((i, &words), chunk, rotated, [&mut *spare0, &mut *spare1], spread);
                    for (sum, spare) in [(&mut *first, &*spare0), (&mut *second, &*spare1)] {
                        sum.iter_mut()
                            .zip(spare)
                            .for_each(|(sum, &term)| *sum = ring.modulus().add(*sum, term));
                    }
                }
            }
        }
    }

    /// Sums the products of `words` of limb `i` of the rotations with at most [`MAX_TERMS`] weights.
    fn multiply(
        &self,
        (i, words): (usize, &Range<usize>),
        chunk: &[(usize, &Weights)],
        rotated: &[u64],
        [out0, out1]: [&mut [u64]; 2],
        spread: &mut [u64],
    ) {
        let n = self.n();
        let part = |limb: usize| &rotated[n * limb..n * (limb + 1)][words.clone()];
        let mut terms: [(&[u64], &[u64], &[u64]); MAX_TERMS] = [(&[], &[], &[]); MAX_TERMS];
        let mut spread = spread.chunks_exact_mut(words.len());
        for (term, &(place, weights)) in terms.iter_mut().zip(chunk) {
            let space = if weights.repeat() > 1 { spread.next() } else { None };
            let limb = weights.words(i, self.tables.q.len(), words, space.unwrap_or_default());
            *term = (limb, part(2 * place), part(2 * place + 1));
        }
        by_construction(self.tables.qp.ring(i).inner_product_pair(out0, out1, &terms[..chunk.len()]));
    }

    /// Adds limb `i` of the first parts, after their outer rotations, up to `total`.
    fn add_firsts(&self, i: usize, firsts: &[u64], total: &mut [u64], spare: &mut [u64]) {
        let ring = self.tables.qp.ring(i);
        total.fill(0);
        for (first, outer) in firsts.chunks_exact(self.n()).zip(&self.outer) {
            add_mapped(ring, total, first, outer.map.as_ref(), spare);
        }
    }

    /// Adds the second part of group `g`, which does not move, to what it is added to.
    fn add_second(&self, g: usize, buffers: &mut Buffers<'_>) {
        let (n, groups, onto) = (self.n(), self.weights.len(), self.outer[g].onto);
        let (total, spaces) = (&mut *buffers.total[1], (&mut *buffers.spaces, self.space_words()));
        parallel::for_each_limb_pair_with(total, buffers.seconds, n, spaces, |i, total, seconds, _| {
            let (before, after) = seconds.split_at_mut(n * onto.unwrap_or(groups));
            let target = if onto.is_some() { &mut after[..n] } else { total };
            by_construction(self.tables.qp.ring(i).add_assign(target, &before[n * g..n * (g + 1)]));
        });
    }

    /// Divides the second part of group `g` by P and prepares its digits.
    fn divide_second(&self, g: usize, buffers: &mut Buffers<'_>) {
        let (n, kept) = (self.n(), self.tables.q.len());
        let (divide, seconds) = (&self.tables.mod_down, &*buffers.seconds);
        parallel::for_each_limb(buffers.dropped, n, |j, limb| {
            limb.copy_from_slice(self.second(seconds, g, kept + j));
            by_construction(divide.prepare_limb(j, limb));
        });
        let dropped = &*buffers.dropped;
        let runs = Runs::even(buffers.values.len() / n, self.group());
        parallel::for_each_run_pair_with(
            buffers.values,
            buffers.coefficients,
            (n, runs),
            (buffers.spaces, self.space_words()),
            |first, values, coefficients, space| {
                let lifted = &mut space[..values.len()];
                by_construction(divide.lift(first, dropped, lifted));
                let limbs = values.chunks_exact_mut(n).zip(coefficients.chunks_exact_mut(n));
                for ((i, (values, coefficients)), lifted) in
                    (first..).zip(limbs).zip(lifted.chunks_exact_mut(n))
                {
                    by_construction(divide.finish(i, values, self.second(seconds, g, i), lifted));
                    coefficients.copy_from_slice(values);
                    inverse_limb(self.tables, i, coefficients);
                }
            },
        );
    }

    /// Multiplies the digits that [`Self::divide_second`] left with `key` and adds the rotation of the products: the first one
    /// all the way to the total, the second one to what the group is added to.
    fn add_switched(&self, outer: &Outer<'_>, key: &GaloisKey, buffers: &mut Buffers<'_>) {
        let n = self.n();
        let prepared = Prepared { values: buffers.values, coefficients: buffers.coefficients };
        let [total0, total1] = &mut buffers.total;
        // Limbs of the target among those of one prime, and its place among them.
        let (target, limbs_each, place) = match outer.onto {
            None => (&mut **total1, 1, 0),
            Some(onto) => (&mut *buffers.seconds, self.weights.len(), onto),
        };
        let runs = Runs::even(total0.len() / n, self.group());
        parallel::for_each_run_pair_with(
            total0,
            target,
            (n, runs),
            (buffers.spaces, self.space_words()),
            |first, totals0, targets, space| {
                let limbs = first..first + totals0.len() / n;
                let (masks, space) = space.split_at_mut(self.mask_words());
                let (lifted, space) = space.split_at_mut(n * self.tables.digits.len() * limbs.len());
                let (product0, space) = space.split_at_mut(n);
                let (product1, space) = space.split_at_mut(n);
                let spare = &mut space[..n];
                lift_run(self.tables, &prepared, &limbs, lifted);
                let mut digits =
                    Digits { tables: self.tables, prepared: &prepared, lifted, first, limbs: limbs.len() };
                let sums = totals0.chunks_exact_mut(n).zip(targets.chunks_exact_mut(n * limbs_each));
                for (i, (total0, targets)) in limbs.zip(sums) {
                    let ring = self.tables.qp.ring(i);
                    digits.transform(i);
                    digits.times_key(key, i, [&mut *product0, &mut *product1], &mut *masks);
                    add_mapped(ring, total0, product0, outer.map.as_ref(), spare);
                    let target = &mut targets[n * place..n * (place + 1)];
                    add_mapped(ring, target, product1, Some(&key.automorphism), spare);
                }
            },
        );
    }

    /// The last division, of both parts of the total.
    fn divide_total(&self, divide: &Rescaler, buffers: &mut Buffers<'_>, [out0, out1]: [&mut [u64]; 2]) {
        let n = self.n();
        let [total0, total1] = &mut buffers.total;
        let (kept0, dropped0) = total0.split_at_mut(n * divide.kept().len());
        let (kept1, dropped1) = total1.split_at_mut(n * divide.kept().len());
        parallel::for_each_limb_pair(dropped0, dropped1, n, |j, limb0, limb1| {
            by_construction(divide.prepare_limb(j, limb0));
            by_construction(divide.prepare_limb(j, limb1));
        });
        let (kept, dropped) = ([&*kept0, &*kept1], [&*dropped0, &*dropped1]);
        let runs = Runs::even(out0.len() / n, self.group());
        parallel::for_each_run_pair_with(
            out0,
            out1,
            (n, runs),
            (buffers.spaces, self.space_words()),
            |first, out0, out1, space| {
                for ((out, kept), dropped) in [out0, out1].into_iter().zip(kept).zip(dropped) {
                    let lifted = &mut space[..out.len()];
                    by_construction(divide.lift(first, dropped, lifted));
                    let limbs = out.chunks_exact_mut(n).zip(lifted.chunks_exact_mut(n));
                    for (i, (out, lifted)) in (first..).zip(limbs) {
                        by_construction(divide.finish(i, out, &kept[n * i..n * (i + 1)], lifted));
                    }
                }
            },
        );
    }
}

/// sum += the image of `a` under `map`.
fn add_mapped(ring: &ResidueRing, sum: &mut [u64], a: &[u64], map: Option<&Automorphism>, spare: &mut [u64]) {
    match map {
        None => by_construction(ring.add_assign(sum, a)),
        Some(map) => {
            by_construction(ring.permute(spare, a, map));
            by_construction(ring.add_assign(sum, spare));
        }
    }
}

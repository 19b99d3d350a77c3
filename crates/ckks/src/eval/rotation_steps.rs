//! What a weighted sum of rotations computes, step by step.
//!
//! Everything is over QP and goes limb by limb, so that the rotations of one limb are made, weighted and forgotten; a tile of
//! them is in the core's own cache while all groups take it. Of each group only the second part is kept, which the outer
//! rotation has to divide by P and to cut into digits again; the first goes to the total at once.

use std::ops::Range;

use ring_math::{MAX_TERMS, PART_WORDS, Rescaler, parallel};

use super::Workspace;
use crate::{
    ciphertext::Ciphertext,
    context::LevelTables,
    encoder::Weights,
    keys::GaloisKey,
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
    /// The key of each group's outer rotation; none where nothing moves.
    pub(super) outer: Vec<Option<&'a GaloisKey>>,
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
        for (g, key) in self.outer.iter().enumerate() {
            match key {
                Some(key) => {
                    self.divide_second(g, &mut buffers);
                    self.add_switched(key, &mut buffers);
                }
                None => parallel::for_each_limb(buffers.total[1], n, |i, limb| {
                    let second = self.second(buffers.seconds, g, i);
                    by_construction(self.tables.qp.ring(i).add_assign(limb, second));
                }),
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
        self.n() * inner.max(outer)
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
        parallel::for_each_run_pair_with(
            total0,
            buffers.seconds,
            (n, self.group()),
            (buffers.spaces, self.space_words()),
            |first, totals, seconds, space| {
                let limbs = first..first + totals.len() / n;
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
                    let (spare0, spare1) = space[..2 * n].split_at_mut(n);
                    for (pair, key) in rotated.chunks_exact_mut(2 * n).zip(&self.inner) {
                        self.rotate_limb(*key, &digits, i, pair, [&mut *spare0, &mut *spare1]);
                    }
                    self.weigh(i, rotated, [firsts, seconds], [&mut *spare0, &mut *spare1]);
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
        [spare0, spare1]: [&mut [u64]; 2],
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
        digits.times_key(key, i, [&mut *spare0, &mut *spare1]);
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
    ) {
        let n = self.n();
        let ring = self.tables.qp.ring(i);
        let multiply =
            |chunk: &[(usize, &Weights)], words: Range<usize>, out0: &mut [u64], out1: &mut [u64]| {
                let part = |limb: usize| &rotated[n * limb..n * (limb + 1)][words.clone()];
                let mut terms: [(&[u64], &[u64], &[u64]); MAX_TERMS] = [(&[], &[], &[]); MAX_TERMS];
                for (term, (place, weights)) in terms.iter_mut().zip(chunk) {
                    let weights = &weights.limb(i, self.tables.q.len())[words.clone()];
                    *term = (weights, part(2 * place), part(2 * place + 1));
                }
                by_construction(ring.inner_product_pair(out0, out1, &terms[..chunk.len()]));
            };
        let most = (TILE_WORDS / (2 * self.inner.len()).max(1)).max(PART_WORDS);
        let tile = n.min(1 << most.ilog2());
        for at in (0..n).step_by(tile) {
            let words = at..at + tile;
            let outs = firsts.chunks_exact_mut(n).zip(seconds.chunks_exact_mut(n));
            for ((first, second), weights) in outs.zip(&self.weights) {
                let chunk = &weights[..weights.len().min(MAX_TERMS)];
                multiply(chunk, words.clone(), &mut first[words.clone()], &mut second[words.clone()]);
            }
        }
        // What one inner product cannot take.
        let outs = firsts.chunks_exact_mut(n).zip(seconds.chunks_exact_mut(n));
        for ((first, second), weights) in outs.zip(&self.weights) {
            for chunk in weights.chunks(MAX_TERMS).skip(1) {
                multiply(chunk, 0..n, spare0, spare1);
                by_construction(ring.add_assign(first, spare0));
                by_construction(ring.add_assign(second, spare1));
            }
        }
    }

    /// Adds limb `i` of the first parts, after their outer rotations, up to `total`.
    fn add_firsts(&self, i: usize, firsts: &[u64], total: &mut [u64], spare: &mut [u64]) {
        let ring = self.tables.qp.ring(i);
        total.fill(0);
        for (first, key) in firsts.chunks_exact(self.n()).zip(&self.outer) {
            let Some(key) = key else {
                by_construction(ring.add_assign(total, first));
                continue;
            };
            by_construction(ring.permute(spare, first, &key.automorphism));
            by_construction(ring.add_assign(total, spare));
        }
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
        parallel::for_each_run_pair_with(
            buffers.values,
            buffers.coefficients,
            (n, self.group()),
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

    /// Multiplies the digits that [`Self::divide_second`] left with `key` and adds the rotation of the products to the total.
    fn add_switched(&self, key: &GaloisKey, buffers: &mut Buffers<'_>) {
        let n = self.n();
        let prepared = Prepared { values: buffers.values, coefficients: buffers.coefficients };
        let [total0, total1] = &mut buffers.total;
        parallel::for_each_run_pair_with(
            total0,
            total1,
            (n, self.group()),
            (buffers.spaces, self.space_words()),
            |first, totals0, totals1, space| {
                let limbs = first..first + totals0.len() / n;
                let (lifted, space) = space.split_at_mut(n * self.tables.digits.len() * limbs.len());
                let (product0, space) = space.split_at_mut(n);
                let (product1, space) = space.split_at_mut(n);
                let spare = &mut space[..n];
                lift_run(self.tables, &prepared, &limbs, lifted);
                let mut digits =
                    Digits { tables: self.tables, prepared: &prepared, lifted, first, limbs: limbs.len() };
                let totals = totals0.chunks_exact_mut(n).zip(totals1.chunks_exact_mut(n));
                for (i, (total0, total1)) in limbs.zip(totals) {
                    let ring = self.tables.qp.ring(i);
                    digits.transform(i);
                    digits.times_key(key, i, [&mut *product0, &mut *product1]);
                    for (total, product) in [(total0, &*product0), (total1, &*product1)] {
                        by_construction(ring.permute(spare, product, &key.automorphism));
                        by_construction(ring.add_assign(total, spare));
                    }
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
        parallel::for_each_run_pair_with(
            out0,
            out1,
            (n, self.group()),
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

/// The digits of a polynomial for a run of limbs of QP.
struct Digits<'a> {
    tables: &'a LevelTables,
    prepared: &'a Prepared<'a>,
    /// What [`lift_run`] wrote.
    lifted: &'a mut [u64],
    /// The first limb of the run, and their number.
    first: usize,
    limbs: usize,
}

impl Digits<'_> {
    /// The place of digit `j` for limb `i` in `lifted`.
    fn place(&self, j: usize, i: usize) -> Range<usize> {
        let (n, place) = (self.tables.q.n(), self.limbs * j + i - self.first);
        n * place..n * (place + 1)
    }

    /// Turns the digits for limb `i` into transform values. To be called once for each limb.
    fn transform(&mut self, i: usize) {
        for (j, digit) in self.tables.digits.iter().enumerate() {
            if !digit.range.contains(&i) {
                let place = self.place(j, i);
                by_construction(self.tables.qp.ring(i).forward_unreduced(&mut self.lifted[place]));
            }
        }
    }

    /// The sums of products with `key` for limb `i`, which has been transformed.
    fn times_key(&self, key: &GaloisKey, i: usize, [sum0, sum1]: [&mut [u64]; 2]) {
        let n = self.tables.q.n();
        let mut terms: [(&[u64], &[u64], &[u64]); MAX_TERMS] = [(&[], &[], &[]); MAX_TERMS];
        for (j, (term, digit)) in terms.iter_mut().zip(&self.tables.digits).enumerate() {
            let words = if digit.range.contains(&i) {
                &self.prepared.values[n * i..n * (i + 1)]
            } else {
                &self.lifted[self.place(j, i)]
            };
            let (body, mask) = key.key.limbs(self.tables, j, i);
            *term = (words, body, mask);
        }
        let count = self.tables.digits.len();
        by_construction(self.tables.qp.ring(i).inner_product_pair(sum0, sum1, &terms[..count]));
    }
}

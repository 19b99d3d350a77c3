//! Weighted sums of rotations, the body of every linear map, with as few divisions by P as there are outer rotations.

use std::collections::BTreeMap;

use ring_math::{MAX_TERMS, Ntt, RnsPoly, parallel};

use super::{Evaluator, Workspace, check_scales, check_slots};
use crate::{
    ciphertext::Ciphertext,
    context::LevelTables,
    encoder::Weights,
    error::CkksError,
    keys::GaloisKey,
    keyswitch::{by_construction, lift_all, lifted_words, prepare, prepared_words},
    noise::{LevelNoise, Noise},
    scale::{Level, Scale},
};

/// The operation's name in errors.
pub(crate) const OP: &str = "weighted sum of rotations";

/// One outer rotation of a sum of rotations, and what is under it: the rotation by `outer` of the sum over `inner` of
/// weights times the rotation by that many steps.
#[derive(Clone, Debug)]
pub struct RotationGroup<'a, W> {
    /// Steps of the outer rotation.
    pub outer: i64,
    /// Steps of an inner rotation, and what it is multiplied by.
    pub inner: Vec<(i64, &'a W)>,
}

/// What is needed of the weights of a sum to say how its result looks.
pub(crate) trait WeightShape {
    /// Level, scale, slots and noise.
    fn shape(&self) -> (Level, Scale, usize, Noise);
}

impl WeightShape for Weights {
    fn shape(&self) -> (Level, Scale, usize, Noise) {
        (self.level(), self.scale(), self.slots(), self.noise())
    }
}

/// Scale and noise of a sum of rotations before it is rescaled. `a` is the operand as weights are described.
pub(crate) fn describe<W: WeightShape>(
    groups: &[RotationGroup<'_, W>],
    (level, scale, slots, noise): (Level, Scale, usize, Noise),
    tables: &LevelNoise,
    n: usize,
) -> Result<(Scale, Noise), CkksError> {
    let nothing = || CkksError::Parameter {
        name: "groups of a weighted sum of rotations",
        found: "an empty one, or none".to_owned(),
        expected: "at least one weight in each of at least one group".to_owned(),
    };
    let moves = |steps: i64| steps.rem_euclid(slots as i64) != 0;
    let mut total: Option<(Scale, Noise)> = None;
    for group in groups {
        let mut sum: Option<Noise> = None;
        for (steps, weights) in &group.inner {
            let (weight_level, weight_scale, weight_slots, weight_noise) = weights.shape();
            check_slots(OP, slots, weight_slots)?;
            if weight_level < level {
                return Err(CkksError::LevelMismatch { op: OP, left: level, right: weight_level });
            }
            let first = total.map_or(weight_scale, |(scale, _)| scale);
            check_scales(OP, first, weight_scale)?;
            total.get_or_insert((weight_scale, Noise::ZERO));
            let rotated = if moves(*steps) { noise.plus(tables.switch) } else { noise };
            let product = rotated.mul(scale.to_f64(), &weight_noise, weight_scale.to_f64(), n);
            sum = Some(sum.map_or(product, |sum| sum.add(&product)));
        }
        let mut sum = sum.ok_or_else(nothing)?;
        if moves(group.outer) {
            sum = sum.plus(tables.switch).plus(tables.rounding);
        }
        total = total.map(|(scale, all)| (scale, all.add(&sum)));
    }
    let (weight_scale, noise) = total.ok_or_else(nothing)?;
    Ok((scale * weight_scale, noise))
}

/// A polynomial's digits, carried over to all of QP.
struct Digits<'a> {
    tables: &'a LevelTables,
    values: &'a [u64],
    lifted: Vec<u64>,
}

impl<'a> Digits<'a> {
    fn new(tables: &'a LevelTables, values: &'a [u64], work: &mut Workspace) -> Self {
        let prepared = prepare(tables, values, work.scratch.words(prepared_words(tables)));
        let mut lifted = vec![0; lifted_words(tables)];
        lift_all(tables, &prepared, &mut lifted);
        Self { tables, values, lifted }
    }

    /// The sums of products with `key` for limb `i` of QP.
    fn times_key(&self, key: &GaloisKey, i: usize, [sum0, sum1]: [&mut [u64]; 2]) {
        let (tables, n) = (self.tables, self.tables.q.n());
        let count = tables.digits.len();
        let limb = |words: &'a [u64], k: usize| &words[n * k..n * (k + 1)];
        let mut terms: [(&[u64], &[u64], &[u64]); MAX_TERMS] = [(&[], &[], &[]); MAX_TERMS];
        for (j, (term, digit)) in terms.iter_mut().zip(&tables.digits).enumerate() {
            let place = tables.qp.len() * j + i;
            let words = if digit.range.contains(&i) {
                limb(self.values, i)
            } else {
                &self.lifted[n * place..n * (place + 1)]
            };
            let (body, mask) = key.key.limbs(tables, j, i);
            *term = (words, body, mask);
        }
        by_construction(tables.qp.ring(i).inner_product_pair(sum0, sum1, &terms[..count]));
    }
}

/// The sum before its last division: one polynomial over QP for each part.
struct Total<'a> {
    tables: &'a LevelTables,
    parts: [RnsPoly<Ntt>; 2],
}

impl Total<'_> {
    /// Adds limb `i` of both parts that `f` writes, given two limbs of work space besides.
    fn add(&mut self, f: impl Fn(usize, [&mut [u64]; 4]) + Sync + Send) {
        let n = self.tables.q.n();
        let [part0, part1] = &mut self.parts;
        let mut spaces = vec![0; 4 * n * parallel::work_spaces()];
        let spaces = (&mut spaces[..], 4 * n);
        parallel::for_each_limb_pair_with(
            part0.words_mut(),
            part1.words_mut(),
            n,
            spaces,
            |i, limb0, limb1, space| {
                let (first, rest) = space.split_at_mut(n);
                let (second, rest) = rest.split_at_mut(n);
                let (third, fourth) = rest.split_at_mut(n);
                f(i, [&mut *first, &mut *second, third, fourth]);
                by_construction(self.tables.qp.ring(i).add_assign(limb0, first));
                by_construction(self.tables.qp.ring(i).add_assign(limb1, second));
            },
        );
    }
}

/// Weighted sums of inner rotations over QP: for each limb of QP, one limb for each group.
struct InnerSums {
    groups: usize,
    parts: [Vec<u64>; 2],
}

impl InnerSums {
    fn limb(&self, part: usize, n: usize, group: usize, i: usize) -> &[u64] {
        let place = i * self.groups + group;
        &self.parts[part][n * place..n * (place + 1)]
    }
}

impl Evaluator<'_> {
    /// The sum over `groups` of the outer rotations of sums of weighted inner rotations of `a`, rescaled: a linear map by
    /// diagonals in baby and giant steps.
    ///
    /// Both rotations are hoisted (Bossuat, Mouchet, Troncoso-Pastoriza, Hubaux, EUROCRYPT 2021, algorithm 6): the digits of
    /// `a` are computed once, products with keys and weights accumulate over QP, and there is one division of one
    /// polynomial for each outer rotation and one of two at the end, which rescales as well. Weights have to have one scale.
    ///
    /// # Errors
    /// [`CkksError::MissingKey`] for a rotation, before anything is computed; [`CkksError::LevelMismatch`] for weights of a
    /// lower level than that of `a`; [`CkksError::ScaleMismatch`], [`CkksError::SlotMismatch`], [`CkksError::OutOfLevels`] at
    /// level 0, [`CkksError::Parameter`] without weights, [`CkksError::Degree`] before relinearisation,
    /// [`CkksError::ContextMismatch`].
    pub fn sum_of_rotations_rescale(
        &self,
        a: &Ciphertext,
        groups: &[RotationGroup<'_, Weights>],
    ) -> Result<Ciphertext, CkksError> {
        a.check(OP, self.context)?;
        a.check_degree(OP, 1)?;
        let tables = self.context.tables(OP, a.level)?;
        let (Some(divide), Some(below)) = (&tables.mod_down_rescale, a.level.below()) else {
            return Err(CkksError::OutOfLevels { op: OP, needed: 1, left: 0 });
        };
        let n = tables.q.n();
        let (scale, noise) = describe(groups, (a.level, a.scale, a.slots, a.noise), &tables.noise, n)?;
        self.check_weights(groups)?;
        let inner =
            self.rotation_keys(a, groups.iter().flat_map(|group| &group.inner).map(|(steps, _)| *steps))?;
        let outer = self.rotation_keys(a, groups.iter().map(|group| group.outer))?;
        let mut work = Workspace::new();
        let sums = self.inner_sums(tables, a, groups, &inner, &mut work);
        let mut total = Total { tables, parts: [RnsPoly::zero(&tables.qp), RnsPoly::zero(&tables.qp)] };
        for (g, group) in groups.iter().enumerate() {
            match outer.get(&group.outer.rem_euclid(a.slots as i64)) {
                Some(&Some(key)) => add_rotated(&mut total, &sums, g, key, &mut work)?,
                _ => total.add(|i, [out0, out1, ..]| {
                    out0.copy_from_slice(sums.limb(0, n, g, i));
                    out1.copy_from_slice(sums.limb(1, n, g, i));
                }),
            }
        }
        let mut out = Ciphertext::empty(self.context)?;
        out.parts.clear();
        for mut part in total.parts {
            divide.rescale(&mut part, &mut work.scratch)?;
            part.drop_to_basis(self.context.q_basis(below)?)?;
            out.parts.push(part);
        }
        (out.level, out.scale, out.slots, out.noise) = (a.level, scale, a.slots, noise);
        self.note_rescaled(&mut out)?;
        Ok(out)
    }

    fn check_weights(&self, groups: &[RotationGroup<'_, Weights>]) -> Result<(), CkksError> {
        for (_, weights) in groups.iter().flat_map(|group| &group.inner) {
            if self.context.qp_basis(weights.level()).ok() != Some(weights.poly().basis()) {
                return Err(CkksError::ContextMismatch { op: OP });
            }
        }
        Ok(())
    }

    /// The keys for rotations of `a`, by steps within its slots; `None` where nothing moves.
    fn rotation_keys(
        &self,
        a: &Ciphertext,
        steps: impl Iterator<Item = i64>,
    ) -> Result<BTreeMap<i64, Option<&GaloisKey>>, CkksError> {
        let mut keys = BTreeMap::new();
        for steps in steps {
            let key = self.rotation_key(OP, a, steps)?;
            if let Some(key) = key {
                self.check_key(OP, || format!("Galois key {}", key.element), &key.key, a.level)?;
            }
            keys.insert(steps.rem_euclid(a.slots as i64), key);
        }
        Ok(keys)
    }

    /// For each limb of QP: rotates that limb of `a` by all inner steps, and sums the products with the weights of each
    /// group.
    fn inner_sums(
        &self,
        tables: &LevelTables,
        a: &Ciphertext,
        groups: &[RotationGroup<'_, Weights>],
        keys: &BTreeMap<i64, Option<&GaloisKey>>,
        work: &mut Workspace,
    ) -> InnerSums {
        let (n, q_len, period) = (tables.q.n(), tables.q.len(), a.slots as i64);
        let digits = Digits::new(tables, a.parts[1].words(), work);
        let positions: BTreeMap<i64, usize> = keys.keys().enumerate().map(|(k, &steps)| (steps, k)).collect();
        let words = n * groups.len() * tables.qp.len();
        let mut sums = InnerSums { groups: groups.len(), parts: [vec![0; words], vec![0; words]] };
        let space_len = 2 * n * (keys.len() + 1);
        let mut spaces = vec![0; space_len * parallel::work_spaces()];
        let [part0, part1] = &mut sums.parts;
        let chunk = n * groups.len();
        parallel::for_each_limb_pair_with(
            part0,
            part1,
            chunk,
            (&mut spaces, space_len),
            |i, out0, out1, space| {
                let ring = tables.qp.ring(i);
                let (rotated, spare) = space.split_at_mut(2 * n * keys.len());
                let (spare0, spare1) = spare.split_at_mut(n);
                for (pair, key) in rotated.chunks_exact_mut(2 * n).zip(keys.values()) {
                    let (first, second) = pair.split_at_mut(n);
                    rotate_limb(a, &digits, *key, i, [first, second], [&mut *spare0, &mut *spare1]);
                }
                let outs = out0.chunks_exact_mut(n).zip(out1.chunks_exact_mut(n));
                for ((out0, out1), group) in outs.zip(groups) {
                    for (k, chunk) in group.inner.chunks(MAX_TERMS).enumerate() {
                        let mut terms: [(&[u64], &[u64], &[u64]); MAX_TERMS] = [(&[], &[], &[]); MAX_TERMS];
                        for (term, (steps, weights)) in terms.iter_mut().zip(chunk) {
                            let place = positions.get(&steps.rem_euclid(period)).copied().unwrap_or(0);
                            let (first, second) = rotated[2 * n * place..2 * n * (place + 1)].split_at(n);
                            *term = (weights.limb(i, q_len), first, second);
                        }
                        let terms = &terms[..chunk.len()];
                        if k == 0 {
                            by_construction(ring.inner_product_pair(out0, out1, terms));
                        } else {
                            by_construction(ring.inner_product_pair(spare0, spare1, terms));
                            by_construction(ring.add_assign(out0, spare0));
                            by_construction(ring.add_assign(out1, spare1));
                        }
                    }
                }
            },
        );
        sums
    }
}

/// Writes limb `i` of P times the rotation of `a` that `key` is for.
fn rotate_limb(
    a: &Ciphertext,
    digits: &Digits<'_>,
    key: Option<&GaloisKey>,
    i: usize,
    [out0, out1]: [&mut [u64]; 2],
    [spare0, spare1]: [&mut [u64]; 2],
) {
    let tables = digits.tables;
    let ring = tables.qp.ring(i);
    // P is 0 modulo its own primes.
    let factor = tables.p_residues.get(i);
    let Some(key) = key else {
        for (part, out) in [out0, out1].into_iter().enumerate() {
            out.fill(0);
            if let Some(factor) = factor {
                by_construction(ring.mul_scalar_add_assign(out, a.parts[part].limb(i), factor));
            }
        }
        return;
    };
    digits.times_key(key, i, [&mut *spare0, &mut *spare1]);
    if let Some(factor) = factor {
        by_construction(ring.mul_scalar_add_assign(spare0, a.parts[0].limb(i), factor));
    }
    by_construction(ring.permute(out0, spare0, &key.automorphism));
    by_construction(ring.permute(out1, spare1, &key.automorphism));
}

/// Adds the rotation of the inner sum of group `g`: its second part is divided by P and switched again.
fn add_rotated(
    total: &mut Total<'_>,
    sums: &InnerSums,
    g: usize,
    key: &GaloisKey,
    work: &mut Workspace,
) -> Result<(), CkksError> {
    let tables = total.tables;
    let n = tables.q.n();
    let mut second = RnsPoly::<Ntt>::zero(&tables.qp);
    parallel::for_each_limb(second.words_mut(), n, |i, limb| limb.copy_from_slice(sums.limb(1, n, g, i)));
    tables.mod_down.rescale(&mut second, &mut work.scratch)?;
    let digits = Digits::new(tables, second.words(), work);
    total.add(|i, [out0, out1, spare0, spare1]| {
        let ring = tables.qp.ring(i);
        digits.times_key(key, i, [&mut *spare0, &mut *spare1]);
        by_construction(ring.add_assign(spare0, sums.limb(0, n, g, i)));
        by_construction(ring.permute(out0, spare0, &key.automorphism));
        by_construction(ring.permute(out1, spare1, &key.automorphism));
    });
    Ok(())
}

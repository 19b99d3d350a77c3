//! What bootstrapping needs beyond arithmetic: a larger modulus, sums over all rotations by a period, other labels.

use ring_math::{Ntt, RnsPoly, parallel};

use super::{Evaluator, Workspace, add_scaled_residue};
use crate::{
    ciphertext::Ciphertext,
    encoder::check_slots as check_slot_count,
    error::CkksError,
    keys::{Encapsulation, EncapsulationKey, noise_to_dense, noise_to_sparse},
    keyswitch::{Decomposed, LimbQuotients, Switch, by_construction, prepare, prepared_words},
    noise::Noise,
    params::{EPHEMERAL_WEIGHT, Parameters},
    scale::{Level, Scale},
};

/// The operation's name in errors.
pub(crate) const RAISE: &str = "raising the modulus";

/// The operation's name in errors.
pub(crate) const TRACE: &str = "sum over rotations by a period";

/// The scale that raised ciphertexts have: q0.
pub(crate) fn raised_scale(parameters: &Parameters) -> Scale {
    Scale::ONE.mul_by_primes(&parameters.groups()[0].primes)
}

/// What is known of a raised ciphertext whose noise at level 0 was `noise`: the new message is all of c_0 + c_1 s as a
/// polynomial with integer coefficients, in units of q0, the old noise included.
///
/// Coefficients of c_0 and c_1 are at most q0/2 and uniform, so that those of the sum are at most (h + 1)/2 times q0, with
/// variance (h + 1)/12 times q0 squared.
pub(crate) fn raised_noise(parameters: &Parameters) -> Noise {
    let n = parameters.ring_degree() as f64;
    let weight = f64::from(ephemeral_weight(parameters)) + 1.0;
    let added = noise_to_dense(parameters);
    Noise {
        std: added.std,
        bound: added.bound,
        message_rms: (weight / 12.0 * n).sqrt(),
        message_bound: weight / 2.0 * n,
    }
}

/// What switching to the sparse secret leaves of the noise of a ciphertext at level 0.
pub(crate) fn encapsulated_noise(parameters: &Parameters, noise: &Noise) -> Noise {
    noise.plus(noise_to_sparse(parameters))
}

/// Coefficients of the ephemeral secret that are not zero; rings too small for [`EPHEMERAL_WEIGHT`] have fewer.
pub(crate) fn ephemeral_weight(parameters: &Parameters) -> u32 {
    EPHEMERAL_WEIGHT.min(parameters.ring_degree() as u32 / 2)
}

/// Rotations of [`Evaluator::trace`] to `slots` of `max` slots.
pub(crate) fn trace_rotations(slots: usize, max: usize) -> impl Iterator<Item = i64> {
    std::iter::successors(Some(slots as i64), |steps| Some(2 * steps))
        .take_while(move |&steps| steps < max as i64)
}

impl Evaluator<'_> {
    /// A ciphertext at level 0 as one at the highest level that encrypts another message: the integers that c_0 + c_1 s is,
    /// the message times its scale plus noise plus a multiple of q0. The multiples are at most (h + 1)/2 in absolute value,
    /// h being the weight of the ephemeral secret that is switched to meanwhile. The scale is q0 afterwards, and all slots
    /// count: the multiples do not repeat as a sparsely packed message does.
    ///
    /// The first step of bootstrapping, with the secret encapsulated as of Bossuat, Troncoso-Pastoriza and Hubaux (ACNS
    /// 2022). The switch back has one digit only, because the polynomial to be switched is below q0.
    ///
    /// # Errors
    /// [`CkksError::MissingKey`] without the encapsulation keys, [`CkksError::LevelMismatch`] for a ciphertext above level 0,
    /// [`CkksError::Degree`] before relinearisation, [`CkksError::ContextMismatch`].
    pub fn raise(&self, a: &Ciphertext) -> Result<Ciphertext, CkksError> {
        a.check(RAISE, self.context)?;
        a.check_degree(RAISE, 1)?;
        if a.level != Level(0) {
            return Err(CkksError::LevelMismatch { op: RAISE, left: a.level, right: Level(0) });
        }
        let key = self.keys.encapsulation.as_ref().ok_or_else(|| CkksError::MissingKey {
            op: RAISE,
            kind: "keys of sparse-secret encapsulation, `encapsulation()`".to_owned(),
        })?;
        let tables = Encapsulation::new(self.context)?;
        if key.to_sparse.basis() != Some(&tables.base.qp) || key.to_dense.basis() != Some(&tables.top) {
            return Err(CkksError::ContextMismatch { op: RAISE });
        }
        let mut out = Ciphertext::unwritten(self.context)?;
        out.parts = self.context.work_spaces().lend(|work| {
            let sparse = to_sparse(&tables, key, a, work);
            Ok::<_, CkksError>(to_dense(&tables, key, sparse, work)?.into())
        })?;
        let parameters = self.context.parameters();
        (out.level, out.scale) = (self.context.max_level(), raised_scale(parameters));
        (out.slots, out.noise) = (self.context.max_slots(), raised_noise(parameters));
        Ok(out)
    }

    /// The sum over all rotations by multiples of `slots`: N/2 divided by `slots` times the projection on messages that
    /// repeat after so many slots, packed into them.
    ///
    /// # Errors
    /// [`CkksError::SlotCount`] for a number that is no power of two or above that of `a`; as [`Evaluator::rotate`].
    pub fn trace(&self, a: &Ciphertext, slots: usize) -> Result<Ciphertext, CkksError> {
        check_slot_count(TRACE, slots, a.slots)?;
        let mut sum = a.clone();
        let mut rotated = Ciphertext::unwritten(self.context)?;
        self.context.work_spaces().lend(|work| {
            trace_rotations(slots, a.slots).try_for_each(|steps| {
                self.rotate_into(&mut rotated, &sum, steps, work)?;
                self.add_assign(&mut sum, &rotated)
            })
        })?;
        sum.slots = slots;
        Ok(sum)
    }

    /// The same ciphertext with another number of slots. A message in n slots repeats after n and may always be taken for
    /// one in more of them; that it repeats after fewer is the caller's word.
    ///
    /// # Errors
    /// [`CkksError::SlotCount`] and [`CkksError::TooManySlots`] for a number that no ciphertext has;
    /// [`CkksError::ContextMismatch`].
    pub fn relabel_slots(&self, a: &Ciphertext, slots: usize) -> Result<Ciphertext, CkksError> {
        let op = "relabelling slots";
        a.check(op, self.context)?;
        check_slot_count(op, slots, self.context.max_slots())?;
        Ok(Ciphertext { slots, ..a.clone() })
    }

    /// The same ciphertext with `noise` as what is known of its noise and message, on the caller's word. The worst case that is
    /// claimed counts as one that was tracked: **a result that depends on it must not be published**, unless the claim holds for
    /// every input that the circuit could be given.
    ///
    /// # Errors
    /// [`CkksError::ContextMismatch`].
    pub fn claim_noise(&self, a: &Ciphertext, noise: Noise) -> Result<Ciphertext, CkksError> {
        a.check("claim of a noise", self.context)?;
        Ok(Ciphertext { noise, ..a.clone() })
    }
}

/// Both polynomials of `a` under the sparse secret, over q0.
fn to_sparse(
    tables: &Encapsulation,
    key: &EncapsulationKey,
    a: &Ciphertext,
    work: &mut Workspace,
) -> [RnsPoly<Ntt>; 2] {
    let base = &tables.base;
    let switch = Switch { tables: base, key: &key.to_sparse, divide: &base.mod_down };
    let words = work.scratch.words(prepared_words(base) + switch.scratch_words());
    let (coefficients, rest) = words.split_at_mut(prepared_words(base));
    let digits = Decomposed::Fresh(prepare(base, a.parts[1].words(), coefficients));
    let mut out = [RnsPoly::zero(&base.q), RnsPoly::zero(&base.q)];
    let [out0, out1] = &mut out;
    let leave = |work: &mut LimbQuotients<'_>, [out0, out1]: [&mut [u64]; 2]| {
        work.divide_into(0, out0);
        by_construction(work.limb.ring.add_assign(out0, a.parts[0].limb(work.limb.index)));
        work.divide_into(1, out1);
    };
    switch.run(&digits, rest, [out0.words_mut(), out1.words_mut()], |_| {}, leave);
    out
}

/// Carries both polynomials over to all of Q, centred, and switches the second one back to the dense secret.
fn to_dense(
    tables: &Encapsulation,
    key: &EncapsulationKey,
    sparse: [RnsPoly<Ntt>; 2],
    work: &mut Workspace,
) -> Result<Vec<RnsPoly<Ntt>>, CkksError> {
    let (top, base_len) = (&tables.top, tables.base.q.len());
    let (n, q_len) = (top.n(), tables.divide.kept().len());
    let values = sparse.clone();
    let coefficients: Vec<Vec<u64>> = sparse
        .into_iter()
        .map(|poly| {
            let mut words = poly.words().to_vec();
            match &tables.lift {
                None => by_construction(top.ring(0).inverse(&mut words)),
                Some(lift) => by_construction(lift.inverse_and_scale(&mut words)),
            }
            words
        })
        .collect();
    let raised = |part: usize, i: usize, out: &mut [u64]| {
        if i < base_len {
            out.copy_from_slice(values[part].limb(i));
            return;
        }
        by_construction(match &tables.lift {
            None => top.ring(i).lift_centred(out, &coefficients[part], top.modulus(0)),
            Some(lift) => {
                lift.convert_limbs(ring_math::Lift::Centred, i - base_len, &coefficients[part], out)
            }
        });
        by_construction(top.ring(i).forward(out));
    };
    let mut parts = [RnsPoly::<Ntt>::zero(top), RnsPoly::<Ntt>::zero(top)];
    let [part0, part1] = &mut parts;
    let [body, mask] = &key.to_dense.digits[0];
    let mut spaces = vec![0; n * parallel::work_spaces()];
    let special = top.slice(q_len..top.len())?;
    parallel::for_each_limb_pair_with(
        part0.words_mut(),
        part1.words_mut(),
        n,
        (&mut spaces, n),
        |i, out0, out1, lifted| {
            let ring = top.ring(i);
            raised(1, i, lifted);
            by_construction(ring.mul_into(out1, lifted, mask.limb(i)));
            by_construction(ring.mul_into(out0, lifted, body.limb(i)));
            if i < q_len {
                raised(0, i, lifted);
                add_scaled_residue(ring, out0, lifted, &special);
            }
        },
    );
    for part in &mut parts {
        tables.divide.rescale(part, &mut work.scratch)?;
    }
    Ok(parts.into())
}

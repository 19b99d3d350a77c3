//! Rotations and conjugation.

use ring_math::parallel;

use super::{Evaluator, Workspace};
use crate::{
    ciphertext::Ciphertext,
    context::LevelTables,
    error::CkksError,
    keys::{GaloisElement, GaloisKey},
    keyswitch::{Decomposed, LimbQuotients, Switch, by_construction, prepare, prepared_words},
};

impl Evaluator<'_> {
    /// Moves slot i + `steps` to slot i, around the end: to the left for positive `steps`.
    ///
    /// # Errors
    /// [`CkksError::MissingKey`] without the Galois key of the rotation, [`CkksError::Degree`] before relinearisation,
    /// [`CkksError::ContextMismatch`].
    pub fn rotate(&self, a: &Ciphertext, steps: i64) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.rotate_into(out, a, steps, work))
    }

    /// Rotates in place.
    ///
    /// # Errors
    /// As [`Self::rotate`].
    pub fn rotate_assign(
        &self,
        a: &mut Ciphertext,
        steps: i64,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        work.replace(self.context, a, |out, a, work| self.rotate_into(out, a, steps, work))
    }

    /// out = a, rotated.
    ///
    /// # Errors
    /// As [`Self::rotate`].
    pub fn rotate_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        steps: i64,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        match self.rotation_key("rotation", a, steps)? {
            Some(key) => self.map_into("rotation", out, a, key, work),
            None => self.copy_into("rotation", out, a),
        }
    }

    /// The complex conjugate of every slot.
    ///
    /// # Errors
    /// [`CkksError::MissingKey`] without the conjugation key, [`CkksError::Degree`] before relinearisation,
    /// [`CkksError::ContextMismatch`].
    pub fn conjugate(&self, a: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.conjugate_into(out, a, work))
    }

    /// Conjugates in place.
    ///
    /// # Errors
    /// As [`Self::conjugate`].
    pub fn conjugate_assign(&self, a: &mut Ciphertext, work: &mut Workspace) -> Result<(), CkksError> {
        work.replace(self.context, a, |out, a, work| self.conjugate_into(out, a, work))
    }

    /// out = a, conjugated.
    ///
    /// # Errors
    /// As [`Self::conjugate`].
    pub fn conjugate_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        self.map_into("conjugation", out, a, self.conjugation_key("conjugation")?, work)
    }

    /// A copy of a that shares nothing with it, made by all threads.
    pub(super) fn copied(&self, op: &'static str, a: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh(|out| self.copy_into(op, out, a))
    }

    /// out = a, with the buffers that `out` has.
    pub(super) fn copy_into(
        &self,
        op: &'static str,
        out: &mut Ciphertext,
        a: &Ciphertext,
    ) -> Result<(), CkksError> {
        a.check(op, self.context)?;
        let basis = self.context.q_basis(a.level)?;
        out.reshape(basis, a.parts.len());
        for (part, source) in out.parts.iter_mut().zip(&a.parts) {
            parallel::for_each_limb(part.words_mut(), basis.n(), |i, limb| {
                limb.copy_from_slice(source.limb(i));
            });
        }
        (out.level, out.scale, out.slots, out.noise) = (a.level, a.scale, a.slots, a.noise);
        Ok(())
    }

    fn map_into(
        &self,
        op: &'static str,
        out: &mut Ciphertext,
        a: &Ciphertext,
        key: &GaloisKey,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        a.check(op, self.context)?;
        a.check_degree(op, 1)?;
        let tables = self.context.tables(op, a.level)?;
        let switch = Switch { tables, key: &key.key, divide: &tables.mod_down };
        let words = work.scratch.words(prepared_words(tables) + switch.scratch_words());
        let (coefficients, rest) = words.split_at_mut(prepared_words(tables));
        let digits = Decomposed::Fresh(prepare(tables, a.parts[1].words(), coefficients));
        self.map_decomposed(op, tables, key, &digits, out, a, rest)
    }

    /// Switches the second part of `a`, given as digits, to the image of the secret, adds the first part and applies the
    /// map to both.
    #[expect(
        clippy::too_many_arguments,
        reason = "the operands of one inner step, all borrowed from its two callers"
    )]
    pub(super) fn map_decomposed(
        &self,
        op: &'static str,
        tables: &LevelTables,
        key: &GaloisKey,
        digits: &Decomposed<'_>,
        out: &mut Ciphertext,
        a: &Ciphertext,
        scratch: &mut [u64],
    ) -> Result<(), CkksError> {
        self.check_key(op, || galois_name(key.element), &key.key, a.level)?;
        let switch = Switch { tables, key: &key.key, divide: &tables.mod_down };
        out.reshape(&tables.q, 2);
        let leave = |work: &mut LimbQuotients<'_>, out: [&mut [u64]; 2]| {
            let (index, ring) = (work.limb.index, work.limb.ring);
            for (part, out) in out.into_iter().enumerate() {
                let quotient = work.divided(part);
                if part == 0 {
                    by_construction(ring.add_assign(quotient, a.parts[0].limb(index)));
                }
                by_construction(ring.permute(out, quotient, &key.automorphism));
            }
        };
        switch.run(digits, scratch, out.pair_mut(), |_| {}, leave);
        (out.level, out.scale, out.slots) = (a.level, a.scale, a.slots);
        out.noise = a.noise.plus(tables.noise.switch).plus(tables.noise.rounding);
        Ok(())
    }

    /// The key for a rotation of `a`; `None` when nothing has to move. A message that repeats after fewer than N/2 slots
    /// can be rotated by any key that agrees modulo that number.
    pub(super) fn rotation_key(
        &self,
        op: &'static str,
        a: &Ciphertext,
        steps: i64,
    ) -> Result<Option<&GaloisKey>, CkksError> {
        let period = a.slots as i64;
        let within = steps.rem_euclid(period);
        if within == 0 {
            return Ok(None);
        }
        let log_n = self.context.log_n();
        let exact = GaloisElement::rotation(steps, log_n);
        let candidates = [exact, GaloisElement::rotation(within, log_n)]
            .into_iter()
            .chain([GaloisElement::rotation(within - period, log_n)]);
        candidates.into_iter().find_map(|element| self.keys.galois.get(&element)).map(Some).ok_or_else(|| {
            CkksError::MissingKey {
                op,
                kind: format!("Galois key {exact} of the rotation by {steps}, `rotations([{steps}])`"),
            }
        })
    }

    pub(super) fn conjugation_key(&self, op: &'static str) -> Result<&GaloisKey, CkksError> {
        let element = GaloisElement::conjugation(self.context.log_n());
        self.keys.galois.get(&element).ok_or_else(|| CkksError::MissingKey {
            op,
            kind: "Galois key of the conjugation, `conjugation()`".to_owned(),
        })
    }
}

fn galois_name(element: GaloisElement) -> String {
    format!("Galois key {element}")
}

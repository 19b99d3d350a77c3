//! Several rotations of one ciphertext, with its digits computed once.

use ring_math::WordBuffer;

use super::{Evaluator, Workspace};
use crate::{
    ciphertext::Ciphertext,
    error::CkksError,
    keys::GaloisKey,
    keyswitch::{Decomposed, Switch, lift_all, lifted_words, prepare, prepared_words},
};

/// A ciphertext whose digits are carried over to all primes already (Halevi, Shoup, CRYPTO 2018): each rotation of it
/// costs the products with the key and one division.
pub struct Hoisted<'a> {
    evaluator: Evaluator<'a>,
    ciphertext: Ciphertext,
    lifted: WordBuffer,
}

impl<'a> Evaluator<'a> {
    /// Prepares `a` for several rotations.
    ///
    /// # Errors
    /// [`CkksError::Degree`] before relinearisation, [`CkksError::ContextMismatch`].
    pub fn hoist(&self, a: &Ciphertext, work: &mut Workspace) -> Result<Hoisted<'a>, CkksError> {
        let ciphertext = Ciphertext::empty(self.context)?;
        let mut hoisted = Hoisted { evaluator: *self, ciphertext, lifted: WordBuffer::default() };
        hoisted.replace(a, work)?;
        Ok(hoisted)
    }
}

impl Hoisted<'_> {
    /// Prepares another ciphertext in the same buffers.
    ///
    /// # Errors
    /// As [`Evaluator::hoist`].
    pub fn replace(&mut self, a: &Ciphertext, work: &mut Workspace) -> Result<(), CkksError> {
        let op = "hoisting";
        let context = self.evaluator.context;
        a.check(op, context)?;
        a.check_degree(op, 1)?;
        self.evaluator.copy_into(op, &mut self.ciphertext, a)?;
        let tables = context.tables(op, a.level)?;
        let coefficients = work.scratch.words(prepared_words(tables));
        let prepared = prepare(tables, self.ciphertext.parts[1].words(), coefficients);
        let words = lifted_words(tables);
        self.lifted.truncate(words);
        self.lifted.grow(words);
        lift_all(tables, &prepared, self.lifted.as_mut_slice());
        Ok(())
    }

    /// The ciphertext that was prepared.
    #[must_use]
    pub fn ciphertext(&self) -> &Ciphertext {
        &self.ciphertext
    }

    /// As [`Evaluator::rotate`].
    ///
    /// # Errors
    /// As [`Evaluator::rotate`].
    pub fn rotate(&self, steps: i64) -> Result<Ciphertext, CkksError> {
        self.evaluator.fresh_with(|out, work| self.rotate_into(out, steps, work))
    }

    /// out = the rotation by `steps`.
    ///
    /// # Errors
    /// As [`Evaluator::rotate`].
    pub fn rotate_into(
        &self,
        out: &mut Ciphertext,
        steps: i64,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let op = "hoisted rotation";
        match self.evaluator.rotation_key(op, &self.ciphertext, steps)? {
            Some(key) => self.map_into(op, out, key, work),
            None => self.evaluator.copy_into(op, out, &self.ciphertext),
        }
    }

    /// As [`Evaluator::conjugate`].
    ///
    /// # Errors
    /// As [`Evaluator::conjugate`].
    pub fn conjugate(&self) -> Result<Ciphertext, CkksError> {
        self.evaluator.fresh_with(|out, work| self.conjugate_into(out, work))
    }

    /// out = the conjugate.
    ///
    /// # Errors
    /// As [`Evaluator::conjugate`].
    pub fn conjugate_into(&self, out: &mut Ciphertext, work: &mut Workspace) -> Result<(), CkksError> {
        let op = "hoisted conjugation";
        self.map_into(op, out, self.evaluator.conjugation_key(op)?, work)
    }

    fn map_into(
        &self,
        op: &'static str,
        out: &mut Ciphertext,
        key: &GaloisKey,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let a = &self.ciphertext;
        let tables = self.evaluator.context.tables(op, a.level)?;
        let digits = Decomposed::Lifted { values: a.parts[1].words(), lifted: self.lifted.as_slice() };
        let switch = Switch { tables, key: &key.key, divide: &tables.mod_down };
        let scratch = work.scratch.words(switch.scratch_words());
        self.evaluator.map_decomposed(op, tables, key, &digits, out, a, scratch)
    }
}

/// Shows the ciphertext's shape.
impl std::fmt::Debug for Hoisted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hoisted({:?})", self.ciphertext)
    }
}

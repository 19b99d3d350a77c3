//! From one secret to another.

use super::{Evaluator, Workspace};
use crate::{
    ciphertext::Ciphertext,
    error::CkksError,
    keys::SwitchingKey,
    keyswitch::{Decomposed, LimbQuotients, Switch, by_construction, prepare, prepared_words},
};

impl Evaluator<'_> {
    /// The same message under the secret that `key` leads to (see [`crate::KeyGenerator::switching_key`]).
    ///
    /// # Errors
    /// [`CkksError::MissingKey`] for a key of a lower level, [`CkksError::Degree`] before relinearisation,
    /// [`CkksError::ContextMismatch`].
    pub fn switch_secret(&self, a: &Ciphertext, key: &SwitchingKey) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.switch_secret_into(out, a, key, work))
    }

    /// out = a under another secret.
    ///
    /// # Errors
    /// As [`Self::switch_secret`].
    pub fn switch_secret_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        key: &SwitchingKey,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let op = "switching secrets";
        a.check(op, self.context)?;
        a.check_degree(op, 1)?;
        self.check_key(op, || "switching key".to_owned(), key, a.level)?;
        let tables = self.context.tables(op, a.level)?;
        let switch = Switch { tables, key, divide: &tables.mod_down };
        let words = work.scratch.words(prepared_words(tables) + switch.scratch_words());
        let (coefficients, rest) = words.split_at_mut(prepared_words(tables));
        let digits = Decomposed::Fresh(prepare(tables, a.parts[1].words(), coefficients));
        out.reshape(&tables.q, 2);
        let leave = |work: &mut LimbQuotients<'_>, [out0, out1]: [&mut [u64]; 2]| {
            work.divide_into(0, out0);
            by_construction(work.limb.ring.add_assign(out0, a.parts[0].limb(work.limb.index)));
            work.divide_into(1, out1);
        };
        switch.run(&digits, rest, out.pair_mut(), |_| {}, leave);
        (out.level, out.scale, out.slots) = (a.level, a.scale, a.slots);
        out.noise = a.noise.plus(tables.noise.switch).plus(tables.noise.rounding);
        Ok(())
    }
}

//! From one secret to another.

use super::{Evaluator, Workspace};
use crate::{
    ciphertext::Ciphertext,
    error::CkksError,
    keys::SwitchingKey,
    keyswitch::{Decomposed, LimbWork, Prepared, Switch, by_construction, prepare, prepared_words},
};

impl Evaluator<'_> {
    /// The same message under the secret that `key` leads to (see [`crate::KeyGenerator::switching_key`]).
    ///
    /// # Errors
    /// [`CkksError::MissingKey`] for a key of a lower level, [`CkksError::Degree`] before relinearisation,
    /// [`CkksError::ContextMismatch`].
    pub fn switch_secret(&self, a: &Ciphertext, key: &SwitchingKey) -> Result<Ciphertext, CkksError> {
        self.fresh(|out| self.switch_secret_into(out, a, key, &mut Workspace::new()))
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
        let n = tables.q.n();
        let switch = Switch { tables, key, divide: &tables.mod_down };
        let words = work.scratch.words(prepared_words(tables) + switch.scratch_words());
        let (coefficients, rest) = words.split_at_mut(n * tables.q.len());
        let (quotients, rest) = rest.split_at_mut(n * tables.digits.len());
        let values = a.parts[1].words();
        prepare(tables, values, coefficients, quotients);
        let digits = Decomposed::Fresh(Prepared { values, coefficients, quotients });
        out.reshape(&tables.q, 2);
        let leave = |work: &mut LimbWork<'_>, [out0, out1]: [&mut [u64]; 2]| {
            by_construction(work.ring.add_into(out0, work.sums[0], a.parts[0].limb(work.index)));
            out1.copy_from_slice(work.sums[1]);
        };
        switch.run(&digits, rest, out.pair_mut(), |_| {}, leave);
        (out.level, out.scale, out.slots) = (a.level, a.scale, a.slots);
        out.noise = a.noise.plus(tables.noise.switch).plus(tables.noise.rounding);
        Ok(())
    }
}

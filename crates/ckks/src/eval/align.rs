//! Bringing two ciphertexts to one level and scale.

use super::{Evaluator, Workspace};
use crate::{
    ciphertext::Ciphertext,
    error::CkksError,
    scale::{Level, Scale},
};

impl Evaluator<'_> {
    /// Brings `a` and `b` to the lower of their levels and to one scale, that of the lower operand: the higher one is
    /// multiplied by 1, encoded at the scale that makes this exact, and rescaled (Kim, Papadimitriou, Polyakov,
    /// CT-RSA 2022). Operands that differ in level only by what can be dropped are dropped.
    ///
    /// # Errors
    /// [`CkksError::ScaleMismatch`] for different scales at one level, where no multiplication is left to repair them;
    /// [`CkksError::ContextMismatch`].
    pub fn align(&self, a: &Ciphertext, b: &Ciphertext) -> Result<(Ciphertext, Ciphertext), CkksError> {
        let aligned = |x: &Ciphertext, to: &Ciphertext| {
            self.context.work_spaces().lend(|work| self.align_to(x, to.level, to.scale, work))
        };
        if a.level >= b.level { Ok((aligned(a, b)?, b.clone())) } else { Ok((a.clone(), aligned(b, a)?)) }
    }

    /// Brings `a` to `level` and `scale`.
    ///
    /// # Errors
    /// [`CkksError::OutOfLevels`] when `a` is below `level`, [`CkksError::ScaleMismatch`] when it is at `level` with
    /// another scale, [`CkksError::ContextMismatch`].
    pub fn align_to(
        &self,
        a: &Ciphertext,
        level: Level,
        scale: Scale,
        work: &mut Workspace,
    ) -> Result<Ciphertext, CkksError> {
        let op = "alignment";
        if a.scale == scale {
            let mut out = self.drop_to(a, level)?;
            out.scale = scale;
            return Ok(out);
        }
        if a.level == level {
            return Err(CkksError::ScaleMismatch { op, left: a.scale, right: scale });
        }
        let dropped = self.drop_to(a, Level(level.0 + 1))?;
        let mut out = Ciphertext::unwritten(self.context)?;
        self.mul_scalar_to(op, &mut out, &dropped, (1.0, scale), work)?;
        Ok(out)
    }
}

//! Division by the primes of a level, and dropping levels.

use ring_math::parallel;

use super::{Evaluator, Workspace};
use crate::{
    ciphertext::Ciphertext,
    context::LevelTables,
    error::CkksError,
    keyswitch::by_construction,
    scale::{Level, Scale},
};

/// Words between a limb that is read and work space that is written at the same time. Apart by a multiple of a page, their
/// lines would take turns in the same places of the nearest cache.
const HALF_PAGE: usize = 256;

/// The first two parts of a result before it is rescaled, limb by limb.
pub(super) enum Unscaled<'a, F> {
    /// Those of a ciphertext.
    Stored(&'a Ciphertext),
    /// Written by a function of (part, limb's index, limb).
    Computed(F),
}

impl<F: Fn(usize, usize, &mut [u64]) + Sync + Send> Unscaled<'_, F> {
    /// Divides the parts and writes what remains to `out`. The tables' level must have a rescaler.
    pub(super) fn divide(
        &self,
        tables: &LevelTables,
        divide: &ring_math::Rescaler,
        scratch: &mut ring_math::Scratch,
        out: [&mut [u64]; 2],
    ) {
        let n = tables.q.n();
        let kept = divide.kept().len();
        let dropped_words = n * (tables.q.len() - kept);
        let words = scratch.words(2 * dropped_words + HALF_PAGE + n * parallel::work_spaces());
        let (dropped, spaces) = words.split_at_mut(2 * dropped_words);
        let (_, spaces) = spaces.split_at_mut(HALF_PAGE);
        let (dropped0, dropped1) = dropped.split_at_mut(dropped_words);
        let prepare = |part: usize, limbs: &mut [u64]| {
            for (j, limb) in limbs.chunks_exact_mut(n).enumerate() {
                by_construction(match self {
                    Self::Stored(a) => divide.prepare_limb_into(j, limb, a.parts[part].limb(kept + j)),
                    Self::Computed(fill) => {
                        fill(part, kept + j, limb);
                        divide.prepare_limb(j, limb)
                    }
                });
            }
        };
        parallel::join(2 * dropped_words, || prepare(0, dropped0), || prepare(1, dropped1));
        let dropped = [&*dropped0, &*dropped1];
        let [out0, out1] = out;
        parallel::for_each_limb_pair_with(out0, out1, n, (spaces, n), |i, out0, out1, lifted| {
            for (part, out) in [out0, out1].into_iter().enumerate() {
                by_construction(divide.lift(i, dropped[part], lifted));
                by_construction(match self {
                    Self::Stored(a) => divide.finish(i, out, a.parts[part].limb(i), lifted),
                    Self::Computed(fill) => {
                        fill(part, i, out);
                        divide.finish_assign(i, out, lifted)
                    }
                });
            }
        });
    }
}

impl Evaluator<'_> {
    /// Divides message and scale by the primes of the level, rounding, and goes one level down.
    ///
    /// # Errors
    /// [`CkksError::OutOfLevels`] at level 0, [`CkksError::ContextMismatch`].
    pub fn rescale(&self, a: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.rescale_into(out, a, work))
    }

    /// Rescales in place.
    ///
    /// # Errors
    /// As [`Self::rescale`].
    pub fn rescale_assign(&self, a: &mut Ciphertext, work: &mut Workspace) -> Result<(), CkksError> {
        work.replace(self.context, a, |out, a, work| self.rescale_into(out, a, work))
    }

    /// out = a, rescaled.
    ///
    /// # Errors
    /// As [`Self::rescale`].
    pub fn rescale_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let op = "rescaling";
        a.check(op, self.context)?;
        let tables = self.context.tables(op, a.level)?;
        let (Some(divide), Some(below)) = (&tables.rescale, a.level.below()) else {
            return Err(CkksError::OutOfLevels { op, needed: 1, left: 0 });
        };
        out.reshape(self.context.q_basis(below)?, a.parts.len());
        let unscaled = Unscaled::<fn(usize, usize, &mut [u64])>::Stored(a);
        unscaled.divide(tables, divide, &mut work.scratch, out.pair_mut());
        for (part, source) in out.parts.iter_mut().zip(&a.parts).skip(2) {
            part.copy_prefix_from(source, &tables.q)?;
            divide.rescale(part, &mut work.scratch)?;
            part.drop_to_basis(self.context.q_basis(below)?)?;
        }
        (out.level, out.scale, out.slots, out.noise) = (a.level, a.scale, a.slots, a.noise);
        self.note_rescaled(out)
    }

    /// Drops primes until `level` is reached; message and scale stay as they are.
    ///
    /// # Errors
    /// [`CkksError::OutOfLevels`] when the ciphertext is below `level` already, [`CkksError::ContextMismatch`].
    pub fn drop_to(&self, a: &Ciphertext, level: Level) -> Result<Ciphertext, CkksError> {
        self.check_drop(a, level)?;
        let mut out = a.clone();
        if level < a.level {
            // Only what is kept is copied.
            let basis = self.context.q_basis(level)?;
            out.reshape(basis, a.parts.len());
            for (part, source) in out.parts.iter_mut().zip(&a.parts) {
                parallel::for_each_limb(part.words_mut(), basis.n(), |i, limb| {
                    limb.copy_from_slice(source.limb(i));
                });
            }
            out.level = level;
        }
        Ok(out)
    }

    /// As [`Self::drop_to`], in place.
    ///
    /// # Errors
    /// As [`Self::drop_to`].
    pub fn drop_to_assign(&self, a: &mut Ciphertext, level: Level) -> Result<(), CkksError> {
        self.check_drop(a, level)?;
        let basis = self.context.q_basis(level)?;
        for part in &mut a.parts {
            part.drop_to_basis(basis)?;
        }
        a.level = level;
        Ok(())
    }

    fn check_drop(&self, a: &Ciphertext, level: Level) -> Result<(), CkksError> {
        let op = "level drop";
        a.check(op, self.context)?;
        if level > a.level {
            return Err(CkksError::OutOfLevels { op, needed: level.0, left: a.level.0 });
        }
        Ok(())
    }

    /// Sets level, scale and noise of a ciphertext whose words have been rescaled.
    pub(super) fn note_rescaled(&self, a: &mut Ciphertext) -> Result<(), CkksError> {
        let op = "rescaling";
        let tables = self.context.tables(op, a.level)?;
        let below = a.level.below().ok_or(CkksError::OutOfLevels { op, needed: 1, left: 0 })?;
        let parameters = self.context.parameters();
        let (scale, divisor) = parameters.groups().get(a.level.0).map_or((a.scale, 1.0), |group| {
            let divisor = group.primes.iter().map(|&p| p as f64).product();
            (a.scale.div_by_primes(&group.primes), divisor)
        });
        let rounding = if a.degree() == 1 { tables.noise.rounding } else { tables.noise.rounding_degree_2 };
        a.noise = a.noise.divide(divisor, rounding);
        a.scale = self.settle(below, scale);
        a.level = below;
        Ok(())
    }

    /// See [`crate::Parameters::settle`].
    pub(super) fn settle(&self, level: Level, scale: Scale) -> Scale {
        self.context.parameters().settle(level, scale)
    }
}

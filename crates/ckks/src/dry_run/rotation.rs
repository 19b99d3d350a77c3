//! Rotations of shapes, and what is made of them.

use super::{CiphertextShape, DryRun, Shape};
use crate::{
    error::CkksError,
    eval::inner_sum::{steps_of, walk},
    operations::Operations,
};

impl DryRun {
    /// What a rotation or a conjugation leaves.
    pub(super) fn mapped(&self, a: &CiphertextShape) -> CiphertextShape {
        let tables = self.at(a.level);
        CiphertextShape { noise: a.noise.plus(tables.switch).plus(tables.rounding), ..*a }
    }

    /// One rotation; `first` is set once digits have been computed, for those that share them.
    pub(super) fn rotated(&self, a: &CiphertextShape, steps: i64, first: &mut bool) -> CiphertextShape {
        if steps.rem_euclid(a.slots as i64) == 0 {
            return self.note(*a, |_| {});
        }
        let out = self.note(self.mapped(a), |plan| {
            plan.note_rotation(steps, a.level);
            plan.hoisted += usize::from(!*first);
        });
        *first = false;
        out
    }

    /// The sum of `count` rotations by multiples of `stride`, added in the order that the evaluator adds them in.
    pub(super) fn strided_sum(&self, a: &CiphertextShape, stride: usize, count: usize) -> Shape {
        if count == 0 {
            return Err(CkksError::Parameter {
                name: "count of an inner sum",
                found: "0".to_owned(),
                expected: "at least 1".to_owned(),
            });
        }
        let mut power = *a;
        let mut sum: Option<CiphertextShape> = None;
        let mut result: Result<(), CkksError> = Ok(());
        walk(count, |doubled, placed| {
            let mut step = || {
                if let Some(k) = doubled {
                    power = self.add(&power, &self.rotate(&power, steps_of(k, stride))?)?;
                }
                if let Some(k) = placed {
                    sum = Some(match sum {
                        None => power,
                        Some(sum) => self.add(&sum, &self.rotate(&power, steps_of(k, stride))?)?,
                    });
                }
                Ok(())
            };
            if result.is_ok() {
                result = step();
            }
        });
        result?;
        Ok(sum.unwrap_or(power))
    }
}

//! Weighted sums of rotations on shapes.

use std::collections::BTreeMap;

use super::{CiphertextShape, DryRun, PlaintextShape, Shape, of_degree};
use crate::{
    error::CkksError,
    eval::{
        RotationGroup,
        rotation_sum::{OP, WeightShape, describe},
    },
    noise::Noise,
    scale::{Level, Scale},
};

impl WeightShape for PlaintextShape {
    fn shape(&self) -> (Level, Scale, usize, Noise) {
        (self.level, self.scale, self.slots, self.noise)
    }
}

impl DryRun {
    pub(super) fn rotations_summed(
        &self,
        a: &CiphertextShape,
        groups: &[RotationGroup<'_, PlaintextShape>],
    ) -> Shape {
        of_degree(OP, a, 1)?;
        if a.level == Level(0) {
            return Err(CkksError::OutOfLevels { op: OP, needed: 1, left: 0 });
        }
        let operand = (a.level, a.scale, a.slots, a.noise);
        let (scale, noise) = describe(groups, operand, &self.at(a.level).clone(), self.n())?;
        let out = self.divided(OP, &CiphertextShape { scale, noise, ..*a })?;
        let within = |steps: i64| steps.rem_euclid(a.slots as i64);
        // One rotation for each distance, under the name that it was first asked for by.
        let mut inner: BTreeMap<i64, i64> = BTreeMap::new();
        for (steps, _) in groups.iter().flat_map(|group| &group.inner) {
            inner.entry(within(*steps)).or_insert(*steps);
        }
        Ok(self.note(out, |plan| {
            plan.plain_products += groups.iter().map(|group| group.inner.len()).sum::<usize>();
            let moving = inner.iter().filter(|(distance, _)| **distance != 0);
            for (k, (_, &steps)) in moving.enumerate() {
                plan.note_rotation(steps, a.level);
                plan.hoisted += usize::from(k > 0);
            }
            for group in groups.iter().filter(|group| within(group.outer) != 0) {
                plan.note_rotation(group.outer, a.level);
            }
        }))
    }
}

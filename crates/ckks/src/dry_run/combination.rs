//! Linear combinations of shapes.

use super::{CiphertextShape, DryRun, Shape, of_degree, same_slots};
use crate::{
    error::CkksError,
    eval::{
        combination::{OP, no_terms},
        scalar::constant,
    },
    noise::Noise,
    scale::{Level, Scale},
};

impl DryRun {
    pub(super) fn combined(&self, terms: &[(&CiphertextShape, f64)], level: Level, scale: Scale) -> Shape {
        let (first, _) = terms.first().ok_or_else(no_terms)?;
        self.check_level(OP, level)?;
        let mut noise: Option<Noise> = None;
        for (a, value) in terms {
            of_degree(OP, a, 1)?;
            same_slots(OP, first.slots, a.slots)?;
            if a.level < level {
                return Err(CkksError::OutOfLevels { op: OP, needed: level.0, left: a.level.0 });
            }
            let factor_scale = scale / a.scale;
            constant(OP, *value, factor_scale)?;
            let term = a.noise.mul_constant(a.scale.to_f64(), *value, factor_scale.to_f64(), self.n());
            noise = Some(noise.map_or(term, |sum| sum.add(&term)));
        }
        let noise = noise.unwrap_or(Noise::ZERO);
        let out = CiphertextShape { level, scale, noise, ..**first };
        Ok(self.note(out, |plan| {
            plan.plain_products += terms.len();
            plan.additions += terms.len() - 1;
        }))
    }
}

//! Sums, products, rescalings and relinearisations of shapes.

use super::{CiphertextShape, DryRun, PlaintextShape, Shape, of_degree, same_scale, same_slots};
use crate::{
    error::CkksError,
    eval::scalar::constant,
    scale::{Level, Scale},
};

impl DryRun {
    pub(super) fn sum(&self, op: &'static str, a: &CiphertextShape, b: &CiphertextShape) -> Shape {
        same_slots(op, a.slots, b.slots)?;
        same_scale(op, a.scale, b.scale)?;
        let out = CiphertextShape {
            level: a.level.min(b.level),
            degree: a.degree.max(b.degree),
            noise: a.noise.add(&b.noise),
            ..*a
        };
        Ok(self.note(out, |plan| plan.additions += 1))
    }

    pub(super) fn sum_plain(&self, op: &'static str, a: &CiphertextShape, b: &PlaintextShape) -> Shape {
        same_slots(op, a.slots, b.slots)?;
        same_scale(op, a.scale, b.scale)?;
        let out = CiphertextShape { level: a.level.min(b.level), noise: a.noise.add(&b.noise), ..*a };
        Ok(self.note(out, |plan| plan.additions += 1))
    }

    pub(super) fn product(&self, op: &'static str, a: &CiphertextShape, b: &CiphertextShape) -> Shape {
        same_slots(op, a.slots, b.slots)?;
        of_degree(op, a, 1)?;
        of_degree(op, b, 1)?;
        let noise = a.noise.mul(a.scale.to_f64(), &b.noise, b.scale.to_f64(), self.n());
        self.plan.borrow_mut().products += 1;
        Ok(CiphertextShape { level: a.level.min(b.level), scale: a.scale * b.scale, degree: 2, noise, ..*a })
    }

    pub(super) fn products(&self, op: &'static str, pairs: &[(&CiphertextShape, &CiphertextShape)]) -> Shape {
        let mut total: Option<CiphertextShape> = None;
        for (a, b) in pairs {
            let product = self.product(op, a, b)?;
            total = Some(match total {
                None => product,
                Some(sum) => {
                    same_scale(op, sum.scale, product.scale)?;
                    same_slots(op, sum.slots, product.slots)?;
                    let noise = sum.noise.add(&product.noise);
                    CiphertextShape { level: sum.level.min(product.level), noise, ..sum }
                }
            });
        }
        total.ok_or_else(|| CkksError::Parameter {
            name: "pairs of a sum of products",
            found: "none".to_owned(),
            expected: "at least one".to_owned(),
        })
    }

    /// From degree 2 to 1, and one level down if asked.
    pub(super) fn switch(&self, op: &'static str, a: &CiphertextShape, rescale: bool) -> Shape {
        let tables = self.at(a.level);
        let mut out = CiphertextShape { degree: 1, noise: a.noise.plus(tables.switch), ..*a };
        if rescale {
            out = self.divided(op, &out)?;
        } else {
            out.noise = out.noise.plus(tables.rounding);
        }
        Ok(self.note(out, |plan| {
            plan.relinearizations += 1;
            plan.relinearization_level = plan.relinearization_level.max(Some(a.level));
        }))
    }

    pub(super) fn divided(&self, op: &'static str, a: &CiphertextShape) -> Shape {
        let level = a.level.below().ok_or(CkksError::OutOfLevels { op, needed: 1, left: 0 })?;
        let primes = &self.parameters.groups()[a.level.0].primes;
        let divisor: f64 = primes.iter().map(|&p| p as f64).product();
        let tables = self.at(a.level);
        let rounding = if a.degree == 1 { tables.rounding } else { tables.rounding_degree_2 };
        let scale = self.parameters.settle(level, a.scale.div_by_primes(primes));
        self.plan.borrow_mut().rescalings += 1;
        Ok(CiphertextShape { level, scale, noise: a.noise.divide(divisor, rounding), ..*a })
    }

    pub(super) fn times_constant(
        &self,
        op: &'static str,
        a: &CiphertextShape,
        value: f64,
        scale: Scale,
    ) -> Shape {
        constant(op, value, scale)?;
        let noise = a.noise.mul_constant(a.scale.to_f64(), value, scale.to_f64(), self.n());
        self.plan.borrow_mut().plain_products += 1;
        Ok(CiphertextShape { scale: a.scale * scale, noise, ..*a })
    }

    /// a * value, rescaled to exactly the scale `target`.
    pub(super) fn times_constant_to(
        &self,
        op: &'static str,
        a: &CiphertextShape,
        value: f64,
        target: Scale,
    ) -> Shape {
        of_degree(op, a, 1)?;
        if a.level == Level(0) {
            return Err(CkksError::OutOfLevels { op, needed: 1, left: 0 });
        }
        let primes = &self.parameters.groups()[a.level.0].primes;
        let product = self.times_constant(op, a, value, target.mul_by_primes(primes) / a.scale)?;
        let out = CiphertextShape { scale: target, ..self.divided(op, &product)? };
        Ok(self.note(out, |_| {}))
    }

    pub(super) fn times_plain(&self, op: &'static str, a: &CiphertextShape, b: &PlaintextShape) -> Shape {
        same_slots(op, a.slots, b.slots)?;
        let noise = a.noise.mul(a.scale.to_f64(), &b.noise, b.scale.to_f64(), self.n());
        self.plan.borrow_mut().plain_products += 1;
        Ok(CiphertextShape { level: a.level.min(b.level), scale: a.scale * b.scale, noise, ..*a })
    }
}

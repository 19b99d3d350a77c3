//! The operations on shapes.

use super::{CiphertextShape, DryRun, PlaintextShape, Shape, of_degree, same_scale, same_slots};
use crate::{
    encoder::{Packing, SlotValue, check_slots},
    error::CkksError,
    eval::{
        RotationGroup,
        raise::{RAISE, TRACE, raised_noise, raised_scale, trace_rotations},
        scalar::constant,
    },
    noise::Noise,
    operations::Operations,
    params::Parameters,
    scale::{Level, Scale},
};

impl Operations for DryRun {
    type Ciphertext = CiphertextShape;
    type Plaintext = PlaintextShape;
    type Weights = PlaintextShape;

    fn level(&self, a: &CiphertextShape) -> Level {
        a.level
    }

    fn scale(&self, a: &CiphertextShape) -> Scale {
        a.scale
    }

    fn slots(&self, a: &CiphertextShape) -> usize {
        a.slots
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn encode<T: SlotValue>(&self, values: &[T], packing: &Packing) -> Result<PlaintextShape, CkksError> {
        self.encoded(values, packing)
    }

    fn encode_constant<T: SlotValue>(
        &self,
        value: T,
        packing: &Packing,
    ) -> Result<PlaintextShape, CkksError> {
        self.encoded_constant(value, packing)
    }

    fn add(&self, a: &CiphertextShape, b: &CiphertextShape) -> Shape {
        self.sum("addition", a, b)
    }

    fn sub(&self, a: &CiphertextShape, b: &CiphertextShape) -> Shape {
        self.sum("subtraction", a, b)
    }

    fn neg(&self, a: &CiphertextShape) -> Shape {
        Ok(self.note(*a, |_| {}))
    }

    fn add_plain(&self, a: &CiphertextShape, b: &PlaintextShape) -> Shape {
        self.sum_plain("addition of a plaintext", a, b)
    }

    fn sub_plain(&self, a: &CiphertextShape, b: &PlaintextShape) -> Shape {
        self.sum_plain("subtraction of a plaintext", a, b)
    }

    fn mul_plain(&self, a: &CiphertextShape, b: &PlaintextShape) -> Shape {
        let out = self.times_plain("multiplication by a plaintext", a, b)?;
        Ok(self.note(out, |_| {}))
    }

    fn mul_plain_rescale(&self, a: &CiphertextShape, b: &PlaintextShape) -> Shape {
        let op = "multiplication by a plaintext with rescaling";
        of_degree(op, a, 1)?;
        let out = self.divided(op, &self.times_plain(op, a, b)?)?;
        Ok(self.note(out, |_| {}))
    }

    fn add_scalar(&self, a: &CiphertextShape, value: f64) -> Shape {
        constant("addition of a number", value, a.scale)?;
        let noise = a.noise.add_constant(value, self.n());
        Ok(self.note(CiphertextShape { noise, ..*a }, |plan| plan.additions += 1))
    }

    fn mul_scalar(&self, a: &CiphertextShape, value: f64) -> Shape {
        let op = "multiplication by a number";
        let below = a.level.below().ok_or(CkksError::OutOfLevels { op, needed: 1, left: 0 })?;
        self.times_constant_to(op, a, value, self.parameters.default_scale(below))
    }

    fn mul_scalar_at(&self, a: &CiphertextShape, value: f64, scale: Scale) -> Shape {
        let out = self.times_constant("multiplication by a number", a, value, scale)?;
        Ok(self.note(out, |_| {}))
    }

    fn mul_integer(&self, a: &CiphertextShape, factor: i64) -> Shape {
        let noise = a.noise.mul_integer(factor);
        Ok(self.note(CiphertextShape { noise, ..*a }, |plan| plan.plain_products += 1))
    }

    fn mul(&self, a: &CiphertextShape, b: &CiphertextShape) -> Shape {
        let op = "multiplication";
        self.switch(op, &self.product(op, a, b)?, false)
    }

    fn mul_rescale(&self, a: &CiphertextShape, b: &CiphertextShape) -> Shape {
        let op = "multiplication with rescaling";
        self.switch(op, &self.product(op, a, b)?, true)
    }

    fn square(&self, a: &CiphertextShape) -> Shape {
        let op = "squaring";
        self.switch(op, &self.product(op, a, a)?, false)
    }

    fn square_rescale(&self, a: &CiphertextShape) -> Shape {
        let op = "squaring with rescaling";
        self.switch(op, &self.product(op, a, a)?, true)
    }

    fn mul_unrelinearized(&self, a: &CiphertextShape, b: &CiphertextShape) -> Shape {
        let out = self.product("multiplication", a, b)?;
        Ok(self.note(out, |_| {}))
    }

    fn relinearize(&self, a: &CiphertextShape) -> Shape {
        let op = "relinearisation";
        of_degree(op, a, 2)?;
        self.switch(op, a, false)
    }

    fn relinearize_rescale(&self, a: &CiphertextShape) -> Shape {
        let op = "relinearisation with rescaling";
        of_degree(op, a, 2)?;
        self.switch(op, a, true)
    }

    fn sum_of_products(&self, pairs: &[(&CiphertextShape, &CiphertextShape)]) -> Shape {
        let op = "sum of products";
        self.switch(op, &self.products(op, pairs)?, false)
    }

    fn sum_of_products_rescale(&self, pairs: &[(&CiphertextShape, &CiphertextShape)]) -> Shape {
        let op = "sum of products with rescaling";
        self.switch(op, &self.products(op, pairs)?, true)
    }

    fn sum_of_products_plus_rescale(
        &self,
        pairs: &[(&CiphertextShape, &CiphertextShape)],
        addend: &CiphertextShape,
    ) -> Shape {
        let op = "sum of products and a ciphertext with rescaling";
        let sum = self.products(op, pairs)?;
        of_degree(op, addend, 1)?;
        same_scale(op, sum.scale, addend.scale)?;
        same_slots(op, sum.slots, addend.slots)?;
        let (level, noise) = (sum.level.min(addend.level), sum.noise.add(&addend.noise));
        self.plan.borrow_mut().additions += 1;
        self.switch(op, &CiphertextShape { level, noise, ..sum }, true)
    }

    fn linear_combination(&self, terms: &[(&CiphertextShape, f64)], level: Level, scale: Scale) -> Shape {
        self.combined(terms, level, scale)
    }

    fn rescale(&self, a: &CiphertextShape) -> Shape {
        let out = self.divided("rescaling", a)?;
        Ok(self.note(out, |_| {}))
    }

    fn drop_to(&self, a: &CiphertextShape, level: Level) -> Shape {
        if level > a.level {
            return Err(CkksError::OutOfLevels { op: "level drop", needed: level.0, left: a.level.0 });
        }
        Ok(self.note(CiphertextShape { level, ..*a }, |_| {}))
    }

    fn align(
        &self,
        a: &CiphertextShape,
        b: &CiphertextShape,
    ) -> Result<(CiphertextShape, CiphertextShape), CkksError> {
        if a.level >= b.level {
            Ok((self.align_to(a, b.level, b.scale)?, *b))
        } else {
            Ok((*a, self.align_to(b, a.level, a.scale)?))
        }
    }

    fn align_to(&self, a: &CiphertextShape, level: Level, scale: Scale) -> Shape {
        let op = "alignment";
        if a.scale == scale {
            return Ok(CiphertextShape { scale, ..self.drop_to(a, level)? });
        }
        if a.level == level {
            return Err(CkksError::ScaleMismatch { op, left: a.scale, right: scale });
        }
        let dropped = self.drop_to(a, Level(level.0 + 1))?;
        self.times_constant_to(op, &dropped, 1.0, scale)
    }

    fn rotate(&self, a: &CiphertextShape, steps: i64) -> Shape {
        of_degree("rotation", a, 1)?;
        Ok(self.rotated(a, steps, &mut true))
    }

    fn rotate_hoisted(&self, a: &CiphertextShape, steps: &[i64]) -> Result<Vec<CiphertextShape>, CkksError> {
        of_degree("hoisting", a, 1)?;
        let mut first = true;
        Ok(steps.iter().map(|&k| self.rotated(a, k, &mut first)).collect())
    }

    fn conjugate(&self, a: &CiphertextShape) -> Shape {
        of_degree("conjugation", a, 1)?;
        Ok(self.note(self.mapped(a), |plan| {
            plan.conjugations += 1;
            plan.conjugation_level = plan.conjugation_level.max(Some(a.level));
        }))
    }

    fn declare_bound(&self, a: &CiphertextShape, bound: f64) -> Shape {
        Ok(CiphertextShape { noise: a.noise.declared(bound)?, ..*a })
    }

    fn inner_sum(&self, a: &CiphertextShape, stride: usize, count: usize) -> Shape {
        self.strided_sum(a, stride, count)
    }

    fn encode_weights<T: SlotValue>(
        &self,
        values: &[T],
        packing: &Packing,
    ) -> Result<PlaintextShape, CkksError> {
        self.encoded(values, packing)
    }

    fn sum_of_rotations_rescale(
        &self,
        a: &CiphertextShape,
        groups: &[RotationGroup<'_, PlaintextShape>],
    ) -> Shape {
        self.rotations_summed(a, groups)
    }

    fn raise(&self, a: &CiphertextShape) -> Shape {
        of_degree(RAISE, a, 1)?;
        if a.level != Level(0) {
            return Err(CkksError::LevelMismatch { op: RAISE, left: a.level, right: Level(0) });
        }
        let (scale, noise) = (raised_scale(&self.parameters), raised_noise(&self.parameters));
        let (level, slots) = (self.parameters.max_level(), self.parameters.max_slots());
        Ok(self.note(CiphertextShape { level, scale, slots, noise, degree: 1 }, |plan| plan.raised += 1))
    }

    fn trace(&self, a: &CiphertextShape, slots: usize) -> Shape {
        check_slots(TRACE, slots, a.slots)?;
        let mut sum = *a;
        for steps in trace_rotations(slots, a.slots) {
            sum = self.add(&sum, &self.rotate(&sum, steps)?)?;
        }
        Ok(CiphertextShape { slots, ..sum })
    }

    fn relabel_slots(&self, a: &CiphertextShape, slots: usize) -> Shape {
        check_slots("relabelling slots", slots, self.parameters.max_slots())?;
        Ok(CiphertextShape { slots, ..*a })
    }

    fn claim_noise(&self, a: &CiphertextShape, noise: Noise) -> Shape {
        Ok(CiphertextShape { noise, ..*a })
    }

    fn noise(&self, a: &CiphertextShape) -> Noise {
        a.noise
    }

    fn noise_as_message(&self, a: &CiphertextShape) -> CiphertextShape {
        CiphertextShape { noise: a.noise.as_message(a.scale.to_f64()), ..*a }
    }

    fn add_noise_bound(&self, a: &CiphertextShape, bound: f64) -> Shape {
        Ok(CiphertextShape { noise: a.noise.with_bound_added(bound)?, ..*a })
    }

    fn without_noise(&self, a: &CiphertextShape) -> CiphertextShape {
        CiphertextShape { noise: a.noise.exact(a.scale.to_f64()), ..*a }
    }

    fn add_noise(&self, a: &CiphertextShape, std: f64, bound: f64) -> Shape {
        Ok(CiphertextShape { noise: a.noise.with_added(std, bound)?, ..*a })
    }

    fn assume_bound(&self, a: &CiphertextShape, bound: f64) -> Shape {
        Ok(CiphertextShape { noise: a.noise.with_message_bound(bound)?, ..*a })
    }
}

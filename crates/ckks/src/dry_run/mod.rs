//! Circuits on shapes alone: what they need, before anything is generated.

mod combination;
mod encode;
mod plan;
mod rotation_sum;
mod shape;

use std::cell::RefCell;

pub use plan::Plan;
pub use shape::{CiphertextShape, PlaintextShape};

use crate::{
    encoder::{Packing, SlotValue, check_slots},
    error::CkksError,
    eval::{
        RotationGroup,
        inner_sum::walk,
        raise::{RAISE, TRACE, raised_noise, raised_scale, trace_rotations},
        scalar::constant,
    },
    noise::{Added, LevelNoise, Noise},
    operations::Operations,
    params::Parameters,
    scale::{Level, Scale},
};

/// Runs circuits written against [`Operations`] on shapes: levels, scales and noise come out as the
/// [`crate::Evaluator`] would track them, mistakes in levels and scales are found, and [`Self::plan`] has the costs.
/// Nothing but the parameters is needed, neither tables nor keys.
///
/// Its worst-case noise, for inputs with bounds that hold whatever is encrypted, is what a published decryption has to
/// be flooded for:
///
/// ```
/// use ckks::{DryRun, Flooding, Operations, ParameterSpec};
/// let parameters = ParameterSpec::new(14).log_scale(48).depth(3).check()?;
/// let dry = DryRun::new(&parameters);
/// let result = dry.mul_scalar(&dry.input(1.0), 0.5)?;
/// let flooding = Flooding::new(result.noise_bound());
/// assert!(flooding.sigma() > result.noise_bound());
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Debug)]
pub struct DryRun {
    parameters: Parameters,
    /// By level.
    noise: Vec<LevelNoise>,
    plan: RefCell<Plan>,
}

impl DryRun {
    /// A dry run for `parameters`.
    #[must_use]
    pub fn new(parameters: &Parameters) -> Self {
        let noise = (0..=parameters.max_level().0).map(|l| LevelNoise::new(parameters, Level(l))).collect();
        Self { parameters: parameters.clone(), noise, plan: RefCell::default() }
    }

    /// What the circuits run so far need.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.plan.borrow().clone()
    }

    /// A plaintext of values no larger than `message_bound`.
    ///
    /// # Errors
    /// [`CkksError::NoSuchLevel`].
    pub fn plaintext(&self, message_bound: f64, packing: &Packing) -> Result<PlaintextShape, CkksError> {
        self.check_level("encode", packing.level)?;
        let noise = Noise::encoded(self.parameters.ring_degree(), message_bound, message_bound);
        Ok(PlaintextShape { level: packing.level, scale: packing.scale, slots: packing.slots, noise })
    }

    /// A fresh public-key encryption in all slots, at the highest level, of values no larger than `message_bound`.
    #[must_use]
    pub fn input(&self, message_bound: f64) -> CiphertextShape {
        let level = self.parameters.max_level();
        let noise = Noise::encoded(self.parameters.ring_degree(), message_bound, message_bound);
        let (scale, slots) = (self.parameters.default_scale(level), self.parameters.max_slots());
        self.encrypt_public(&PlaintextShape { level, scale, slots, noise })
    }

    /// A public-key encryption of `plaintext`.
    #[must_use]
    pub fn encrypt_public(&self, plaintext: &PlaintextShape) -> CiphertextShape {
        self.encrypted(plaintext, self.at(plaintext.level).public)
    }

    /// An encryption of `plaintext` with the secret key.
    #[must_use]
    pub fn encrypt_symmetric(&self, plaintext: &PlaintextShape) -> CiphertextShape {
        self.encrypted(plaintext, self.at(plaintext.level).symmetric)
    }

    fn encrypted(&self, plaintext: &PlaintextShape, added: Added) -> CiphertextShape {
        let PlaintextShape { level, scale, slots, noise } = *plaintext;
        let out = CiphertextShape { level, scale, slots, degree: 1, noise: noise.plus(added) };
        self.note(out, |_| {})
    }

    /// Bytes of a ciphertext of this shape.
    #[must_use]
    pub fn size_bytes(&self, a: &CiphertextShape) -> u64 {
        ((8 * (a.degree + 1) * self.parameters.q_len(a.level)) as u64) << self.parameters.log_n()
    }

    /// The highest level's where there is no such level: shapes are only made at levels that exist.
    fn at(&self, level: Level) -> &LevelNoise {
        &self.noise[level.0.min(self.noise.len() - 1)]
    }

    fn note(&self, out: CiphertextShape, count: impl FnOnce(&mut Plan)) -> CiphertextShape {
        let mut plan = self.plan.borrow_mut();
        count(&mut plan);
        let bytes = self.size_bytes(&out);
        plan.largest_ciphertext = plan.largest_ciphertext.max(bytes);
        plan.all_ciphertexts += bytes;
        plan.depth = plan.depth.max(self.parameters.max_level().0 - out.level.0);
        out
    }

    fn n(&self) -> usize {
        self.parameters.ring_degree()
    }

    fn sum(
        &self,
        op: &'static str,
        a: &CiphertextShape,
        b: &CiphertextShape,
    ) -> Result<CiphertextShape, CkksError> {
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

    fn sum_plain(
        &self,
        op: &'static str,
        a: &CiphertextShape,
        b: &PlaintextShape,
    ) -> Result<CiphertextShape, CkksError> {
        same_slots(op, a.slots, b.slots)?;
        same_scale(op, a.scale, b.scale)?;
        let out = CiphertextShape { level: a.level.min(b.level), noise: a.noise.add(&b.noise), ..*a };
        Ok(self.note(out, |plan| plan.additions += 1))
    }

    fn product(
        &self,
        op: &'static str,
        a: &CiphertextShape,
        b: &CiphertextShape,
    ) -> Result<CiphertextShape, CkksError> {
        same_slots(op, a.slots, b.slots)?;
        of_degree(op, a, 1)?;
        of_degree(op, b, 1)?;
        let noise = a.noise.mul(a.scale.to_f64(), &b.noise, b.scale.to_f64(), self.n());
        self.plan.borrow_mut().products += 1;
        Ok(CiphertextShape { level: a.level.min(b.level), scale: a.scale * b.scale, degree: 2, noise, ..*a })
    }

    fn products(
        &self,
        op: &'static str,
        pairs: &[(&CiphertextShape, &CiphertextShape)],
    ) -> Result<CiphertextShape, CkksError> {
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
    fn switch(
        &self,
        op: &'static str,
        a: &CiphertextShape,
        rescale: bool,
    ) -> Result<CiphertextShape, CkksError> {
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

    fn divided(&self, op: &'static str, a: &CiphertextShape) -> Result<CiphertextShape, CkksError> {
        let level = a.level.below().ok_or(CkksError::OutOfLevels { op, needed: 1, left: 0 })?;
        let primes = &self.parameters.groups()[a.level.0].primes;
        let divisor: f64 = primes.iter().map(|&p| p as f64).product();
        let tables = self.at(a.level);
        let rounding = if a.degree == 1 { tables.rounding } else { tables.rounding_degree_2 };
        let scale = self.parameters.settle(level, a.scale.div_by_primes(primes));
        self.plan.borrow_mut().rescalings += 1;
        Ok(CiphertextShape { level, scale, noise: a.noise.divide(divisor, rounding), ..*a })
    }

    fn times_constant(
        &self,
        op: &'static str,
        a: &CiphertextShape,
        value: f64,
        scale: Scale,
    ) -> Result<CiphertextShape, CkksError> {
        constant(op, value, scale)?;
        let noise = a.noise.mul_constant(a.scale.to_f64(), value, scale.to_f64(), self.n());
        self.plan.borrow_mut().plain_products += 1;
        Ok(CiphertextShape { scale: a.scale * scale, noise, ..*a })
    }

    /// a * value, rescaled to exactly the scale `target`.
    fn times_constant_to(
        &self,
        op: &'static str,
        a: &CiphertextShape,
        value: f64,
        target: Scale,
    ) -> Result<CiphertextShape, CkksError> {
        of_degree(op, a, 1)?;
        if a.level == Level(0) {
            return Err(CkksError::OutOfLevels { op, needed: 1, left: 0 });
        }
        let primes = &self.parameters.groups()[a.level.0].primes;
        let product = self.times_constant(op, a, value, target.mul_by_primes(primes) / a.scale)?;
        let out = CiphertextShape { scale: target, ..self.divided(op, &product)? };
        Ok(self.note(out, |_| {}))
    }

    fn times_plain(
        &self,
        op: &'static str,
        a: &CiphertextShape,
        b: &PlaintextShape,
    ) -> Result<CiphertextShape, CkksError> {
        same_slots(op, a.slots, b.slots)?;
        let noise = a.noise.mul(a.scale.to_f64(), &b.noise, b.scale.to_f64(), self.n());
        self.plan.borrow_mut().plain_products += 1;
        Ok(CiphertextShape { level: a.level.min(b.level), scale: a.scale * b.scale, noise, ..*a })
    }

    /// What a rotation or a conjugation leaves.
    fn mapped(&self, a: &CiphertextShape) -> CiphertextShape {
        let tables = self.at(a.level);
        CiphertextShape { noise: a.noise.plus(tables.switch).plus(tables.rounding), ..*a }
    }

    /// One rotation; `first` is set once digits have been computed, for those that share them.
    fn rotated(&self, a: &CiphertextShape, steps: i64, first: &mut bool) -> CiphertextShape {
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
}

fn same_slots(op: &'static str, left: usize, right: usize) -> Result<(), CkksError> {
    if left == right { Ok(()) } else { Err(CkksError::SlotMismatch { op, left, right }) }
}

fn same_scale(op: &'static str, left: Scale, right: Scale) -> Result<(), CkksError> {
    if left == right { Ok(()) } else { Err(CkksError::ScaleMismatch { op, left, right }) }
}

fn of_degree(op: &'static str, a: &CiphertextShape, expected: usize) -> Result<(), CkksError> {
    let found = a.degree;
    if found == expected { Ok(()) } else { Err(CkksError::Degree { op, found, expected }) }
}

/// The result of an operation on shapes.
type Shape = Result<CiphertextShape, CkksError>;

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
                    power = self.add(&power, &self.rotate(&power, (k * stride) as i64)?)?;
                }
                if let Some(k) = placed {
                    sum = Some(match sum {
                        None => power,
                        Some(sum) => self.add(&sum, &self.rotate(&power, (k * stride) as i64)?)?,
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

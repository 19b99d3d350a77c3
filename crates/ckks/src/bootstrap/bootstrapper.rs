//! The refresh itself.

use super::{
    BootstrapParameters,
    factor::{Encoded, Factor},
    noise::refreshed_noise,
    parameters::NOISE_ROOM,
};
use crate::{
    DryRun, PlaintextShape,
    encoder::{Complex64, Packing},
    error::CkksError,
    eval::raise::encapsulated_noise,
    operations::Operations,
    scale::{Level, Scale},
};

/// The operation's name in errors.
const OP: &str = "refreshing";

/// Refreshes ciphertexts: [`Self::new`] for an [`crate::Evaluator`] or a [`DryRun`].
///
/// Holds the matrices of both transforms, encoded; if the parameters ask for low memory only those that take little.
#[derive(Clone, Debug)]
pub struct Bootstrapper<W> {
    parameters: BootstrapParameters,
    /// CoeffsToSlots, then SlotsToCoeffs; what is missing is encoded when it is needed.
    prepared: [Vec<Option<Encoded<W>>>; 2],
}

/// Which of the two transforms.
#[derive(Clone, Copy)]
enum Transform {
    CoefficientsToSlots = 0,
    SlotsToCoefficients = 1,
}

/// Multiplies a ciphertext by one matrix of a transform.
type Multiply<'a, C> = dyn FnMut(Transform, usize, &C) -> Result<C, CkksError> + 'a;

impl<W> Bootstrapper<W> {
    /// A bootstrapper that encodes matrices whenever it needs them.
    pub(super) fn unprepared(parameters: &BootstrapParameters) -> Self {
        Self { parameters: parameters.clone(), prepared: [Vec::new(), Vec::new()] }
    }

    /// Encodes the matrices.
    ///
    /// # Errors
    /// [`CkksError::ContextMismatch`] for operations under other parameters than [`BootstrapParameters::parameters`].
    pub fn new<O: Operations<Weights = W>>(
        parameters: &BootstrapParameters,
        ops: &O,
    ) -> Result<Self, CkksError> {
        check_parameters(parameters, ops)?;
        let mut bootstrapper = Self::unprepared(parameters);
        let keep = |factor: &Factor| !parameters.spec().low_memory || factor.is_light();
        let encode = |factors: &[Factor], places: &[(Level, Scale)]| {
            let one = |(factor, &(level, scale)): (&Factor, &(Level, Scale))| {
                keep(factor).then(|| factor.encode(ops, level, scale)).transpose()
            };
            factors.iter().zip(places).map(one).collect::<Result<Vec<_>, _>>()
        };
        let [first, second] = places(parameters)?;
        bootstrapper.prepared = [
            encode(parameters.coefficients_to_slots(), &first)?,
            encode(parameters.slots_to_coefficients(), &second)?,
        ];
        Ok(bootstrapper)
    }

    /// What it was made for.
    #[must_use]
    pub fn parameters(&self) -> &BootstrapParameters {
        &self.parameters
    }

    /// The message of `a`, which may be at any level, in a ciphertext at level [`BootstrapParameters::levels_left`] and its
    /// canonical scale. `a` stays as it is.
    ///
    /// Message bound, standard deviation and bound of the noise of the result take all steps into account, the approximations
    /// included; the latter is infinite where message and noise of `a` together may be more than what the parameters leave room
    /// for.
    ///
    /// # Errors
    /// [`CkksError::SlotMismatch`] for another number of slots than [`BootstrapParameters::slots`];
    /// [`CkksError::PrecisionLost`] for a message whose tracked bound is above [`BootstrapParameters::message_bound`];
    /// [`CkksError::ScaleMismatch`] for a ciphertext at level 0 that is not at that level's canonical scale (above, it is
    /// aligned); [`CkksError::MissingKey`], [`CkksError::Degree`] before relinearisation, [`CkksError::ContextMismatch`].
    pub fn refresh<O: Operations<Weights = W>>(
        &self,
        ops: &O,
        a: &O::Ciphertext,
    ) -> Result<O::Ciphertext, CkksError> {
        check_parameters(&self.parameters, ops)?;
        let (found, expected) = (ops.slots(a), self.parameters.slots());
        if found != expected {
            return Err(CkksError::SlotMismatch { op: OP, left: found, right: expected });
        }
        let (bound, most) = (ops.noise(a).message_bound(), self.parameters.message_bound());
        if bound > most * (1.0 + BOUND_TOLERANCE) {
            return Err(CkksError::PrecisionLost {
                op: OP,
                log_needed: bound.log2(),
                log_available: most.log2(),
                remedy: "scale the message down, say what is known of it with `assume_bound` or `declare_bound`, or take \
                         bootstrapping parameters with a larger message bound",
            });
        }
        let base = ops.align_to(a, Level(0), ops.parameters().default_scale(Level(0)))?;
        let input = ops.noise(&base);
        let result = self.run(ops, &base, &mut |transform, k, x| match self.prepared[transform as usize]
            .get(k)
            .and_then(Option::as_ref)
        {
            Some(prepared) => prepared.evaluate(ops, x),
            None => self.factor(transform, k).encode(ops, ops.level(x), ops.scale(x))?.evaluate(ops, x),
        })?;
        let result =
            ops.claim_noise(&result, refreshed_noise(&self.parameters, &input, &ops.noise(&result)))?;
        let noise = encapsulated_noise(ops.parameters(), &input).bound();
        let largest = bound + noise / ops.scale(&base).to_f64();
        let fits = largest <= most * (1.0 + NOISE_ROOM);
        if fits { Ok(result) } else { ops.add_noise_bound(&result, f64::INFINITY) }
    }

    /// Refreshes two ciphertexts of real messages at the price of one: as real and imaginary parts.
    ///
    /// Imaginary parts that noise has left in the one end up in the other; bounds are halved accordingly: `a` and `b` together
    /// have to stay within the message bound as complex numbers.
    ///
    /// # Errors
    /// As [`Self::refresh`]; [`CkksError::ScaleMismatch`] for two ciphertexts that cannot be added (align them first).
    pub fn refresh_pair<O: Operations<Weights = W>>(
        &self,
        ops: &O,
        a: &O::Ciphertext,
        b: &O::Ciphertext,
    ) -> Result<(O::Ciphertext, O::Ciphertext), CkksError> {
        let (a, b) = ops.align(a, b)?;
        let both = ops.add(&a, &times(ops, &b, Complex64::I)?)?;
        let bound = ops.noise(&a).message_bound().hypot(ops.noise(&b).message_bound());
        let refreshed = self.refresh(ops, &ops.assume_bound(&both, bound)?)?;
        let conjugate = ops.conjugate(&refreshed)?;
        // Sums with the conjugate are twice the parts: halving them takes one of the levels that were won.
        let half = |x: &O::Ciphertext, bound: f64| ops.assume_bound(&ops.mul_scalar(x, 0.5)?, bound);
        let real = half(&ops.add(&refreshed, &conjugate)?, ops.noise(&a).message_bound())?;
        let imaginary = times(ops, &ops.sub(&refreshed, &conjugate)?, -Complex64::I)?;
        Ok((real, half(&imaginary, ops.noise(&b).message_bound())?))
    }

    fn factor(&self, transform: Transform, k: usize) -> &Factor {
        match transform {
            Transform::CoefficientsToSlots => &self.parameters.coefficients_to_slots()[k],
            Transform::SlotsToCoefficients => &self.parameters.slots_to_coefficients()[k],
        }
    }

    /// All steps from level 0 on; `multiply` multiplies by matrix k of a transform.
    fn run<O: Operations>(
        &self,
        ops: &O,
        base: &O::Ciphertext,
        multiply: &mut Multiply<'_, O::Ciphertext>,
    ) -> Result<O::Ciphertext, CkksError> {
        let parameters = &self.parameters;
        let slots = parameters.slots();
        let mut x = ops.trace(&ops.raise(base)?, slots)?;
        for (k, factor) in parameters.coefficients_to_slots().iter().enumerate() {
            x = multiply(Transform::CoefficientsToSlots, k, &ops.relabel_slots(&x, factor.slots())?)?;
        }
        let conjugate = ops.conjugate(&x)?;
        let real = ops.add(&x, &conjugate)?;
        let remainder = parameters.remainder();
        let mut y = if parameters.is_side_by_side() {
            remainder.evaluate(ops, &real)?
        } else {
            let imaginary = times(ops, &ops.sub(&x, &conjugate)?, -Complex64::I)?;
            let parts = [real, imaginary];
            let [real, imaginary] =
                ops.both(|ops, second| remainder.evaluate(ops, &parts[usize::from(second)]))?;
            ops.add(&real, &times(ops, &imaginary, Complex64::I)?)?
        };
        for k in 0..parameters.slots_to_coefficients().len() {
            y = multiply(Transform::SlotsToCoefficients, k, &y)?;
            if k == 0 && parameters.is_side_by_side() {
                y = ops.relabel_slots(&ops.add(&y, &ops.rotate(&y, slots as i64)?)?, slots)?;
            }
        }
        Ok(y)
    }
}

/// Bounds that were computed on two paths differ by this much.
const BOUND_TOLERANCE: f64 = 1e-9;

/// a times i or -i: exact, as these are monomials.
fn times<O: Operations>(ops: &O, a: &O::Ciphertext, unit: Complex64) -> Result<O::Ciphertext, CkksError> {
    let packing = Packing { level: ops.level(a), scale: Scale::ONE, slots: ops.slots(a) };
    ops.mul_plain(a, &ops.encode_constant(unit, &packing)?)
}

fn check_parameters<O: Operations>(parameters: &BootstrapParameters, ops: &O) -> Result<(), CkksError> {
    let same = ops.parameters() == parameters.parameters();
    if same { Ok(()) } else { Err(CkksError::ContextMismatch { op: OP }) }
}

/// Level and scale of what each matrix is multiplied with.
fn places(parameters: &BootstrapParameters) -> Result<[Vec<(Level, Scale)>; 2], CkksError> {
    let dry = DryRun::new(parameters.parameters());
    let scale = parameters.parameters().default_scale(Level(0));
    let packing = Packing { level: Level(0), scale, slots: parameters.slots() };
    let input = dry.encrypt_public(&dry.plaintext(parameters.message_bound(), &packing)?)?;
    let bootstrapper = Bootstrapper::<PlaintextShape>::unprepared(parameters);
    let mut places = [Vec::new(), Vec::new()];
    bootstrapper.run(&dry, &input, &mut |transform, k, x| {
        places[transform as usize].push((x.level(), x.scale()));
        bootstrapper.factor(transform, k).encode(&dry, x.level(), x.scale())?.evaluate(&dry, x)
    })?;
    Ok(places)
}

//! A checked refresh: its chain, its matrices and its polynomials.

use std::sync::Arc;

use super::{
    BootstrapSpec, Bootstrapper, dft, factor::Factor, failure::overflow_log2, noise::ToSlotsNoise,
    sine::Remainder,
};
use crate::{
    Complex64, DryRun,
    encoder::Packing,
    error::CkksError,
    eval::raise::ephemeral_weight,
    keys::{KeyRequest, KeySize},
    params::{MAX_DEPTH, Parameters},
    scale::{Level, Scale},
};

/// The largest log2 of the probability that a refresh fails.
const MAX_FAILURE_LOG2: f64 = -128.0;

/// Everything about a refresh that is known before there is a key. Cheap to clone.
#[derive(Clone, Debug)]
pub struct BootstrapParameters(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    spec: BootstrapSpec,
    parameters: Parameters,
    failure_log2: f64,
    remainder: Remainder,
    coefficients_to_slots: Vec<Factor>,
    slots_to_coefficients: Vec<Factor>,
    to_slots_noise: ToSlotsNoise,
}

impl BootstrapParameters {
    pub(super) fn new(spec: &BootstrapSpec) -> Result<Self, CkksError> {
        check_shape(spec)?;
        let parameters = spec.parameter_spec().check()?;
        parameters.check_encapsulation()?;
        let weight = ephemeral_weight(&parameters);
        let most = f64::from(weight + 1) / 2.0;
        let interval = spec.interval.unwrap_or(most);
        let failure_log2 = overflow_log2(weight, interval, parameters.ring_degree());
        if failure_log2.is_nan() || failure_log2 > MAX_FAILURE_LOG2 {
            return Err(CkksError::Parameter {
                name: "interval",
                found: format!("{interval}, which fails with probability 2^{failure_log2:.1}"),
                expected: format!("one that fails with at most 2^{MAX_FAILURE_LOG2}; never at {most}"),
            });
        }
        let ratio =
            spec.message_bound * parameters.default_scale(Level(0)).to_f64() / q0(&parameters).to_f64();
        let remainder = Remainder::new(
            interval.min(most) + NOISE_INTERVAL,
            ratio * (1.0 + NOISE_ROOM),
            spec.degree,
            spec.doublings,
            spec.arcsine_degree,
        )?;
        check_levels(spec, &remainder)?;
        let (coefficients_to_slots, slots_to_coefficients, to_slots_noise) =
            factors(spec, &parameters, &remainder);
        let checked = Checked {
            spec: spec.clone(),
            parameters,
            failure_log2,
            remainder,
            coefficients_to_slots,
            slots_to_coefficients,
            to_slots_noise,
        };
        Ok(Self(Arc::new(checked)))
    }

    /// What was asked for.
    #[must_use]
    pub fn spec(&self) -> &BootstrapSpec {
        &self.0.spec
    }

    /// The parameters that everything has to be computed under.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.0.parameters
    }

    /// Level of a refreshed ciphertext: the rescalings it is good for.
    #[must_use]
    pub fn levels_left(&self) -> Level {
        Level(self.0.spec.levels)
    }

    /// Number of complex slots of the ciphertexts that are refreshed.
    #[must_use]
    pub fn slots(&self) -> usize {
        1 << self.0.spec.log_slots
    }

    /// No slot of a message to be refreshed may be larger than this.
    #[must_use]
    pub fn message_bound(&self) -> f64 {
        self.0.spec.message_bound
    }

    /// log2 of the probability that a refresh returns something wrong, over the randomness of encryption: see
    /// [`super::overflow_log2`]. Minus infinity for an interval that cannot be left.
    #[must_use]
    pub fn failure_log2(&self) -> f64 {
        self.0.failure_log2
    }

    /// The keys that refreshing needs, each for the highest level it is used at; [compact](KeyRequest::compact) ones for
    /// parameters of low memory.
    ///
    /// # Errors
    /// None for parameters that were checked; the signature leaves room.
    pub fn key_request(&self) -> Result<KeyRequest, CkksError> {
        let request = self.dry_run()?.plan().request();
        Ok(if self.spec().low_memory { request.compact() } else { request })
    }

    /// Bytes of those keys, before there are any.
    ///
    /// # Errors
    /// As [`Self::key_request`].
    pub fn key_size(&self) -> Result<KeySize, CkksError> {
        self.key_request()?.size(self.parameters())
    }

    /// A dry run of one refresh of a ciphertext at level 0: its plan has the costs.
    ///
    /// # Errors
    /// As [`Self::key_request`].
    pub fn dry_run(&self) -> Result<DryRun, CkksError> {
        let dry = DryRun::new(self.parameters());
        let scale = self.parameters().default_scale(Level(0));
        let packing = Packing { level: Level(0), scale, slots: self.slots() };
        let input = dry.encrypt_public(&dry.plaintext(self.message_bound(), &packing)?)?;
        Bootstrapper::unprepared(self).refresh(&dry, &input)?;
        Ok(dry)
    }

    pub(super) fn remainder(&self) -> &Remainder {
        &self.0.remainder
    }

    pub(super) fn to_slots_noise(&self) -> &ToSlotsNoise {
        &self.0.to_slots_noise
    }

    pub(super) fn coefficients_to_slots(&self) -> &[Factor] {
        &self.0.coefficients_to_slots
    }

    pub(super) fn slots_to_coefficients(&self) -> &[Factor] {
        &self.0.slots_to_coefficients
    }

    /// Whether real and imaginary parts go through the sine side by side in one ciphertext, which takes twice the slots.
    pub(super) fn is_side_by_side(&self) -> bool {
        2 * self.slots() <= self.parameters().max_slots()
    }
}

/// Largest noise of a ciphertext to be refreshed, in units of the message bound: far smaller, except where nothing can be saved
/// any more.
pub(super) const NOISE_ROOM: f64 = 1.0 / 256.0;

/// What the switch back to the dense secret and rounding may add to a multiple of q0, in units of q0: far less than this.
const NOISE_INTERVAL: f64 = 1.0 / 1024.0;

/// q0 as a scale.
pub(super) fn q0(parameters: &Parameters) -> Scale {
    crate::eval::raise::raised_scale(parameters)
}

fn check_shape(spec: &BootstrapSpec) -> Result<(), CkksError> {
    let refused = |name, found: String, expected: String| Err(CkksError::Parameter { name, found, expected });
    if spec.log_slots < 1 || spec.log_slots >= spec.log_n {
        let expected = format!("1 to log_n - 1 = {}", spec.log_n.saturating_sub(1));
        return refused("log_slots", spec.log_slots.to_string(), expected);
    }
    if !(spec.message_bound.is_finite() && spec.message_bound > 0.0) {
        let expected = "a finite number above 0".to_owned();
        return refused("message_bound", spec.message_bound.to_string(), expected);
    }
    if spec.levels > MAX_DEPTH {
        return refused("levels", spec.levels.to_string(), format!("at most {MAX_DEPTH}"));
    }
    // Each doubling takes a level of the sine.
    if spec.doublings > spec.sine.len() {
        let expected = format!("at most the {} levels of the sine", spec.sine.len());
        return refused("doublings", spec.doublings.to_string(), expected);
    }
    for (name, levels) in [
        ("slots_to_coefficients", &spec.slots_to_coefficients),
        ("coefficients_to_slots", &spec.coefficients_to_slots),
    ] {
        let most = spec.log_slots as usize;
        if levels.is_empty() || levels.len() > most {
            return refused(name, format!("{} levels", levels.len()), format!("1 to log_slots = {most}"));
        }
    }
    Ok(())
}

fn check_levels(spec: &BootstrapSpec, remainder: &Remainder) -> Result<(), CkksError> {
    let needed = remainder.depth();
    // Squares along the sine have to find their scales.
    for (index, pair) in spec.sine.windows(2).enumerate() {
        if pair[1].log_scale_below() != Some(pair[0].log_scale) {
            let found = format!("2^{} at level {index} below 2^{}", pair[0].log_scale, pair[1].log_scale);
            let expected = "the scale that the level above leads to: see `LevelSpec::log_group`".to_owned();
            return Err(CkksError::Parameter { name: "sine", found, expected });
        }
    }
    if spec.sine.len() == needed {
        return Ok(());
    }
    Err(CkksError::Parameter {
        name: "sine",
        found: format!("{} levels", spec.sine.len()),
        expected: format!(
            "{needed}: those of a cosine of degree {}, {} doublings and an arcsine of degree {}",
            spec.degree, spec.doublings, spec.arcsine_degree
        ),
    })
}

/// What all of CoeffsToSlots multiplies by, besides its stages.
pub(super) fn to_slots_constant(slots: usize, max: usize, remainder: &Remainder) -> f64 {
    0.5 / (slots as f64 * (max / slots) as f64 * remainder.half_width())
}

/// The matrices, the first one first, with all constants folded in.
fn factors(
    spec: &BootstrapSpec,
    parameters: &Parameters,
    remainder: &Remainder,
) -> (Vec<Factor>, Vec<Factor>, ToSlotsNoise) {
    let (log_slots, slots, max) = (spec.log_slots as usize, 1usize << spec.log_slots, parameters.max_slots());
    let side_by_side = 2 * slots <= max;
    let (i, one) = (Complex64::I, Complex64::ONE);

    // n times the inverse transform, of N/2n times the message, of what is to be divided by K; the real part of a number is
    // half the sum with its conjugate.
    let constant = to_slots_constant(slots, max, remainder);
    let mut matrices = dft::to_coefficients(log_slots, spec.coefficients_to_slots.len());
    let last = matrices.len() - 1;
    let terms: Vec<usize> = matrices.iter().map(|matrix| matrix.iter().count()).collect();
    let noise = ToSlotsNoise::new(spec, parameters, remainder, &terms);
    let sizes = dft::shares(log_slots, matrices.len()).into_iter().rev().map(|share| share.len());
    // A stage is 2^(1/2) times a rotation of space. What goes through shrinks from the size of slots to that of coefficients:
    // most of it at last, so that rounding finds large numbers until then.
    let share = if last == 0 { 1.0 } else { noise.best_share() };
    for (k, (matrix, size)) in matrices.iter_mut().zip(sizes).enumerate() {
        let earlier = (log_slots - size) as f64;
        let factor =
            if k == last { constant * (earlier / 2.0).exp2() } else { (-(size as f64) / 2.0).exp2() };
        let shared = match k {
            0 if last > 0 => share,
            _ if k == last => share.recip(),
            _ => 1.0,
        };
        *matrix = std::mem::take(matrix).scaled(factor * shared);
    }
    let to_slots = matrices.into_iter().enumerate().map(|(k, matrix)| {
        if k == last && side_by_side {
            // The real part of z is that of z, the imaginary part that of -i z.
            Factor::new(&matrix.doubled(|_, row, value| if row < slots { value } else { -i * value }))
        } else {
            Factor::new(&matrix.wrapped())
        }
    });
    let to_slots = to_slots.collect();

    // 2 pi r q0 / (2 pi scale) is the message.
    let scale = parameters.default_scale(Level(0)).to_f64();
    let constant = q0(parameters).to_f64() / (std::f64::consts::TAU * scale);
    let mut matrices = dft::to_slots(log_slots, spec.slots_to_coefficients.len());
    let shares = dft::shares(log_slots, matrices.len());
    // All growth comes first, so that rounding finds numbers as large as the message afterwards.
    for (k, (matrix, share)) in matrices.iter_mut().zip(&shares).enumerate() {
        let later = (log_slots - share.len()) as f64;
        let factor =
            if k == 0 { constant * (later / 2.0).exp2() } else { (-(share.len() as f64) / 2.0).exp2() };
        *matrix = std::mem::take(matrix).scaled(factor);
    }
    let from_slots = matrices.into_iter().enumerate().map(|(k, matrix)| {
        if k == 0 && side_by_side {
            let mask =
                move |place: i64| if place.rem_euclid(2 * slots as i64) < slots as i64 { one } else { i };
            Factor::new(&matrix.doubled(|offset, row, value| value * mask(row as i64 + offset)))
        } else {
            Factor::new(&matrix.wrapped())
        }
    });
    (to_slots, from_slots.collect(), noise)
}

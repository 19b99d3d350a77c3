//! What a refresh adds to the noise.

use super::{
    BootstrapParameters, BootstrapSpec,
    parameters::{q0, to_slots_constant},
    sine::Remainder,
};
use crate::{
    DryRun, Operations,
    encoder::Packing,
    error::CkksError,
    eval::raise::{encapsulated_noise, ephemeral_weight},
    noise::{LevelNoise, Noise, ROUNDING_VARIANCE},
    params::{LevelSpec, Parameters},
    scale::Level,
};

/// The noise of a refreshed ciphertext: `input` is that of the ciphertext at level 0, `tracked` what the operations found for
/// the result, starting from the raised polynomial as an exact message.
pub(super) fn refreshed_noise(bootstrap: &BootstrapParameters, input: &Noise, tracked: &Noise) -> Noise {
    let (parameters, remainder) = (bootstrap.parameters(), bootstrap.remainder());
    let scale = parameters.default_scale(bootstrap.levels_left()).to_f64();
    let scale0 = parameters.default_scale(Level(0)).to_f64();
    // The old noise is part of what is raised: it goes through the remainder like the message.
    let old = encapsulated_noise(parameters, input);
    let slope = remainder.slope();
    // Errors of the sine, one for each of 2n coefficients at worst in step; relative errors of the arcsine, in proportion to
    // coefficients whose absolute values add up to at most (2n)^(1/2) times the bound of the slots.
    let coefficients = 2.0 * bootstrap.slots() as f64;
    let ratio = q0(parameters).to_f64() / scale0;
    let sine = coefficients * remainder.sine_error() * slope * ratio / std::f64::consts::TAU;
    let arcsine = coefficients.sqrt() * remainder.relative_error() * input.message_bound();
    let bound = tracked.bound() + old.bound() * slope * scale / scale0 + (sine + arcsine) * scale;
    // A slot's relative error, as the standard deviation of the coefficients that are decoded.
    let typical =
        remainder.reach() * (input.message_rms() / bootstrap.message_bound()).min(1.0) / coefficients.sqrt();
    let relative = remainder.relative_error_for(typical) * input.message_rms() * scale / coefficients.sqrt();
    let std = (old.std() * scale / scale0).hypot(added_std(bootstrap)).hypot(relative);
    Noise { std, bound, message_rms: input.message_rms(), message_bound: input.message_bound() }
}

impl BootstrapParameters {
    /// The bits that every slot is expected to come back with: -log2 of the largest error relative to
    /// [`Self::message_bound`], for a fresh public-key encryption at level 0 of real numbers that are uniform up to the bound.
    ///
    /// An error has independent normal parts, real and imaginary, of variance v/2 each: its square is exponentially
    /// distributed, and the largest of n such squares is v (ln n + gamma) on average, gamma being Euler's constant.
    ///
    /// Messages whose coefficients are not alike, one number in all slots for instance, may come back with fewer bits where
    /// there is no arcsine; no message comes back with fewer than the tracked bound of the noise says.
    ///
    /// # Errors
    /// None for parameters that were checked; the signature leaves room.
    pub fn precision_bits(&self) -> Result<f64, CkksError> {
        let (dry, level) = (DryRun::new(self.parameters()), Level(0));
        let packing = Packing { level, scale: self.parameters().default_scale(level), slots: self.slots() };
        let input = dry.encrypt_public(&dry.plaintext(self.message_bound(), &packing)?)?;
        let message_rms = self.message_bound() / 3f64.sqrt();
        let input = Noise { message_rms, ..dry.noise(&input) };
        let noise = refreshed_noise(self, &input, &Noise::ZERO);
        let slots = self.slots() as f64;
        // 2n coefficients reach each slot.
        let scale = self.parameters().default_scale(self.levels_left()).to_f64();
        let slot = noise.std() / scale * (2.0 * slots).sqrt();
        let worst = slot * (slots.ln() + EULER_GAMMA).sqrt();
        Ok((self.message_bound() / worst).log2())
    }
}

/// Euler's constant.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// Standard deviation of a coefficient of the noise that the steps of a refresh add on average.
fn added_std(bootstrap: &BootstrapParameters) -> f64 {
    let parameters = bootstrap.parameters();
    let spec = bootstrap.spec();
    let first = spec.levels + spec.slots_to_coefficients.len();
    let top = first + spec.sine.len();
    let scale = |level: usize| parameters.default_scale(Level(level)).to_f64();
    // A rounding under the dense secret, in units of the scale.
    let rounding = |level: usize| LevelNoise::new(parameters, Level(level)).rounding.std / scale(level);
    // The sine leaves its result at its own scale, which may be larger than the canonical one of that level.
    let finished = spec.sine.first().and_then(LevelSpec::log_scale_below).map(f64::from).map(f64::exp2);
    let rounding_of_sine = |level: usize| match finished {
        Some(finished) if level == first => rounding(level) * scale(level) / finished,
        _ => rounding(level),
    };
    let squares = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>();
    let ratio = q0(parameters).to_f64() / scale(0);
    let half_width = bootstrap.remainder().half_width();
    // SlotsToCoeffs: the rounding after each matrix; rotations of space from there on.
    let from_slots = squares(&mut (spec.levels..first).map(rounding));
    // What is wrong with x reaches the message multiplied by 2 pi K q0 / (2 pi scale). What is rounded at later levels of the
    // sine counts for half with each doubling of the degree, down to the last step, after which all is multiplied by
    // q0 / (2 pi scale).
    let sine = squares(&mut (first..=top).map(|level| {
        let slope = (half_width * (level as f64 - top as f64).exp2()).max(1.0 / std::f64::consts::TAU);
        slope * rounding_of_sine(level)
    }));
    let to_slots = half_width
        * half_width
        * bootstrap.to_slots_noise().variance(bootstrap.to_slots_noise().best_share());
    // 2n coefficients of that are summed in every slot, for real and imaginary parts.
    let slots = bootstrap.slots() as f64;
    let raised = LevelNoise::new(parameters, parameters.max_level()).rounding.std / scale(0);
    (from_slots + raised * raised + 2.0 * slots * ratio * ratio * (sine + to_slots)).sqrt()
        * scale(spec.levels)
}

/// What CoeffsToSlots does to the noise of x before the last rounding, in units of the scale: standard deviations of a
/// coefficient.
#[derive(Clone, Copy, Debug)]
pub(super) struct ToSlotsNoise {
    /// Of all matrices but the last: their entries and the rounding after each.
    before: f64,
    /// Of the entries of the last matrix.
    last: f64,
}

impl ToSlotsNoise {
    /// For matrices that only turn space, except for the last one, which also shrinks everything to the size of x; `terms` are
    /// their numbers of diagonals.
    pub(super) fn new(
        spec: &BootstrapSpec,
        parameters: &Parameters,
        remainder: &Remainder,
        terms: &[usize],
    ) -> Self {
        let (slots, max) = (1usize << spec.log_slots, parameters.max_slots());
        let scale = |level: usize| parameters.default_scale(Level(level)).to_f64();
        let top = parameters.max_level().0;
        let bottom = top - terms.len();
        // The sum with the conjugate is twice the real part.
        let shrink = to_slots_constant(slots, max, remainder) * (slots as f64).sqrt() * 2f64.sqrt();
        // Root mean square of what goes through: slots of the multiples of q0, after the sum over all rotations by the period.
        let weight = f64::from(ephemeral_weight(parameters)) + 1.0;
        let size = (weight / 12.0 * 2.0 * slots as f64).sqrt() * (max / slots) as f64;
        let rounded = (bottom + 1..top).map(|level| {
            (shrink * LevelNoise::new(parameters, Level(level)).rounding.std / scale(level)).powi(2)
        });
        // Each entry of a matrix is rounded at its scale.
        let entry = |(&terms, level): (&usize, usize)| {
            let before = if level == top { q0(parameters).to_f64() } else { scale(level) };
            let encoded = scale(level - 1) * parameters.groups()[level].log2().exp2() / before;
            (terms as f64 * ROUNDING_VARIANCE).sqrt() * size / encoded
        };
        let mut entries: Vec<f64> = terms.iter().zip((bottom + 1..=top).rev()).map(entry).collect();
        let last = entries.pop().unwrap_or(0.0) * 2f64.sqrt();
        let before = rounded.sum::<f64>() + entries.iter().map(|x| (shrink * x).powi(2)).sum::<f64>();
        Self { before: before.sqrt(), last }
    }

    /// How much of the shrinking the first matrix should do, so that both kinds of noise are alike: what it saves the last
    /// one it costs those between.
    pub(super) fn best_share(&self) -> f64 {
        if self.before == 0.0 { 1.0 } else { (self.before / self.last).sqrt().min(1.0) }
    }

    fn variance(&self, share: f64) -> f64 {
        (self.before / share).powi(2) + (self.last * share).powi(2)
    }
}

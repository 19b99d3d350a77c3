//! What a refresh adds to the noise.

use super::{BootstrapParameters, parameters::q0};
use crate::{
    eval::raise::encapsulated_noise,
    noise::{LevelNoise, Noise},
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
    let std = (old.std() * scale / scale0).hypot(added_std(bootstrap));
    Noise { std, bound, message_rms: input.message_rms(), message_bound: input.message_bound() }
}

/// Standard deviation of a coefficient of the noise that the steps of a refresh add on average.
fn added_std(bootstrap: &BootstrapParameters) -> f64 {
    let parameters = bootstrap.parameters();
    let rounding = |level: usize| LevelNoise::new(parameters, Level(level)).rounding.std;
    let spec = bootstrap.spec();
    let first = spec.levels + spec.slots_to_coefficients.len();
    let scale = |level: usize| parameters.default_scale(Level(level)).to_f64();
    let result = scale(spec.levels);
    // SlotsToCoeffs: the rounding after each matrix; rotations of space from there on.
    let transforms: f64 = (spec.levels..first).map(|level| (rounding(level) / scale(level)).powi(2)).sum();
    // The sine: what is rounded at each of its levels reaches the message multiplied by the slope from there on, which is
    // about 2 pi K q0 / (2 pi scale) for x, and half of that with each doubling of the degree.
    let top = first + spec.sine.len();
    let ratio = q0(parameters).to_f64() / scale(0);
    let slots = bootstrap.slots() as f64;
    let sine: f64 = (first..=top)
        .map(|level| {
            let slope = bootstrap.remainder().half_width() * (level as f64 - top as f64).exp2();
            let slope = slope.max(1.0 / std::f64::consts::TAU) * ratio;
            (slope * rounding(level) / scale(level)).powi(2)
        })
        .sum();
    // 2n coefficients of that are summed in every slot, for real and imaginary parts.
    (transforms + 2.0 * slots * sine).sqrt() * result
}

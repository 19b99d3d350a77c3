//! Named ways to refresh, each with its derivation.
//!
//! All have 128 bits of security with a uniform ternary secret, and an interval that no multiple of q0 can leave
//! ([`super::overflow_log2`] is minus infinity).
//!
//! # The error
//!
//! Every rounding under a dense secret moves a slot by about 2^13.9 at N = 2^16 (2^12.9 at 2^15). At the scale 2^s of the
//! sine's first level that is 2^(13.9 - s), and SlotsToCoeffs sums 2n of them, multiplied by K q0 / scale: each bit of
//! q0 over the scale and each bit less of s cost one bit. Scales therefore fall along the sine, from levels of two primes at
//! its top to levels of one below: where the angle of the cosine has been doubled k times, an error counts for 2^k times
//! less. A small q0 makes the sine bend; an arcsine straightens it again.

use super::BootstrapSpec;
use crate::params::LevelSpec;

fn level(log_scale: u32) -> LevelSpec {
    LevelSpec::new(log_scale)
}

/// N = 2^16, all 2^15 slots, 9 levels of 40 bits left.
#[must_use]
pub fn n16_full_fast() -> BootstrapSpec {
    let mut sine = vec![level(50); 9];
    sine.extend([level(54).log_group(58), level(58).log_group(62)]);
    BootstrapSpec {
        log_n: 16,
        log_slots: 15,
        message_bound: 1.0,
        base: level(44),
        log_scale: 40,
        levels: 9,
        slots_to_coefficients: vec![level(42), level(42), level(42), level(50)],
        sine,
        coefficients_to_slots: vec![level(46); 4],
        degree: 58,
        doublings: 2,
        arcsine_degree: 7,
        interval: None,
        log_p: vec![48, 48, 48, 48, 48, 48, 48],
        dnum: Some(5),
        low_memory: false,
        allow_insecure: false,
    }
}

/// **Insecure**: a ring of degree 2^`log_n` that is too small to hide anything, refreshing 2^`log_slots` slots with 3 levels
/// of 40 bits left, for examples and tests.
#[must_use]
pub fn toy(log_n: u32, log_slots: u32) -> BootstrapSpec {
    BootstrapSpec {
        log_n,
        log_slots,
        levels: 3,
        slots_to_coefficients: vec![level(42), level(50)],
        coefficients_to_slots: vec![level(46); 2],
        log_p: Vec::new(),
        dnum: None,
        allow_insecure: true,
        ..n16_full_fast()
    }
}

/// A named way to refresh.
pub type Preset = fn() -> BootstrapSpec;

/// The secure presets by name.
pub const ALL: [(&str, Preset); 1] = [("n16_full_fast", n16_full_fast)];

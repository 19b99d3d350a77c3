//! Named ways to refresh, each with its derivation.
//!
//! All have 128 bits of security with a uniform ternary secret (for the ephemeral one see
//! [`crate::params::max_log_qp_ephemeral`]), and an interval that no multiple of q0 can leave ([`super::overflow_log2`] is
//! minus infinity).
//!
//! What they need, from `configs/bootstrap.toml` on one thread of the machine that `results/reference` was measured on. Bits are
//! those of the worst slot of messages that are uniform up to the bound; a failure has probability 0.
//!
//! | preset | slots | levels left | bits | seconds | keys | peak memory |
//! |---|---:|---:|---:|---:|---:|---:|
//! | `n16_full_fast` | 2^15 | 9 of 2^40 | 20.7 | 3.6 | 3.4 GiB | 5.4 GiB |
//! | `n16_full_low_memory` | 2^15 | 9 of 2^40 | 20.7 | 5.1 | 1.8 GiB | 3.3 GiB |
//! | `n16_full_precise` | 2^15 | 6 of 2^46 | 25.1 | 4.6 | 7.2 GiB | 8.7 GiB |
//! | `n16_sparse` | 2^8 | 10 of 2^40 | 23.4 | 1.8 | 1.6 GiB | 2.2 GiB |
//! | `n15_full` | 2^14 | 3 of 2^33 | 15.1 | 1.2 | 2.6 GiB | 3.4 GiB |
//! | `n15_sparse` | 2^8 | 4 of 2^33 | 16.5 | 0.5 | 1.2 GiB | 1.4 GiB |
//!
//! # The error
//!
//! Every rounding under a dense secret moves a slot by about 2^13.9 at N = 2^16 (2^12.9 at 2^15). At the scale 2^s of the
//! sine's first level that is 2^(13.9 - s), and SlotsToCoeffs sums 2n of them, multiplied by K q0 / scale: each bit of
//! q0 over the scale and each bit less of s cost one bit. What is rounded at T_(2^k) of x counts for K / (2^k |sin 2^k t|),
//! x = cos t; multiples of q0 are small on average, so that x is near 0, where the sines are small for k = 1 to 4: 2^7.2,
//! 2^5.2, 2^3.2, 2^3 against 2^4.6 for x. From the value of the cosine on it is 1.3, and less with each doubling. A small q0
//! makes the sine bend; an arcsine straightens it again.
//!
//! # Few primes
//!
//! A level's work goes with the number of primes, not with their bits. A scale s of more than 50 bits over one prime of 50
//! leads to 2 s - 50 on the next level, which is more than s; a pair of primes brings it down again. One pair for three
//! levels then does for scales of 51 to 61 bits on all of them ([`n16_sparse`], [`n15_full`]). It did not do for all slots at
//! N = 2^16 with scales up to 70 bits: the worst slot came back with 18.9 bits at a root mean square of 22.6, where normally
//! distributed noise has 1.7 bits between the two.

use super::BootstrapSpec;
use crate::params::LevelSpec;

fn level(log_scale: u32) -> LevelSpec {
    LevelSpec::new(log_scale)
}

/// Levels from the lowest on: (log2 of the scale, log2 of the primes' product).
fn levels(sizes: &[(u32, u32)]) -> Vec<LevelSpec> {
    let one = |&(scale, group): &(u32, u32)| {
        if scale == group { level(scale) } else { level(scale).log_group(group) }
    };
    sizes.iter().map(one).collect()
}

/// N = 2^16, all 2^15 slots, 9 levels of 40 bits left.
///
/// Three matrices for each transform: with four, each would have half of the diagonals, all of them as many key switches, and
/// everything that comes before would have one prime more. Q has 32 primes and 1266 bits, cut into three digits.
///
/// Measured: 22.5 bits (root mean square), 20.7 in the worst slot of uniform messages.
#[must_use]
pub fn n16_full_fast() -> BootstrapSpec {
    let mut sine = vec![level(50); 6];
    sine.extend(levels(&[(52, 54), (54, 56), (58, 62), (58, 58), (56, 54)]));
    BootstrapSpec {
        log_n: 16,
        log_slots: 15,
        message_bound: 1.0,
        base: level(44),
        log_scale: 40,
        levels: 9,
        slots_to_coefficients: vec![level(42), level(42), level(50)],
        sine,
        coefficients_to_slots: vec![level(48); 3],
        degree: 58,
        doublings: 2,
        arcsine_degree: 7,
        interval: None,
        log_p: vec![48, 46, 46, 45, 45, 45, 45, 45, 45, 45],
        dnum: Some(3),
        low_memory: false,
        allow_insecure: false,
    }
}

/// N = 2^16, all 2^15 slots, 6 levels of 46 bits left: more precise, q0 of two primes.
#[must_use]
pub fn n16_full_precise() -> BootstrapSpec {
    let mut sine = vec![level(58); 4];
    sine.extend(levels(&[(58, 58), (58, 58), (60, 62), (62, 64), (66, 70), (66, 66), (64, 62)]));
    BootstrapSpec {
        base: level(51),
        log_scale: 46,
        levels: 6,
        slots_to_coefficients: vec![level(48), level(48), level(48), level(58)],
        sine,
        coefficients_to_slots: vec![level(50); 4],
        log_p: Vec::new(),
        dnum: Some(6),
        ..n16_full_fast()
    }
}

/// [`n16_full_fast`] with large matrices encoded as they are needed, and with compact keys.
#[must_use]
pub fn n16_full_low_memory() -> BootstrapSpec {
    n16_full_fast().low_memory()
}

/// N = 2^16, 2^8 slots (or any other number up to 2^12), 10 levels of 40 bits left.
///
/// The sum of 2n roundings is 3.5 bits smaller than that of [`n16_full_fast`]. Two of these bits go into a larger q0, so that
/// an arcsine of degree 3 does; it takes a level less. That, and no more levels left than are worth their time, makes room
/// for a P of half of Q: two digits. Measured: 24.8 bits (root mean square), 23.5 in the worst slot of uniform messages; a
/// message that is the same in all slots comes back with 19.7, what the arcsine leaves.
#[must_use]
pub fn n16_sparse() -> BootstrapSpec {
    let mut sine = vec![level(50); 7];
    sine.extend(levels(&[(61, 72), (55, 49), (52, 49)]));
    BootstrapSpec {
        log_slots: 8,
        base: level(46),
        levels: 10,
        slots_to_coefficients: vec![level(40), level(50)],
        sine,
        coefficients_to_slots: vec![level(48); 2],
        arcsine_degree: 3,
        log_p: vec![50, 50, 50, 49, 49, 49, 49, 49, 49, 49, 49, 49],
        dnum: Some(2),
        ..n16_full_fast()
    }
}

/// N = 2^15, all 2^14 slots, 3 levels of 33 bits left. Measured: 17.0 bits (root mean square), 15.4 in the worst slot of
/// uniform messages; a message that is the same in all slots comes back with 13 bits, because there is no arcsine.
#[must_use]
pub fn n15_full() -> BootstrapSpec {
    let mut sine = vec![level(50); 5];
    sine.extend(levels(&[(57, 64), (53, 49), (51, 49)]));
    BootstrapSpec {
        log_n: 15,
        log_slots: 14,
        message_bound: 1.0,
        base: level(41),
        log_scale: 33,
        levels: 3,
        slots_to_coefficients: vec![level(33); 2],
        sine,
        coefficients_to_slots: vec![level(47); 3],
        degree: 58,
        doublings: 2,
        arcsine_degree: 1,
        interval: None,
        log_p: vec![45, 30, 30],
        dnum: Some(9),
        low_memory: false,
        allow_insecure: false,
    }
}

/// N = 2^15, 2^8 slots (or any other number up to 2^10), 4 levels of 33 bits left. Measured: 18.7 bits on average, 16.4 in
/// the worst slot of uniform messages; 14.8 where all slots are the same, because there is no arcsine.
#[must_use]
pub fn n15_sparse() -> BootstrapSpec {
    BootstrapSpec {
        log_slots: 8,
        base: level(42),
        levels: 4,
        slots_to_coefficients: vec![level(34); 2],
        sine: levels(&[(46, 46), (46, 46), (46, 46), (46, 46), (47, 48), (49, 51), (50, 51), (49, 48)]),
        coefficients_to_slots: vec![level(42); 2],
        // As many bits as would be chosen, the first prime wide enough for q0 alone: the ephemeral secret is used at 88 bits.
        log_p: vec![46, 38, 37, 37],
        dnum: None,
        ..n15_full()
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
pub const ALL: [(&str, Preset); 6] = [
    ("n16_full_fast", n16_full_fast),
    ("n16_full_precise", n16_full_precise),
    ("n16_full_low_memory", n16_full_low_memory),
    ("n16_sparse", n16_sparse),
    ("n15_full", n15_full),
    ("n15_sparse", n15_sparse),
];

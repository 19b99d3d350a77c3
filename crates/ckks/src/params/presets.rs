//! Parameter sets that are worth a name, each a [`ParameterSpec`] to start from.

use super::{LevelSpec, ParameterSpec};

/// N = 2^13, 3 levels of 40 bits over a 44-bit base, one 48-bit special prime: the smallest ring with room for a
/// polynomial of degree 7. 212 of 214 bits.
#[must_use]
pub fn small() -> ParameterSpec {
    ParameterSpec::new(13).log_q0(44).log_scale(40).depth(3).log_p([48]).dnum(4)
}

/// N = 2^14, 7 levels of 40 bits over a 48-bit base, two special primes, four digits: inference and short training.
/// 424 of 430 bits.
#[must_use]
pub fn medium() -> ParameterSpec {
    ParameterSpec::new(14).log_q0(48).log_scale(40).depth(7).log_p([48; 2]).dnum(4)
}

/// N = 2^15, 15 levels of 40 bits over a 48-bit base, four special primes, four digits: training without refreshing.
/// 840 of 868 bits.
#[must_use]
pub fn large() -> ParameterSpec {
    ParameterSpec::new(15).log_q0(48).log_scale(40).depth(15).log_p([48; 4]).dnum(4)
}

/// N = 2^16, 29 levels of 40 bits over a 48-bit base, ten special primes, three digits: the deepest chain of this ring
/// degree at 40 bits. 1688 of 1746 bits.
#[must_use]
pub fn huge() -> ParameterSpec {
    ParameterSpec::new(16).log_q0(48).log_scale(40).depth(29).log_p([48; 10]).dnum(3)
}

/// N = 2^14 with 45-bit scales: five bits more precision, 7 levels. The digits are single primes of 45 to 49 bits, and
/// the cap leaves room for two special primes of 30 bits. 424 of 430 bits.
#[must_use]
pub fn medium_precise() -> ParameterSpec {
    ParameterSpec::new(14).log_q0(49).log_scale(45).depth(7).log_p([30; 2]).dnum(8)
}

/// N = 2^15 with 45-bit scales, 14 levels, three special primes, five digits. 823 of 868 bits.
#[must_use]
pub fn large_precise() -> ParameterSpec {
    ParameterSpec::new(15).log_q0(49).log_scale(45).depth(14).log_p([48; 3]).dnum(5)
}

/// N = 2^16 with 50-bit scales, 24 levels over a base of two 28-bit primes, nine special primes, four digits. 1688 of
/// 1746 bits.
#[must_use]
pub fn huge_precise() -> ParameterSpec {
    let base = LevelSpec::new(56).prime_count(2);
    let levels = std::iter::once(base).chain(std::iter::repeat_n(LevelSpec::new(50), 24));
    ParameterSpec::new(16).levels(levels).log_p([48; 9]).dnum(4)
}

/// **Insecure**: a ring of degree 2^`log_n` that is too small to hide anything, with `depth` levels of 40 bits, for
/// examples and tests.
#[must_use]
pub fn toy(log_n: u32, depth: usize) -> ParameterSpec {
    ParameterSpec::new(log_n).log_q0(48).log_scale(40).depth(depth).allow_insecure()
}

/// A named parameter set.
pub type Preset = fn() -> ParameterSpec;

/// The secure presets by name.
pub const ALL: [(&str, Preset); 7] = [
    ("small", small),
    ("medium", medium),
    ("large", large),
    ("huge", huge),
    ("medium_precise", medium_precise),
    ("large_precise", large_precise),
    ("huge_precise", huge_precise),
];

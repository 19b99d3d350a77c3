//! What public seeds are expanded for: no two uses share random numbers.

use ring_math::sample::ExpansionDomain;

/// The random half of a public key.
pub(crate) const PUBLIC_KEY: ExpansionDomain = ExpansionDomain { object: 1, part: 0 };

/// The random half of a symmetric ciphertext.
pub(crate) const CIPHERTEXT: ExpansionDomain = ExpansionDomain { object: 2, part: 0 };

/// The random half of digit `digit` of a switching key.
pub(crate) fn switching_key(digit: usize) -> ExpansionDomain {
    // Keys have at most `ring_math::MAX_TERMS` digits.
    ExpansionDomain { object: 3, part: digit as u32 }
}

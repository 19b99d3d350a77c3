//! Keys for rotations and conjugation.

use ring_math::Automorphism;

use crate::{error::CkksError, keys::SwitchingKey};

/// Multiplying the exponent of a slot's root by this moves to the next slot.
const SLOT_GENERATOR: u64 = 5;

/// 2N - 1 for N = 2^`log_n`, and all ones where that is longer than a word: exponents count modulo 2N.
fn mask(log_n: u32) -> u64 {
    u64::MAX >> (u64::BITS - 1).saturating_sub(log_n)
}

/// An odd g below 2N, standing for the map X -> X^g of the ring.
///
/// Slot i of a message is its value at the root with exponent 5^i, so 5^k rotates the slots to the left by k and
/// 2N - 1 conjugates them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GaloisElement(u64);

impl GaloisElement {
    /// The map that leaves everything as it is.
    pub(crate) const IDENTITY: Self = Self(1);

    /// The map that moves slot i + `steps` to slot i (to the right for negative steps), for N = 2^`log_n`.
    #[must_use]
    pub fn rotation(steps: i64, log_n: u32) -> Self {
        let mask = mask(log_n);
        // There are N / 2 rotations; a ring of degree 1 has that by nothing only.
        let mut exponent = steps.rem_euclid((mask / 4 + 1) as i64);
        let (mut power, mut base) = (1u64, SLOT_GENERATOR);
        while exponent > 0 {
            if exponent & 1 == 1 {
                power = power.wrapping_mul(base) & mask;
            }
            base = base.wrapping_mul(base) & mask;
            exponent >>= 1;
        }
        Self(power)
    }

    /// The map that conjugates every slot, for N = 2^`log_n`.
    #[must_use]
    pub fn conjugation(log_n: u32) -> Self {
        Self(mask(log_n))
    }

    /// The map X -> X^`value` for N = 2^`log_n`, if there is one: `value` has to be odd and below 2N.
    #[must_use]
    pub fn new(value: u64, log_n: u32) -> Option<Self> {
        (value % 2 == 1 && value <= mask(log_n)).then_some(Self(value))
    }

    /// The exponent g.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0
    }

    /// Whether the map leaves everything as it is.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.0 == 1
    }

    /// This map followed by another, for N = 2^`log_n`; the order does not matter.
    pub(crate) fn then(&self, other: Self, log_n: u32) -> Self {
        Self(self.0.wrapping_mul(other.0) & mask(log_n))
    }

    /// The inverse map for N = 2^`log_n`.
    pub(crate) fn inverse(&self, log_n: u32) -> Self {
        // Newton's iteration modulo 2^64; the inverse modulo 2N is its low part.
        let inverse = (0..6).fold(self.0, |x, _| x.wrapping_mul(2u64.wrapping_sub(self.0.wrapping_mul(x))));
        Self(inverse & mask(log_n))
    }
}

impl std::fmt::Display for GaloisElement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Applies one map X -> X^g to ciphertexts: carries s to s(X^(1/g)), so that the map itself, taken last, turns the
/// secret back into s. This order lets hoisted rotations share all their digits.
#[derive(Clone)]
pub struct GaloisKey {
    pub(crate) element: GaloisElement,
    pub(crate) automorphism: Automorphism,
    pub(crate) key: SwitchingKey,
}

impl GaloisKey {
    pub(crate) fn new(element: GaloisElement, log_n: u32, key: SwitchingKey) -> Result<Self, CkksError> {
        Ok(Self { element, automorphism: Automorphism::new(element.value(), log_n)?, key })
    }

    /// The map.
    #[must_use]
    pub fn element(&self) -> GaloisElement {
        self.element
    }

    /// The switching key inside.
    #[must_use]
    pub fn switching_key(&self) -> &SwitchingKey {
        &self.key
    }
}

/// Names the map.
impl std::fmt::Debug for GaloisKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GaloisKey({}, {:?})", self.element, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::GaloisElement;

    #[test]
    fn rotations_form_a_group() {
        let log_n = 5;
        let two_n = 2u64 << log_n;
        for a in -20..20 {
            let g = GaloisElement::rotation(a, log_n);
            assert_eq!(g.value() * GaloisElement::rotation(3, log_n).value() % two_n, {
                GaloisElement::rotation(a + 3, log_n).value()
            });
            assert_eq!(g.value() * g.inverse(log_n).value() % two_n, 1);
            assert_eq!(g, GaloisElement::rotation(a + 16, log_n));
        }
        assert!(GaloisElement::rotation(0, log_n).is_identity());
        assert_eq!(GaloisElement::conjugation(log_n).inverse(log_n), GaloisElement::conjugation(log_n));
    }

    #[test]
    fn elements_of_impossible_rings_are_numbers_all_the_same() {
        assert!(GaloisElement::rotation(-3, 0).is_identity() && GaloisElement::rotation(3, 1).is_identity());
        assert_eq!(GaloisElement::conjugation(u32::MAX).value(), u64::MAX);
        assert_eq!(GaloisElement::rotation(2, 64).value(), 25);
        assert_eq!(GaloisElement::new(9, 2), None);
        assert!(GaloisElement::new(7, 2).is_some() && GaloisElement::new(9, u32::MAX).is_some());
    }
}

//! Keys that carry a polynomial from one secret to another.

use ring_math::{Ntt, RnsPoly, rns::RnsBasis};

use crate::{context::LevelTables, scale::Level};

/// Encrypts a secret s' under s, once for each digit of Q: pairs (b_j, a_j) over QP with
/// b_j = -a_j s + e_j + P g_j s', where g_j is 1 modulo the primes of digit j and 0 modulo the others. Multiplying the
/// digits of a polynomial c with it and dividing by P gives an encryption of c s' under s.
///
/// A key made for one level serves all lower ones: fewer limbs and digits of it are read. The random halves a_j come
/// from a public 32-byte seed, so that half of the key need not be stored or sent.
#[derive(Clone)]
pub struct SwitchingKey {
    pub(crate) level: Level,
    pub(crate) q_len: usize,
    pub(crate) seed: [u8; 32],
    /// b_j and a_j.
    pub(crate) digits: Vec<[RnsPoly<Ntt>; 2]>,
}

impl SwitchingKey {
    /// The highest level this key serves.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// The public seed of the random halves.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The halves that have to be stored, one for each digit: b_j.
    #[must_use]
    pub fn bodies(&self) -> impl ExactSizeIterator<Item = &RnsPoly<Ntt>> {
        self.digits.iter().map(|[body, _]| body)
    }

    /// The halves that the seed expands to, one for each digit: a_j.
    #[must_use]
    pub fn masks(&self) -> impl ExactSizeIterator<Item = &RnsPoly<Ntt>> {
        self.digits.iter().map(|[_, mask]| mask)
    }

    /// Bytes in memory, both halves.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.digits.iter().flatten().map(|poly| 8 * poly.words().len() as u64).sum()
    }

    /// Body and mask of digit `j` for limb `i` of QP at the level of `tables`, which is at most the key's own.
    pub(crate) fn limbs(&self, tables: &LevelTables, j: usize, i: usize) -> (&[u64], &[u64]) {
        let alive = tables.q.len();
        let limb = if i < alive { i } else { self.q_len + (i - alive) };
        let [body, mask] = &self.digits[j];
        (body.limb(limb), mask.limb(limb))
    }

    /// Whether the key lives over the basis that `top` is.
    pub(crate) fn basis(&self) -> Option<&RnsBasis> {
        self.digits.first().map(|[body, _]| body.basis())
    }
}

/// Says how large the key is; its contents are public but long.
impl std::fmt::Debug for SwitchingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "SwitchingKey(level {}, {} digits, {} bytes)",
            self.level,
            self.digits.len(),
            self.memory_bytes()
        )
    }
}

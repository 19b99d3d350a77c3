//! Keys that carry a polynomial from one secret to another.

use ring_math::{Ntt, RnsPoly, rns::RnsBasis, sample::SeedExpander};

use crate::{context::LevelTables, error::CkksError, scale::Level, seeds};

/// Encrypts a secret s' under s, once for each digit of Q: pairs (b_j, a_j) over QP with
/// b_j = -a_j s + e_j + P g_j s', where g_j is 1 modulo the primes of digit j and 0 modulo the others. Multiplying the
/// digits of a polynomial c with it and dividing by P gives an encryption of c s' under s.
///
/// A key made for one level serves all lower ones: fewer limbs and digits of it are read. The random halves a_j come
/// from a public 32-byte seed, so that half of the key need not be stored or sent; a [compact](Self::compact) key does without
/// it in memory too.
#[derive(Clone)]
pub struct SwitchingKey {
    pub(crate) level: Level,
    pub(crate) q_len: usize,
    pub(crate) seed: [u8; 32],
    /// b_j and a_j. The latter may be there for the first primes only, one at least: what is missing comes from the seed.
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

    /// The halves that the seed expands to, one for each digit: a_j; of a [compact](Self::compact) key their first limbs.
    #[must_use]
    pub fn masks(&self) -> impl ExactSizeIterator<Item = &RnsPoly<Ntt>> {
        self.digits.iter().map(|[_, mask]| mask)
    }

    /// Forgets all but the first limb of the uniform halves: about half of the memory. Whatever needs the others expands them
    /// from the seed, limb by limb, which makes it slower and changes no result.
    ///
    /// # Errors
    /// None for keys that exist; the signature leaves room.
    pub fn compact(&mut self) -> Result<(), CkksError> {
        for [_, mask] in &mut self.digits {
            let mut first = RnsPoly::zero(&mask.basis().slice(0..MASK_LIMBS)?);
            first.limb_mut(0).copy_from_slice(mask.limb(0));
            *mask = first;
        }
        Ok(())
    }

    /// Words of work space for [`Self::limbs`] of all digits of one limb.
    pub(crate) fn mask_words(&self, tables: &LevelTables) -> usize {
        let is_whole = |[body, mask]: &[RnsPoly<Ntt>; 2]| mask.len() == body.len();
        if self.digits.iter().all(is_whole) { 0 } else { tables.q.n() * tables.digits.len() }
    }

    /// Bytes in memory.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.digits.iter().flatten().map(|poly| 8 * poly.words().len() as u64).sum()
    }

    /// Body and mask of digit `j` for limb `i` of QP at the level of `tables`, which is at most the key's own. A mask that is
    /// not there is expanded to `space`, one limb.
    pub(crate) fn limbs<'a>(
        &'a self,
        tables: &LevelTables,
        j: usize,
        i: usize,
        space: &'a mut [u64],
    ) -> (&'a [u64], &'a [u64]) {
        let alive = tables.q.len();
        let limb = if i < alive { i } else { self.q_len + (i - alive) };
        let [body, mask] = &self.digits[j];
        if limb < mask.len() {
            return (body.limb(limb), mask.limb(limb));
        }
        SeedExpander::new(&self.seed).expand_limb(seeds::switching_key(j), tables.qp.modulus(i), space);
        (body.limb(limb), space)
    }

    /// Whether the key lives over the basis that `top` is.
    pub(crate) fn basis(&self) -> Option<&RnsBasis> {
        self.digits.first().map(|[body, _]| body.basis())
    }
}

/// Limbs of each uniform half that a compact key keeps: the fewest that a polynomial has.
pub(super) const MASK_LIMBS: usize = 1;

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

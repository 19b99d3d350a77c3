//! What a circuit needs.

use std::{collections::BTreeMap, fmt};

use crate::{
    error::CkksError,
    keys::{KeyRequest, KeySize},
    params::Parameters,
    scale::Level,
};

/// What a dry run has seen: operations, keys, levels, sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Levels that were used up: from the highest of the parameters down to the lowest result.
    pub depth: usize,
    /// Additions and subtractions of ciphertexts, plaintexts and numbers.
    pub additions: usize,
    /// Products of two ciphertexts.
    pub products: usize,
    /// Products with plaintexts and numbers.
    pub plain_products: usize,
    /// Rescalings, fused ones included.
    pub rescalings: usize,
    /// Relinearisations.
    pub relinearizations: usize,
    /// Rotations that move something.
    pub rotations: usize,
    /// Rotations among those whose digits were computed for an earlier one.
    pub hoisted: usize,
    /// Conjugations.
    pub conjugations: usize,
    /// Moduli raised: refreshes begun, each with two key switches to and from the ephemeral secret besides.
    pub raised: usize,
    /// Highest level of a relinearisation.
    pub relinearization_level: Option<Level>,
    /// The rotations by their steps, with the highest level of each.
    pub rotation_levels: BTreeMap<i64, Level>,
    /// Highest level of a conjugation.
    pub conjugation_level: Option<Level>,
    /// Bytes of the largest ciphertext.
    pub largest_ciphertext: u64,
    /// Bytes of all results together, if none were dropped.
    pub all_ciphertexts: u64,
}

impl Plan {
    /// Number of key switches.
    #[must_use]
    pub fn key_switches(&self) -> usize {
        self.relinearizations + self.rotations + self.conjugations
    }

    /// The keys the circuit needs, each for the highest level it is used at.
    #[must_use]
    pub fn request(&self) -> KeyRequest {
        let mut request = KeyRequest::new();
        if let Some(level) = self.relinearization_level {
            request = request.relinearization_at(level);
        }
        if let Some(level) = self.conjugation_level {
            request = request.conjugation_at(level);
        }
        if self.raised > 0 {
            request = request.encapsulation();
        }
        self.rotation_levels
            .iter()
            .fold(request, |request, (&steps, &level)| request.rotations_at(level, [steps]))
    }

    /// Bytes of those keys.
    ///
    /// # Errors
    /// [`CkksError::NoSuchLevel`] for parameters with fewer levels than the circuit used.
    pub fn keys(&self, parameters: &Parameters) -> Result<KeySize, CkksError> {
        self.request().size(parameters)
    }

    pub(super) fn note_rotation(&mut self, steps: i64, level: Level) {
        self.rotations += 1;
        let highest = self.rotation_levels.entry(steps).or_insert(level);
        *highest = level.max(*highest);
    }
}

/// One line for each kind of cost.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "depth {}, {} rescalings", self.depth, self.rescalings)?;
        writeln!(
            f,
            "{} products, {} with plaintexts, {} additions",
            self.products, self.plain_products, self.additions
        )?;
        writeln!(
            f,
            "{} key switches: {} relinearisations, {} rotations ({} hoisted) by {} different steps, {} conjugations",
            self.key_switches(),
            self.relinearizations,
            self.rotations,
            self.hoisted,
            self.rotation_levels.len(),
            self.conjugations
        )?;
        write!(f, "largest ciphertext {} bytes", self.largest_ciphertext)
    }
}

//! What a circuit costs, in operations.

use std::fmt;

use ckks::circuits::PolynomialCost;

/// Operations of a circuit, counted alike by [`super::Clear`] and [`super::Encrypted`], on ciphertexts and in a dry run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Levels that were used up, from the inputs down to the lowest result.
    pub depth: usize,
    /// Products of two vectors.
    pub products: usize,
    /// Products with masks and numbers, those that only bring a vector to another level included, those with the
    /// coefficients of a polynomial not.
    pub plain_products: usize,
    /// Relinearisations.
    pub relinearizations: usize,
    /// Rotations that move something.
    pub rotations: usize,
    /// Rotations among those that share the costly part with an earlier one.
    pub hoisted: usize,
    /// Conjugations.
    pub conjugations: usize,
    /// Refreshes, whose own operations are not among the others. Two vectors refreshed together count once.
    pub refreshes: usize,
}

impl Counts {
    /// Number of key switches: what the time of a circuit is spent on.
    #[must_use]
    pub fn key_switches(&self) -> usize {
        self.relinearizations + self.rotations + self.conjugations
    }

    /// Adds the products of a polynomial. Those with its coefficients are not counted: they are cheap, and how many there
    /// are is up to whoever evaluates it.
    pub(super) fn note_polynomial(&mut self, cost: PolynomialCost) {
        self.products += cost.products;
        self.relinearizations += cost.relinearizations;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "depth {}, {} key switches ({} relinearisations, {} rotations of which {} hoisted, {} conjugations), {} \
             products, {} with plaintexts",
            self.depth,
            self.key_switches(),
            self.relinearizations,
            self.rotations,
            self.hoisted,
            self.conjugations,
            self.products,
            self.plain_products
        )?;
        if self.refreshes > 0 { write!(f, ", {} refreshes", self.refreshes) } else { Ok(()) }
    }
}

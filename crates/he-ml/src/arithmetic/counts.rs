//! What a circuit costs, in operations.

use std::fmt;

use ckks::{CkksError, DryRun, ParameterSpec, circuits::Polynomial};

/// Operations of a circuit, counted alike by [`super::Clear`] and [`super::Encrypted`], on ciphertexts and in a dry run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Levels that were used up, from the inputs down to the lowest result.
    pub depth: usize,
    /// Products of two vectors.
    pub products: usize,
    /// Products with masks and numbers, those that only bring a vector to another level included.
    pub plain_products: usize,
    /// Relinearisations.
    pub relinearizations: usize,
    /// Rotations that move something.
    pub rotations: usize,
    /// Rotations among those that share the costly part with an earlier one.
    pub hoisted: usize,
    /// Conjugations.
    pub conjugations: usize,
}

impl Counts {
    /// Number of key switches: what the time of a circuit is spent on.
    #[must_use]
    pub fn key_switches(&self) -> usize {
        self.relinearizations + self.rotations + self.conjugations
    }
}

impl Counts {
    /// What a polynomial costs on a vector, from a dry run on a toy ring: its depth is that of the polynomial.
    pub(super) fn of(polynomial: &Polynomial) -> Result<Self, CkksError> {
        const LOG_N: u32 = 5;
        let parameters = ParameterSpec::new(LOG_N).depth(polynomial.depth()).allow_insecure().check()?;
        let dry = DryRun::new(&parameters);
        polynomial.evaluate(&dry, &dry.input(1.0))?;
        let plan = dry.plan();
        Ok(Self {
            depth: plan.depth,
            products: plan.products,
            plain_products: plan.plain_products,
            relinearizations: plan.relinearizations,
            ..Self::default()
        })
    }

    /// Adds the operations of `other`, whose depth is left out.
    pub(super) fn add(&mut self, other: &Self) {
        self.products += other.products;
        self.plain_products += other.plain_products;
        self.relinearizations += other.relinearizations;
        self.rotations += other.rotations;
        self.hoisted += other.hoisted;
        self.conjugations += other.conjugations;
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
        )
    }
}

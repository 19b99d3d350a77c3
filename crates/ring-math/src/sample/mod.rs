//! Distributions over polynomials, and the expansion of public seeds.
//!
//! This module alone sees a random generator, and only one that the caller passes in. Each distribution comes in three
//! forms: a function that returns a polynomial, `_into` for a polynomial that exists, and `_words` for bare limbs (a
//! slice of N words for each prime of a basis, as [`crate::Scratch`] lends them); the last two allocate nothing.
//!
//! | function | each coefficient | generator bytes per coefficient |
//! |---|---|---|
//! | [`uniform`] | uniform modulo Q | 8 per limb and attempt |
//! | [`ternary`] | uniform in {-1, 0, 1} | 0.21 |
//! | [`ternary_of_weight`] | h of them uniform in {-1, 1}, the others zero | 8 |
//! | [`cbd`] | centred binomial with sigma = sqrt(21/2) | 5.3 |
//! | [`gaussian`] | normal, rounded to an integer | 8 to 136, growing with log sigma |
//!
//! Except for `gaussian`, no branch and no address depends on a value that is output, and working copies on the stack
//! are wiped; polynomials are the caller's to wipe. Results depend on the generator's bytes only: not on the kernel,
//! the number of threads or the processor's byte order.
//!
//! [`SeedExpander`] turns a public 32-byte seed into uniform polynomials.

mod cbd;
mod expander;
mod gaussian;
mod ternary;
mod uniform;
mod words;

pub use cbd::{CBD_PAIRS, cbd, cbd_into, cbd_words};
pub use expander::{EXPANSION_VERSION, ExpansionDomain, SEED_BYTES, SeedExpander};
pub use gaussian::{
    MAX_GAUSSIAN_SIGMA, gaussian, gaussian_integers, gaussian_into, gaussian_tail, gaussian_words,
};
pub use ternary::{
    ternary, ternary_into, ternary_of_weight, ternary_of_weight_into, ternary_of_weight_words, ternary_words,
};
pub use uniform::{uniform, uniform_into, uniform_words};

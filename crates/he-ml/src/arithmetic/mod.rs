//! What a model is written against: arithmetic on vectors of slots.
//!
//! A model is one circuit over [`SlotArithmetic`]. Run on [`Clear`] it computes in `f64`, with the same approximations as
//! under encryption; on [`Encrypted`] it computes on ciphertexts, or, over a [`ckks::DryRun`], counts what it would need.
//! The difference between an exact model and the clear circuit is the error of approximation, that between the clear
//! and the encrypted circuit the error of the scheme.

mod clear;
mod counts;
mod encrypted;
mod mask;

pub use ckks::Complex64;
pub use clear::{Clear, ClearProducts, ClearVector};
pub use counts::Counts;
pub use encrypted::Encrypted;
pub use mask::Mask;

use ckks::circuits::{Polynomial, PolynomialVector};

use crate::error::MlError;

/// Operations on vectors of slots, each of which holds a complex number.
///
/// Every vector has a **level**: how many multiplications in a row it still allows ([`Self::levels_left`]). A product of
/// any kind, by a vector, a [`Mask`] or a number, takes one; its result is one below the lower of its operands. Vectors
/// of different levels may be combined: the higher one is brought to the level of the lower one, which changes
/// nothing in its slots. Rotations, sums and conjugation keep the level.
///
/// ```
/// use he_ml::arithmetic::{Clear, Complex64, SlotArithmetic};
/// use he_ml::MlError;
///
/// /// The sum of squares of all slots, in every slot.
/// fn norm<A: SlotArithmetic>(on: &A, x: &A::Vector) -> Result<A::Vector, MlError> {
///     on.cyclic_sum(&on.square(x)?, 1)
/// }
///
/// let clear = Clear::new(4);
/// let x = clear.input(&[1.0, 2.0, 3.0].map(Complex64::from))?;
/// assert_eq!(norm(&clear, &x)?.values()[2].re, 14.0);
/// let counts = clear.counts();
/// assert_eq!((counts.depth, counts.relinearizations, counts.rotations), (1, 1, 2));
/// # Ok::<(), MlError>(())
/// ```
#[expect(
    clippy::missing_errors_doc,
    reason = "every method can fail for the one reason that the trait's documentation gives, or that of the scheme"
)]
pub trait SlotArithmetic {
    /// A vector of slots.
    type Vector: Clone;
    /// A sum of products that has not been brought back to the form of a vector yet: see [`Self::accumulate`].
    type Products;

    /// Number of slots of every vector.
    fn slots(&self) -> usize;
    /// How many multiplications in a row `a` still allows; `None` where nothing limits them.
    fn levels_left(&self, a: &Self::Vector) -> Option<usize>;

    /// a + b.
    fn add(&self, a: &Self::Vector, b: &Self::Vector) -> Result<Self::Vector, MlError>;
    /// a - b.
    fn sub(&self, a: &Self::Vector, b: &Self::Vector) -> Result<Self::Vector, MlError>;
    /// -a.
    fn neg(&self, a: &Self::Vector) -> Result<Self::Vector, MlError>;
    /// a + `value` in every slot.
    fn add_number(&self, a: &Self::Vector, value: f64) -> Result<Self::Vector, MlError>;
    /// a + b for a public vector.
    fn add_mask(&self, a: &Self::Vector, b: &Mask) -> Result<Self::Vector, MlError>;
    /// a times a whole number: takes no level.
    fn mul_integer(&self, a: &Self::Vector, factor: i64) -> Result<Self::Vector, MlError>;
    /// a times the imaginary unit: takes no level.
    fn mul_i(&self, a: &Self::Vector) -> Result<Self::Vector, MlError>;

    /// The sum of vectors times numbers; one level for all of them.
    fn sum_of_scaled(&self, terms: &[(&Self::Vector, f64)]) -> Result<Self::Vector, MlError>;
    /// The sum of vectors times public vectors, slot by slot; one level for all of them.
    fn sum_of_masked(&self, terms: &[(&Self::Vector, &Mask)]) -> Result<Self::Vector, MlError>;
    /// a * b, slot by slot.
    fn mul(&self, a: &Self::Vector, b: &Self::Vector) -> Result<Self::Vector, MlError>;
    /// a * a, slot by slot.
    fn square(&self, a: &Self::Vector) -> Result<Self::Vector, MlError>;
    /// The sum of products of pairs, slot by slot, with one relinearisation for all of them.
    fn sum_of_products(&self, pairs: &[(&Self::Vector, &Self::Vector)]) -> Result<Self::Vector, MlError>;
    /// Adds products of pairs to `sum`, for data that arrive piece by piece: no relinearisation until [`Self::close`].
    /// All pairs of one sum have to be of one level.
    fn accumulate(
        &self,
        sum: Option<Self::Products>,
        pairs: &[(&Self::Vector, &Self::Vector)],
    ) -> Result<Self::Products, MlError>;
    /// The vector that a sum of products stands for: one relinearisation.
    fn close(&self, sum: Self::Products) -> Result<Self::Vector, MlError>;

    /// The value of `p` at every slot, [`Polynomial::depth`] levels below `a`. Slots are real here and lie in the interval
    /// of `p`, if it has one: see [`Self::promise`].
    fn polynomial(&self, a: &Self::Vector, p: &Polynomial) -> Result<Self::Vector, MlError>;
    /// As [`Self::polynomial`] with a polynomial for each slot; 0 where there is none.
    fn polynomial_by_slot(&self, a: &Self::Vector, p: &PolynomialVector) -> Result<Self::Vector, MlError>;

    /// Moves slot i + `steps` to slot i, around the end: to the left for positive `steps`.
    fn rotate(&self, a: &Self::Vector, steps: i64) -> Result<Self::Vector, MlError>;
    /// All rotations of `a` by `steps`; cheaper than one by one.
    fn rotate_each(&self, a: &Self::Vector, steps: &[i64]) -> Result<Vec<Self::Vector>, MlError>;
    /// The complex conjugate of every slot.
    fn conjugate(&self, a: &Self::Vector) -> Result<Self::Vector, MlError>;

    /// Brings the higher of two vectors to the level of the lower one. All operations do so by themselves; doing it
    /// early makes rotations in between cheaper.
    fn align(&self, a: &Self::Vector, b: &Self::Vector) -> Result<(Self::Vector, Self::Vector), MlError>;

    /// Promises that no slot of `a` is larger than `bound` in absolute value, which nobody can check under
    /// encryption. [`Clear`] checks it and fails with [`MlError::OutsideApproximation`], which names `what`; on
    /// ciphertexts the bound replaces the one that was tracked from operation to operation, which soon becomes useless.
    fn promise(&self, what: &str, a: &Self::Vector, bound: f64) -> Result<Self::Vector, MlError>;

    /// What a refresh gives; `None` where vectors cannot be refreshed.
    fn refreshed(&self) -> Option<Refreshed>;

    /// The same slots in a vector that allows [`Refreshed::levels`] multiplications again, by bootstrapping; in the clear
    /// the identity, counted. Slots have to repeat after [`Refreshed::period`], and to be promised to be no larger than
    /// [`Refreshed::bound`].
    fn refresh(&self, a: &Self::Vector) -> Result<Self::Vector, MlError>;
    /// As [`Self::refresh`] for two vectors of real slots at the price of one, with a level less left. Their promised bounds
    /// count together, as those of a complex number's parts.
    fn refresh_pair(
        &self,
        a: &Self::Vector,
        b: &Self::Vector,
    ) -> Result<(Self::Vector, Self::Vector), MlError>;

    /// a times `value` in every slot.
    fn mul_number(&self, a: &Self::Vector, value: f64) -> Result<Self::Vector, MlError> {
        self.sum_of_scaled(&[(a, value)])
    }

    /// a times a public vector, slot by slot.
    fn mul_mask(&self, a: &Self::Vector, mask: &Mask) -> Result<Self::Vector, MlError> {
        self.sum_of_masked(&[(a, mask)])
    }

    /// For each of `steps` in turn replaces `a` by the sum of `a` and its rotation: with the steps s, 2s, 4s, ... sums
    /// of 2, 4, 8, ... slots at distance s.
    fn add_rotations(
        &self,
        a: &Self::Vector,
        steps: impl IntoIterator<Item = i64>,
    ) -> Result<Self::Vector, MlError> {
        steps.into_iter().try_fold(a.clone(), |sum, k| self.add(&sum, &self.rotate(&sum, k)?))
    }

    /// The sum over the outermost axis, for a `stride` (a power of two) between its entries: slot i becomes the sum of all
    /// slots i + k `stride`, around the end. Takes no level, and leaves the sum at every place of the axis.
    fn cyclic_sum(&self, a: &Self::Vector, stride: usize) -> Result<Self::Vector, MlError> {
        self.add_rotations(a, doubling(stride, self.slots()))
    }
}

/// What vectors are once they were refreshed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refreshed {
    /// Multiplications in a row that they allow.
    pub levels: usize,
    /// Slots after which vectors that are to be refreshed repeat: a power of two.
    pub period: usize,
    /// No slot of theirs may be larger.
    pub bound: f64,
}

/// stride, 2 stride, 4 stride, ... below `end`: the rotations that sum up an axis of `end / stride` entries.
pub fn doubling(stride: usize, end: usize) -> impl Iterator<Item = i64> {
    std::iter::successors(Some(stride), |&k| k.checked_mul(2))
        .take_while(move |&k| k > 0 && k < end)
        .map(|k| k as i64)
}

/// The error for an empty list of terms.
fn no_terms(what: &'static str) -> MlError {
    MlError::Shape { what, found: "no terms".to_owned(), expected: "at least one".to_owned() }
}

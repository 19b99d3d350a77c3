//! Vectors that the computing party knows.

use std::sync::Arc;

use ckks::Complex64;

/// A public vector of slots: a plaintext operand. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask(Arc<[Complex64]>);

impl Mask {
    /// A mask of real values.
    #[must_use]
    pub fn new(values: &[f64]) -> Self {
        Self(values.iter().map(|&value| value.into()).collect())
    }

    /// A mask of complex values.
    #[must_use]
    pub fn complex(values: &[Complex64]) -> Self {
        Self(values.into())
    }

    /// The mask of `slots` values with `value(slot)` in each.
    #[must_use]
    pub fn from_fn(slots: usize, value: impl FnMut(usize) -> f64) -> Self {
        Self((0..slots).map(value).map(Complex64::from).collect())
    }

    /// All values times `factor`.
    #[must_use]
    pub fn times(&self, factor: impl Into<Complex64>) -> Self {
        let factor = factor.into();
        Self(self.0.iter().map(|value| value * factor).collect())
    }

    /// The values; slots beyond them are zero.
    #[must_use]
    pub fn values(&self) -> &[Complex64] {
        &self.0
    }

    /// Whether it is zero everywhere, so that a product with it can be left out.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|value| value.norm_sqr() == 0.0)
    }
}

//! Polynomials in residue form, with the representation in the type.
//!
//! Products exist only between transform values:
//!
//! ```compile_fail
//! use ring_math::{Coeff, RnsPoly};
//! fn product(a: &mut RnsPoly<Coeff>, b: &RnsPoly<Coeff>) {
//!     let _ = a.mul_assign(b); // no such method: transform first
//! }
//! ```
//!
//! and the two representations do not mix:
//!
//! ```compile_fail
//! use ring_math::{Coeff, Ntt, RnsPoly};
//! fn sum(a: &mut RnsPoly<Ntt>, b: &RnsPoly<Coeff>) {
//!     let _ = a.add_assign(b);
//! }
//! ```

mod ops;

use std::marker::PhantomData;

use crate::{buffer::WordBuffer, error::RingError, rns::RnsBasis};
use zeroize::Zeroize;

mod sealed {
    pub trait Sealed {}
}

/// A representation of a polynomial: [`Coeff`] or [`Ntt`].
pub trait Representation: sealed::Sealed + Send + Sync + 'static {
    /// Name for messages.
    const NAME: &'static str;
}

/// Coefficients in natural order.
#[derive(Clone, Copy, Debug)]
pub struct Coeff;

/// Transform values in bit-reversed order (see [`crate::ntt`]).
#[derive(Clone, Copy, Debug)]
pub struct Ntt;

impl sealed::Sealed for Coeff {}
impl sealed::Sealed for Ntt {}
impl Representation for Coeff {
    const NAME: &'static str = "coefficients";
}
impl Representation for Ntt {
    const NAME: &'static str = "transform values";
}

/// A polynomial of `Z_Q[X]/(X^N+1)`, Q the product of a basis' primes: one flat, aligned buffer, limb after limb, each
/// of N canonical words.
///
/// ```
/// use ring_math::{Coeff, RnsBasis, RnsPoly, ntt_primes};
/// let basis = RnsBasis::new(4, &ntt_primes(40, 4, 2, &[])?)?;
/// let x = RnsPoly::<Coeff>::from_i64(&basis, &[0, 1])?; // the polynomial X, the rest is zero
/// let minus_one = RnsPoly::<Coeff>::from_i64(&basis, &[-1])?;
/// let mut power = x.clone().into_ntt();
/// let factor = power.clone();
/// for _ in 1..16 {
///     power.mul_assign(&factor)?; // X^16 = -1 for N = 16
/// }
/// assert_eq!(power.into_coeff(), minus_one);
/// # Ok::<(), ring_math::RingError>(())
/// ```
pub struct RnsPoly<R: Representation> {
    basis: RnsBasis,
    data: WordBuffer,
    representation: PhantomData<R>,
}

impl<R: Representation> RnsPoly<R> {
    /// The zero polynomial.
    #[must_use]
    pub fn zero(basis: &RnsBasis) -> Self {
        let data = WordBuffer::zeroed(basis.n() * basis.len());
        Self { basis: basis.clone(), data, representation: PhantomData }
    }

    /// Takes canonical words, limb after limb.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`], [`RingError::CoefficientOutOfRange`] for a word that is not below its prime.
    pub fn from_words(basis: &RnsBasis, words: &[u64]) -> Result<Self, RingError> {
        let mut poly = Self::zero(basis);
        if words.len() != poly.data.len() {
            let expected = poly.data.len();
            return Err(RingError::LengthMismatch { what: "words", found: words.len(), expected });
        }
        for (limb, chunk) in words.chunks_exact(basis.n()).enumerate() {
            let modulus = basis.modulus(limb).value();
            if let Some(index) = chunk.iter().position(|&word| word >= modulus) {
                return Err(RingError::CoefficientOutOfRange { value: chunk[index], limb, index, modulus });
            }
        }
        poly.data.as_mut_slice().copy_from_slice(words);
        Ok(poly)
    }

    /// The basis.
    #[must_use]
    pub fn basis(&self) -> &RnsBasis {
        &self.basis
    }

    /// The ring degree N.
    #[must_use]
    pub fn n(&self) -> usize {
        self.basis.n()
    }

    /// Number of limbs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.basis.len()
    }

    /// Always false: a polynomial has at least one limb.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.basis.is_empty()
    }

    /// All words, limb after limb.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        self.data.as_slice()
    }

    /// All words, to be overwritten with canonical ones.
    #[must_use]
    pub fn words_mut(&mut self) -> &mut [u64] {
        self.data.as_mut_slice()
    }

    /// The words of limb `i`.
    ///
    /// # Panics
    /// When `i` is not below [`Self::len`].
    #[must_use]
    pub fn limb(&self, i: usize) -> &[u64] {
        let n = self.n();
        &self.data.as_slice()[i * n..(i + 1) * n]
    }

    /// The words of limb `i`, to be overwritten with canonical ones.
    ///
    /// # Panics
    /// When `i` is not below [`Self::len`].
    #[must_use]
    pub fn limb_mut(&mut self, i: usize) -> &mut [u64] {
        let n = self.n();
        &mut self.data.as_mut_slice()[i * n..(i + 1) * n]
    }

    /// Reduces the polynomial to the first `len` primes of its basis. The buffer keeps its allocation.
    ///
    /// # Errors
    /// [`RingError::EmptyBasis`] for 0, [`RingError::LengthMismatch`] for more limbs than there are.
    pub fn drop_to(&mut self, len: usize) -> Result<(), RingError> {
        let kept = self.basis.slice(0..len)?;
        self.truncate_to(&kept);
        Ok(())
    }

    /// Reduces the polynomial to `kept`, which has to be a prefix of its basis.
    ///
    /// # Errors
    /// [`RingError::BasisMismatch`] when it is not.
    pub fn drop_to_basis(&mut self, kept: &RnsBasis) -> Result<(), RingError> {
        let prefix = kept.n() == self.n() && kept.len() <= self.len();
        if !prefix || !kept.primes().eq(self.basis.primes().take(kept.len())) {
            return Err(self.basis.mismatch(kept));
        }
        self.truncate_to(kept);
        Ok(())
    }

    /// `kept` is a prefix of the basis.
    pub(crate) fn truncate_to(&mut self, kept: &RnsBasis) {
        self.data.truncate(kept.n() * kept.len());
        self.basis = kept.clone();
    }

    /// Makes this a copy of the limbs that `other` has in `basis`, a prefix of its basis, reusing the allocation.
    ///
    /// # Errors
    /// [`RingError::BasisMismatch`] when `basis` is not such a prefix.
    pub fn copy_prefix_from(&mut self, other: &Self, basis: &RnsBasis) -> Result<(), RingError> {
        let prefix = basis.n() == other.n() && basis.len() <= other.len();
        if !prefix || !basis.primes().eq(other.basis.primes().take(basis.len())) {
            return Err(other.basis.mismatch(basis));
        }
        self.resize_to(basis);
        let words = self.data.len();
        self.data.as_mut_slice().copy_from_slice(&other.words()[..words]);
        Ok(())
    }

    /// Gives the polynomial another basis; its words are unspecified (but canonical for neither) until written.
    /// Reuses the allocation where it is large enough.
    pub fn resize_to(&mut self, basis: &RnsBasis) {
        let words = basis.n() * basis.len();
        self.data.truncate(words);
        self.data.grow(words);
        self.basis = basis.clone();
    }

    fn retype<S: Representation>(self) -> RnsPoly<S> {
        RnsPoly { basis: self.basis, data: self.data, representation: PhantomData }
    }
}

impl<R: Representation> Clone for RnsPoly<R> {
    fn clone(&self) -> Self {
        Self { basis: self.basis.clone(), data: self.data.clone(), representation: PhantomData }
    }
}

impl<R: Representation> PartialEq for RnsPoly<R> {
    fn eq(&self, other: &Self) -> bool {
        self.basis == other.basis && self.words() == other.words()
    }
}

impl<R: Representation> Eq for RnsPoly<R> {}

impl<R: Representation> Zeroize for RnsPoly<R> {
    fn zeroize(&mut self) {
        self.data.zeroize();
    }
}

/// Shows the shape only: polynomials may be secret.
impl<R: Representation> std::fmt::Debug for RnsPoly<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RnsPoly({}, N = {}, {} limbs)", R::NAME, self.n(), self.len())
    }
}

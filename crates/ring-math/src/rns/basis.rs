//! An ordered list of distinct primes over one ring degree.

use std::{ops::Range, sync::Arc};

use crate::{error::RingError, kernel::Kernel, modulus::Modulus, ring::ResidueRing};

/// An ordered list of distinct primes with their rings; cheap to clone, and sub-lists share the tables.
#[derive(Clone)]
pub struct RnsBasis {
    log_n: u32,
    rings: Arc<[Arc<ResidueRing>]>,
}

impl RnsBasis {
    /// Builds the rings for `primes` with the kernel of [`Kernel::select`].
    ///
    /// # Errors
    /// What [`Modulus::new`], [`ResidueRing::new`] and [`Kernel::select`] report, [`RingError::RepeatedPrime`],
    /// [`RingError::EmptyBasis`].
    pub fn new(log_n: u32, primes: &[u64]) -> Result<Self, RingError> {
        Self::with_kernel(log_n, primes, Kernel::select()?)
    }

    /// As [`Self::new`] with a kernel of the caller's choice.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_kernel(log_n: u32, primes: &[u64], kernel: Kernel) -> Result<Self, RingError> {
        let rings = primes
            .iter()
            .map(|&p| Ok(Arc::new(ResidueRing::new(Modulus::new(p)?, log_n, kernel)?)))
            .collect::<Result<Vec<_>, RingError>>()?;
        Self::from_rings("new basis", rings)
    }

    fn from_rings(op: &'static str, rings: Vec<Arc<ResidueRing>>) -> Result<Self, RingError> {
        let first = rings.first().ok_or(RingError::EmptyBasis { op })?;
        let log_n = first.log_n();
        for (i, ring) in rings.iter().enumerate() {
            if rings[..i].iter().any(|other| other.modulus() == ring.modulus()) {
                return Err(RingError::RepeatedPrime { modulus: ring.modulus().value() });
            }
        }
        Ok(Self { log_n, rings: rings.into() })
    }

    /// The sub-list of the limbs in `range`.
    ///
    /// # Errors
    /// [`RingError::EmptyBasis`] for an empty range, [`RingError::LengthMismatch`] for one past the end.
    pub fn slice(&self, range: Range<usize>) -> Result<Self, RingError> {
        if range.end > self.len() {
            return Err(RingError::LengthMismatch {
                what: "end of a basis range",
                found: range.end,
                expected: self.len(),
            });
        }
        let rings = self.rings.get(range).unwrap_or_default(); // none for a range that ends before it starts
        Self::from_rings("slice of a basis", rings.to_vec())
    }

    /// This list followed by `other`.
    ///
    /// # Errors
    /// [`RingError::RepeatedPrime`], [`RingError::BasisMismatch`] for another ring degree.
    pub fn concat(&self, other: &Self) -> Result<Self, RingError> {
        if self.log_n != other.log_n {
            return Err(self.mismatch(other));
        }
        Self::from_rings("concatenation", self.rings.iter().chain(other.rings.iter()).cloned().collect())
    }

    /// Number of primes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rings.len()
    }

    /// Always false: a basis has at least one prime.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rings.is_empty()
    }

    /// The ring degree N.
    #[must_use]
    pub fn n(&self) -> usize {
        1 << self.log_n
    }

    /// log2(N).
    #[must_use]
    pub fn log_n(&self) -> u32 {
        self.log_n
    }

    /// The rings, in order.
    #[must_use]
    pub fn rings(&self) -> &[Arc<ResidueRing>] {
        &self.rings
    }

    /// The ring of limb `i`.
    ///
    /// # Panics
    /// When `i` is not below [`Self::len`].
    #[must_use]
    pub fn ring(&self, i: usize) -> &ResidueRing {
        &self.rings[i]
    }

    /// The prime of limb `i`.
    ///
    /// # Panics
    /// When `i` is not below [`Self::len`].
    #[must_use]
    pub fn modulus(&self, i: usize) -> &Modulus {
        self.rings[i].modulus()
    }

    /// The primes, in order.
    #[must_use]
    pub fn primes(&self) -> impl ExactSizeIterator<Item = u64> + '_ {
        self.rings.iter().map(|ring| ring.modulus().value())
    }

    /// log2 of the product of the primes.
    #[must_use]
    pub fn log2_product(&self) -> f64 {
        self.primes().map(|p| (p as f64).log2()).sum()
    }

    /// Name of the kernel that runs the first limb.
    #[must_use]
    pub fn kernel_name(&self) -> &'static str {
        self.rings[0].kernel().name()
    }

    pub(crate) fn mismatch(&self, other: &Self) -> RingError {
        RingError::BasisMismatch { left: self.to_string(), right: other.to_string() }
    }

    pub(crate) fn check_same(&self, other: &Self) -> Result<(), RingError> {
        if self == other { Ok(()) } else { Err(self.mismatch(other)) }
    }
}

impl PartialEq for RnsBasis {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.rings, &other.rings)
            || (self.log_n == other.log_n && self.primes().eq(other.primes()))
    }
}

impl Eq for RnsBasis {}

impl std::fmt::Display for RnsBasis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let primes: Vec<u64> = self.primes().collect();
        write!(f, "N = {}, primes {primes:?}", self.n())
    }
}

impl std::fmt::Debug for RnsBasis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RnsBasis({self})")
    }
}

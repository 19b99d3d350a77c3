//! The maps a(X) -> a(X^g) for odd g.
//!
//! In bit-reversed transform order such a map sends each aligned block of eight words to one block, through one of
//! eight permutations: the low three index bits of a value are the top three bits of its exponent e (the value is
//! a(psi^e)), and multiplying e by g permutes those among themselves up to a carry from the lower bits.

use crate::{
    error::RingError,
    ntt::roots::bit_reverse,
    ring::{MAX_LOG_N, MIN_LOG_N},
};

/// The automorphism X -> X^g of `Z[X]/(X^N+1)`, prepared for both representations.
#[derive(Clone)]
pub struct Automorphism {
    galois: u64,
    log_n: u32,
    /// Entry b: source block of output block b, shifted left by three, or-ed with the pattern's number.
    map: Vec<u32>,
    patterns: [[u64; 8]; 8],
}

impl Automorphism {
    /// Prepares X -> X^`galois` for N = 2^`log_n`.
    ///
    /// # Errors
    /// [`RingError::GaloisElement`] unless `galois` is odd and below 2N, [`RingError::RingDegree`].
    pub fn new(galois: u64, log_n: u32) -> Result<Self, RingError> {
        if !(MIN_LOG_N..=MAX_LOG_N).contains(&log_n) {
            return Err(RingError::RingDegree { found: log_n, min: MIN_LOG_N, max: MAX_LOG_N });
        }
        let two_n = 2u64 << log_n;
        if galois.is_multiple_of(2) || galois >= two_n {
            return Err(RingError::GaloisElement { found: galois, ring_degree: 1 << log_n });
        }
        let block_bits = log_n - 3;
        let low_mask = (1u64 << (block_bits + 1)) - 1; // an exponent modulo 2N/8
        let map = (0..1usize << block_bits)
            .map(|b| {
                let exponent = (2 * bit_reverse(b, block_bits) as u64 + 1) * galois % two_n;
                let source = bit_reverse(((exponent & low_mask) >> 1) as usize, block_bits);
                let carry = exponent >> (block_bits + 1);
                ((source as u32) << 3) | carry as u32
            })
            .collect();
        let patterns = std::array::from_fn(|carry| {
            std::array::from_fn(|lane| {
                let top = (carry as u64 + bit_reverse(lane, 3) as u64 * galois) % 8;
                bit_reverse(top as usize, 3) as u64
            })
        });
        Ok(Self { galois, log_n, map, patterns })
    }

    /// The Galois element g.
    #[must_use]
    pub fn galois(&self) -> u64 {
        self.galois
    }

    /// The ring degree N.
    #[must_use]
    pub fn n(&self) -> usize {
        1 << self.log_n
    }

    pub(crate) fn map(&self) -> &[u32] {
        &self.map
    }

    pub(crate) fn patterns(&self) -> &[[u64; 8]; 8] {
        &self.patterns
    }

    /// For coefficient i: its place in the image, and whether its sign flips (X^N = -1).
    pub(crate) fn coefficient_target(&self, i: usize) -> (usize, bool) {
        let n = self.n();
        let power = (i as u64 * self.galois % (2 * n as u64)) as usize;
        (power % n, power >= n)
    }
}

impl std::fmt::Debug for Automorphism {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Automorphism(X -> X^{}, N = {})", self.galois, self.n())
    }
}

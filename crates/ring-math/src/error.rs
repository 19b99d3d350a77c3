//! The one error type of the crate.

/// What can go wrong in ring arithmetic; every variant carries the values involved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RingError {
    /// A modulus that has to be prime is not.
    #[error("modulus {value} is not prime; choose one with `ntt_primes`")]
    NotPrime {
        /// The value that was given.
        value: u64,
    },
    /// A modulus lies outside the range the arithmetic is proved for.
    #[error("modulus {modulus} is out of range; expected a prime from 3 to {max}")]
    ModulusOutOfRange {
        /// The value that was given.
        modulus: u64,
        /// The largest admissible value.
        max: u64,
    },
    /// The modulus has no primitive 2N-th root of unity.
    #[error("prime {modulus} is not 1 modulo 2N = {}; choose one with `ntt_primes`", 2 * ring_degree)]
    NotNttFriendly {
        /// The prime that was given.
        modulus: u64,
        /// The ring degree N.
        ring_degree: usize,
    },
    /// The ring degree is not a power of two in the supported range.
    #[error("log2 of the ring degree is {found}; expected {min} to {max}")]
    RingDegree {
        /// log2(N) as given.
        found: u32,
        /// The smallest supported log2(N).
        min: u32,
        /// The largest supported log2(N).
        max: u32,
    },
    /// Two operands live over different lists of primes or different ring degrees.
    #[error("operands have different bases: {left} and {right}; bring both to one basis first")]
    BasisMismatch {
        /// The left operand's basis.
        left: String,
        /// The right operand's basis.
        right: String,
    },
    /// A prime occurs twice in a basis.
    #[error("prime {modulus} occurs more than once in the basis")]
    RepeatedPrime {
        /// The repeated prime.
        modulus: u64,
    },
    /// A basis with no primes, or a range that leaves none.
    #[error("{op}: a basis needs at least one prime")]
    EmptyBasis {
        /// The operation that was asked for.
        op: &'static str,
    },
    /// A slice has the wrong length.
    #[error("{what}: length {found}, expected {expected}")]
    LengthMismatch {
        /// What the slice is.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that was expected.
        expected: usize,
    },
    /// There are not enough primes of the wanted shape.
    #[error("found {found} primes of {bits} bits that are 1 modulo 2N = {}, wanted {wanted}", 2 * ring_degree)]
    NotEnoughPrimes {
        /// Bit length that was asked for.
        bits: u32,
        /// The ring degree N.
        ring_degree: usize,
        /// How many exist.
        found: usize,
        /// How many were asked for.
        wanted: usize,
    },
    /// An even number, or one of 2N or more, was given as a Galois element.
    #[error("Galois element {found} is not odd and below 2N = {}", 2 * ring_degree)]
    GaloisElement {
        /// The value that was given.
        found: u64,
        /// The ring degree N.
        ring_degree: usize,
    },
    /// Zero, or a multiple of the modulus, has no inverse.
    #[error("{value} has no inverse modulo {modulus}")]
    NotInvertible {
        /// The value that was given.
        value: u64,
        /// The modulus.
        modulus: u64,
    },
    /// A coefficient is not in the canonical range.
    #[error("coefficient {value} at limb {limb}, index {index} is not below its prime {modulus}")]
    CoefficientOutOfRange {
        /// The coefficient found.
        value: u64,
        /// The limb it was found in.
        limb: usize,
        /// Its position in the limb.
        index: usize,
        /// The limb's prime.
        modulus: u64,
    },
    /// A kernel was forced that does not exist or that this processor cannot run.
    #[error("kernel `{name}` cannot run here; available: {available}")]
    KernelUnavailable {
        /// The name that was given.
        name: String,
        /// The names that would work, separated by commas.
        available: String,
    },
    /// A sampler's parameter is out of its range.
    #[error("{distribution}: parameter {value} is out of range; expected {expected}")]
    SamplerParameter {
        /// The distribution.
        distribution: &'static str,
        /// What was given.
        value: String,
        /// The admissible range.
        expected: &'static str,
    },
}

//! Exact arithmetic in `Z_Q[X]/(X^N+1)`, the ring under every lattice scheme, for N = 2^3 to 2^17 and Q a product of
//! word-sized primes.
//!
//! From below: [`Modulus`] is one prime; [`ResidueRing`] is the ring modulo one prime, with the transforms of
//! [`ntt`] and loops in the instruction set of a [`Kernel`]; [`RnsBasis`] is a list of primes, with conversion
//! ([`BasisConverter`]) and division ([`Rescaler`]); [`RnsPoly`] is a polynomial over a basis, its representation in
//! the type. [`sample`] draws polynomials from a generator that the caller passes in.
//!
//! The crate has no keys, no scale and no policy about errors. All results are canonical and the same bytes on every
//! kernel and for every number of threads.

mod automorphism;
mod buffer;
mod error;
mod kernel;
mod modulus;
pub mod ntt;
pub mod parallel;
mod poly;
mod prime;
mod ring;
pub mod rns;
pub mod sample;
mod scratch;

pub use automorphism::Automorphism;
pub use buffer::WordBuffer;
pub use error::RingError;
pub use kernel::{KERNEL_VARIABLE, Kernel, MAX_TERMS};
pub use modulus::{LAZY_MODULUS_BITS, MAX_MODULUS_BITS, Modulus, PreparedScalar, VECTOR_MODULUS_BITS};
pub use ntt::InverseScale;
pub use poly::{Coeff, Ntt, Representation, RnsPoly};
pub use prime::{is_prime, ntt_primes, ntt_primes_near, primitive_root};
pub use ring::{MAX_LOG_N, MIN_LOG_N, PART_WORDS, ResidueRing};
pub use rns::{BasisConverter, Lift, Rescaler, RnsBasis};
pub use scratch::Scratch;

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! Powers of the 2N-th root of unity, from which each kernel lays out its own tables.

use crate::{error::RingError, modulus::Modulus, prime::primitive_root};

/// Powers of psi and of its inverse in bit-reversed order: `forward[i]` = psi^brv(i) with brv over log2(N) bits.
pub(crate) struct RootTable {
    pub(crate) modulus: Modulus,
    pub(crate) log_n: u32,
    pub(crate) forward: Vec<u64>,
    pub(crate) inverse: Vec<u64>,
    /// N^-1 mod p.
    pub(crate) n_inverse: u64,
}

impl RootTable {
    pub(crate) fn new(modulus: Modulus, log_n: u32) -> Result<Self, RingError> {
        let psi = primitive_root(&modulus, log_n)?;
        Ok(Self {
            modulus,
            log_n,
            forward: bit_reversed_powers(&modulus, psi, log_n),
            inverse: bit_reversed_powers(&modulus, modulus.inv(psi)?, log_n),
            n_inverse: modulus.inv(1 << log_n)?,
        })
    }
}

fn bit_reversed_powers(modulus: &Modulus, base: u64, log_n: u32) -> Vec<u64> {
    let n = 1usize << log_n;
    let step = modulus.prepare(base);
    let mut powers = vec![0; n];
    let mut power = 1;
    for i in 0..n {
        powers[bit_reverse(i, log_n)] = power;
        power = modulus.mul_prepared(power, &step);
    }
    powers
}

/// Reverses the low `bits` bits of `i`.
pub(crate) fn bit_reverse(i: usize, bits: u32) -> usize {
    if bits == 0 { 0 } else { i.reverse_bits() >> (usize::BITS - bits) }
}

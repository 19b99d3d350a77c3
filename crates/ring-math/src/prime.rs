//! Primality, prime search and roots of unity.

use crate::{
    error::RingError,
    modulus::{MAX_MODULUS_BITS, Modulus},
    ring::{MAX_LOG_N, MIN_LOG_N},
};

/// Bases that make Miller-Rabin deterministic below 2^64 (Sorenson and Webster, Math. Comp. 86, 2017).
const MILLER_RABIN_BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

/// Whether `n` is prime; deterministic for every word.
#[must_use]
pub fn is_prime(n: u64) -> bool {
    if n < 2 {
        return false;
    }
    for p in MILLER_RABIN_BASES {
        if n.is_multiple_of(p) {
            return n == p;
        }
    }
    let twos = (n - 1).trailing_zeros();
    let odd = (n - 1) >> twos;
    let mul = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(n)) as u64;
    let pow = |mut a: u64, mut e: u64| {
        let mut acc = 1;
        while e > 0 {
            if e & 1 == 1 {
                acc = mul(acc, a);
            }
            a = mul(a, a);
            e >>= 1;
        }
        acc
    };
    MILLER_RABIN_BASES.iter().all(|&base| {
        let mut x = pow(base, odd);
        if x == 1 || x == n - 1 {
            return true;
        }
        (1..twos).any(|_| {
            x = mul(x, x);
            x == n - 1
        })
    })
}

/// The largest `count` primes of exactly `bits` bits that are 1 modulo 2N, in decreasing order, none of them in
/// `exclude`.
///
/// # Errors
/// [`RingError::NotEnoughPrimes`] when there are fewer, [`RingError::ModulusOutOfRange`] for more than 61 bits.
pub fn ntt_primes(bits: u32, log_n: u32, count: usize, exclude: &[u64]) -> Result<Vec<u64>, RingError> {
    let mut found = Vec::new(); // `count` may be any number
    if count == 0 {
        return Ok(found);
    }
    let step = step(bits, log_n)?;
    let (low, high) = (1u64 << (bits - 1), (1u64 << bits) - 1);
    let mut candidate = high - (high - 1) % step;
    while candidate >= low && found.len() < count {
        if !exclude.contains(&candidate) && is_prime(candidate) {
            found.push(candidate);
        }
        candidate = candidate.saturating_sub(step);
    }
    enough(found, bits, log_n, count)
}

/// `count` primes that are 1 modulo 2N as close to 2^`bits` as possible, alternating above and below, so that the
/// product of any prefix stays close to a power of two; none of them in `exclude`, all below 2^`max_bits`.
///
/// # Errors
/// [`RingError::NotEnoughPrimes`] when there are fewer, [`RingError::ModulusOutOfRange`] for more than 61 bits.
pub fn ntt_primes_near(
    bits: u32,
    max_bits: u32,
    log_n: u32,
    count: usize,
    exclude: &[u64],
) -> Result<Vec<u64>, RingError> {
    let mut found = Vec::new();
    if count == 0 {
        return Ok(found);
    }
    let step = step(bits.max(max_bits), log_n)?;
    if bits < 2 {
        return Err(RingError::ModulusOutOfRange { modulus: 1 << bits, max: (1 << MAX_MODULUS_BITS) - 1 });
    }
    if bits > max_bits {
        return enough(found, bits, log_n, count); // the target itself is out of bounds
    }
    let centre = 1u64 << bits;
    // Candidates stay within a factor of two of the target on both sides.
    let (low, high) = (centre / 2, (1u64 << max_bits).min(centre + centre / 2));
    let first_above = centre - (centre - 1) % step + step;
    let mut above = if (centre - 1).is_multiple_of(step) { centre } else { first_above };
    let mut below = above.saturating_sub(step);
    let mut log_ratio = 0.0f64; // log2 of (product of the primes found) / 2^(bits * number found)
    let usable = |c: u64| !exclude.contains(&c) && is_prime(c);
    while found.len() < count {
        while above < high && !usable(above) {
            above += step;
        }
        while below > low && !usable(below) {
            below = below.saturating_sub(step);
        }
        let (up, down) = (above < high, below > low);
        let take_above = match (up, down) {
            (false, false) => break,
            (true, false) => true,
            (false, true) => false,
            (true, true) => log_ratio <= 0.0 && (log_ratio < 0.0 || above - centre <= centre - below),
        };
        let prime = if take_above { above } else { below };
        if take_above {
            above += step;
        } else {
            below = below.saturating_sub(step);
        }
        log_ratio += (prime as f64 / centre as f64).log2();
        found.push(prime);
    }
    enough(found, bits, log_n, count)
}

fn step(bits: u32, log_n: u32) -> Result<u64, RingError> {
    if !(2..=MAX_MODULUS_BITS).contains(&bits) || log_n >= MAX_MODULUS_BITS {
        let max = (1 << MAX_MODULUS_BITS) - 1;
        return Err(RingError::ModulusOutOfRange {
            modulus: 1u64.checked_shl(bits).unwrap_or(u64::MAX),
            max,
        });
    }
    Ok(2 << log_n)
}

fn enough(found: Vec<u64>, bits: u32, log_n: u32, wanted: usize) -> Result<Vec<u64>, RingError> {
    if found.len() == wanted {
        return Ok(found);
    }
    Err(RingError::NotEnoughPrimes { bits, ring_degree: 1 << log_n, found: found.len(), wanted })
}

/// A primitive 2N-th root of unity: base^((p-1)/2N) for the first suitable base 2, 3, 4, ...
///
/// The choice is deterministic, so that transforms have the same bytes everywhere.
///
/// # Errors
/// [`RingError::NotNttFriendly`] when p is not 1 modulo 2N, [`RingError::RingDegree`] for a degree above the largest
/// supported one.
pub fn primitive_root(modulus: &Modulus, log_n: u32) -> Result<u64, RingError> {
    if log_n > MAX_LOG_N {
        return Err(RingError::RingDegree { found: log_n, min: MIN_LOG_N, max: MAX_LOG_N });
    }
    let order = 2u64 << log_n;
    let p = modulus.value();
    if !(p - 1).is_multiple_of(order) {
        return Err(RingError::NotNttFriendly { modulus: p, ring_degree: 1 << log_n });
    }
    let cofactor = (p - 1) / order;
    // Half of all bases give a root of exact order 2N, namely those with root^N = -1.
    (2..p)
        .map(|base| modulus.pow(base, cofactor))
        .find(|&root| modulus.pow(root, order / 2) == p - 1)
        .ok_or(RingError::NotNttFriendly { modulus: p, ring_degree: 1 << log_n })
}

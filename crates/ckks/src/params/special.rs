//! Chooses the special primes and the number of digits.

use std::ops::Range;

use ring_math::{LAZY_MODULUS_BITS, MAX_MODULUS_BITS, MAX_TERMS, ntt_primes};

use super::{
    ParameterSpec,
    bits::{bit_length, log2_product},
};
use crate::error::CkksError;

/// By how many bits the product of the special primes exceeds that of the widest digit. A key switch adds noise in
/// proportion to digit / P: with four bits it stays below the rounding of the division by P.
pub const SPECIAL_MARGIN_BITS: u32 = 4;

/// Bits beyond [`SPECIAL_MARGIN_BITS`] that still lower the noise of a key switch measurably, by up to 0.3 bit for many
/// digits.
const SPARE_MARGIN_BITS: u32 = 4;

/// Primes close to 2^b lie on either side of it; this much of a bit is not counted as missing.
const SLACK: f64 = 1.0 / 64.0;

/// Whether special primes of together `log_special` bits keep the noise of a digit of `log_digit` bits below the rounding.
pub(super) fn is_wide_enough(log_digit: f64, log_special: f64) -> bool {
    log_special >= log_digit + f64::from(SPECIAL_MARGIN_BITS) - SLACK
}

/// How Q is cut, and P.
pub(super) struct Special {
    pub(super) digits: Vec<Range<usize>>,
    pub(super) primes: Vec<u64>,
}

/// The digits of `count` primes for at most `dnum` digits: equal runs, the last one may be shorter.
fn cut(count: usize, dnum: usize) -> Vec<Range<usize>> {
    let width = count.div_ceil(dnum);
    (0..count).step_by(width).map(|start| start..(start + width).min(count)).collect()
}

/// By how many bits the widest digit has to shrink for runs of different lengths to be worth it.
const BALANCE_BITS: f64 = 16.0;

/// The digits of the primes `q` for at most `dnum` digits: those of [`cut`], unless primes are so different in size that runs
/// with more primes of fewer bits make the widest digit much smaller.
fn cut_by_size(q: &[u64], dnum: usize) -> Vec<Range<usize>> {
    let equal = cut(q.len(), dnum);
    let widest =
        |digits: &[Range<usize>]| digits.iter().map(|d| log2_product(&q[d.clone()])).fold(0.0, f64::max);
    // Between the bits of all over dnum and those of the equal runs lies the smallest width that dnum runs can have.
    let (mut low, mut high) = (log2_product(q) / dnum as f64 - SLACK, widest(&equal));
    while high - low > SLACK {
        let middle = f64::midpoint(low, high);
        if runs_within(q, middle).len() <= dnum { high = middle } else { low = middle }
    }
    let balanced = runs_within(q, high);
    let better = balanced.len() <= dnum && widest(&balanced) + BALANCE_BITS < widest(&equal);
    if better { balanced } else { equal }
}

/// Runs as long as their product stays within 2^`bits`; a prime that is larger is a run of its own.
fn runs_within(q: &[u64], bits: f64) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for i in 0..q.len() {
        match runs.last_mut() {
            Some(run) if log2_product(&q[run.start..=i]) <= bits => run.end = i + 1,
            _ => runs.push(i..i + 1),
        }
    }
    runs
}

/// log2 that P needs for these digits.
fn bits_needed(q: &[u64], digits: &[Range<usize>]) -> f64 {
    let widest = digits.iter().map(|d| log2_product(&q[d.clone()])).fold(0.0, f64::max);
    widest + f64::from(SPECIAL_MARGIN_BITS) - SLACK
}

/// Work of one key switch at the top level, in microseconds as measured at log N = 15: transforms, base-conversion
/// products (source limb, target limb), products with the key (digit, limb). Only ratios matter.
fn cost(limbs: usize, special: usize, digits: &[Range<usize>]) -> f64 {
    const TRANSFORM: f64 = 40.0;
    const CONVERSION: f64 = 3.2;
    const KEY_PRODUCT: f64 = 33.0;
    let all = limbs + special;
    let raised: usize = digits.iter().map(|d| all - d.len()).sum();
    let transforms = limbs + raised + 2 * special + 2 * limbs;
    let conversions: usize =
        digits.iter().map(|d| d.len() * (all - d.len())).sum::<usize>() + 2 * special * limbs;
    TRANSFORM * transforms as f64
        + CONVERSION * conversions as f64
        + KEY_PRODUCT * (digits.len() * all) as f64
}

/// Chooses the digits and the special primes for `q`; `cap` is the largest secure bit length of QP, `None` for no limit.
///
/// # Errors
/// The bit length of the smallest QP that was tried, when none is within the cap, as `Ok(Err(bits))`.
pub(super) fn choose(
    spec: &ParameterSpec,
    q: &[u64],
    cap: Option<u32>,
    taken: &[u64],
) -> Result<Result<Special, u32>, CkksError> {
    let wanted = match spec.dnum {
        Some(dnum) if (1..=q.len()).contains(&dnum) => dnum..=dnum,
        Some(dnum) => {
            let expected = format!("1 to {}, the number of primes in Q", q.len());
            return Err(CkksError::Parameter { name: "dnum", found: dnum.to_string(), expected });
        }
        None => 1..=q.len(),
    };
    let mut best: Option<(f64, Special)> = None;
    let mut smallest = u32::MAX;
    let mut refusal = None;
    for dnum in wanted {
        let digits = cut_by_size(q, dnum);
        // Several dnum may cut the same way; and a conversion takes a bounded number of source primes.
        if spec.dnum.is_none() && (digits.len() != dnum || digits.iter().any(|digit| digit.len() > MAX_TERMS))
        {
            continue;
        }
        match special_primes(spec, q, &digits, cap, taken) {
            Ok(Ok(primes)) => {
                let cost = cost(q.len(), primes.len(), &digits);
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, Special { digits, primes }));
                }
            }
            Ok(Err(bits)) => smallest = smallest.min(bits),
            Err(error) => refusal = Some(error),
        }
    }
    match (best, refusal) {
        (Some((_, special)), _) => Ok(Ok(special)),
        (None, Some(error)) if smallest == u32::MAX => Err(error),
        (None, _) => Ok(Err(smallest)),
    }
}

fn special_primes(
    spec: &ParameterSpec,
    q: &[u64],
    digits: &[Range<usize>],
    cap: Option<u32>,
    taken: &[u64],
) -> Result<Result<Vec<u64>, u32>, CkksError> {
    let needed = bits_needed(q, digits);
    let q_bits = bit_length(q.iter().copied());
    let fits = |primes: &[u64]| bit_length(q.iter().chain(primes).copied());
    if !spec.special_primes.is_empty() || !spec.log_p.is_empty() {
        let primes = if spec.special_primes.is_empty() {
            check_sizes(spec)?;
            of_sizes(spec, &spec.log_p, taken)?
        } else {
            spec.special_primes.clone()
        };
        if log2_product(&primes) < needed {
            return Err(too_narrow(&primes, digits, needed));
        }
        let bits = fits(&primes);
        return Ok(if cap.is_some_and(|cap| bits > cap) { Err(bits) } else { Ok(primes) });
    }
    // A little less than the bit length that it is counted with: primes lie just below powers of two.
    let needed = needed.ceil() as u32;
    let count = needed.div_ceil(LAZY_MODULUS_BITS);
    let room = cap.map_or(u32::MAX, |cap| cap.saturating_sub(q_bits - 1));
    // All 48 bits where they fit; else no more than helps, which leaves the rest to security.
    let full = count * LAZY_MODULUS_BITS;
    let widest = if full <= room { full } else { room.clamp(needed, needed + SPARE_MARGIN_BITS) };
    let mut narrowest = u32::MAX;
    for total in (needed..=widest).rev() {
        let sizes: Vec<u32> = (0..count).map(|i| (total + i) / count).collect();
        let primes = match of_sizes(spec, &sizes, taken) {
            Ok(primes) => primes,
            // Too few primes of this size need not mean too few of another, unless it was the last one.
            Err(_) if total > needed => continue,
            Err(error) => return if narrowest == u32::MAX { Err(error) } else { Ok(Err(narrowest)) },
        };
        let bits = fits(&primes);
        if cap.is_none_or(|cap| bits <= cap) {
            return Ok(Ok(primes));
        }
        narrowest = narrowest.min(bits);
    }
    Ok(Err(narrowest))
}

/// Refuses bit lengths of special primes that no prime of the ring has.
fn check_sizes(spec: &ParameterSpec) -> Result<(), CkksError> {
    // A prime that is 1 modulo 2N is larger than 2N.
    let (min, max) = (spec.log_n + 2, MAX_MODULUS_BITS);
    let wrong = spec.log_p.iter().find(|bits| !(min..=max).contains(bits));
    wrong.map_or(Ok(()), |bits| {
        let expected = format!("{min} to {max} bits for each special prime");
        Err(CkksError::Parameter { name: "log_p", found: bits.to_string(), expected })
    })
}

fn of_sizes(spec: &ParameterSpec, sizes: &[u32], taken: &[u64]) -> Result<Vec<u64>, CkksError> {
    let mut taken = taken.to_vec();
    let mut primes = Vec::with_capacity(sizes.len());
    for &bits in sizes {
        let prime = ntt_primes(bits, spec.log_n, 1, &taken)?;
        taken.extend(&prime);
        primes.extend(prime);
    }
    Ok(primes)
}

fn too_narrow(primes: &[u64], digits: &[Range<usize>], needed: f64) -> CkksError {
    CkksError::Parameter {
        name: "special primes",
        found: format!("{} of together {:.2} bits", primes.len(), log2_product(primes)),
        expected: format!(
            "at least {needed:.2} bits, {SPECIAL_MARGIN_BITS} more than the widest of the {} digits; take wider special \
             primes or a larger dnum",
            digits.len()
        ),
    }
}

//! Finds the primes of Q, so that the scale of every level is the one asked for.
//!
//! A product of two ciphertexts of scale s(l), rescaled by the group q(l), has the scale s(l)^2 / q(l): the canonical
//! scale of level l - 1. A deviation of s(l) from its target doubles at each level unless q(l) makes up for it, so each
//! group is the one, of the primes at hand, whose product is closest to s(l)^2 / target (from the top level down). The
//! deviation then stays about as small as the distance between primes.
//!
//! Where a level asks for a group of another size than its scale, the level below goes on with the scale that follows.

use ring_math::{
    LAZY_MODULUS_BITS, MAX_MODULUS_BITS, RingError, VECTOR_MODULUS_BITS, is_prime, ntt_primes,
    ntt_primes_near,
};

use super::{PrimeGroup, spec::LevelSpec};
use crate::{error::CkksError, scale::Scale};

/// Smallest and largest log2 of a scale whose primes can be found: two primes of 47 bits each.
pub(super) const LOG_SCALE_RANGE: std::ops::RangeInclusive<u32> = 8..=94;

/// Largest log2 of a base modulus whose primes can be found: two primes of 50 bits each.
const MAX_LOG_Q0: u32 = 2 * VECTOR_MODULUS_BITS;

/// Largest log2 of a scale or a base modulus whose primes are given: two primes as wide as the ring takes.
const MAX_LOG_GIVEN: u32 = 2 * MAX_MODULUS_BITS;

/// Primes to choose from beyond those that are needed.
const SPARE_PRIMES: usize = 16;

/// Largest |log2| by which a level's scale may miss its target; more means that the primes given do not belong to it.
const MAX_DRIFT: f64 = 0.5;

/// The groups of Q, base first. `base_scale` is the log2 of the scale of a chain with no other level.
pub(super) fn find_groups(
    log_n: u32,
    levels: &[LevelSpec],
    base_scale: u32,
    taken: &mut Vec<u64>,
) -> Result<Vec<PrimeGroup>, CkksError> {
    let (base, upper) =
        levels.split_first().ok_or_else(|| impossible("levels", "no level", "a base level"))?;
    if base_scale > MAX_LOG_GIVEN {
        return Err(impossible("log_scale", base_scale, format!("at most {MAX_LOG_GIVEN} bits")));
    }
    for (index, level) in levels.iter().enumerate() {
        check_level(index, level)?;
        taken.extend(&level.primes);
    }
    let mut groups = Vec::with_capacity(levels.len());
    check_steps(upper)?;
    let mut scale = Scale::power_of_two(base_scale as i32);
    let mut inherited = None;
    let mut rest = upper;
    while let Some((top, others)) = rest.split_last() {
        // A run: the highest levels that look the same. Scales start afresh at its top.
        let start = others.iter().rposition(|level| !same_shape(level, top)).map_or(0, |below| below + 1);
        let (below, run) = rest.split_at(start);
        scale = find_run(log_n, run, inherited, taken, &mut groups)?;
        inherited = top.log_group.map(|_| scale);
        rest = below;
    }
    let asked: u32 = upper.iter().map(LevelSpec::group_bits).sum();
    let excess = groups.iter().map(PrimeGroup::log2).sum::<f64>() - f64::from(asked);
    let base_primes = find_base(log_n, base, excess, taken)?;
    groups.push(PrimeGroup { primes: base_primes, scale, log_scale: base.log_scale, log_group: None });
    groups.reverse();
    check_scales(levels, &groups)?;
    Ok(groups)
}

/// Whether both are levels of one run, in which scales stay as they are.
fn same_shape(a: &LevelSpec, b: &LevelSpec) -> bool {
    (a.log_scale, a.log_group, b.log_group) == (b.log_scale, None, None) && group_size(a) == group_size(b)
}

/// Levels whose group is not of the size of their scale lead to that of the level below.
fn check_steps(upper: &[LevelSpec]) -> Result<(), CkksError> {
    for (index, pair) in upper.windows(2).enumerate() {
        let (below, level) = (&pair[0], &pair[1]);
        if level.log_group.is_some() && level.log_scale_below() != Some(below.log_scale) {
            let found = format!("2^{} at level {}", level.group_bits(), index + 2);
            let expected = format!(
                "2^{}, which leads from the scale 2^{} to 2^{} below it",
                (2 * level.log_scale).saturating_sub(below.log_scale),
                level.log_scale,
                below.log_scale
            );
            return Err(impossible("log_group", found, expected));
        }
    }
    Ok(())
}

fn group_size(level: &LevelSpec) -> usize {
    if level.primes.is_empty() {
        level.prime_count.unwrap_or(if level.group_bits() <= VECTOR_MODULUS_BITS { 1 } else { 2 })
    } else {
        level.primes.len()
    }
}

fn impossible(name: &'static str, found: impl ToString, expected: impl ToString) -> CkksError {
    CkksError::Parameter { name, found: found.to_string(), expected: expected.to_string() }
}

fn check_level(index: usize, level: &LevelSpec) -> Result<(), CkksError> {
    let size = group_size(level);
    if !(1..=2).contains(&size) {
        return Err(impossible(
            "levels",
            format!("{size} primes at level {index}"),
            "one or two primes a level",
        ));
    }
    let (min, max) = (*LOG_SCALE_RANGE.start(), if index == 0 { MAX_LOG_Q0 } else { *LOG_SCALE_RANGE.end() });
    let (min, max) = match (level.primes.is_empty(), size) {
        (true, 1) => (min, max.min(VECTOR_MODULUS_BITS)),
        (true, _) => (min, max),
        // Whether they belong to the scale is checked once the scale is known.
        (false, _) => (1, MAX_LOG_GIVEN),
    };
    if index == 0 && level.log_group.is_some() {
        return Err(impossible("log_group", "one for the base level", "none: the base is not dropped"));
    }
    if level.log_group.is_some() && !LOG_SCALE_RANGE.contains(&level.log_scale) {
        let (min, max) = (LOG_SCALE_RANGE.start(), LOG_SCALE_RANGE.end());
        return Err(impossible("log_scale", level.log_scale, format!("{min} to {max} bits")));
    }
    if (min..=max).contains(&level.group_bits()) {
        return Ok(());
    }
    let name = match (index, level.log_group) {
        (0, _) => "log_q0",
        (_, None) => "log_scale",
        (_, Some(_)) => "log_group",
    };
    Err(impossible(name, level.group_bits(), format!("{min} to {max} bits for {size} prime(s)")))
}

/// The largest primes with which all of Q stays below the product of the sizes that were asked for: `excess` is the
/// log2 by which the other groups exceed theirs, if they do. (One prime a hair above 2^40 would else cost a whole bit of
/// the length that security is judged by.)
fn find_base(log_n: u32, base: &LevelSpec, excess: f64, taken: &mut Vec<u64>) -> Result<Vec<u64>, CkksError> {
    if !base.primes.is_empty() {
        return Ok(base.primes.clone());
    }
    let mut primes = Vec::new();
    let mut excess = excess.max(0.0);
    let size = group_size(base) as u32;
    for i in 0..size {
        let bits = (base.log_scale + i) / size;
        let prime = largest_prime(log_n, bits, excess, taken)?;
        excess = 0.0;
        taken.push(prime);
        primes.push(prime);
    }
    Ok(primes)
}

/// The largest prime below 2^(bits - excess) of that many bits, or just the largest where there is none.
fn largest_prime(log_n: u32, bits: u32, excess: f64, taken: &[u64]) -> Result<u64, CkksError> {
    let largest = ntt_primes(bits, log_n, 1, taken)?[0];
    let bound = (f64::from(bits) - excess).exp2();
    let below = (0..)
        .map_while(|k: u64| largest.checked_sub(k << (log_n + 1)))
        .take_while(|candidate| candidate >> (bits - 1) != 0)
        .find(|&candidate| (candidate as f64) < bound && !taken.contains(&candidate) && is_prime(candidate));
    Ok(below.unwrap_or(largest))
}

/// Appends the groups of one run, highest level first; returns the scale below the run. The scale of its top is `inherited`
/// where the level above leads on.
fn find_run(
    log_n: u32,
    run: &[LevelSpec],
    inherited: Option<Scale>,
    taken: &mut Vec<u64>,
    groups: &mut Vec<PrimeGroup>,
) -> Result<Scale, CkksError> {
    let top = &run[run.len() - 1];
    let wanted = run.iter().filter(|level| level.primes.is_empty()).count();
    let mut pool = Pool::new(log_n, top.group_bits(), group_size(top), wanted, taken)?;
    let mut target = Scale::power_of_two(top.log_scale as i32);
    if group_size(top) == 1 && at_edge(top.log_scale) && top.log_group.is_none() && inherited.is_none() {
        // All primes have to lie below 2^bits, and the scale among them: it starts at the topmost prime.
        let first = top.primes.first().copied().unwrap_or_else(|| pool.median());
        target = Scale::from_word(first);
    }
    let mut scale = inherited.unwrap_or(target);
    for level in run.iter().rev() {
        let below = level.log_group.and(level.log_scale_below());
        let aim = below.map_or(target, |bits| Scale::power_of_two(bits as i32));
        let primes = if level.primes.is_empty() {
            pool.take_nearest((scale.squared() / aim).to_f64(), taken)
        } else {
            level.primes.clone()
        };
        taken.extend(&primes);
        let next = scale.squared().div_by_primes(&primes);
        groups.push(PrimeGroup { primes, scale, log_scale: level.log_scale, log_group: level.log_group });
        scale = next;
    }
    Ok(scale)
}

/// Whether primes of this many bits lie at the upper edge of a kernel's regime.
fn at_edge(bits: u32) -> bool {
    bits == LAZY_MODULUS_BITS || bits == VECTOR_MODULUS_BITS
}

/// Primes that the groups of one run are chosen from.
struct Pool {
    log_n: u32,
    /// The groups' primes, or the smaller ones of groups of two, in decreasing order as found.
    primes: Vec<u64>,
    /// Whether each group has a second prime, anywhere.
    pairs: bool,
}

impl Pool {
    fn new(log_n: u32, bits: u32, size: usize, count: usize, taken: &[u64]) -> Result<Self, CkksError> {
        let pairs = size == 2;
        let primes = if count == 0 {
            Vec::new()
        } else if pairs {
            smaller_halves(log_n, bits / 2, count, taken)?
        } else if at_edge(bits) {
            at_least(count, |wanted| ntt_primes(bits, log_n, wanted, taken))?
        } else {
            at_least(count, |wanted| ntt_primes_near(bits, bits + 1, log_n, wanted, taken))?
        };
        Ok(Self { log_n, primes, pairs })
    }

    fn median(&self) -> u64 {
        self.primes.get(self.primes.len() / 2).copied().unwrap_or(1)
    }

    /// Takes the group whose product is nearest to `wanted`. There is one: the pool was made for the whole run.
    fn take_nearest(&mut self, wanted: f64, taken: &[u64]) -> Vec<u64> {
        let mut best = (f64::INFINITY, 0, None);
        for (i, &prime) in self.primes.iter().enumerate() {
            let partner = self.pairs.then(|| {
                let free = |p: u64| !taken.contains(&p) && !self.primes.contains(&p);
                nearest_prime(self.log_n, wanted / prime as f64, free)
            });
            let distance = (prime as f64 * partner.unwrap_or(1) as f64 - wanted).abs();
            if distance < best.0 {
                best = (distance, i, partner);
            }
        }
        let mut group: Vec<u64> = best.2.into_iter().collect();
        group.push(self.primes.swap_remove(best.1));
        group
    }
}

/// `count` primes and a few to spare of at most `bits` bits, the widest there are.
fn smaller_halves(log_n: u32, bits: u32, count: usize, taken: &[u64]) -> Result<Vec<u64>, CkksError> {
    let wanted = count + SPARE_PRIMES / 2;
    let mut found: Vec<u64> = Vec::new();
    let mut size = bits;
    while found.len() < wanted && size > log_n + 1 {
        let missing = wanted - found.len();
        match ntt_primes(size, log_n, missing, taken) {
            Ok(primes) => found.extend(primes),
            Err(RingError::NotEnoughPrimes { found: fewer, .. }) => {
                found.extend(ntt_primes(size, log_n, fewer, taken)?);
            }
            Err(error) => return Err(error.into()),
        }
        size -= 1;
    }
    if found.len() < count {
        let ring_degree = 1 << log_n;
        return Err(
            RingError::NotEnoughPrimes { bits, ring_degree, found: found.len(), wanted: count }.into()
        );
    }
    Ok(found)
}

/// The free prime that is 1 modulo 2N and nearest to `wanted`, or to the largest modulus where that is smaller: after primes
/// that do not belong to their level, `wanted` can be anything, and the scales are refused at the end.
fn nearest_prime(log_n: u32, wanted: f64, free: impl Fn(u64) -> bool) -> u64 {
    let step = 2u64 << log_n;
    let largest = (1 << MAX_MODULUS_BITS) / step;
    let centre = ((wanted / step as f64).round() as u64).clamp(1, largest);
    let usable = |k: u64| Some(k * step + 1).filter(|&p| free(p) && is_prime(p));
    (0..).find_map(|d| usable(centre + d).or_else(|| usable(centre.saturating_sub(d)))).unwrap_or(1)
}

/// `needed` primes and some to spare, or as many as there are.
fn at_least(
    needed: usize,
    find: impl Fn(usize) -> Result<Vec<u64>, RingError>,
) -> Result<Vec<u64>, CkksError> {
    match find(needed + SPARE_PRIMES) {
        Err(RingError::NotEnoughPrimes { found, .. }) => Ok(find(found.max(needed))?),
        other => Ok(other?),
    }
}

fn check_scales(levels: &[LevelSpec], groups: &[PrimeGroup]) -> Result<(), CkksError> {
    for (index, pair) in groups.windows(2).enumerate() {
        let level = &levels[index + 1];
        let expected = level.log_scale_below().unwrap_or(level.log_scale);
        let drift = pair[1].scale.squared().div_by_primes(&pair[1].primes).log2() - f64::from(expected);
        if drift.abs() > MAX_DRIFT {
            let found = format!("a group at level {} that moves the scale by {drift:+.2} bits", index + 1);
            let expected =
                format!("primes whose product is within {MAX_DRIFT} bits of 2^{}", level.group_bits());
            return Err(impossible("levels", found, expected));
        }
    }
    let base = &groups[0];
    let log_q0: f64 = base.primes.iter().map(|&p| (p as f64).log2()).sum();
    // A message of one needs one bit for its sign.
    if log_q0 < base.scale.log2() + 0.9 {
        let expected = format!("at least one bit more than the scale at level 0, {}", base.scale);
        return Err(impossible("log_q0", format!("2^{log_q0:.2}"), expected));
    }
    Ok(())
}

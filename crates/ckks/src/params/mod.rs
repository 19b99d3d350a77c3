//! From what is asked for to what is secure: [`ParameterSpec`] -> [`Parameters`].

mod bits;
mod chain;
mod planner;
pub mod presets;
mod security;
mod spec;
mod special;

use std::ops::Range;

pub use planner::{Requirements, plan};
pub use security::{
    EPHEMERAL_WEIGHT, MAX_LOG_QP_EPHEMERAL, MIN_LOG_N_EPHEMERAL, SecretDistribution, SecurityLevel,
    max_log_qp_ephemeral,
};
pub use spec::{DEFAULT_LOG_SCALE, LevelSpec, ParameterSpec};
pub use special::SPECIAL_MARGIN_BITS;

use ring_math::{MAX_LOG_N, MIN_LOG_N, Modulus, RingError};

use crate::{
    error::CkksError,
    scale::{Level, Scale},
};

/// Bits of q0 above the scale where nothing is said: messages up to 2^3 in absolute value.
pub const DEFAULT_HEADROOM: u32 = 4;

/// The primes that a rescaling from one level drops together, and the canonical scale of that level.
#[derive(Clone, Debug, PartialEq)]
pub struct PrimeGroup {
    /// One or two primes.
    pub primes: Vec<u64>,
    /// Scale of a fresh ciphertext at this level.
    pub scale: Scale,
    /// What was asked for: log2 of the scale, of the modulus for the base group.
    log_scale: u32,
    /// What was asked for where the product of the primes is not the scale.
    log_group: Option<u32>,
}

impl PrimeGroup {
    /// log2 of the product of the primes.
    #[must_use]
    pub fn log2(&self) -> f64 {
        bits::log2_product(&self.primes)
    }
}

/// A checked set of parameters: small, without tables. Made by [`ParameterSpec::check`].
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    log_n: u32,
    groups: Vec<PrimeGroup>,
    p: Vec<u64>,
    digits: Vec<Range<usize>>,
    security: SecurityLevel,
    secret: SecretDistribution,
    insecure: bool,
}

impl Parameters {
    fn from_spec(spec: &ParameterSpec) -> Result<Self, CkksError> {
        if !(MIN_LOG_N..=MAX_LOG_N).contains(&spec.log_n) {
            return Err(RingError::RingDegree { found: spec.log_n, min: MIN_LOG_N, max: MAX_LOG_N }.into());
        }
        check_estimated(spec)?;
        let levels = resolve_levels(spec)?;
        check_primes(spec.log_n, levels.iter().flat_map(|level| &level.primes).chain(&spec.special_primes))?;
        let mut taken = spec.special_primes.clone();
        let groups = chain::find_groups(spec.log_n, &levels, spec.log_scale, &mut taken)?;
        let q: Vec<u64> = groups.iter().flat_map(|g| &g.primes).copied().collect();
        let cap = spec.secret.max_log_qp(spec.security, spec.log_n);
        let special = match special::choose(spec, &q, Some(cap.unwrap_or(0)), &q)? {
            Ok(special) => special,
            Err(log_qp) if !spec.allow_insecure => return Err(insecure(spec, log_qp, cap)),
            // Above every cap anyway: choose as if there were none.
            Err(log_qp) => special::choose(spec, &q, None, &q)?.map_err(|_| insecure(spec, log_qp, cap))?,
        };
        let mut parameters = Self {
            log_n: spec.log_n,
            groups,
            p: special.primes,
            digits: special.digits,
            security: spec.security,
            secret: spec.secret,
            insecure: false,
        };
        parameters.insecure = spec.secret != SecretDistribution::UniformTernary
            || parameters.security_bits() < spec.security.bits();
        Ok(parameters)
    }

    /// log2 of the ring degree.
    #[must_use]
    pub fn log_n(&self) -> u32 {
        self.log_n
    }

    /// The ring degree N.
    #[must_use]
    pub fn ring_degree(&self) -> usize {
        1 << self.log_n
    }

    /// Number of complex (or real) values in a plaintext: N/2.
    #[must_use]
    pub fn max_slots(&self) -> usize {
        self.ring_degree() / 2
    }

    /// The groups of primes of Q, base group first; group l is dropped by a rescaling from level l to l - 1.
    #[must_use]
    pub fn groups(&self) -> &[PrimeGroup] {
        &self.groups
    }

    /// The level of fresh ciphertexts: the number of rescalings.
    #[must_use]
    pub fn max_level(&self) -> Level {
        Level(self.groups.len() - 1)
    }

    /// The primes of Q, base first.
    #[must_use]
    pub fn q_primes(&self) -> Vec<u64> {
        self.groups.iter().flat_map(|g| &g.primes).copied().collect()
    }

    /// Number of primes of Q at a level; all of them above the highest level.
    #[must_use]
    pub fn q_len(&self, level: Level) -> usize {
        self.groups.iter().take(level.0.saturating_add(1)).map(|g| g.primes.len()).sum()
    }

    /// The special primes, whose product is P.
    #[must_use]
    pub fn p_primes(&self) -> &[u64] {
        &self.p
    }

    /// The digits of a key switch, as ranges of [`Self::q_primes`].
    #[must_use]
    pub fn digit_ranges(&self) -> Vec<Range<usize>> {
        self.digits.clone()
    }

    /// Number of digits of a key switch at the highest level.
    #[must_use]
    pub fn dnum(&self) -> usize {
        self.digits.len()
    }

    /// log2 of the modulus at a level.
    #[must_use]
    pub fn log_q(&self, level: Level) -> f64 {
        self.groups.iter().take(level.0.saturating_add(1)).map(PrimeGroup::log2).sum()
    }

    /// log2 of P.
    #[must_use]
    pub fn log_p(&self) -> f64 {
        bits::log2_product(&self.p)
    }

    /// log2 of QP: the modulus of the keys, which decides about security.
    #[must_use]
    pub fn log_qp(&self) -> f64 {
        self.log_q(self.max_level()) + self.log_p()
    }

    /// Exact bit length of QP: what is compared with the security caps.
    #[must_use]
    pub fn qp_bit_length(&self) -> u32 {
        bits::bit_length(self.groups.iter().flat_map(|g| &g.primes).chain(&self.p).copied())
    }

    /// How many of the special primes, the first ones, make p0: what the key to the ephemeral secret of sparse-secret
    /// encapsulation has on top of q0. As few as keep the noise of switching each prime of q0 below the rounding.
    #[must_use]
    pub fn encapsulation_primes(&self) -> usize {
        let base = self.groups[0].primes.iter();
        self.special_primes_for(base.map(|&p| (p as f64).log2()).fold(0.0, f64::max))
    }

    /// How many of them the key back from the ephemeral secret has, which switches polynomials below q0.
    pub(crate) fn raising_primes(&self) -> usize {
        self.special_primes_for(self.groups[0].log2())
    }

    /// The fewest special primes, the first ones, for digits of `log_digit` bits.
    fn special_primes_for(&self, log_digit: f64) -> usize {
        let enough =
            |count: &usize| special::is_wide_enough(log_digit, bits::log2_product(&self.p[..*count]));
        (1..self.p.len()).find(enough).unwrap_or(self.p.len())
    }

    /// Exact bit length of q0 p0: the only modulus that anything is encrypted at under the sparse ephemeral secret.
    #[must_use]
    pub fn encapsulation_bit_length(&self) -> u32 {
        let special = &self.p[..self.encapsulation_primes()];
        bits::bit_length(self.groups[0].primes.iter().chain(special).copied())
    }

    /// Whether the ephemeral secret of sparse-secret encapsulation is as secure as the rest of these parameters.
    ///
    /// # Errors
    /// [`CkksError::Insecure`] above [`max_log_qp_ephemeral`] of the ring degree, unless the parameters are insecure anyway; [`CkksError::NotEstimated`] for more than 128 bits.
    pub fn check_encapsulation(&self) -> Result<(), CkksError> {
        if self.insecure {
            return Ok(());
        }
        if self.security > SecurityLevel::Bits128 {
            return Err(CkksError::NotEstimated {
                what: "the security level with a sparse ephemeral secret",
                found: self.security.to_string(),
                expected: SecurityLevel::Bits128.to_string(),
            });
        }
        let log_qp = self.encapsulation_bit_length();
        let max_log_qp = max_log_qp_ephemeral(self.log_n);
        let secure = |cap: Option<u32>| cap.is_some_and(|cap| log_qp <= cap);
        if secure(max_log_qp) {
            return Ok(());
        }
        let smallest = (MIN_LOG_N_EPHEMERAL..=MAX_LOG_N).find(|&log_n| secure(max_log_qp_ephemeral(log_n)));
        Err(CkksError::Insecure {
            ring_degree: self.ring_degree(),
            log_qp,
            max_log_qp,
            security: self.security,
            smallest_ring_degree: smallest.map(|log_n| 1 << log_n),
        })
    }

    /// The largest of 256, 192 and 128 bits whose cap holds for the ring degree, the modulus and the secret; 0 when
    /// none does.
    #[must_use]
    pub fn security_bits(&self) -> u32 {
        let log_qp = self.qp_bit_length();
        let holds = |level: &SecurityLevel| {
            self.secret.max_log_qp(*level, self.log_n).is_some_and(|cap| log_qp <= cap)
        };
        SecurityLevel::ALL.into_iter().rev().find(holds).map_or(0, SecurityLevel::bits)
    }

    /// The security level that was asked for.
    #[must_use]
    pub fn security_level(&self) -> SecurityLevel {
        self.security
    }

    /// Whether these parameters exist only because of [`ParameterSpec::allow_insecure`]: the modulus is above the cap of
    /// the security level, or the secret is not the one that the caps are for. Records have to say so.
    #[must_use]
    pub fn is_insecure(&self) -> bool {
        self.insecure
    }

    /// Distribution of the secret key.
    #[must_use]
    pub fn secret(&self) -> SecretDistribution {
        self.secret
    }

    /// The canonical scale of a level: that of fresh plaintexts and ciphertexts there, and of products of such one level
    /// higher after rescaling (where both levels have scales of the same size). The base's above the highest level.
    #[must_use]
    pub fn default_scale(&self, level: Level) -> Scale {
        self.groups.get(level.0).unwrap_or(&self.groups[0]).scale
    }

    /// The canonical scale of the level if `scale` equals it (see [`Scale`] for what that means), else `scale` itself:
    /// keeps rounding from adding up along deep circuits.
    #[must_use]
    pub fn settle(&self, level: Level, scale: Scale) -> Scale {
        let canonical = self.default_scale(level);
        if scale == canonical { canonical } else { scale }
    }

    /// These parameters as a specification that names every prime: what a record keeps.
    #[must_use]
    pub fn to_spec(&self) -> ParameterSpec {
        let levels = self
            .groups
            .iter()
            .map(|group| LevelSpec { log_group: group.log_group, ..LevelSpec::new(group.log_scale) })
            .zip(&self.groups)
            .map(|(level, group)| level.primes(group.primes.iter().copied()));
        let mut spec = ParameterSpec::new(self.log_n)
            .levels(levels)
            .special_primes(self.p.iter().copied())
            .dnum(self.dnum())
            .security(self.security)
            .secret(self.secret)
            .log_scale(self.groups[0].scale.log2().round() as u32);
        spec.allow_insecure = self.insecure;
        spec
    }
}

fn insecure(spec: &ParameterSpec, log_qp: u32, cap: Option<u32>) -> CkksError {
    CkksError::Insecure {
        ring_degree: 1 << spec.log_n,
        log_qp,
        max_log_qp: cap,
        security: spec.security,
        smallest_ring_degree: (MIN_LOG_N..=MAX_LOG_N)
            .find(|&log_n| spec.secret.max_log_qp(spec.security, log_n).is_some_and(|cap| log_qp <= cap))
            .map(|log_n| 1 << log_n),
    }
}

fn check_estimated(spec: &ParameterSpec) -> Result<(), CkksError> {
    if let SecretDistribution::FixedWeight(h) = spec.secret
        && (h == 0 || h as usize > 1 << spec.log_n)
    {
        let expected = format!("a Hamming weight from 1 to N = {}", 1u64 << spec.log_n);
        return Err(CkksError::Parameter { name: "secret", found: h.to_string(), expected });
    }
    if spec.allow_insecure {
        return Ok(());
    }
    if spec.secret != SecretDistribution::UniformTernary {
        return Err(CkksError::NotEstimated {
            what: "the secret's distribution",
            found: format!("{:?}", spec.secret),
            expected: "UniformTernary".to_owned(),
        });
    }
    Ok(())
}

/// The levels in full, base first.
fn resolve_levels(spec: &ParameterSpec) -> Result<Vec<LevelSpec>, CkksError> {
    if spec.levels.is_empty() {
        let range = chain::LOG_SCALE_RANGE;
        if !range.contains(&spec.log_scale) {
            let expected = format!("{} to {}", range.start(), range.end());
            return Err(CkksError::Parameter {
                name: "log_scale",
                found: spec.log_scale.to_string(),
                expected,
            });
        }
        let log_q0 = spec.log_q0.unwrap_or(spec.log_scale + DEFAULT_HEADROOM);
        let depth = spec.depth.unwrap_or(0);
        if depth > MAX_DEPTH {
            let expected = format!("at most {MAX_DEPTH}");
            return Err(CkksError::Parameter { name: "depth", found: depth.to_string(), expected });
        }
        let mut levels = vec![LevelSpec::new(log_q0)];
        levels.resize(depth + 1, LevelSpec::new(spec.log_scale));
        return Ok(levels);
    }
    for (name, given) in [("depth", spec.depth.is_some()), ("log_q0", spec.log_q0.is_some())] {
        if given {
            let expected = "either it or `levels`".to_owned();
            return Err(CkksError::Parameter {
                name,
                found: "given together with `levels`".to_owned(),
                expected,
            });
        }
    }
    if spec.levels.len() > MAX_DEPTH + 1 {
        let expected = format!("at most {}", MAX_DEPTH + 1);
        return Err(CkksError::Parameter { name: "levels", found: spec.levels.len().to_string(), expected });
    }
    Ok(spec.levels.clone())
}

/// More rescalings than any secure modulus holds: the largest cap is 3522 bits.
pub(crate) const MAX_DEPTH: usize = 256;

fn check_primes<'a>(log_n: u32, primes: impl Iterator<Item = &'a u64>) -> Result<(), CkksError> {
    let mut seen: Vec<u64> = Vec::new();
    for &prime in primes {
        Modulus::new(prime)?;
        if !(prime - 1).is_multiple_of(2 << log_n) {
            return Err(RingError::NotNttFriendly { modulus: prime, ring_degree: 1 << log_n }.into());
        }
        if seen.contains(&prime) {
            return Err(RingError::RepeatedPrime { modulus: prime }.into());
        }
        seen.push(prime);
    }
    Ok(())
}

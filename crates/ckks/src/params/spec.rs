//! What a user or a configuration file asks for.

use serde::{Deserialize, Serialize};

use super::{Parameters, SecretDistribution, SecurityLevel};
use crate::error::CkksError;

/// Parameters as asked for, unchecked; [`Self::check`] finds primes, enforces the security caps and returns
/// [`Parameters`].
///
/// The chain is either uniform, from `log_q0`, `log_scale` and `depth`, or given level by level ([`Self::levels`]).
///
/// ```
/// use ckks::ParameterSpec;
/// let parameters = ParameterSpec::new(14).depth(5).log_scale(40).check()?;
/// assert_eq!(parameters.max_level().0, 5);
/// assert!(parameters.qp_bit_length() <= 430); // 128 bits of security
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterSpec {
    pub(crate) log_n: u32,
    #[serde(default = "default_log_scale")]
    pub(crate) log_scale: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) depth: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) log_q0: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) levels: Vec<LevelSpec>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) log_p: Vec<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) special_primes: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dnum: Option<usize>,
    #[serde(default)]
    pub(crate) security: SecurityLevel,
    #[serde(default)]
    pub(crate) allow_insecure: bool,
    #[serde(default)]
    pub(crate) secret: SecretDistribution,
}

/// log2 of the scale where nothing is said.
pub const DEFAULT_LOG_SCALE: u32 = 40;

fn default_log_scale() -> u32 {
    DEFAULT_LOG_SCALE
}

/// One level of a chain: a group of one or two primes that a rescaling drops together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelSpec {
    pub(crate) log_scale: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) primes: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prime_count: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) log_group: Option<u32>,
}

impl LevelSpec {
    /// A level whose primes are found: their product is close to 2^`log_scale`, which is also the scale of ciphertexts
    /// at this level. For the base level it is the size of q0, and the product stays below 2^`log_scale`.
    ///
    /// One prime below 2^50, two primes for more (see [`Self::prime_count`]).
    #[must_use]
    pub fn new(log_scale: u32) -> Self {
        Self { log_scale, primes: Vec::new(), prime_count: None, log_group: None }
    }

    /// Takes these one or two primes.
    #[must_use]
    pub fn primes(mut self, primes: impl IntoIterator<Item = u64>) -> Self {
        self.primes = primes.into_iter().collect();
        self
    }

    /// Makes the product of the primes 2^`log_group` instead of the scale. A square of this level has then, rescaled, the scale
    /// 2^(2 `log_scale` - `log_group`), which has to be that of the level below: scales fall along a polynomial whose first
    /// products need more precision than its last ones, or rise again after a smaller group.
    #[must_use]
    pub fn log_group(mut self, log_group: u32) -> Self {
        self.log_group = Some(log_group);
        self
    }

    /// log2 of the product of the primes.
    pub(crate) fn group_bits(&self) -> u32 {
        self.log_group.unwrap_or(self.log_scale)
    }

    /// log2 of the scale that a product of this level has below it; `None` where there is no such scale.
    pub(crate) fn log_scale_below(&self) -> Option<u32> {
        (2 * self.log_scale).checked_sub(self.group_bits())
    }

    /// Makes the group of this many primes, one or two, instead of leaving it to the size.
    #[must_use]
    pub fn prime_count(mut self, count: usize) -> Self {
        self.prime_count = Some(count);
        self
    }
}

impl ParameterSpec {
    /// A specification for the ring degree N = 2^`log_n` with everything else at its default: depth 0, scale 2^40, a
    /// base modulus and key-switching digits chosen by [`Self::check`], 128 bits of security.
    #[must_use]
    pub fn new(log_n: u32) -> Self {
        Self {
            log_n,
            log_scale: DEFAULT_LOG_SCALE,
            depth: None,
            log_q0: None,
            levels: Vec::new(),
            log_p: Vec::new(),
            special_primes: Vec::new(),
            dnum: None,
            security: SecurityLevel::default(),
            allow_insecure: false,
            secret: SecretDistribution::default(),
        }
    }

    /// Number of rescalings of a uniform chain.
    #[must_use]
    pub fn depth(mut self, depth: usize) -> Self {
        self.depth = Some(depth);
        self
    }

    /// log2 of the scale of a uniform chain. Scales of 51 bits and more take two primes a level.
    #[must_use]
    pub fn log_scale(mut self, log_scale: u32) -> Self {
        self.log_scale = log_scale;
        self
    }

    /// log2 of the base modulus of a uniform chain: messages have to stay below 2^(log_q0 - log_scale - 1). Unless said,
    /// [`super::DEFAULT_HEADROOM`] bits more than the scale. More than 50 bits take two primes.
    #[must_use]
    pub fn log_q0(mut self, log_q0: u32) -> Self {
        self.log_q0 = Some(log_q0);
        self
    }

    /// The chain level by level, the base first; instead of `depth` and `log_q0`.
    #[must_use]
    pub fn levels(mut self, levels: impl IntoIterator<Item = LevelSpec>) -> Self {
        self.levels = levels.into_iter().collect();
        self
    }

    /// Bit lengths of the special primes, which are then found. Unless said, 48 bits each where the cap has room and
    /// smaller ones where it has not, and as many as the widest digit asks for.
    #[must_use]
    pub fn log_p(mut self, bits: impl IntoIterator<Item = u32>) -> Self {
        self.log_p = bits.into_iter().collect();
        self
    }

    /// The special primes themselves.
    #[must_use]
    pub fn special_primes(mut self, primes: impl IntoIterator<Item = u64>) -> Self {
        self.special_primes = primes.into_iter().collect();
        self
    }

    /// Into how many digits key switching cuts the primes of Q (a group of ceil(primes/dnum) primes each). Unless said,
    /// the number with the cheapest key switch among those that are secure.
    #[must_use]
    pub fn dnum(mut self, dnum: usize) -> Self {
        self.dnum = Some(dnum);
        self
    }

    /// The security level to enforce; 128 bits unless said.
    #[must_use]
    pub fn security(mut self, level: SecurityLevel) -> Self {
        self.security = level;
        self
    }

    /// Lets insecure parameters through: ring degrees down to 8 for tests, secrets without an estimate.
    /// [`Parameters::is_insecure`] tells, and whoever records results has to say so.
    #[must_use]
    pub fn allow_insecure(mut self) -> Self {
        self.allow_insecure = true;
        self
    }

    /// Another distribution of the secret key than the uniform ternary one; needs [`Self::allow_insecure`].
    #[must_use]
    pub fn secret(mut self, secret: SecretDistribution) -> Self {
        self.secret = secret;
        self
    }

    /// log2 of the ring degree that is asked for.
    #[must_use]
    pub fn log_n(&self) -> u32 {
        self.log_n
    }

    /// Finds the primes and checks everything.
    ///
    /// # Errors
    /// [`CkksError::Insecure`] above the cap of the security level, [`CkksError::NotEstimated`] for a secret
    /// without one, [`CkksError::Parameter`] for what is impossible or contradictory, [`CkksError::Ring`] when there
    /// are too few primes of the wanted size.
    pub fn check(&self) -> Result<Parameters, CkksError> {
        Parameters::from_spec(self)
    }
}

//! How large a modulus may be: the table behind every refusal.

use std::fmt;

use ring_math::{MAX_LOG_N, MIN_LOG_N};
use serde::{Deserialize, Serialize};

/// Bits of classical security that a parameter set has to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum SecurityLevel {
    /// 128 bits, the default.
    #[default]
    Bits128,
    /// 192 bits.
    Bits192,
    /// 256 bits.
    Bits256,
}

impl SecurityLevel {
    /// All levels, lowest first.
    pub const ALL: [Self; 3] = [Self::Bits128, Self::Bits192, Self::Bits256];

    /// The level in bits.
    #[must_use]
    pub fn bits(self) -> u32 {
        match self {
            Self::Bits128 => 128,
            Self::Bits192 => 192,
            Self::Bits256 => 256,
        }
    }

    /// The largest secure bit length of QP, the product of all primes with the special ones, for the ring degree
    /// 2^`log_n`, a uniform ternary secret and errors of standard deviation 3.2; `None` where nothing is secure.
    ///
    /// ```
    /// use ckks::SecurityLevel;
    /// assert_eq!(SecurityLevel::Bits128.max_log_qp(14), Some(430));
    /// assert_eq!(SecurityLevel::Bits256.max_log_qp(10), None);
    /// ```
    #[must_use]
    pub fn max_log_qp(self, log_n: u32) -> Option<u32> {
        let row = log_n.checked_sub(FIRST_LOG_N)? as usize;
        let caps = MAX_LOG_QP.get(row)?;
        match self {
            Self::Bits128 => caps.0,
            Self::Bits192 => caps.1,
            Self::Bits256 => caps.2,
        }
    }

    /// log2 of the smallest ring degree at which a modulus of `log_qp` bits is secure, if there is one.
    #[must_use]
    pub fn smallest_log_n(self, log_qp: u32) -> Option<u32> {
        (MIN_LOG_N..=MAX_LOG_N).find(|&log_n| self.max_log_qp(log_n).is_some_and(|cap| log_qp <= cap))
    }
}

impl From<SecurityLevel> for u32 {
    fn from(level: SecurityLevel) -> Self {
        level.bits()
    }
}

impl TryFrom<u32> for SecurityLevel {
    type Error = String;

    fn try_from(bits: u32) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|level| level.bits() == bits)
            .ok_or_else(|| format!("security level {bits} is unknown; expected 128, 192 or 256"))
    }
}

impl fmt::Display for SecurityLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bits of security", self.bits())
    }
}

/// log2 of the ring degree of the table's first row.
const FIRST_LOG_N: u32 = 10;

/// Largest bit length of QP at 128, 192 and 256 bits of classical security, for N = 2^10, 2^11, ..., 2^17.
///
/// Uniform ternary secret, Gaussian error of standard deviation 3.19 (the estimate for the centred binomial one of 3.24
/// that is drawn here is the same). Each entry is the smaller of two: Table 5.2 of the Security
/// Guidelines for Implementing Homomorphic Encryption (Bossuat et al., IACR Communications in Cryptology 1(4), 2024;
/// ePrint 2024/463), and a run of the lattice-estimator (commit 27a581b, cost model MATZOV, unlimited samples; uSVP, BDD
/// and dual hybrid attacks). The runs are one bit lower at 2^16 (128 bits), 2^15 (192 bits) and 2^17 (all three), else equal.
/// The caps of the standard of 2018 (109, 218, 438, 881 from 2^12 on) give 125 to 127 bits today.
const MAX_LOG_QP: [(Option<u32>, Option<u32>, Option<u32>); 8] = [
    (Some(26), None, None),
    (Some(53), Some(36), Some(27)),
    (Some(106), Some(73), Some(56)),
    (Some(214), Some(147), Some(114)),
    (Some(430), Some(297), Some(230)),
    (Some(868), Some(596), Some(462)),
    (Some(1746), Some(1199), Some(929)),
    (Some(3522), Some(2410), Some(1865)),
];

/// Largest bit length of QP at 128 bits for secrets with exactly h coefficients that are not zero, half of each sign:
/// (h, log2 N, bits), by h.
///
/// Runs of the lattice-estimator (commit 27a581b, cost model MATZOV, unlimited samples; uSVP, primal hybrid with
/// meet-in-the-middle, and, for N = 2^15 and 2^16 and for h = 192 at 2^14 and 2^17, dual hybrid with
/// meet-in-the-middle; the others may be up to 2.5% too high for h = 128).
const MAX_LOG_QP_FIXED_WEIGHT: [(u32, u32, u32); 15] = [
    (64, 15, 511),
    (64, 16, 1057),
    (128, 14, 372),
    (128, 15, 738),
    (128, 16, 1500),
    (128, 17, 3141),
    (192, 13, 202),
    (192, 14, 401),
    (192, 15, 806),
    (192, 16, 1628),
    (192, 17, 3300),
    (256, 14, 416),
    (256, 15, 833),
    (256, 16, 1680),
    (256, 17, 3394),
];

/// Coefficients that are not zero in the ephemeral secret of sparse-secret encapsulation. It is never asked for as a secret
/// of its own: see [`max_log_qp_ephemeral`].
pub const EPHEMERAL_WEIGHT: u32 = 32;

/// Largest bit length of the modulus that anything may be encrypted at under the ephemeral secret: two 60-bit primes, as in
/// Bossuat, Troncoso-Pastoriza and Hubaux (Bootstrapping for approximate homomorphic encryption with negligible failure
/// probability by using sparse-secret encapsulation, ACNS 2022), who have this secret at N = 2^16. See
/// [`max_log_qp_ephemeral`] for the cap at each ring degree.
pub const MAX_LOG_QP_EPHEMERAL: u32 = 121;

/// As [`MAX_LOG_QP_EPHEMERAL`] for N = 2^15.
const MAX_LOG_QP_EPHEMERAL_15: u32 = 99;

/// log2 of the smallest ring degree that the ephemeral secret may be used at.
pub const MIN_LOG_N_EPHEMERAL: u32 = 15;

/// Largest bit length of the modulus that anything may be encrypted at under the ephemeral secret at the ring degree
/// 2^`log_n`, for 128 bits; `None` where nothing is secure.
///
/// `scripts/security/ephemeral.py` estimates the attacks on very sparse secrets: reduction after guessing zeros, primal and
/// dual hybrids with meet-in-the-middle, and representations. On 14 rows of the tables for other secrets it finds 124.5
/// to 128.6 bits where the lattice-estimator finds 128, so 4 bits are taken off. It then counts two things for the
/// attacker that the lattice-estimator leaves out: the N rotations of the secret share one lattice reduction, and both
/// halves of a guess are found by representations. With both, 128 bits and these 4 are left up to 2^99 at N = 2^15 (2^134
/// without them) and up to 2^212 at N = 2^16; at N = 2^14 only up to 2^48, too little for q0 p0.
///
/// ```
/// use ckks::params::max_log_qp_ephemeral;
/// assert_eq!([14, 15, 16].map(max_log_qp_ephemeral), [None, Some(99), Some(121)]);
/// ```
#[must_use]
pub fn max_log_qp_ephemeral(log_n: u32) -> Option<u32> {
    match log_n {
        ..MIN_LOG_N_EPHEMERAL => None,
        MIN_LOG_N_EPHEMERAL => Some(MAX_LOG_QP_EPHEMERAL_15),
        _ => Some(MAX_LOG_QP_EPHEMERAL),
    }
}

/// The coefficients of a secret key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretDistribution {
    /// Each of -1, 0 and 1 with probability 1/3: what the caps are for.
    #[default]
    UniformTernary,
    /// Exactly this many coefficients that are not zero, with random signs and places. Has caps of its own, lower ones;
    /// needs `allow_insecure`.
    FixedWeight(u32),
}

impl SecretDistribution {
    /// As [`SecurityLevel::max_log_qp`] for this distribution; for a fixed weight, that of the largest tabulated weight
    /// that is not above it. `None` where nothing is known.
    #[must_use]
    pub fn max_log_qp(self, level: SecurityLevel, log_n: u32) -> Option<u32> {
        match (self, level) {
            (Self::UniformTernary, _) => level.max_log_qp(log_n),
            (Self::FixedWeight(h), SecurityLevel::Bits128) => MAX_LOG_QP_FIXED_WEIGHT
                .iter()
                .rfind(|&&(weight, row_log_n, _)| weight <= h && row_log_n == log_n)
                .map(|&(_, _, cap)| cap),
            (Self::FixedWeight(_), SecurityLevel::Bits192 | SecurityLevel::Bits256) => None,
        }
    }
}

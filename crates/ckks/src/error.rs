//! The one error type of the crate.

use ring_math::RingError;

use crate::{
    params::SecurityLevel,
    scale::{Level, Scale},
};

/// What can go wrong; every variant carries what was found, what was expected and, where there is one, the remedy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CkksError {
    /// The modulus is too large for the ring degree.
    #[error(
        "N = {ring_degree} with log2(QP) = {log_qp} is below {security}: {} there; {}",
        cap_text(*max_log_qp),
        smallest_text(*smallest_ring_degree)
    )]
    Insecure {
        /// The ring degree N that was asked for.
        ring_degree: usize,
        /// Bit length of the product of all primes, the special ones included.
        log_qp: u32,
        /// The largest bit length that is secure at this ring degree; `None` where nothing is.
        max_log_qp: Option<u32>,
        /// The security level that was asked for.
        security: SecurityLevel,
        /// The smallest ring degree at which a modulus of this length is secure, if there is one.
        smallest_ring_degree: Option<usize>,
    },
    /// A choice for which no security estimate is made; only a specification that says so may have it.
    #[error("{what} is {found}, expected {expected}; say `allow_insecure` to have it anyway")]
    NotEstimated {
        /// The choice.
        what: &'static str,
        /// What was asked for.
        found: String,
        /// What is estimated to be secure.
        expected: String,
    },
    /// A parameter is impossible.
    #[error("parameter `{name}` is {found}; expected {expected}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// What was given.
        found: String,
        /// What would have been possible.
        expected: String,
    },
    /// Operands with different scales.
    #[error(
        "{op}: scales {left} and {right} differ; rescale what has not been rescaled, or take the operand \
         at the higher level down with `align`"
    )]
    ScaleMismatch {
        /// The operation.
        op: &'static str,
        /// Scale of the left operand.
        left: Scale,
        /// Scale of the right operand.
        right: Scale,
    },
    /// Operands at different levels.
    #[error("{op}: levels {left} and {right} differ; drop the higher operand with `drop_to({})` first", left.min(right))]
    LevelMismatch {
        /// The operation.
        op: &'static str,
        /// Level of the left operand.
        left: Level,
        /// Level of the right operand.
        right: Level,
    },
    /// Too few rescalings are left.
    #[error("{op}: needs {needed} levels, {left} are left; choose a deeper chain or refresh the ciphertext")]
    OutOfLevels {
        /// The operation.
        op: &'static str,
        /// Levels that the operation takes.
        needed: usize,
        /// Levels that are left.
        left: usize,
    },
    /// A level that the parameters do not have.
    #[error("{op}: level {found} does not exist, the highest is {max}")]
    NoSuchLevel {
        /// The operation.
        op: &'static str,
        /// The level asked for.
        found: Level,
        /// The highest level of the parameters.
        max: Level,
    },
    /// A key is needed that was not generated, or not for this level.
    #[error("{op}: needs the {kind}; add it to the KeyRequest")]
    MissingKey {
        /// The operation.
        op: &'static str,
        /// The key in words, with its Galois element and level where they matter.
        kind: String,
    },
    /// More values than slots.
    #[error(
        "{found} values do not fit: at most {max} slots; choose a larger ring degree or several plaintexts"
    )]
    TooManySlots {
        /// Number of values, or of slots asked for.
        found: usize,
        /// Number of slots there are.
        max: usize,
    },
    /// A number of slots that is not a power of two.
    #[error("{op}: {found} slots; expected a power of two from 1 to {max}")]
    SlotCount {
        /// The operation.
        op: &'static str,
        /// Number of slots asked for.
        found: usize,
        /// Number of slots there are.
        max: usize,
    },
    /// Operands packed into different numbers of slots.
    #[error("{op}: operands have {left} and {right} slots; encode both for the same number")]
    SlotMismatch {
        /// The operation.
        op: &'static str,
        /// Slots of the left operand.
        left: usize,
        /// Slots of the right operand.
        right: usize,
    },
    /// A value that is not a finite number.
    #[error("{op}: value {value} at position {index} is not finite")]
    NonFinite {
        /// The operation.
        op: &'static str,
        /// Position of the value.
        index: usize,
        /// The value, as text (so that two errors compare equal).
        value: String,
    },
    /// A message larger than its ciphertext would say in the clear. The values are secret: the error does not tell them.
    #[error(
        "{op}: a value exceeds {bound}, the bound that would stand in the clear in the ciphertext; declare one that is \
         publicly known to hold for every possible message with `Plaintext::with_message_bound` before encrypting, or \
         scale the values down"
    )]
    MessageTooLarge {
        /// The operation.
        op: &'static str,
        /// The bound: as declared, or [`crate::UNDECLARED_MESSAGE_BOUND`].
        bound: f64,
    },
    /// A value whose coefficients would not fit the modulus.
    #[error(
        "{op}: coefficients of up to 2^{log_coefficient:.1} do not fit a modulus of 2^{log_modulus:.1} (half of it on \
         each side); encode smaller values, or choose a larger log_q0, a higher level or a smaller scale"
    )]
    Overflow {
        /// The operation.
        op: &'static str,
        /// log2 of the largest coefficient.
        log_coefficient: f64,
        /// log2 of the modulus.
        log_modulus: f64,
    },
    /// A result could not be told from noise, or might wrap around the modulus.
    #[error("{op}: 2^{log_needed:.1} is needed, 2^{log_available:.1} is available; {remedy}")]
    PrecisionLost {
        /// The operation.
        op: &'static str,
        /// log2 of what the operation needs.
        log_needed: f64,
        /// log2 of what there is.
        log_available: f64,
        /// What helps.
        remedy: &'static str,
    },
    /// The budget of published decryptions is spent.
    #[error(
        "{op}: all {budget} published decryptions under this key are spent; generate a new key, or decrypt privately"
    )]
    QueryBudget {
        /// The operation.
        op: &'static str,
        /// The budget that the flooding noise was sized for.
        budget: u64,
    },
    /// A ciphertext of the wrong degree in the secret.
    #[error("{op}: ciphertext of degree {found}, expected {expected}; relinearise first")]
    Degree {
        /// The operation.
        op: &'static str,
        /// Degree of the operand.
        found: usize,
        /// Degree that the operation takes.
        expected: usize,
    },
    /// Operands, keys or plaintexts of different contexts.
    #[error(
        "{op}: operands were made for different parameters; make all of them, and the keys, for those of one `Context`"
    )]
    ContextMismatch {
        /// The operation.
        op: &'static str,
    },
    /// Bytes that are not what they claim to be.
    #[error("{object}: {what} is {found}; expected {expected}")]
    Bytes {
        /// What was to be read or written.
        object: &'static str,
        /// What is wrong about it.
        what: &'static str,
        /// What the bytes say.
        found: String,
        /// What would have been right.
        expected: String,
    },
    /// An object larger than the caller allows.
    #[error(
        "{object}: takes {needed} bytes of memory, {limit} are allowed; raise the limit if its source is trusted"
    )]
    TooLarge {
        /// What was to be read.
        object: &'static str,
        /// Bytes that reading it would allocate.
        needed: u64,
        /// The caller's limit.
        limit: u64,
    },
    /// The reader or writer failed.
    #[error("{object}: {message}")]
    Io {
        /// What was to be read or written.
        object: &'static str,
        /// What kind of failure it was.
        kind: std::io::ErrorKind,
        /// The failure in words.
        message: String,
    },
    /// Ring arithmetic refused.
    #[error(transparent)]
    Ring(#[from] RingError),
}

fn cap_text(cap: Option<u32>) -> String {
    cap.map_or_else(
        || "no modulus at all is secure".to_owned(),
        |cap| format!("at most {cap} bits are secure"),
    )
}

fn smallest_text(ring_degree: Option<usize>) -> String {
    ring_degree.map_or_else(
        || "no supported ring degree would do: take fewer or smaller primes".to_owned(),
        |n| format!("N = {n} is the smallest ring degree that would do"),
    )
}

//! The operations by name, with what each needs.

use ckks::KeyRequest;

/// Rotations that share their digits.
pub(super) const HOISTED_STEPS: [i64; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// Whose work an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Making keys.
    Keys,
    /// The key owner's or the data owner's.
    Client,
    /// The computing party's.
    Evaluation,
}

impl Part {
    /// Name of the stage in the results.
    pub(super) fn stage(self) -> &'static str {
        match self {
            Self::Keys => "keygen",
            Self::Client => "client",
            Self::Evaluation => "eval",
        }
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    KeygenSecret,
    KeygenPublic,
    KeygenRelin,
    KeygenRotation,
    Encode,
    Encrypt,
    EncryptSymmetric,
    Decrypt,
    Decode,
    Add,
    MulPlain,
    MulPlainRescale,
    Mul,
    MulRelin,
    MulRelinRescale,
    Rescale,
    Rotate,
    Rotate8Hoisted,
    Conjugate,
}

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) op: Op,
    /// Name in configurations and results.
    pub(super) name: &'static str,
    pub(super) part: Part,
    /// Key switches, for the estimate.
    pub(super) switches: f64,
    /// Transforms per limb beside those of the key switches, for the estimate.
    pub(super) transforms: f64,
    /// Adds the keys it needs.
    pub(super) keys: fn(KeyRequest) -> KeyRequest,
}

const fn operation(op: Op, name: &'static str, part: Part, switches: f64, transforms: f64) -> Operation {
    Operation { op, name, part, switches, transforms, keys: |request| request }
}

impl Operation {
    const fn with(self, keys: fn(KeyRequest) -> KeyRequest) -> Self {
        Self { keys, ..self }
    }
}

/// All of them, in the order in which they are measured.
pub(super) const OPERATIONS: [Operation; 19] = [
    operation(Op::KeygenSecret, "keygen_secret", Part::Keys, 0.0, 2.0),
    operation(Op::KeygenPublic, "keygen_public", Part::Keys, 0.0, 4.0),
    operation(Op::KeygenRelin, "keygen_relin", Part::Keys, 3.0, 0.0),
    operation(Op::KeygenRotation, "keygen_rotation", Part::Keys, 3.0, 0.0),
    operation(Op::Encode, "encode", Part::Client, 0.0, 3.0),
    operation(Op::Encrypt, "encrypt", Part::Client, 0.0, 6.0),
    operation(Op::EncryptSymmetric, "encrypt_symmetric", Part::Client, 0.0, 4.0),
    operation(Op::Decrypt, "decrypt", Part::Client, 0.0, 1.0),
    operation(Op::Decode, "decode", Part::Client, 0.0, 2.0),
    operation(Op::Add, "add", Part::Evaluation, 0.0, 0.5),
    operation(Op::MulPlain, "mul_plain", Part::Evaluation, 0.0, 0.5),
    operation(Op::MulPlainRescale, "mul_plain_rescale", Part::Evaluation, 0.0, 3.0),
    operation(Op::Mul, "mul", Part::Evaluation, 0.0, 1.0),
    operation(Op::MulRelin, "mul_relin", Part::Evaluation, 1.0, 1.0).with(KeyRequest::relinearization),
    operation(Op::MulRelinRescale, "mul_relin_rescale", Part::Evaluation, 1.0, 1.0)
        .with(KeyRequest::relinearization),
    operation(Op::Rescale, "rescale", Part::Evaluation, 0.0, 2.0),
    operation(Op::Rotate, "rotate", Part::Evaluation, 1.0, 0.0).with(|request| request.rotations([1])),
    operation(Op::Rotate8Hoisted, "rotate8_hoisted", Part::Evaluation, 5.0, 0.0)
        .with(|request| request.rotations(HOISTED_STEPS)),
    operation(Op::Conjugate, "conjugate", Part::Evaluation, 1.0, 0.0).with(KeyRequest::conjugation),
];

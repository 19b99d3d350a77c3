//! Making keys. A key is checked by using it.

use ckks::{
    Ciphertext, CkksError, Complex64, Decryptor, Encryptor, EvaluationKeys, Evaluator, KeyGenerator,
    KeyRequest, PublicKey, SecretKey,
};
use harness::Failure;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::list::{Op, Operation};
use super::{Meter, Operands};
use crate::workloads::accuracy::{Found, Predicted};
use crate::workloads::ckks_setup::Kit;

/// Measures one of them.
pub(super) fn run(
    meter: &mut Meter<'_, '_>,
    kit: &Kit,
    operands: &Operands,
    operation: &Operation,
    rng: &mut ChaCha20Rng,
) -> Result<(), Failure> {
    let Operands { a, plain_a, x, y, .. } = operands;
    let mut fork = ChaCha20Rng::from_rng(rng);
    match operation.op {
        Op::KeygenSecret => meter.measure(
            operation,
            a,
            || Ok(None::<SecretKey>),
            |key| {
                *key = Some(KeyGenerator::new(&kit.context, rng).secret_key());
                Ok(())
            },
            |key| {
                let secret = key.as_ref().ok_or_else(no_key)?;
                let ciphertext = Encryptor::new(&kit.context, secret).encrypt(plain_a, &mut fork)?;
                let plaintext = Decryptor::new(&kit.context, secret).decrypt(&ciphertext)?;
                let slots = kit.encoder.decode_complex(&plaintext)?;
                Ok(Found { slots, predicted: Predicted::of(&ciphertext) })
            },
        ),
        Op::KeygenPublic => meter.measure(
            operation,
            a,
            || Ok(None::<PublicKey>),
            |key| {
                *key = Some(KeyGenerator::new(&kit.context, rng).public_key(&kit.secret)?);
                Ok(())
            },
            |key| {
                let public = key.as_ref().ok_or_else(no_key)?;
                let ciphertext = Encryptor::new(&kit.context, public).encrypt(plain_a, &mut fork)?;
                Ok(Found { slots: kit.decrypt(&ciphertext)?, predicted: Predicted::of(&ciphertext) })
            },
        ),
        Op::KeygenRelin => {
            let product = operands.zip(|a, b| a * b);
            let request = KeyRequest::new().relinearization();
            switching(meter, kit, operation, (&request, rng), (&product, &|eval| eval.mul_rescale(x, y)))
        }
        Op::KeygenRotation => {
            let request = KeyRequest::new().rotations([1]);
            switching(
                meter,
                kit,
                operation,
                (&request, rng),
                (&operands.rotated(1), &|eval| eval.rotate(x, 1)),
            )
        }
        Op::Encode
        | Op::Encrypt
        | Op::EncryptSymmetric
        | Op::Decrypt
        | Op::Decode
        | Op::Add
        | Op::MulPlain
        | Op::MulPlainRescale
        | Op::Mul
        | Op::MulRelin
        | Op::MulRelinRescale
        | Op::Rescale
        | Op::Rotate
        | Op::Rotate8Hoisted
        | Op::Conjugate => Err(Failure::new("operation", "not a key generation")),
    }
}

fn no_key() -> CkksError {
    CkksError::MissingKey { op: "check of a new key", kind: "key itself".to_owned() }
}

/// An operation that needs the key, with what it should give.
type Use<'u> = (&'u [Complex64], &'u dyn Fn(Evaluator<'_>) -> Result<Ciphertext, CkksError>);

fn switching(
    meter: &mut Meter<'_, '_>,
    kit: &Kit,
    operation: &Operation,
    (request, rng): (&KeyRequest, &mut ChaCha20Rng),
    (expected, operate): Use<'_>,
) -> Result<(), Failure> {
    meter.measure(
        operation,
        expected,
        || Ok(EvaluationKeys::none()),
        |keys| {
            // Key by key, so that the memory of a stage is that of one.
            *keys = EvaluationKeys::none();
            *keys = KeyGenerator::new(&kit.context, rng).evaluation_keys(&kit.secret, request)?;
            Ok(())
        },
        |keys| {
            let ciphertext = operate(Evaluator::new(&kit.context, keys))?;
            Ok(Found { slots: kit.decrypt(&ciphertext)?, predicted: Predicted::of(&ciphertext) })
        },
    )
}

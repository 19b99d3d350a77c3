//! Operations of whoever owns the data and the secret key.

use ckks::{
    Ciphertext, CkksError, Complex64, Decryptor, Encoder, EncoderScratch, EncryptionSpace, Encryptor,
    Plaintext,
};
use harness::Failure;
use rand_chacha::ChaCha20Rng;

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
    let Operands { a, x, .. } = operands;
    let decryptor = Decryptor::new(&kit.context, &kit.secret);
    match operation.op {
        Op::Encode => {
            let packing = kit.encoder.packing();
            meter.measure(
                operation,
                a,
                || Ok((Plaintext::empty(&kit.context)?, EncoderScratch::new())),
                |(out, scratch)| kit.encoder.encode_into(out, a, &packing, scratch),
                |(out, _)| decoded(&kit.encoder, out),
            )
        }
        Op::Encrypt => {
            encrypt(meter, kit, operands, operation, (&Encryptor::new(&kit.context, &kit.public), rng))
        }
        Op::EncryptSymmetric => {
            encrypt(meter, kit, operands, operation, (&Encryptor::new(&kit.context, &kit.secret), rng))
        }
        Op::Decrypt => meter.measure(
            operation,
            a,
            || Plaintext::empty(&kit.context),
            |out| decryptor.decrypt_into(out, x),
            |out| decoded(&kit.encoder, out),
        ),
        Op::Decode => {
            let plaintext = decryptor.decrypt(x)?;
            meter.measure(
                operation,
                a,
                || Ok((vec![Complex64::ZERO; a.len()], EncoderScratch::new())),
                |(slots, scratch)| kit.encoder.decode_into(slots, &plaintext, scratch),
                |(slots, _)| Ok(Found { slots: slots.clone(), predicted: Predicted::of(x) }),
            )
        }
        Op::KeygenSecret
        | Op::KeygenPublic
        | Op::KeygenRelin
        | Op::KeygenRotation
        | Op::Add
        | Op::MulPlain
        | Op::MulPlainRescale
        | Op::Mul
        | Op::MulRelin
        | Op::MulRelinRescale
        | Op::Rescale
        | Op::Rotate
        | Op::Rotate8Hoisted
        | Op::Conjugate => Err(Failure::new("operation", "not an operation of the client")),
    }
}

fn decoded(encoder: &Encoder, plaintext: &Plaintext) -> Result<Found, CkksError> {
    let n = encoder.context().n();
    let predicted = Predicted::new(plaintext.noise(), plaintext.scale(), n);
    Ok(Found { slots: encoder.decode_complex(plaintext)?, predicted })
}

fn encrypt(
    meter: &mut Meter<'_, '_>,
    kit: &Kit,
    operands: &Operands,
    operation: &Operation,
    (encryptor, rng): (&Encryptor<'_>, &mut ChaCha20Rng),
) -> Result<(), Failure> {
    meter.measure(
        operation,
        &operands.a,
        || Ok((Ciphertext::empty(&kit.context)?, EncryptionSpace::new())),
        |(out, space)| encryptor.encrypt_into(out, &operands.plain_a, rng, space),
        |(out, _)| Ok(Found { slots: kit.decrypt(out)?, predicted: Predicted::of(out) }),
    )
}

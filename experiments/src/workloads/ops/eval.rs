//! Operations of the party that computes on ciphertexts.

use ckks::{Ciphertext, CkksError, Complex64, Evaluator, Hoisted, Workspace};
use harness::Failure;

use super::list::{HOISTED_STEPS, Op, Operation};
use super::{Meter, Operands};
use crate::workloads::accuracy::{Found, Predicted};
use crate::workloads::ckks_setup::Kit;

/// Measures one of them.
pub(super) fn run(
    meter: &mut Meter<'_, '_>,
    kit: &Kit,
    operands: &Operands,
    operation: &Operation,
) -> Result<(), Failure> {
    let eval = kit.evaluator();
    let Operands { plain_b, x, y, .. } = operands;
    let product = || operands.zip(|a, b| a * b);
    let mut one = |expected: Vec<Complex64>, call: Call<'_>| evaluate(meter, kit, operation, &expected, call);
    match operation.op {
        Op::Add => one(operands.zip(|a, b| a + b), &mut |out, _| eval.add_into(out, x, y)),
        Op::MulPlain => one(product(), &mut |out, _| eval.mul_plain_into(out, x, plain_b)),
        Op::MulPlainRescale => {
            one(product(), &mut |out, work| eval.mul_plain_rescale_into(out, x, plain_b, work))
        }
        Op::Mul => one(product(), &mut |out, _| eval.mul_unrelinearized_into(out, x, y)),
        Op::MulRelin => one(product(), &mut |out, work| eval.mul_into(out, x, y, work)),
        Op::MulRelinRescale => one(product(), &mut |out, work| eval.mul_rescale_into(out, x, y, work)),
        Op::Rescale => {
            let high = eval.mul_plain(x, plain_b)?;
            one(product(), &mut |out, work| eval.rescale_into(out, &high, work))
        }
        Op::Rotate => one(operands.rotated(1), &mut |out, work| eval.rotate_into(out, x, 1, work)),
        Op::Conjugate => {
            one(operands.zip(|a, _| a.conj()), &mut |out, work| eval.conjugate_into(out, x, work))
        }
        Op::Rotate8Hoisted => hoisted(meter, kit, eval, operands, operation),
        Op::KeygenSecret
        | Op::KeygenPublic
        | Op::KeygenRelin
        | Op::KeygenRotation
        | Op::Encode
        | Op::Encrypt
        | Op::EncryptSymmetric
        | Op::Decrypt
        | Op::Decode => Err(Failure::new("operation", "not an operation on ciphertexts")),
    }
}

/// An operation that writes one ciphertext.
type Call<'c> = &'c mut dyn FnMut(&mut Ciphertext, &mut Workspace) -> Result<(), CkksError>;

fn evaluate(
    meter: &mut Meter<'_, '_>,
    kit: &Kit,
    operation: &Operation,
    expected: &[Complex64],
    call: Call<'_>,
) -> Result<(), Failure> {
    meter.measure(
        operation,
        expected,
        || Ok((Ciphertext::empty(&kit.context)?, Workspace::new())),
        |(out, work)| call(out, work),
        |(out, _)| Ok(Found { slots: kit.decrypt(out)?, predicted: Predicted::of(out) }),
    )
}

/// Eight rotations of one ciphertext, its digits computed once; each of the eight is checked.
fn hoisted(
    meter: &mut Meter<'_, '_>,
    kit: &Kit,
    eval: Evaluator<'_>,
    operands: &Operands,
    operation: &Operation,
) -> Result<(), Failure> {
    struct Buffers<'a> {
        hoisted: Option<Hoisted<'a>>,
        out: Ciphertext,
        work: Workspace,
    }
    let expected: Vec<Complex64> =
        HOISTED_STEPS.iter().flat_map(|&steps| operands.rotated(steps as usize)).collect();
    meter.measure(
        operation,
        &expected,
        || Ok(Buffers { hoisted: None, out: Ciphertext::empty(&kit.context)?, work: Workspace::new() }),
        |Buffers { hoisted, out, work }| {
            let prepared = match hoisted {
                Some(prepared) => {
                    prepared.replace(&operands.x, work)?;
                    prepared
                }
                none => none.insert(eval.hoist(&operands.x, work)?),
            };
            HOISTED_STEPS.iter().try_for_each(|&steps| prepared.rotate_into(out, steps, work))
        },
        |Buffers { hoisted, out, work }| {
            let mut slots = Vec::new();
            if let Some(prepared) = hoisted {
                for steps in HOISTED_STEPS {
                    prepared.rotate_into(out, steps, work)?;
                    slots.extend(kit.decrypt(out)?);
                }
            }
            Ok(Found { slots, predicted: Predicted::of(out) })
        },
    )
}

//! Keys of a session, what is encrypted with them, and whether what is decrypted is what the circuit gives in the clear.

use ckks::{Ciphertext, Complex64, KeyRequest, Parameters};
use harness::{Failure, Measured, Recorder, StageId};
use he_ml::{MlError, Session};
use rand_chacha::ChaCha20Rng;

/// How many standard deviations of the tracked noise a slot may be off before a result counts as wrong: the chance that
/// one of 2^15 normal errors is further off is below 2^-30; the rest is for noise that depends on the data.
const TOLERATED_DEVIATIONS: f64 = 16.0;

/// What f64 may lose on either side relative to the largest slot: 2^-46, as the encoder's own tests hold it.
const ROUNDING: f64 = 1.0 / (1u64 << 46) as f64;

/// Makes the keys of `request`, timed once as a stage `setup`, and records the kernel that the ring runs on.
pub(in crate::workloads) fn timed_session(
    record: &mut Recorder<'_>,
    parameters: &Parameters,
    request: &KeyRequest,
    rng: &mut ChaCha20Rng,
) -> Result<Session, Failure> {
    let session = record.stage("setup", "keys").once().run(|| Session::new(parameters, request, rng))?.value;
    let context = session.context();
    record.set("kernel", context.q_basis(context.max_level())?.kernel_name())?;
    Ok(session)
}

/// Encrypts vectors of values, none larger than `bound`.
pub(in crate::workloads) fn encrypt(
    session: &Session,
    vectors: &[Vec<f64>],
    bound: f64,
    rng: &mut ChaCha20Rng,
) -> Result<Vec<Ciphertext>, MlError> {
    vectors.iter().map(|values| session.encrypt(values, bound, rng)).collect()
}

/// Encrypts batches of queries, timed once as a stage `client`.
pub(in crate::workloads) fn encrypt_queries(
    record: &mut Recorder<'_>,
    session: &Session,
    batches: &[Vec<Vec<f64>>],
    bound: f64,
    rng: &mut ChaCha20Rng,
) -> Result<Vec<Vec<Ciphertext>>, Failure> {
    let all =
        || batches.iter().map(|batch| encrypt(session, batch, bound, rng)).collect::<Result<Vec<_>, _>>();
    Ok(record.stage("client", "encrypt_queries").once().run(all)?.value)
}

/// Decrypts the results of a stage, timed as a stage `client`, and verifies them against those of the circuit in the
/// clear. The slots, and the largest tracked standard deviation of one.
pub(in crate::workloads) fn decrypt_verified(
    record: &mut Recorder<'_>,
    session: &Session,
    stage: &Measured<Vec<Ciphertext>>,
    clear: &[Vec<Complex64>],
) -> Result<(Vec<Vec<Complex64>>, f64), Failure> {
    let results = &stage.value;
    let decrypt = || results.iter().map(|result| session.decrypt(result)).collect::<Result<Vec<_>, _>>();
    let slots = record.stage("client", "decrypt").run(decrypt)?.value;
    let noise = results.iter().map(|result| session.slot_noise(result)).fold(0.0, f64::max);
    verify_slots(record, stage.id, &clear.concat(), &slots.concat(), noise)?;
    Ok((slots, noise))
}

/// Real values as slots.
pub(in crate::workloads) fn complex(values: &[f64]) -> Vec<Complex64> {
    values.iter().map(|&value| value.into()).collect()
}

/// Annotates a stage with how far its decrypted slots are from those of the circuit in the clear, and marks it as wrong
/// where noise does not explain it. `noise` is the tracked standard deviation of a slot.
pub(in crate::workloads) fn verify_slots(
    record: &mut Recorder<'_>,
    id: StageId,
    clear: &[Complex64],
    found: &[Complex64],
    noise: f64,
) -> Result<(), Failure> {
    let errors = || clear.iter().zip(found).map(|(a, b)| (a - b).norm());
    let max = errors().fold(0.0, f64::max);
    let largest = clear.iter().map(|slot| slot.norm()).fold(0.0, f64::max);
    let count = clear.len().max(1) as f64;
    record.annotate(
        id,
        [
            ("err_max_abs", max),
            ("err_mean_abs", errors().sum::<f64>() / count),
            ("err_rms", (errors().map(|e| e * e).sum::<f64>() / count).sqrt()),
            ("noise_std", noise),
        ],
    )?;
    if max > 0.0 && largest > 0.0 {
        record.annotate(id, [("bits_precision", (largest / max).log2())])?;
    }
    let allowed = TOLERATED_DEVIATIONS * noise + ROUNDING * largest;
    record.verify(
        id,
        clear.len() == found.len() && max <= allowed,
        format_args!("a slot is off by {max:e}; noise of standard deviation {noise:e} does not explain it"),
    );
    Ok(())
}

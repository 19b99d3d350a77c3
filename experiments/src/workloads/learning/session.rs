//! Keys of a session, and what is encrypted with them.

use ckks::{Ciphertext, KeyRequest, Parameters};
use harness::{Failure, Recorder};
use he_ml::{MlError, Session};
use rand_chacha::ChaCha20Rng;

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

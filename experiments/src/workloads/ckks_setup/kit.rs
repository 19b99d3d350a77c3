//! A context with keys to work with.

use ckks::{
    Ciphertext, CkksError, Complex64, Context, Decryptor, Encoder, EvaluationKeys, Evaluator, KeyGenerator,
    KeyRequest, Parameters, Plaintext, PublicKey, SecretKey,
};
use harness::{Failure, Params, Recorder};
use rand_chacha::ChaCha20Rng;

use super::point::{as_cell, parameters};

/// A secret key, and the public and the evaluation keys that belong to it.
fn all_keys(
    context: &Context,
    request: &KeyRequest,
    rng: &mut ChaCha20Rng,
) -> Result<(SecretKey, PublicKey, EvaluationKeys), CkksError> {
    let mut generator = KeyGenerator::new(context, rng);
    let secret = generator.secret_key();
    let public = generator.public_key(&secret)?;
    let keys = generator.evaluation_keys(&secret, request)?;
    Ok((secret, public, keys))
}

/// Builds the context of `parameters`, timed once as a stage `setup`, and records the kernel that the ring runs on.
pub(in crate::workloads) fn timed_context(
    parameters: &Parameters,
    record: &mut Recorder<'_>,
) -> Result<Context, Failure> {
    let context = record.stage("setup", "context").once().run(|| Context::new(parameters))?.value;
    record.set("kernel", context.q_basis(context.max_level())?.kernel_name())?;
    Ok(context)
}

/// Records how large the keys are.
pub(in crate::workloads) fn record_keys(
    keys: &EvaluationKeys,
    record: &mut Recorder<'_>,
) -> Result<(), Failure> {
    record.set("key_bytes", as_cell(keys.size().memory))?;
    record.set("key_stored_bytes", as_cell(keys.size().stored))
}

/// Declares what is known of made data, numbers that are uniform between -`bound` and `bound`.
pub(in crate::workloads) fn uniform_up_to(bound: f64, plaintext: Plaintext) -> Result<Plaintext, CkksError> {
    plaintext.with_message_size(bound, bound / 3f64.sqrt())
}

/// A context with an encoder and all keys that a point needs.
pub(in crate::workloads) struct Kit {
    pub(in crate::workloads) context: Context,
    pub(in crate::workloads) encoder: Encoder,
    pub(in crate::workloads) secret: SecretKey,
    pub(in crate::workloads) public: PublicKey,
    pub(in crate::workloads) keys: EvaluationKeys,
}

impl Kit {
    /// Builds the context of a resolved point and the keys of `request`, each timed once as a stage `setup`.
    pub(in crate::workloads) fn new(
        params: &Params,
        request: &KeyRequest,
        rng: &mut ChaCha20Rng,
        record: &mut Recorder<'_>,
    ) -> Result<Self, Failure> {
        let parameters = parameters(params)?;
        let context = timed_context(&parameters, record)?;
        let (secret, public, keys) =
            record.stage("setup", "keys").once().run(|| all_keys(&context, request, rng))?.value;
        record_keys(&keys, record)?;
        Ok(Self { encoder: Encoder::new(&context), context, secret, public, keys })
    }

    /// Makes other keys, a secret key and all that belongs to it.
    pub(in crate::workloads) fn renew(
        &mut self,
        request: &KeyRequest,
        rng: &mut ChaCha20Rng,
    ) -> Result<(), CkksError> {
        (self.secret, self.public, self.keys) = all_keys(&self.context, request, rng)?;
        Ok(())
    }

    /// An evaluator with the keys.
    pub(in crate::workloads) fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(&self.context, &self.keys)
    }

    /// What a ciphertext decrypts to.
    pub(in crate::workloads) fn decrypt(&self, ciphertext: &Ciphertext) -> Result<Vec<Complex64>, CkksError> {
        self.encoder.decode_complex(&Decryptor::new(&self.context, &self.secret).decrypt(ciphertext)?)
    }
}

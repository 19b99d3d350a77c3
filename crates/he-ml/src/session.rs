//! The owner of the key, as far as models need one.

use ckks::{
    Ciphertext, Complex64, Context, Decryptor, Encoder, Encryptor, EvaluationKeys, Evaluator, KeyGenerator,
    KeyRequest, Parameters, SecretKey, encoder::SlotValue,
};
use rand_core::CryptoRng;

use crate::error::MlError;

/// A secret key with what is needed to encrypt data, compute on it and decrypt results: both parties of a protocol in
/// one place, for examples, tests and measurements. A computing party gets [`Self::evaluator`] and ciphertexts and
/// nothing else of it.
pub struct Session {
    context: Context,
    encoder: Encoder,
    secret: SecretKey,
    keys: EvaluationKeys,
}

impl Session {
    /// Generates a secret key and the evaluation keys of `request`.
    ///
    /// # Errors
    /// Those of key generation.
    pub fn new(
        parameters: &Parameters,
        request: &KeyRequest,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, MlError> {
        let context = Context::new(parameters)?;
        let encoder = Encoder::new(&context);
        let mut generator = KeyGenerator::new(&context, rng);
        let secret = generator.secret_key();
        let keys = generator.evaluation_keys(&secret, request)?;
        Ok(Self { context, encoder, secret, keys })
    }

    /// The context.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The keys that the computing party has.
    #[must_use]
    pub fn keys(&self) -> &EvaluationKeys {
        &self.keys
    }

    /// What the computing party computes with.
    #[must_use]
    pub fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(&self.context, &self.keys)
    }

    /// Encrypts slots at the highest level; those beyond `values` are zero.
    ///
    /// A ciphertext says publicly that no slot is larger than `bound`, so the bound must be known without looking at
    /// the values.
    ///
    /// # Errors
    /// Those of encoding: too many values, values that are not finite, too large for the parameters or above the bound.
    pub fn encrypt<T: SlotValue>(
        &self,
        values: &[T],
        bound: f64,
        rng: &mut impl CryptoRng,
    ) -> Result<Ciphertext, MlError> {
        let plaintext =
            self.encoder.encode_with(values, &self.encoder.packing())?.with_message_bound(bound)?;
        Ok(Encryptor::new(&self.context, &self.secret).encrypt(&plaintext, rng)?)
    }

    /// Decrypts all slots, for the owner of the key.
    ///
    /// # Errors
    /// Those of decryption.
    pub fn decrypt(&self, a: &Ciphertext) -> Result<Vec<Complex64>, MlError> {
        let plaintext = Decryptor::new(&self.context, &self.secret).decrypt(a)?;
        Ok(self.encoder.decode_complex(&plaintext)?)
    }

    /// The standard deviation of the noise in each slot of a ciphertext, as the scheme tracks it.
    #[must_use]
    pub fn slot_noise(&self, a: &Ciphertext) -> f64 {
        a.noise_std() * (self.context.n() as f64).sqrt() / a.scale().to_f64()
    }
}

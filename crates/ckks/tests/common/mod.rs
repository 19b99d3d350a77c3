//! What the tests of the evaluator share.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![expect(clippy::expect_used, reason = "tests")]

use ckks::{
    Ciphertext, Complex64, Context, Decryptor, Encoder, Encryptor, EvaluationKeys, Evaluator, KeyGenerator,
    KeyRequest, ParameterSpec, Plaintext, PublicKey, SecretKey,
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use ring_math::Kernel;

/// A context with keys for everything a test does.
#[derive(Debug)]
pub(crate) struct Kit {
    pub(crate) context: Context,
    pub(crate) encoder: Encoder,
    pub(crate) secret: SecretKey,
    pub(crate) public: PublicKey,
    pub(crate) keys: EvaluationKeys,
}

impl Kit {
    pub(crate) fn new(spec: &ParameterSpec, request: &KeyRequest) -> Self {
        Self::on(Kernel::select().expect("a kernel"), spec, request)
    }

    pub(crate) fn on(kernel: Kernel, spec: &ParameterSpec, request: &KeyRequest) -> Self {
        let parameters = spec.check().expect("the parameters are possible");
        let context = Context::with_kernel(&parameters, kernel).expect("a context");
        let mut rng = rng(1);
        let mut generator = KeyGenerator::new(&context, &mut rng);
        let secret = generator.secret_key();
        let public = generator.public_key(&secret).expect("a public key");
        let keys = generator.evaluation_keys(&secret, request).expect("evaluation keys");
        Self { encoder: Encoder::new(&context), context, secret, public, keys }
    }

    pub(crate) fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(&self.context, &self.keys)
    }

    /// Encrypts values of at most 1, of which nothing is declared.
    pub(crate) fn encrypt(&self, values: &[Complex64], seed: u64) -> Ciphertext {
        self.encrypt_plain(&self.encoder.encode_complex(values).expect("encodes"), seed)
    }

    /// Encrypts values of at most `bound`.
    pub(crate) fn encrypt_within(&self, values: &[Complex64], bound: f64, seed: u64) -> Ciphertext {
        let plaintext = self.encoder.encode_complex(values).expect("encodes");
        self.encrypt_plain(&plaintext.with_message_bound(bound).expect("a bound"), seed)
    }

    /// Encrypts values of the distribution of [`random`].
    pub(crate) fn encrypt_random(&self, values: &[Complex64], seed: u64) -> Ciphertext {
        self.encrypt_plain(&in_square(self.encoder.encode_complex(values).expect("encodes")), seed)
    }

    pub(crate) fn encrypt_plain(&self, plaintext: &Plaintext, seed: u64) -> Ciphertext {
        Encryptor::new(&self.context, &self.public).encrypt(plaintext, &mut rng(seed)).expect("encrypts")
    }

    pub(crate) fn decrypt(&self, ciphertext: &Ciphertext) -> Vec<Complex64> {
        let plaintext = Decryptor::new(&self.context, &self.secret).decrypt(ciphertext).expect("decrypts");
        self.encoder.decode_complex(&plaintext).expect("decodes")
    }

    /// Standard deviation of a coefficient of the noise (and the encoding error) of `ciphertext`.
    pub(crate) fn measured_std(&self, ciphertext: &Ciphertext, expected: &[Complex64]) -> f64 {
        let found = self.decrypt(ciphertext);
        let sum: f64 = found.iter().zip(expected).map(|(a, b)| (a - b).norm_sqr()).sum();
        let slot = (sum / found.len() as f64).sqrt() * ciphertext.scale().to_f64();
        slot / (self.context.n() as f64).sqrt()
    }
}

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Complex numbers in the square from -1 - i to 1 + i.
pub(crate) fn random(count: usize, seed: u64) -> Vec<Complex64> {
    let mut rng = rng(seed);
    let mut unit = || (rng.next_u64() >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
    (0..count).map(|_| Complex64::new(unit(), unit())).collect()
}

/// Declares the size of values of the distribution of [`random`]: real and imaginary part have the variance 1/3.
pub(crate) fn in_square(plaintext: Plaintext) -> Plaintext {
    plaintext.with_message_size(2f64.sqrt(), (2.0f64 / 3.0).sqrt()).expect("what `random` makes")
}

/// Largest distance between slots.
pub(crate) fn distance(a: &[Complex64], b: &[Complex64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max)
}

/// `a` rotated to the left.
pub(crate) fn rotated(a: &[Complex64], steps: i64) -> Vec<Complex64> {
    let n = a.len() as i64;
    (0..n).map(|i| a[(i + steps).rem_euclid(n) as usize]).collect()
}

/// Compares a table of the documentation with what was computed; writes it when `CIRCUIT_TABLES` is `write`.
pub(crate) fn check_table(path: &str, computed: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var("CIRCUIT_TABLES").is_ok_and(|value| value == "write") {
        std::fs::write(&path, computed).expect("the table can be written");
    }
    let documented = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(documented, computed, "{} is out of date: run with CIRCUIT_TABLES=write", path.display());
}

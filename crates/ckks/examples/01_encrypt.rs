//! Encrypt, compute, decrypt.
//!
//! CKKS encrypts vectors of real (or complex) numbers and computes on all their entries, the slots, at once. Results are
//! approximate, like floating point.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use ckks::{
    CkksError, Context, Decryptor, Encoder, Encryptor, Evaluator, KeyGenerator, KeyRequest, ParameterSpec,
    PrecisionStats,
};

fn main() -> Result<(), CkksError> {
    run()
}

/// The example.
pub(crate) fn run() -> Result<(), CkksError> {
    // 1. Parameters. N = 2^13 gives 4096 slots; one multiplication deep, numbers carry about 40 bits. `check` finds the
    //    primes and refuses what is not secure.
    let parameters = ParameterSpec::new(13).depth(1).log_scale(40).check()?;
    println!(
        "N = {}, log2(QP) = {} bits: {} bits of security",
        parameters.ring_degree(),
        parameters.qp_bit_length(),
        parameters.security_bits()
    );

    // 2. Tables, and keys. The generator of random numbers is always an argument.
    let context = Context::new(&parameters)?;
    let mut rng = rand::rng();
    let mut generator = KeyGenerator::new(&context, &mut rng);
    let secret = generator.secret_key();
    let public = generator.public_key(&secret)?;
    let keys = generator.evaluation_keys(&secret, &KeyRequest::new().relinearization())?;

    // 3. Whoever has the public key encrypts.
    let encoder = Encoder::new(&context);
    let values: Vec<f64> = (0..4096).map(|i| (f64::from(i) / 100.0).sin()).collect();
    let encrypted = Encryptor::new(&context, &public).encrypt(&encoder.encode(&values)?, &mut rng)?;

    // 4. Whoever has the evaluation keys computes, on 4096 numbers at once: x^2 + x.
    let evaluator = Evaluator::new(&context, &keys);
    let square = evaluator.mul_rescale(&encrypted, &encrypted)?;
    let (aligned, square) = evaluator.align(&encrypted, &square)?;
    let result = evaluator.add(&square, &aligned)?;

    // 5. Whoever has the secret key decrypts. (Never pass on what `decrypt` returns: it depends on the key. That is what
    //    `decrypt_public` is for.)
    let found = encoder.decode(&Decryptor::new(&context, &secret).decrypt(&result)?)?;
    let expected: Vec<f64> = values.iter().map(|x| x * x + x).collect();
    let precision = PrecisionStats::new(&expected, &found)?;
    println!("x^2 + x: {precision}");
    assert!(precision.max.bits > 20.0);
    Ok(())
}

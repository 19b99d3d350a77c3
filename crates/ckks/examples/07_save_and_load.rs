//! Keys and ciphertexts as bytes: what travels between the owner of the data and the one who computes.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use ckks::{
    Ciphertext, CkksError, Context, Decryptor, Encoder, Encryptor, EvaluationKeys, Evaluator, KeyGenerator,
    KeyRequest, ParameterSpec, SecretKey, SeededCiphertext, serialize::Stored,
};

fn main() -> Result<(), CkksError> {
    run()
}

/// The example.
pub(crate) fn run() -> Result<(), CkksError> {
    // The owner of the data. Vectors stand for files and sockets here: everything that reads or writes will do.
    let parameters = ParameterSpec::new(13).depth(1).log_scale(40).check()?;
    let context = Context::new(&parameters)?;
    let mut rng = rand::rng();
    let mut generator = KeyGenerator::new(&context, &mut rng);
    let secret = generator.secret_key();
    let request = KeyRequest::new().relinearization().rotations([1]);
    let keys = generator.evaluation_keys(&secret, &request)?;
    let plaintext = Encoder::new(&context).encode(&[1.5, -0.5, 2.0])?.with_message_bound(2.0)?;
    let x = Encryptor::new(&context, &secret).encrypt_seeded(&plaintext, &mut rng)?;

    // Half of every key, and of a ciphertext encrypted with the secret key, is random and goes as a seed of 32 bytes; the
    // other half takes as many bits a word as its prime has.
    let mut key_bytes = Vec::new();
    keys.write_to(&context, &mut key_bytes)?;
    println!("keys: {} KiB in memory, {} KiB as bytes", keys.size().memory >> 10, key_bytes.len() >> 10);
    assert_eq!(key_bytes.len() as u64, request.size(&parameters)?.stored); // known before there were keys
    let (parameter_bytes, x_bytes) = (parameters.to_bytes()?, x.to_bytes(&context)?);

    // The secret key stays at home, in a buffer that is wiped when dropped; the method says what it does.
    let kept = secret.to_secret_bytes()?;

    // The other side. Parameters from bytes are checked like all others: insecure ones are refused.
    let parameters = ParameterSpec::from_bytes(&parameter_bytes)?.check()?;
    let context = Context::new(&parameters)?;
    // Keys come one by one, and nothing is allocated beyond the limit that the caller sets.
    let limit = 16 << 20;
    let (mut keys, mut reader) = (EvaluationKeys::none(), key_bytes.as_slice());
    while keys.read_next(&context, &mut reader, limit)? {
        println!("one more key: {} KiB in all", keys.size().memory >> 10);
    }
    let x = SeededCiphertext::from_bytes(&context, &x_bytes)?.expand();
    let evaluator = Evaluator::new(&context, &keys);
    let result = evaluator.rotate(&evaluator.mul_rescale(&x, &x)?, 1)?;
    let result_bytes = result.to_bytes(&context)?;

    // Whatever is not what it should be is an error that says so.
    let mut damaged = result_bytes.clone();
    damaged[1000] ^= 1;
    match Ciphertext::from_bytes(&context, &damaged) {
        Err(error @ CkksError::Bytes { .. }) => println!("refused: {error}"),
        other => println!("unexpected: {other:?}"),
    }

    // Back at home.
    let secret = SecretKey::from_secret_bytes(&context, &kept)?;
    let result = Ciphertext::from_bytes(&context, &result_bytes)?;
    let found = Encoder::new(&context).decode(&Decryptor::new(&context, &secret).decrypt(&result)?)?;
    println!("{:.6} {:.6}", found[0], found[1]);
    assert!((found[0] - 0.25).abs() < 1e-6 && (found[1] - 4.0).abs() < 1e-6);
    Ok(())
}

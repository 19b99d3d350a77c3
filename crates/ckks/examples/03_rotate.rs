//! Rotations: moving slots, and summing them up.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use ckks::{
    Ciphertext, CkksError, Context, Decryptor, Encoder, Encryptor, Evaluator, KeyGenerator, KeyRequest,
    ParameterSpec, Workspace, encoder::Packing, inner_sum_rotations,
};

fn main() -> Result<(), CkksError> {
    run()
}

/// The example.
pub(crate) fn run() -> Result<(), CkksError> {
    let parameters = ParameterSpec::new(13).depth(1).log_scale(40).check()?;
    let context = Context::new(&parameters)?;

    // Slots never meet by themselves. A rotation moves all of them, and each distance needs a key of its own. The
    // request lists the keys, and knows their size before there are any.
    let request = KeyRequest::new().relinearization().rotations([1, -2]).rotations(inner_sum_rotations(1, 8));
    let size = request.size(&parameters)?;
    println!("keys: {} KiB on disk, {} KiB in memory", size.stored >> 10, size.memory >> 10);
    let mut rng = rand::rng();
    let mut generator = KeyGenerator::new(&context, &mut rng);
    let secret = generator.secret_key();
    let keys = generator.evaluation_keys(&secret, &request)?;
    let (encoder, evaluator) = (Encoder::new(&context), Evaluator::new(&context, &keys));
    let decryptor = Decryptor::new(&context, &secret);
    let show = |name: &str, ciphertext: &Ciphertext| -> Result<Vec<f64>, CkksError> {
        let values = encoder.decode(&decryptor.decrypt(ciphertext)?)?;
        let rounded: Vec<_> = values.iter().take(8).map(|value| format!("{value:.1}")).collect();
        println!("{name:<14} {}", rounded.join(" "));
        Ok(values)
    };

    // Eight slots instead of 4096: the vector is repeated over all of them, and rotations go around its end.
    let packing = Packing { slots: 8, ..encoder.packing() };
    let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    // Numbers above 1 take a declared bound: it travels with the ciphertext, in the clear, and so must not depend on them.
    let plaintext = encoder.encode_with(&values, &packing)?.with_message_bound(10.0)?;
    let x = Encryptor::new(&context, &secret).encrypt(&plaintext, &mut rng)?;
    show("x", &x)?;

    // To the left for positive steps: slot i of the result is slot i + 1.
    let left = show("rotated by 1", &evaluator.rotate(&x, 1)?)?;
    assert!((left[0] - 2.0).abs() < 1e-6 && (left[7] - 1.0).abs() < 1e-6);
    let right = show("rotated by -2", &evaluator.rotate(&x, -2)?)?;
    assert!((right[0] - 7.0).abs() < 1e-6);

    // A missing key is named.
    match evaluator.rotate(&x, 3) {
        Err(error @ CkksError::MissingKey { .. }) => println!("refused: {error}"),
        other => println!("unexpected: {other:?}"),
    }

    // The first half of a rotation depends on the ciphertext alone: several rotations of one ciphertext share it.
    let mut work = Workspace::new();
    let hoisted = evaluator.hoist(&x, &mut work)?;
    let neighbours = evaluator.add(&hoisted.rotate(1)?, &hoisted.rotate(-2)?)?;
    show("both", &neighbours)?;

    // The sum of eight slots takes three rotations, by 1, 2 and 4, and ends up in every slot.
    let sums = show("inner sum", &evaluator.inner_sum(&x, 1, 8, &mut work)?)?;
    assert!(sums.iter().all(|sum| (sum - 36.0).abs() < 1e-5));
    Ok(())
}

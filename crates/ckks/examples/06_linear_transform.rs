//! A matrix times an encrypted vector.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use ckks::{
    CkksError, Context, Decryptor, DryRun, Encoder, Encryptor, Evaluator, KeyGenerator, ParameterSpec,
    circuits::LinearTransform, encoder::Packing,
};

fn main() -> Result<(), CkksError> {
    run()
}

/// The example.
pub(crate) fn run() -> Result<(), CkksError> {
    // Row i is a mean of its neighbours, with weights.
    const SIZE: usize = 64;
    let rows: Vec<Vec<f64>> =
        (0..SIZE).map(|i| (0..SIZE).map(|j| 1.0 / (1.0 + (i as f64 - j as f64).powi(2))).collect()).collect();
    let matrix = LinearTransform::from_rows(&rows)?;

    // The vector is packed so that it repeats after 64 slots; rotations then go around its end.
    let parameters = ParameterSpec::new(13).depth(1).log_scale(40).check()?;
    let level = parameters.max_level();
    let packing = Packing { level, scale: parameters.default_scale(level), slots: SIZE };

    // Two ways: many keys and few key switches, or two keys and twice the time and more.
    let frugal = matrix.clone().low_memory();
    for (name, transform) in [("fast", &matrix), ("low memory", &frugal)] {
        let dry = DryRun::new(&parameters);
        transform.evaluate(&dry, &dry.encrypt_public(&dry.plaintext(1.0, &packing)?)?)?;
        let plan = dry.plan();
        println!(
            "{name}: {} rotation keys of {} KiB, {} key switches",
            plan.rotation_levels.len(),
            plan.keys(&parameters)?.memory >> 10,
            plan.key_switches()
        );
    }

    let context = Context::new(&parameters)?;
    let mut rng = rand::rng();
    let mut generator = KeyGenerator::new(&context, &mut rng);
    let secret = generator.secret_key();
    let request = ckks::KeyRequest::new().rotations(matrix.rotations()).rotations(frugal.rotations());
    let keys = generator.evaluation_keys(&secret, &request)?;
    let (encoder, evaluator) = (Encoder::new(&context), Evaluator::new(&context, &keys));
    let vector: Vec<f64> = (0..SIZE).map(|i| (i as f64 / 5.0).sin()).collect();
    let x = Encryptor::new(&context, &secret).encrypt(&encoder.encode_with(&vector, &packing)?, &mut rng)?;

    // Encoding the diagonals is most of the work, and has to be done once only.
    let encoded = matrix.encode(&evaluator, level, SIZE)?;
    let decryptor = Decryptor::new(&context, &secret);
    let expected = matrix.apply(&vector);
    for y in [encoded.evaluate(&evaluator, &x)?, frugal.evaluate(&evaluator, &x)?] {
        let found = encoder.decode(&decryptor.decrypt(&y)?)?;
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!("one level lower, off by at most {worst:.1e}");
        assert!(worst < 1e-5 && y.level().0 == 0);
    }
    Ok(())
}

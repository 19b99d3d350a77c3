//! Levels and scales: what a multiplication uses up, and why sums are refused.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use ckks::{
    CkksError, Context, Decryptor, Encoder, Encryptor, Evaluator, KeyGenerator, KeyRequest, Level,
    ParameterSpec, Scale,
};

fn main() -> Result<(), CkksError> {
    run()
}

/// The example.
pub(crate) fn run() -> Result<(), CkksError> {
    let parameters = ParameterSpec::new(14).depth(4).log_scale(40).check()?;
    let context = Context::new(&parameters)?;
    let mut rng = rand::rng();
    let mut generator = KeyGenerator::new(&context, &mut rng);
    let secret = generator.secret_key();
    let keys = generator.evaluation_keys(&secret, &KeyRequest::new().relinearization())?;
    let (encoder, evaluator) = (Encoder::new(&context), Evaluator::new(&context, &keys));
    let decryptor = Decryptor::new(&context, &secret);
    let x = Encryptor::new(&context, &secret).encrypt(&encoder.encode(&[0.75, -0.5])?, &mut rng)?;

    // A number x is carried by the integer nearest to x * scale. A fresh ciphertext has the highest level, 4: four
    // rescalings are possible, and then the base is reached.
    println!("fresh:    level {}, scale {}", x.level(), x.scale());

    // A product has the product of the scales: 2^80. Left alone it would outgrow the modulus.
    let product = evaluator.mul(&x, &x)?;
    println!("product:  level {}, scale {}", product.level(), product.scale());

    // Rescaling divides message and scale by the prime of the level, which is close to 2^40 but not equal to it; the
    // scale is tracked exactly. (`mul_rescale` does both in one pass, and faster.)
    let square = evaluator.rescale(&product)?;
    println!("rescaled: level {}, scale {}", square.level(), square.scale());
    assert_eq!(square.level(), Level(3));
    assert_ne!(square.scale(), Scale::power_of_two(40));

    // x and x^2 cannot be added as they are: their scales differ, if only a little, and adding them anyway would be
    // wrong by just that much. The error says so.
    match evaluator.add(&x, &square) {
        Err(error @ CkksError::ScaleMismatch { .. }) => println!("refused:  {error}"),
        other => println!("unexpected: {other:?}"),
    }

    // `align` brings both to one level and scale, by multiplying the higher one with 1, encoded at the scale that makes
    // the scales agree exactly.
    let (left, right) = evaluator.align(&x, &square)?;
    let sum = evaluator.add(&left, &right)?;
    println!("sum:      level {}, scale {}", sum.level(), sum.scale());

    // Numbers need no alignment: the evaluator encodes them at the scale that is right.
    let result = evaluator.mul_scalar(&evaluator.add_scalar(&sum, 1.0)?, 0.5)?; // (x^2 + x + 1) / 2
    println!("result:   level {}, scale {}", result.level(), result.scale());
    let found = encoder.decode(&decryptor.decrypt(&result)?)?;
    for (x, found) in [0.75, -0.5].into_iter().zip(found) {
        let expected: f64 = (x * x + x + 1.0) / 2.0;
        println!("x = {x}: {found:.9}, expected {expected:.9}");
        assert!((found - expected).abs() < 1e-6);
    }

    // At level 0 nothing is left to rescale by.
    let bottom = evaluator.drop_to(&result, Level(0))?;
    assert!(matches!(evaluator.mul_rescale(&bottom, &bottom), Err(CkksError::OutOfLevels { .. })));
    Ok(())
}

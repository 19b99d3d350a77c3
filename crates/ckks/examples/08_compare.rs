//! Which of two encrypted numbers is larger.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use ckks::{
    CkksError, Context, Decryptor, DryRun, Encoder, Encryptor, Evaluator, KeyGenerator, ParameterSpec,
    circuits::Sign,
};

fn main() -> Result<(), CkksError> {
    run()
}

/// The example.
pub(crate) fn run() -> Result<(), CkksError> {
    // No polynomial jumps at 0. A sign is right for values that keep a distance from it, and the distance is paid for in
    // levels: a composition of polynomials, each pushing values further towards -1 and 1.
    for log_epsilon in [3, 5, 10] {
        let sign = Sign::minimax(2f64.powi(-log_epsilon), 2f64.powi(-7))?;
        let degrees: Vec<usize> = sign.stages().iter().map(|stage| stage.degree()).collect();
        println!(
            "2^-{log_epsilon}: degrees {degrees:?}, {} levels, {} products",
            sign.depth(),
            sign.products()
        );
    }
    let sign = Sign::minimax(1.0 / 16.0, 1.0 / 128.0)?;

    let parameters = ParameterSpec::new(14).depth(sign.depth() + 1).log_scale(40).check()?;
    let dry = DryRun::new(&parameters);
    sign.max(&dry, &dry.input(1.0), &dry.input(1.0))?;
    let context = Context::new(&parameters)?;
    let mut rng = rand::rng();
    let mut generator = KeyGenerator::new(&context, &mut rng);
    let secret = generator.secret_key();
    let keys = generator.evaluation_keys(&secret, &dry.plan().request())?;
    let (encoder, evaluator) = (Encoder::new(&context), Evaluator::new(&context, &keys));
    let (a, b) = ([0.1, 0.9, 0.5, 0.75], [0.8, 0.3, 0.4, 0.76]);
    let encryptor = Encryptor::new(&context, &secret);
    let x = encryptor.encrypt(&encoder.encode(&a)?, &mut rng)?;
    let y = encryptor.encrypt(&encoder.encode(&b)?, &mut rng)?;

    let decryptor = Decryptor::new(&context, &secret);
    let larger = encoder.decode(&decryptor.decrypt(&sign.compare(&evaluator, &x, &y)?)?)?;
    let maximum = encoder.decode(&decryptor.decrypt(&sign.max(&evaluator, &x, &y)?)?)?;
    for i in 0..a.len() {
        println!("{} > {}: {:.2}, the larger one {:.3}", a[i], b[i], larger[i], maximum[i]);
        let gap = (a[i] - b[i]).abs();
        // Closer than epsilon, the comparison does not know; the maximum is nearly right all the same.
        assert!(gap < sign.epsilon() || (larger[i] - f64::from(u8::from(a[i] > b[i]))).abs() < 0.01);
        assert!((maximum[i] - a[i].max(b[i])).abs() < sign.epsilon());
    }
    Ok(())
}

//! Polynomials in place of functions: a sigmoid on encrypted numbers.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use ckks::{
    CkksError, Context, Decryptor, DryRun, Encoder, Encryptor, Evaluator, KeyGenerator, Operations,
    circuits::Function,
    params::{Requirements, plan},
};

fn main() -> Result<(), CkksError> {
    run()
}

/// The example.
pub(crate) fn run() -> Result<(), CkksError> {
    // Only sums and products can be computed on ciphertexts, so a polynomial stands in for the function, on an interval
    // that has to be known. Its worst error there is part of it. More degree, less error, more levels:
    for degree in [3, 7, 15] {
        let sigmoid = Function::Sigmoid.minimax(-6.0..=6.0, degree)?;
        println!(
            "degree {degree:>2}: off by at most {:.5}, {} levels, {} products",
            sigmoid.worst_error(),
            sigmoid.depth(),
            sigmoid.polynomial().cost().products
        );
    }
    let sigmoid = Function::Sigmoid.minimax(-6.0..=6.0, 7)?;

    // The approximation says how many levels it needs, and a dry run which keys, before there are any.
    // An interval longer than [-1, 1] costs no level here but bits, up to 12: hence 45.
    let parameters =
        plan(&Requirements { depth: sigmoid.depth(), log_scale: 45, ..Requirements::default() })?;
    let dry = DryRun::new(&parameters);
    sigmoid.evaluate(&dry, &dry.input(6.0))?;
    println!("N = 2^{}, {}", parameters.log_n(), dry.plan());

    let context = Context::new(&parameters)?;
    let mut rng = rand::rng();
    let mut generator = KeyGenerator::new(&context, &mut rng);
    let secret = generator.secret_key();
    let keys = generator.evaluation_keys(&secret, &dry.plan().request())?;
    let (encoder, evaluator) = (Encoder::new(&context), Evaluator::new(&context, &keys));
    let values = [-5.0, -1.0, 0.0, 0.5, 4.0];
    // The interval is what everybody may know of the values, and the ciphertext says it in the clear.
    let plaintext = encoder.encode(&values)?.with_message_bound(6.0)?;
    let x = Encryptor::new(&context, &secret).encrypt(&plaintext, &mut rng)?;

    // The same call as in the dry run, on ciphertexts.
    let y = sigmoid.evaluate(&evaluator, &x)?;
    let found = encoder.decode(&Decryptor::new(&context, &secret).decrypt(&y)?)?;
    for (x, found) in values.iter().zip(&found) {
        let exact = Function::Sigmoid.eval(*x);
        println!("sigmoid({x:>4}) = {exact:.4}, encrypted {found:.4}");
        // Two errors, kept apart: that of the polynomial, which is known, and that of the scheme.
        assert!((found - exact).abs() < sigmoid.worst_error() + 1e-3);
        assert!((found - sigmoid.eval(*x)).abs() < 1e-3);
    }
    // Scales come out canonical: the result can be added to anything fresh of its level.
    assert_eq!(y.scale(), parameters.default_scale(evaluator.level(&y)));
    Ok(())
}

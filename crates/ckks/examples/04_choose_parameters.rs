//! Choosing parameters: from a circuit to the smallest secure ring, with costs, before anything is generated.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use ckks::{
    CkksError, DryRun, Flooding, Operations, ParameterSpec,
    params::{Requirements, plan},
};

fn main() -> Result<(), CkksError> {
    run()
}

/// A logistic function's Taylor polynomial, 1/2 + x/4 - x^3/48, and the mean of 16 neighbours of the result. Written
/// against [`Operations`], it runs on ciphertexts and in a dry run alike.
fn circuit<O: Operations>(ops: &O, x: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
    let square = ops.mul_rescale(x, x)?;
    let inner = ops.add_scalar(&ops.mul_scalar(&square, -1.0 / 48.0)?, 0.25)?;
    let (x, inner) = ops.align(x, &inner)?;
    let odd = ops.mul_rescale(&x, &inner)?;
    let value = ops.add_scalar(&odd, 0.5)?;
    ops.mul_scalar(&ops.inner_sum(&value, 1, 16)?, 1.0 / 16.0)
}

/// The example.
pub(crate) fn run() -> Result<(), CkksError> {
    // How deep is the circuit? A dry run on any parameters that are deep enough tells.
    let generous = plan(&Requirements { depth: 10, ..Requirements::default() })?;
    let dry = DryRun::new(&generous);
    circuit(&dry, &dry.input(2.0))?;
    let depth = dry.plan().depth;
    println!("the circuit uses {depth} levels");

    // The cheapest secure parameters for it: the smallest ring degree, then the cheapest key switch.
    let parameters = plan(&Requirements { depth, log_scale: 40, slots: 2048, ..Requirements::default() })?;
    println!(
        "N = 2^{}, {} slots, log2(QP) = {}, {} digit(s), {} bits of security",
        parameters.log_n(),
        parameters.max_slots(),
        parameters.qp_bit_length(),
        parameters.dnum(),
        parameters.security_bits()
    );
    assert_eq!((depth, parameters.log_n(), parameters.security_bits()), (4, 14, 128));

    // On those: what it costs, which keys it needs, how right the result will be.
    let dry = DryRun::new(&parameters);
    let result = circuit(&dry, &dry.input(2.0))?;
    let needed = dry.plan();
    println!("{needed}");
    println!("keys: {} KiB on disk", needed.keys(&parameters)?.stored >> 10);
    let slot_error = result.noise_std() * (parameters.ring_degree() as f64).sqrt() / result.scale().to_f64();
    println!("a slot will be wrong by about 2^{:.1}", slot_error.log2());

    // If the result is to be published, the worst case over all inputs sizes the noise that protects the key, and at 40
    // bits nothing would be left of the message:
    let flooding = Flooding::for_circuit(&result);
    let flooded = flooding.sigma() * (parameters.ring_degree() as f64).sqrt() / result.scale().to_f64();
    println!("published, by about 2^{:.1}: a larger scale is needed", flooded.log2());
    assert!(flooded > 1e-3);

    // What is not secure is refused, with what would be.
    match ParameterSpec::new(13).depth(depth).check() {
        Err(error @ CkksError::Insecure { smallest_ring_degree: Some(16384), .. }) => {
            println!("refused: {error}")
        }
        other => println!("unexpected: {other:?}"),
    }
    Ok(())
}

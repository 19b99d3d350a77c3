//! No end to depth: ciphertexts refreshed when their levels are used up.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use ckks::{
    CkksError, Context, Decryptor, Encoder, Encryptor, Evaluator, KeyGenerator, Level,
    bootstrap::{Bootstrapper, RefreshRequirements, plan_refresh, presets},
    encoder::Packing,
};

fn main() -> Result<(), CkksError> {
    run()
}

/// The example.
pub(crate) fn run() -> Result<(), CkksError> {
    // What is wanted decides the preset: the cheapest one that does it. All of this is known before there is a key.
    let requirements =
        RefreshRequirements { slots: 200, precision_bits: 14.0, levels: 3, ..RefreshRequirements::default() };
    let planned = plan_refresh(&requirements)?;
    let size = planned.parameters.key_size()?;
    println!(
        "{}: {} slots, {} levels left, {:.1} bits, keys of {} MiB ({} MiB stored)",
        planned.name,
        planned.parameters.slots(),
        planned.parameters.levels_left(),
        planned.precision_bits,
        size.memory >> 20,
        size.stored >> 20
    );
    println!("{}", planned.parameters.dry_run()?.plan());

    // Its keys take a few seconds, so this example goes on with a ring that is quick and hides nothing.
    let parameters = presets::toy(11, 5).check()?;
    assert!(parameters.parameters().is_insecure());
    let context = Context::new(parameters.parameters())?;
    let mut rng = rand::rng();
    let mut generator = KeyGenerator::new(&context, &mut rng);
    let secret = generator.secret_key();
    let keys = generator.evaluation_keys(&secret, &parameters.key_request()?)?;
    let (encoder, evaluator) = (Encoder::new(&context), Evaluator::new(&context, &keys));

    // A message at the lowest level: nothing can be multiplied any more. The number of slots is that of the refresh, and no
    // value may be larger than its message bound. These are fractions below 1, which everybody may know: it keeps what is
    // tracked of their powers small.
    let level = Level(0);
    let scale = parameters.parameters().default_scale(level);
    let values: Vec<f64> = (0..parameters.slots()).map(|i| f64::from(i as u32) / 32.0).collect();
    let plaintext = encoder.encode_with(&values, &Packing { level, scale, slots: parameters.slots() })?;
    let plaintext = plaintext.with_message_bound(31.0 / 32.0)?;
    let mut x = Encryptor::new(&context, &secret).encrypt(&plaintext, &mut rng)?;

    let bootstrapper = Bootstrapper::new(&parameters, &evaluator)?;
    let mut exact = values;
    for round in 1..=3 {
        // From level 0 to `levels_left`, and down again by as many squares: together more than the chain is long.
        x = bootstrapper.refresh(&evaluator, &x)?;
        assert_eq!(x.level(), parameters.levels_left());
        while x.level() > Level(0) {
            x = evaluator.mul_rescale(&x, &x)?;
            // What is known of the values is not known to the ciphertext: its bound grows by its noise each time.
            x = x.with_message_bound(1.0)?;
            exact.iter_mut().for_each(|value| *value *= *value);
        }
        let found = encoder.decode(&Decryptor::new(&context, &secret).decrypt(&x)?)?;
        let error = found.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!("after round {round}: {} squares deep, off by 2^{:.1}", 3 * round, error.log2());
        assert!(error < 1e-4);
    }
    Ok(())
}

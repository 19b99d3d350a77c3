//! `precision`: how many bits of a message are right, over many runs that each make their own keys.
//!
//! The largest errors of a ciphertext go with the largest values of its secret key, so that runs under one key are no
//! independent samples of the largest error. Messages are real and uniform in [-1, 1], and what is compared are real parts:
//! what libraries for real numbers show, so that their figures can stand beside these (`configs/precision.toml`).

use ckks::{
    Ciphertext, CkksError, Complex64, DryRun, Encryptor, KeyRequest, Operations, Parameters, Workspace,
};
use harness::{Column, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, Workload};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::accuracy::{Found, Predicted, judge};
use super::ckks_setup::{self as setup, Kit, Needs};

/// Bits of q0 above the scale: messages of at most one, their products, their sign, and worst-case noise.
const HEADROOM: u32 = 4;

/// The workload; see the module's text.
#[derive(Clone, Copy, Debug)]
pub struct Precision;

impl Workload for Precision {
    fn name(&self) -> &'static str {
        "precision"
    }

    fn about(&self) -> &'static str {
        "measures the largest error of fresh ciphertexts, products, rotations and chains, over many keys"
    }

    fn version(&self) -> u32 {
        1
    }

    fn keys(&self) -> Vec<Key> {
        let mut keys = setup::keys();
        keys.push(
            Key::own("runs", Kind::int(1, 100_000)).default(30).meaning("runs, each with its own keys"),
        );
        keys
    }

    fn columns(&self) -> Vec<Column> {
        setup::columns()
    }

    fn resolve(&self, params: &Params, security_bits: u32) -> Result<Resolved, Rejection> {
        let runs = params.count("runs")? as f64;
        setup::resolve(params, security_bits, HEADROOM, |parameters| {
            let switches = switches(parameters)?;
            let cost = setup::switch_cost(parameters, runs * switches);
            Ok::<_, CkksError>(Needs { keys: request(), ciphertexts: 5, cost })
        })
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        setup::in_threads(params, || run(params, record))
    }

    fn seconds_per_unit(&self) -> Option<f64> {
        setup::seconds_per_unit()
    }
}

fn request() -> KeyRequest {
    KeyRequest::new().relinearization().rotations([1])
}

/// Key switches of a run; the keys themselves take about as much as three each.
fn switches(parameters: &Parameters) -> Result<f64, CkksError> {
    let dry = DryRun::new(parameters);
    let (mut power, mut products) = (dry.input(1.0), 0.0);
    while power.level().0 > 0 {
        power = dry.mul_rescale(&power, &power)?;
        products += 1.0;
    }
    // The product and the rotation come before the chain.
    Ok(products + 2.0 + 6.0)
}

/// Real messages, uniform in [-1, 1].
fn real(count: usize, rng: &mut ChaCha20Rng) -> Vec<Complex64> {
    (0..count).map(|_| Complex64::from(2.0 * setup::unit(rng) - 1.0)).collect()
}

fn run(params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
    let mut rng = setup::secret_rng(record, 1)?;
    let mut data = ChaCha20Rng::seed_from_u64(record.seed());
    let mut kit = Kit::new(params, &request(), &mut rng, record)?;
    for run in 0..params.count("runs")? {
        if run > 0 {
            kit.renew(&request(), &mut rng)?;
        }
        once(&kit, &mut data, &mut rng, record)?;
    }
    Ok(())
}

/// One run: each figure is a row.
fn once(
    kit: &Kit,
    data: &mut ChaCha20Rng,
    rng: &mut ChaCha20Rng,
    record: &mut Recorder<'_>,
) -> Result<(), Failure> {
    let (eval, encryptor) = (kit.evaluator(), Encryptor::new(&kit.context, &kit.public));
    let slots = kit.context.max_slots();
    let (a, b) = (real(slots, data), real(slots, data));
    let x = encryptor.encrypt(&setup::uniform_up_to(1.0, kit.encoder.encode_complex(&a)?)?, rng)?;
    let y = encryptor.encrypt(&setup::uniform_up_to(1.0, kit.encoder.encode_complex(&b)?)?, rng)?;
    let mut note = |name: &str, found: &Ciphertext, expected: &[Complex64]| {
        let id = record.score(name, [] as [(&str, f64); 0])?;
        let found = kit.decrypt(found).map(|slots| Found {
            slots: slots.iter().map(|slot| Complex64::from(slot.re)).collect(),
            predicted: Predicted::of(found),
        });
        judge(record, id, expected, found)
    };
    note("fresh", &x, &a)?;
    let mut rotated = a.clone();
    rotated.rotate_left(1);
    note("rotation", &eval.rotate(&x, 1)?, &rotated)?;
    let mut work = Workspace::new();
    let (mut deep, mut expected) = (x, a);
    let mut first = true;
    while deep.level().0 > 0 {
        // A product takes any two scales; bringing the factor to that of the chain would cost a rounding more.
        let factor = eval.drop_to(&y, deep.level())?;
        eval.mul_rescale_assign(&mut deep, &factor, &mut work)?;
        expected.iter_mut().zip(&b).for_each(|(value, factor)| *value *= factor);
        if std::mem::take(&mut first) {
            note("product", &deep, &expected)?;
        }
    }
    note("depth", &deep, &expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_real_and_reach_both_ends() {
        let values = real(10_000, &mut ChaCha20Rng::seed_from_u64(1));
        assert!(values.iter().all(|value| value.im == 0.0 && value.re.abs() <= 1.0));
        let mean = values.iter().map(|value| value.re * value.re).sum::<f64>() / values.len() as f64;
        assert!((mean - 1.0 / 3.0).abs() < 0.02, "{mean}");
        assert!(values.iter().any(|v| v.re > 0.99) && values.iter().any(|v| v.re < -0.99));
    }
}

//! Refreshing on a small ring that hides nothing: the whole and its refusals.

mod common;

use ckks::{
    Ciphertext, CiphertextShape, CkksError, Complex64, Context, Decryptor, DryRun, Encoder, Encryptor,
    EvaluationKeys, Evaluator, KeyGenerator, KeyRequest, Level, SecretKey,
    bootstrap::{BootstrapParameters, BootstrapSpec, Bootstrapper, presets},
    encoder::Packing,
};
use common::{random, rng};

struct Kit {
    parameters: BootstrapParameters,
    context: Context,
    secret: SecretKey,
    keys: EvaluationKeys,
}

impl Kit {
    fn new(spec: &BootstrapSpec, more: &KeyRequest) -> Self {
        let parameters = spec.check().unwrap();
        let context = Context::new(parameters.parameters()).unwrap();
        let mut rng = rng(1);
        let mut generator = KeyGenerator::new(&context, &mut rng);
        let secret = generator.secret_key();
        let request = parameters.key_request().unwrap().and(more);
        let keys = generator.evaluation_keys(&secret, &request).unwrap();
        Self { parameters, context, secret, keys }
    }

    fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(&self.context, &self.keys)
    }

    fn encrypt(&self, values: &[Complex64], level: Level) -> Ciphertext {
        let scale = self.context.default_scale(level).unwrap();
        let packing = Packing { level, scale, slots: self.parameters.slots() };
        let plaintext = Encoder::new(&self.context).encode_with(values, &packing).unwrap();
        Encryptor::new(&self.context, &self.secret).encrypt(&plaintext, &mut rng(2)).unwrap()
    }

    fn decrypt(&self, ciphertext: &Ciphertext) -> Vec<Complex64> {
        let plaintext = Decryptor::new(&self.context, &self.secret).decrypt(ciphertext).unwrap();
        Encoder::new(&self.context).decode_complex(&plaintext).unwrap()
    }
}

fn errors(found: &[Complex64], expected: &[Complex64]) -> (f64, f64) {
    let parts = found.iter().zip(expected).flat_map(|(a, b)| [(a.re - b.re).abs(), (a.im - b.im).abs()]);
    let (count, sum, worst) = parts.fold((0.0, 0.0, 0.0f64), |(n, s, w), e| (n + 1.0, s + e, w.max(e)));
    (-(sum / count).log2(), -worst.log2())
}

#[test]
fn messages_come_back_with_levels() {
    for log_slots in [11, 10, 9, 5] {
        let kit = Kit::new(&presets::toy(12, log_slots), &KeyRequest::new());
        let n = kit.parameters.slots();
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let values: Vec<Complex64> = random(n, 3).iter().map(|value| value * half).collect();
        let ones = vec![Complex64::ONE; n];
        let evaluator = kit.evaluator();
        let bootstrapper = Bootstrapper::new(&kit.parameters, &evaluator).unwrap();
        for values in [values, ones] {
            let x = kit.encrypt(&values, Level(0));
            let before = x.clone();
            let refreshed = bootstrapper.refresh(&evaluator, &x).unwrap();
            assert_eq!(x.parts(), before.parts());
            assert_eq!(refreshed.level(), kit.parameters.levels_left());
            let found = kit.decrypt(&refreshed);
            let (mean, worst) = errors(&found, &values);
            let sum: f64 = found.iter().zip(&values).map(|(a, b)| (a - b).norm_sqr()).sum();
            let std = (sum / n as f64).sqrt() * refreshed.scale().to_f64() / (2.0 * n as f64).sqrt();
            let bound = found.iter().zip(&values).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max);
            eprintln!(
                "slots 2^{log_slots}: mean {mean:.2} worst {worst:.2}; std 2^{:.2} claimed 2^{:.2}; worst 2^{:.2} bound 2^{:.2}; {}",
                std.log2(),
                refreshed.noise_std().log2(),
                bound.log2(),
                (refreshed.noise_bound() / refreshed.scale().to_f64()).log2(),
                kit.parameters.dry_run().unwrap().plan(),
            );
            assert!(worst > 15.0);
        }
    }
}

//! `bootstrap`: what a refresh costs and how precise it is, and what a thousand of them in a row do to a message.

use ckks::{
    Ciphertext, CkksError, Complex64, Context, Decryptor, Encoder, Encryptor, EvaluationKeys, Evaluator,
    KeyGenerator, Level, SecretKey,
    bootstrap::{BootstrapParameters, BootstrapSpec, Bootstrapper, presets},
    encoder::Packing,
};
use harness::{
    Column, ColumnKind, Failure, Key, Kind, ParamError, Params, Recorder, Rejection, Resolved, StageId,
    Workload,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::accuracy::{Found, Predicted, judge_refreshed};
use super::ckks_setup as setup;

/// log2 of the degree and of the slots of the preset `toy`, which hides nothing.
const TOY: (u32, u32) = (12, 5);

/// Samples of a refresh at most: it takes seconds.
const SAMPLES: u64 = 5;

/// Ciphertexts at the highest level that are alive at once, for the estimate of a point's memory.
const CIPHERTEXTS: u64 = 24;

/// The workload; see the module's text.
#[derive(Clone, Copy, Debug)]
pub struct Bootstrap;

impl Workload for Bootstrap {
    fn name(&self) -> &'static str {
        "bootstrap"
    }

    fn about(&self) -> &'static str {
        "measures refreshes: time, memory, keys, precision, and what many in a row do to a message"
    }

    fn version(&self) -> u32 {
        1
    }

    fn keys(&self) -> Vec<Key> {
        let names = presets::ALL.iter().map(|(name, _)| *name).chain(["toy"]);
        vec![
            Key::own("preset", Kind::one_of(names))
                .meaning("how to refresh: one of ckks::bootstrap::presets"),
            Key::own("log_slots", Kind::word_or("auto", Kind::int(0, 15)))
                .default("auto")
                .meaning("log2 of the complex slots; \"auto\" takes the preset's"),
            Key::own("mode", Kind::one_of(["once", "chain"]))
                .default("once")
                .meaning("refresh one ciphertext again and again, or multiply and refresh it in a row"),
            Key::own("refreshes", Kind::int(1, 100_000)).default(1).meaning("length of the row"),
            setup::threads_key(),
        ]
    }

    fn columns(&self) -> Vec<Column> {
        use ColumnKind::{Float, Int, Text};
        let parameter = Column::parameter;
        let mut columns = setup::columns();
        columns.extend([
            parameter("preset", Text, "", "named parameters of the refresh"),
            parameter("log_slots", Int, "", "log2 of the complex slots"),
            parameter("mode", Text, "", "once, or a chain of multiplications and refreshes"),
            parameter("levels_left", Int, "", "rescalings that a refreshed ciphertext allows"),
            parameter("failure_probability", Float, "", "a bound on the probability of a wrong result")
                .detail(),
            parameter("refreshed", Int, "", "refreshes so far"),
        ]);
        columns
    }

    fn resolve(&self, params: &Params, _: u32) -> Result<Resolved, Rejection> {
        let mut params = params.clone();
        let spec = spec(&params)?;
        params.set("log_slots", i64::from(spec.log_slots));
        let plan = match spec.check() {
            Ok(plan) => plan,
            Err(error) => return Ok(setup::impossible(params, &error)),
        };
        match sized(params.clone(), &plan) {
            Ok(resolved) => Ok(resolved),
            Err(error) => Ok(setup::impossible(params, &error)),
        }
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        setup::in_threads(params, || run(params, record))
    }

    fn seconds_per_unit(&self) -> Option<f64> {
        setup::seconds_per_unit()
    }
}

fn spec(params: &Params) -> Result<BootstrapSpec, ParamError> {
    let name = params.text("preset")?;
    let preset = presets::ALL.iter().find(|(known, _)| *known == name);
    let spec = preset.map_or_else(|| presets::toy(TOY.0, TOY.1), |(_, preset)| preset());
    Ok(if params.text("log_slots") == Ok("auto") {
        spec
    } else {
        let log_slots = params.count("log_slots")? as u32;
        spec.log_slots(log_slots)
    })
}

/// The point with what is known before it runs.
fn sized(params: Params, plan: &BootstrapParameters) -> Result<Resolved, CkksError> {
    let (parameters, spec, keys) = (plan.parameters(), plan.spec(), plan.key_size()?);
    let counted = plan.dry_run()?.plan();
    let limbs = parameters.q_len(parameters.max_level());
    let (n, ciphertext) = (parameters.ring_degree(), 16 * (parameters.ring_degree() * limbs) as u64);
    let matrices = if spec.low_memory { 0 } else { counted.plain_products as u64 * ciphertext / 2 };
    let refreshes = params.count("refreshes").unwrap_or(1) as f64;
    let insecure = parameters.is_insecure();
    let resolved = Resolved::new(params)
        .cost(refreshes * setup::switch_cost(parameters, counted.key_switches() as f64))
        .memory_bytes(keys.memory + matrices + CIPHERTEXTS * ciphertext)
        .cell("log_n", i64::from(parameters.log_n()))
        .cell("log_scale", i64::from(spec.log_scale))
        .cell("depth", parameters.max_level().0 as i64)
        .cell("log_q0", parameters.log_q(Level(0)).round() as i64)
        .cell("dnum", parameters.dnum() as i64)
        .cell("secret", "ternary")
        .cell("security_model", setup::SECURITY_MODEL)
        .cell("slots", plan.slots() as i64)
        .cell("levels_left", plan.levels_left().0 as i64)
        .cell("failure_probability", plan.failure_log2().exp2())
        .cell("ciphertext_bytes", setup::as_cell(16 * (n * parameters.q_len(plan.levels_left())) as u64));
    let resolved = setup::describe(resolved, parameters, &keys);
    Ok(if insecure { resolved.insecure("the preset `toy` hides nothing") } else { resolved })
}

/// What a point works with.
struct Kit {
    plan: BootstrapParameters,
    context: Context,
    encoder: Encoder,
    secret: SecretKey,
    keys: EvaluationKeys,
}

impl Kit {
    fn new(params: &Params, rng: &mut ChaCha20Rng, record: &mut Recorder<'_>) -> Result<Self, Failure> {
        let plan = spec(params)?.check()?;
        let context = setup::timed_context(plan.parameters(), record)?;
        let request = plan.key_request()?;
        let make = || {
            let mut generator = KeyGenerator::new(&context, rng);
            let secret = generator.secret_key();
            let keys = generator.evaluation_keys(&secret, &request)?;
            Ok::<_, CkksError>((secret, keys))
        };
        let (secret, keys) = record.stage("setup", "keys").once().run(make)?.value;
        setup::record_keys(&keys, record)?;
        Ok(Self { encoder: Encoder::new(&context), plan, context, secret, keys })
    }

    fn encrypt(
        &self,
        values: &[Complex64],
        (bound, rms): (f64, f64),
        level: Level,
        rng: &mut ChaCha20Rng,
    ) -> Result<Ciphertext, CkksError> {
        let scale = self.context.default_scale(level)?;
        let plaintext =
            self.encoder.encode_with(values, &Packing { level, scale, slots: self.plan.slots() })?;
        Encryptor::new(&self.context, &self.secret).encrypt(&plaintext.with_message_size(bound, rms)?, rng)
    }

    /// Writes the errors of `found` to the rows of a stage.
    fn judge(
        &self,
        record: &mut Recorder<'_>,
        id: StageId,
        found: &Ciphertext,
        expected: &[Complex64],
    ) -> Result<(), Failure> {
        let slots = Decryptor::new(&self.context, &self.secret)
            .decrypt(found)
            .and_then(|plaintext| self.encoder.decode_complex(&plaintext));
        let predicted = Predicted::of(found);
        judge_refreshed(record, id, expected, slots.map(|slots| Found { slots, predicted }))
    }
}

/// Points of the disc of this radius, uniform in angle and radius.
fn disc(count: usize, radius: f64, rng: &mut ChaCha20Rng) -> Vec<Complex64> {
    let mut unit = || setup::unit(rng);
    (0..count).map(|_| Complex64::from_polar(radius * unit(), std::f64::consts::TAU * unit())).collect()
}

fn run(params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
    let mut rng = setup::secret_rng(record, 1)?;
    let kit = Kit::new(params, &mut rng, record)?;
    let evaluator = Evaluator::new(&kit.context, &kit.keys);
    let bootstrapper =
        record.stage("setup", "matrices").once().run(|| Bootstrapper::new(&kit.plan, &evaluator))?.value;
    let mut data = ChaCha20Rng::seed_from_u64(record.seed());
    let bound = kit.plan.message_bound();
    let values = disc(kit.plan.slots(), bound, &mut data);
    // Bound and root mean square of a point of the disc: the radius is uniform.
    let size = |radius: f64| (radius, radius / 3f64.sqrt());
    if params.text("mode")? == "once" {
        let spent = kit.encrypt(&values, size(bound), Level(0), &mut rng)?;
        let stage = record
            .stage("refresh", "refresh")
            .at_most(SAMPLES)
            .run(|| bootstrapper.refresh(&evaluator, &spent))?;
        record.annotate(stage.id, [("refreshed", 1)])?;
        return kit.judge(record, stage.id, &stage.value, &values);
    }
    // x <- w x + v with |w| = 1/2 and |v| <= 1/2: values stay in the unit disc, and what a refresh is off is halved by the
    // next step.
    let top = kit.plan.levels_left();
    let below = top.below().ok_or(CkksError::OutOfLevels { op: "chain of refreshes", needed: 1, left: 0 })?;
    let turns = disc(values.len(), 1.0, &mut data);
    let factor: Vec<Complex64> = turns.iter().map(|x| Complex64::from_polar(0.5, x.arg())).collect();
    let offset = disc(values.len(), 0.5, &mut data);
    let encrypted_factor = kit.encrypt(&factor, (0.5, 0.5), top, &mut rng)?;
    let encrypted_offset = kit.encrypt(&offset, size(0.5), below, &mut rng)?;
    let (mut expected, mut x) = (values.clone(), kit.encrypt(&values, size(bound), top, &mut rng)?);
    for step in 1..=params.count("refreshes")? {
        let product = evaluator.mul_rescale(&x, &encrypted_factor)?;
        let sum = evaluator.add(&product, &encrypted_offset)?.with_message_bound(kit.plan.message_bound())?;
        for ((x, w), v) in expected.iter_mut().zip(&factor).zip(&offset) {
            *x = *x * w + v;
        }
        let stage = record.stage("chain", "refresh").once().run(|| bootstrapper.refresh(&evaluator, &sum))?;
        x = stage.value;
        record.annotate(stage.id, [("refreshed", step as i64)])?;
        kit.judge(record, stage.id, &x, &expected)?;
    }
    Ok(())
}

//! Times circuits: a matrix of 128 rows and columns times an encrypted vector at log N 14, a polynomial of degree 63 at
//! log N 15.
//!
//! `cargo bench -p ckks --bench circuits` prints a table and keeps it in `target/bench/circuits.csv`; an argument selects
//! the rows whose names contain it. Results are checked before they are timed, and diagonals are encoded beforehand.

#![expect(clippy::print_stdout, reason = "a program, not a library")]
#![expect(unreachable_pub, reason = "modules of a program")]

#[path = "ckks/report.rs"]
mod report;

use std::{hint::black_box, path::Path, time::Instant};

use ckks::{
    Ciphertext, CkksError, Context, Decryptor, DryRun, Encoder, Encryptor, EvaluationKeys, Evaluator,
    KeyGenerator, KeyRequest, ParameterSpec, Plan, SecretKey,
    circuits::{LinearTransform, Polynomial},
    encoder::Packing,
    params::presets,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use report::Row;
use ring_math::parallel::Threads;

/// Samples of each row.
const SAMPLES: usize = 11;

/// Rows of the matrix.
const SIZE: usize = 128;

/// The product of a matrix of 128 rows in the clear with an encrypted vector, by the OpenFHE wheel (1.5, from PyPI) at
/// log N 14 on one core: nanoseconds.
const OPENFHE_MATRIX_NS: f64 = 0.73e9;

/// The most that a slot of a checked result may be off.
const TOLERANCE: f64 = 1e-4;

/// The result type of everything here.
type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

struct Kit {
    context: Context,
    secret: SecretKey,
    keys: EvaluationKeys,
}

impl Kit {
    fn new(spec: &ParameterSpec, request: &KeyRequest) -> Result<Self, CkksError> {
        let context = Context::new(&spec.check()?)?;
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut generator = KeyGenerator::new(&context, &mut rng);
        let secret = generator.secret_key();
        let keys = generator.evaluation_keys(&secret, request)?;
        Ok(Self { context, secret, keys })
    }

    fn encrypt(&self, values: &[f64], slots: usize) -> Result<Ciphertext, CkksError> {
        let encoder = Encoder::new(&self.context);
        let plaintext = encoder.encode_with(values, &Packing { slots, ..encoder.packing() })?;
        Encryptor::new(&self.context, &self.secret).encrypt(&plaintext, &mut ChaCha20Rng::seed_from_u64(2))
    }

    fn check(&self, what: &str, found: &Ciphertext, expected: &[f64]) -> Fallible<()> {
        let plaintext = Decryptor::new(&self.context, &self.secret).decrypt(found)?;
        let slots = Encoder::new(&self.context).decode(&plaintext)?;
        let worst = slots.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if worst < TOLERANCE { Ok(()) } else { Err(format!("{what} is off by {worst}").into()) }
    }

    /// Times `run` and adds a row for each number of threads.
    fn time(
        &self,
        rows: &mut Vec<Row>,
        op: &'static str,
        (yardstick, yardstick_ns): (&'static str, f64),
        run: impl Fn() -> Result<Ciphertext, CkksError> + Sync,
    ) -> Fallible<()> {
        let parameters = self.context.parameters();
        for threads in [1, 2] {
            let pool = Threads::new(threads).ok_or("threads do not start")?;
            let mut samples = Vec::with_capacity(SAMPLES);
            for _ in 0..SAMPLES {
                let start = Instant::now();
                black_box(pool.install(&run)?);
                samples.push(start.elapsed().as_nanos() as f64);
            }
            samples.sort_by(f64::total_cmp);
            rows.push(Row {
                op,
                log_n: parameters.log_n(),
                limbs: parameters.q_primes().len(),
                dnum: parameters.dnum(),
                threads,
                kernel: self.context.q_basis(self.context.max_level())?.kernel_name(),
                median_ns: samples[SAMPLES / 2],
                min_ns: samples[0],
                yardstick,
                yardstick_ns,
            });
        }
        Ok(())
    }
}

/// What a circuit needs, with its only input at the highest level and in `slots` slots.
fn planned(
    spec: &ParameterSpec,
    slots: usize,
    circuit: impl Fn(&DryRun, &ckks::CiphertextShape) -> Result<ckks::CiphertextShape, CkksError>,
) -> Result<Plan, CkksError> {
    let parameters = spec.check()?;
    let dry = DryRun::new(&parameters);
    let level = parameters.max_level();
    let packing = Packing { level, scale: parameters.default_scale(level), slots };
    circuit(&dry, &dry.encrypt_public(&dry.plaintext(1.0, &packing)?)?)?;
    Ok(dry.plan())
}

/// Numbers from -1 to 1 without pattern.
fn numbers(count: usize) -> Vec<f64> {
    (0..count).map(|i| (i as f64 * 12.9898).sin()).collect()
}

fn matrix(rows: &mut Vec<Row>) -> Fallible<()> {
    let spec = presets::medium();
    let values = numbers(SIZE * SIZE);
    let fast = LinearTransform::from_rows(&values.chunks(SIZE).collect::<Vec<_>>())?;
    let vector = numbers(SIZE);
    let expected = fast.apply(&vector);
    for (op, transform) in [("matrix_128", fast.clone()), ("matrix_128_low_memory", fast.low_memory())] {
        let plan = planned(&spec, SIZE, |dry, x| transform.evaluate(dry, x))?;
        let kit = Kit::new(&spec, &plan.request())?;
        let evaluator = Evaluator::new(&kit.context, &kit.keys);
        let x = kit.encrypt(&vector, SIZE)?;
        let encoded = transform.encode(&evaluator, x.level(), SIZE)?;
        kit.check(op, &encoded.evaluate(&evaluator, &x)?, &expected)?;
        kit.time(rows, op, ("OpenFHE 1.5 wheel", OPENFHE_MATRIX_NS), || encoded.evaluate(&evaluator, &x))?;
    }
    Ok(())
}

fn polynomial(rows: &mut Vec<Row>) -> Fallible<()> {
    let spec = presets::large();
    let coefficients: Vec<f64> = (0..64).map(|i| 0.75f64.powi(i) * f64::from(i).cos() / 2.0).collect();
    let p = Polynomial::chebyshev(-1.0..=1.0, coefficients)?;
    let slots = spec.check()?.max_slots();
    let plan = planned(&spec, slots, |dry, x| p.evaluate(dry, x))?;
    let kit = Kit::new(&spec, &plan.request())?;
    let evaluator = Evaluator::new(&kit.context, &kit.keys);
    let values = numbers(slots);
    let x = kit.encrypt(&values, slots)?;
    let expected: Vec<f64> = values.iter().map(|&x| p.eval(x)).collect();
    kit.check("polynomial", &p.evaluate(&evaluator, &x)?, &expected)?;
    // No other library was measured on this circuit.
    kit.time(rows, "chebyshev_63", ("none", f64::NAN), || p.evaluate(&evaluator, &x))
}

fn main() -> Fallible<()> {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted =
        |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()));
    let mut rows = Vec::new();
    if wanted("matrix_128") {
        matrix(&mut rows)?;
    }
    if wanted("chebyshev_63") {
        polynomial(&mut rows)?;
    }
    report::print(&rows);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    report::write(&target.join("bench").join("circuits.csv"), &rows)?;
    Ok(())
}

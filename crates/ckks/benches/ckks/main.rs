//! Times every operation at log N 13 to 16 on one thread and on two, next to what the fastest other libraries need.
//!
//! `cargo bench -p ckks` measures everything; `cargo bench -p ckks -- 15/1` only what has that in its name
//! (`op/log N/threads`). The table is printed, and kept in `target/bench/ckks.csv`.
//!
//! Bias: buffers are reused and keys are warm, which favours libraries that allow it; the yardsticks were measured the
//! same way where their interfaces do. `mul_relin_rescale`, `mul_plain_rescale` are one fused call here and two or three
//! calls there, because that is what a user of each writes. The results are checked before anything is timed.

#![expect(clippy::print_stdout, reason = "a program, not a library")]
#![expect(unreachable_pub, reason = "modules of a program")]

mod report;
mod yardsticks;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use ckks::{
    Ciphertext, Complex64, Context, Decryptor, Encoder, EncoderScratch, EncryptionSpace, Encryptor,
    EvaluationKeys, Evaluator, KeyGenerator, KeyRequest, ParameterSpec, Plaintext, PublicKey, SecretKey,
    Workspace, params::presets,
};
use criterion::{BenchmarkId, Criterion, SamplingMode};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use report::Row;
use ring_math::parallel::Threads;
use yardsticks::Yardstick;

/// Rotations that share their digits.
const HOISTED_STEPS: [i64; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// The most that a slot of a checked result may be off.
const TOLERANCE: f64 = 1.0 / 65_536.0;

/// The result type of everything here.
type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

struct Kit {
    context: Context,
    encoder: Encoder,
    secret: SecretKey,
    public: PublicKey,
    keys: EvaluationKeys,
    values: Vec<Complex64>,
}

fn chain(log_n: u32) -> ParameterSpec {
    match log_n {
        13 => presets::small(),
        14 => presets::medium(),
        15 => presets::large(),
        _ => presets::huge(),
    }
}

impl Kit {
    fn new(log_n: u32) -> Fallible<Self> {
        let context = Context::new(&chain(log_n).check()?)?;
        let mut rng = ChaCha20Rng::seed_from_u64(u64::from(log_n));
        let mut generator = KeyGenerator::new(&context, &mut rng);
        let secret = generator.secret_key();
        let public = generator.public_key(&secret)?;
        let request = KeyRequest::new().relinearization().rotations(HOISTED_STEPS);
        let keys = generator.evaluation_keys(&secret, &request)?;
        let mut unit = || (rng.next_u64() >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
        let values = (0..context.max_slots()).map(|_| Complex64::new(unit(), unit())).collect();
        Ok(Self { encoder: Encoder::new(&context), context, secret, public, keys, values })
    }

    fn check(&self, what: &str, found: &Ciphertext, expected: impl Fn(usize) -> Complex64) -> Fallible<()> {
        let plaintext = Decryptor::new(&self.context, &self.secret).decrypt(found)?;
        let worst = self
            .encoder
            .decode_complex(&plaintext)?
            .iter()
            .enumerate()
            .map(|(i, slot)| (slot - expected(i)).norm())
            .fold(0.0, f64::max);
        if worst < TOLERANCE { Ok(()) } else { Err(format!("{what} is off by {worst}").into()) }
    }
}

/// One timed operation: its name and yardstick, and a call of it.
struct Timed<'a> {
    yardstick: &'a Yardstick,
    call: Box<dyn FnMut() -> Fallible<()> + Send + 'a>,
}

/// Every operation, on the given buffers.
fn operations<'a>(
    kit: &'a Kit,
    x: &'a Ciphertext,
    y: &'a Ciphertext,
    weights: &'a Plaintext,
) -> Fallible<Vec<Timed<'a>>> {
    let eval = Evaluator::new(&kit.context, &kit.keys);
    let packing = kit.encoder.packing();
    let timed = |yardstick, call| Timed { yardstick, call };
    let empty = || Ciphertext::empty(&kit.context);
    let mut list: Vec<Timed<'a>> = Vec::new();

    let (mut out, mut scratch) = (Plaintext::empty(&kit.context)?, EncoderScratch::new());
    list.push(timed(
        &yardsticks::ENCODE,
        Box::new(move || Ok(kit.encoder.encode_into(&mut out, &kit.values, &packing, &mut scratch)?)),
    ));
    let (mut out, mut space, mut rng) = (empty()?, EncryptionSpace::new(), ChaCha20Rng::seed_from_u64(1));
    let encryptor = Encryptor::new(&kit.context, &kit.public);
    list.push(timed(
        &yardsticks::ENCRYPT,
        Box::new(move || Ok(encryptor.encrypt_into(&mut out, weights, &mut rng, &mut space)?)),
    ));
    let (mut out, mut scratch) = (Plaintext::empty(&kit.context)?, EncoderScratch::new());
    let mut slots = vec![Complex64::default(); kit.values.len()];
    let decryptor = Decryptor::new(&kit.context, &kit.secret);
    list.push(timed(
        &yardsticks::DECRYPT_DECODE,
        Box::new(move || {
            decryptor.decrypt_into(&mut out, x)?;
            Ok(kit.encoder.decode_into(&mut slots, &out, &mut scratch)?)
        }),
    ));
    let mut out = empty()?;
    list.push(timed(&yardsticks::ADD, Box::new(move || Ok(eval.add_into(&mut out, x, y)?))));
    let mut sum = x.clone();
    list.push(timed(&yardsticks::ADD_ASSIGN, Box::new(move || Ok(eval.add_assign(&mut sum, y)?))));
    let (mut out, mut work) = (empty()?, Workspace::new());
    list.push(timed(
        &yardsticks::MUL_PLAIN_RESCALE,
        Box::new(move || Ok(eval.mul_plain_rescale_into(&mut out, x, weights, &mut work)?)),
    ));
    let (mut out, mut work) = (empty()?, Workspace::new());
    list.push(timed(&yardsticks::RESCALE, Box::new(move || Ok(eval.rescale_into(&mut out, x, &mut work)?))));
    let mut out = empty()?;
    list.push(timed(&yardsticks::MUL, Box::new(move || Ok(eval.mul_unrelinearized_into(&mut out, x, y)?))));
    let (mut out, mut work) = (empty()?, Workspace::new());
    list.push(timed(
        &yardsticks::MUL_RELIN_RESCALE,
        Box::new(move || Ok(eval.mul_rescale_into(&mut out, x, y, &mut work)?)),
    ));
    let (mut out, mut work) = (empty()?, Workspace::new());
    list.push(timed(&yardsticks::ROTATE, Box::new(move || Ok(eval.rotate_into(&mut out, x, 1, &mut work)?))));
    let (mut out, mut work) = (empty()?, Workspace::new());
    let mut hoisted = eval.hoist(x, &mut work)?;
    list.push(timed(
        &yardsticks::ROTATE8_HOISTED,
        Box::new(move || {
            hoisted.replace(x, &mut work)?;
            HOISTED_STEPS.iter().try_for_each(|&steps| hoisted.rotate_into(&mut out, steps, &mut work))?;
            Ok(())
        }),
    ));
    let (mut rng, request) = (ChaCha20Rng::seed_from_u64(2), KeyRequest::new().relinearization());
    let mut keys = Vec::new();
    list.push(timed(
        &yardsticks::KEYGEN_RELIN,
        Box::new(move || {
            // As in a sweep: one key is alive at a time, and the last one stays for the next call to drop.
            keys.clear();
            keys.push(KeyGenerator::new(&kit.context, &mut rng).evaluation_keys(&kit.secret, &request)?);
            Ok(())
        }),
    ));
    Ok(list)
}

/// Multiplies, rotates and compares, so that nothing wrong is timed.
fn verify(kit: &Kit, x: &Ciphertext, y: &Ciphertext, weights: &Plaintext) -> Fallible<()> {
    let eval = Evaluator::new(&kit.context, &kit.keys);
    let v = &kit.values;
    let square = |i: usize| v[i % v.len()] * v[i % v.len()];
    kit.check("fresh", x, |i| v[i])?;
    kit.check("product", &eval.mul_rescale(x, y)?, square)?;
    kit.check("plain product", &eval.mul_plain_rescale(x, weights)?, square)?;
    kit.check("rotation", &eval.rotate(x, 1)?, |i| v[(i + 1) % v.len()])?;
    let hoisted = eval.hoist(x, &mut Workspace::new())?;
    for steps in HOISTED_STEPS {
        kit.check("hoisted rotation", &hoisted.rotate(steps)?, |i| v[(i + steps as usize) % v.len()])?;
    }
    Ok(())
}

fn measure(criterion: &mut Criterion, kit: &Kit, log_n: u32, threads: usize) -> Fallible<Vec<Row>> {
    let pool = Threads::new(threads).ok_or("threads do not start")?;
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    // Both parts are within [-1, 1].
    let weights = kit.encoder.encode_complex(&kit.values)?.with_message_bound(std::f64::consts::SQRT_2)?;
    let encryptor = Encryptor::new(&kit.context, &kit.public);
    let (x, y) = (encryptor.encrypt(&weights, &mut rng)?, encryptor.encrypt(&weights, &mut rng)?);
    verify(kit, &x, &y, &weights)?;
    let parameters = kit.context.parameters();
    let mut rows = Vec::new();
    for Timed { yardstick, mut call } in operations(kit, &x, &y, &weights)? {
        let mut group = criterion.benchmark_group(yardstick.op);
        group.sampling_mode(SamplingMode::Flat);
        let mut samples: Vec<f64> = Vec::new();
        let mut failure = None;
        group.bench_function(BenchmarkId::from_parameter(format!("{log_n}/{threads}")), |bencher| {
            bencher.iter_custom(|iterations| {
                let (time, result) = pool.install(|| {
                    let start = Instant::now();
                    let result = (0..iterations).try_for_each(|_| call());
                    (start.elapsed(), result)
                });
                failure = result.err();
                samples.push(time.as_nanos() as f64 / iterations as f64);
                time
            });
        });
        group.finish();
        if let Some(failure) = failure {
            return Err(failure);
        }
        if let (false, Some((yardstick_ns, source))) = (samples.is_empty(), yardstick.at(log_n)) {
            samples.sort_by(f64::total_cmp);
            rows.push(Row {
                op: yardstick.op,
                log_n,
                limbs: parameters.q_primes().len(),
                dnum: parameters.dnum(),
                threads,
                kernel: kit.context.q_basis(kit.context.max_level())?.kernel_name(),
                median_ns: samples[samples.len() / 2],
                min_ns: samples[0],
                yardstick: source,
                yardstick_ns,
            });
        }
    }
    Ok(rows)
}

/// Whether a filter on the command line matches anything at this size and thread count.
fn wanted(log_n: u32, threads: usize) -> bool {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let matches = |filter: &String| {
        yardsticks::ALL.iter().any(|row| format!("{}/{log_n}/{threads}", row.op).contains(filter.as_str()))
    };
    filters.is_empty() || filters.iter().any(matches)
}

fn main() -> Fallible<()> {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .without_plots()
        .configure_from_args();
    let mut rows = Vec::new();
    for log_n in yardsticks::LOG_N {
        let mut kit = None;
        for threads in [1, 2] {
            if wanted(log_n, threads) {
                let kit = match &mut kit {
                    Some(kit) => kit,
                    none => none.insert(Kit::new(log_n)?),
                };
                rows.extend(measure(&mut criterion, kit, log_n, threads)?);
            }
        }
    }
    criterion.final_summary();
    report::print(&rows);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    report::write(&target.join("bench").join("ckks.csv"), &rows)?;
    Ok(())
}

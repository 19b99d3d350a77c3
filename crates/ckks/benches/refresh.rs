//! Times a refresh: `cargo bench -p ckks --bench refresh -- n15_sparse n16_full_fast` measures the presets whose names are
//! given, on one thread and on two; a name that ends in `.toml` is a file with a specification of its own. `--threads=1`
//! leaves the other out, `--samples=3` takes more than one sample. Without a name it lists the presets with what is known of
//! each before there is a key: keys of log N 16 take gigabytes.
//!
//! Bits are of the error relative to the largest message, of the worst slot and of the root mean square, for messages
//! uniform in the unit square, scaled into the unit circle. The first refresh, which is not timed, finds the buffers.

#![expect(clippy::print_stdout, reason = "a program, not a library")]

use std::{fs, hint::black_box, time::Instant};

use ckks::{
    Complex64, Context, Decryptor, Encoder, Encryptor, Evaluator, KeyGenerator, Level,
    bootstrap::{BootstrapParameters, BootstrapSpec, Bootstrapper, presets},
    encoder::Packing,
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use ring_math::parallel::Threads;

/// The result type of everything here.
type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Bytes in the unit that sizes are printed in.
const MIB: f64 = 1024.0 * 1024.0;

/// What the command line asks for.
struct Request {
    names: Vec<String>,
    threads: Vec<usize>,
    samples: usize,
}

impl Request {
    fn from_args() -> Fallible<Self> {
        let mut request = Self { names: Vec::new(), threads: vec![1, 2], samples: 1 };
        for argument in std::env::args().skip(1) {
            if let Some(count) = argument.strip_prefix("--threads=") {
                request.threads = vec![count.parse()?];
            } else if let Some(count) = argument.strip_prefix("--samples=") {
                request.samples = count.parse::<usize>()?.max(1);
            } else if !argument.starts_with('-') {
                request.names.push(argument);
            }
        }
        Ok(request)
    }
}

/// The largest resident set of this process so far, in MiB; not a number where the system does not say.
fn peak_rss_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib / 1024.0)
}

/// Numbers uniform in a square within the unit circle.
fn messages(count: usize) -> Vec<Complex64> {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let half = std::f64::consts::FRAC_1_SQRT_2;
    let mut part = || half * (f64::from(rng.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0);
    (0..count).map(|_| Complex64::new(part(), part())).collect()
}

fn list() -> Fallible<()> {
    println!("names of presets select what is measured:");
    for (name, preset) in presets::ALL {
        let parameters = preset().check()?;
        println!(
            "  {name:<20} log N {}, 2^{} slots, {} levels of 2^{} left, {} primes and {} special ones, {:.0} MiB of keys",
            parameters.spec().log_n,
            parameters.spec().log_slots,
            parameters.levels_left().0,
            parameters.spec().log_scale,
            parameters.parameters().q_primes().len(),
            parameters.parameters().p_primes().len(),
            parameters.key_size()?.memory as f64 / MIB,
        );
    }
    Ok(())
}

/// The preset of this name, or the specification in the file of this name.
fn named(name: &str) -> Fallible<BootstrapSpec> {
    if name.ends_with(".toml") {
        return Ok(toml::from_str(&fs::read_to_string(name)?)?);
    }
    let preset = presets::ALL.into_iter().find(|(known, _)| *known == name);
    let (_, preset) = preset.ok_or_else(|| format!("there is no preset `{name}`"))?;
    Ok(preset())
}

fn measure(name: &str, parameters: &BootstrapParameters, request: &Request) -> Fallible<()> {
    let context = Context::new(parameters.parameters())?;
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut generator = KeyGenerator::new(&context, &mut rng);
    let secret = generator.secret_key();
    let keys = generator.evaluation_keys(&secret, &parameters.key_request()?)?;
    let encoder = Encoder::new(&context);
    let values = messages(parameters.slots());
    let scale = context.default_scale(Level(0))?;
    let packing = Packing { level: Level(0), scale, slots: parameters.slots() };
    let plaintext = encoder.encode_with(&values, &packing)?;
    let x = Encryptor::new(&context, &secret).encrypt(&plaintext, &mut ChaCha20Rng::seed_from_u64(2))?;
    let evaluator = Evaluator::new(&context, &keys);
    let bootstrapper = Bootstrapper::new(parameters, &evaluator)?;
    for &count in &request.threads {
        let threads = Threads::new(count).ok_or("threads do not start")?;
        let refresh = || bootstrapper.refresh(&evaluator, &x);
        let refreshed = threads.install(refresh)?;
        let mut seconds = Vec::with_capacity(request.samples);
        for _ in 0..request.samples {
            let start = Instant::now();
            black_box(threads.install(refresh)?);
            seconds.push(start.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        let found = encoder.decode_complex(&Decryptor::new(&context, &secret).decrypt(&refreshed)?)?;
        let errors: Vec<f64> = found.iter().zip(&values).map(|(a, b)| (a - b).norm_sqr()).collect();
        let worst = errors.iter().fold(0.0, |worst: f64, &error| worst.max(error));
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        let bits = |square: f64| -square.log2() / 2.0;
        println!(
            "{name:<20} {count} thread(s): {:.3} s   {} levels of 2^{} left   {:.2} bits worst, {:.2} rms, {:.2} \
             predicted   keys {:.0} MiB   peak {:.0} MiB",
            seconds[seconds.len() / 2],
            refreshed.level().0,
            parameters.spec().log_scale,
            bits(worst),
            bits(mean),
            bits(context.n() as f64 * (refreshed.noise_std() / refreshed.scale().to_f64()).powi(2)),
            keys.size().memory as f64 / MIB,
            peak_rss_mib(),
        );
    }
    Ok(())
}

fn main() -> Fallible<()> {
    let request = Request::from_args()?;
    if request.names.is_empty() {
        return list();
    }
    for name in &request.names {
        measure(name, &named(name)?.check()?, &request)?;
    }
    Ok(())
}

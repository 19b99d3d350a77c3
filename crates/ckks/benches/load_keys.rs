//! How fast a set of rotation keys comes back from its bytes: 30 keys at log N 15, from memory and from one file a key, on
//! one thread and on two.
//!
//! `cargo bench -p ckks --bench load_keys`. Two rates are printed: per byte that is read (packed words and seeds), and per
//! byte of key that is ready to be used afterwards. Checksum, range checks and expansion of the seeds are all in the time.
//! Bias: files were written just before, so they come from the page cache. Every load pays for fresh memory, as a program
//! that loads its keys once does; the line `fresh memory` is what that costs alone, and no loader can be faster.

#![expect(clippy::print_stdout, reason = "a program, not a library")]

use std::{
    fs::{self, File},
    time::{Duration, Instant},
};

use ckks::{Context, EvaluationKeys, KeyGenerator, KeyRequest, KeySize, params::presets, serialize::Stored};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use ring_math::{
    Ntt, RnsPoly,
    parallel::{self, Threads},
};

/// The result type of everything here.
type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const KEYS: i64 = 30;

const REPEATS: usize = 3;

/// Enough for one key of these parameters.
const LIMIT: u64 = 1 << 30;

fn report(source: &str, threads: usize, size: KeySize, mut times: Vec<Duration>) {
    times.sort_unstable();
    let seconds = times[times.len() / 2].as_secs_f64();
    let rate = |bytes: u64| bytes as f64 / seconds / 1e9;
    println!(
        "{source:<8} {threads} thread(s): {:>6.0} ms   {:.2} GB/s read   {:.2} GB/s of keys   (fastest {:.0} ms)",
        seconds * 1e3,
        rate(size.stored),
        rate(size.memory),
        times[0].as_secs_f64() * 1e3,
    );
}

fn timed(
    threads: &Threads,
    load: impl Fn() -> Fallible<EvaluationKeys> + Sync,
) -> Fallible<(Duration, KeySize)> {
    threads.install(|| {
        let start = Instant::now();
        let keys = load()?;
        Ok((start.elapsed(), keys.size()))
    })
}

fn main() -> Fallible<()> {
    let context = Context::new(&presets::large().check()?)?;
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut generator = KeyGenerator::new(&context, &mut rng);
    let secret = generator.secret_key();
    let keys = generator.evaluation_keys(&secret, &KeyRequest::new().rotations(1..=KEYS))?;
    let size = keys.size();
    println!(
        "{KEYS} rotation keys, N = {}, {} primes and {} special ones, {} digits: {} MB in memory, {} MB stored",
        context.n(),
        context.parameters().q_primes().len(),
        context.parameters().p_primes().len(),
        context.parameters().dnum(),
        size.memory / 1_000_000,
        size.stored / 1_000_000
    );
    let mut stream = Vec::with_capacity(size.stored as usize);
    let start = Instant::now();
    keys.write_to(&context, &mut stream)?;
    let seconds = start.elapsed().as_secs_f64();
    println!("writing to memory: {:.2} GB/s written", size.stored as f64 / seconds / 1e9);
    let folder = std::env::temp_dir().join(format!("ckks-load-keys-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let path = |i: usize| folder.join(format!("{i}.key"));
    for (i, key) in keys.galois_keys().enumerate() {
        key.write_to(&context, File::create(path(i))?)?;
    }
    let expected = keys.size();
    drop(keys);
    let basis = context.qp_basis(context.max_level())?;
    for count in [1, 2] {
        let threads = Threads::new(count).ok_or("threads do not start")?;
        let from_memory = || Ok(EvaluationKeys::read_from(&context, &*stream, u64::MAX)?);
        let from_files = || {
            let mut keys = EvaluationKeys::none();
            for i in 0..KEYS as usize {
                keys.read_next(&context, File::open(path(i))?, LIMIT)?;
            }
            Ok(keys)
        };
        let (mut memory, mut files) = (Vec::new(), Vec::new());
        for _ in 0..REPEATS {
            let (time, found) = timed(&threads, from_memory)?;
            memory.push(time);
            let (file_time, file_found) = timed(&threads, from_files)?;
            files.push(file_time);
            if found != expected || file_found != expected {
                return Err("keys are missing".into());
            }
        }
        let touch = || {
            let start = Instant::now();
            let polys = (0..KEYS as usize * 2 * context.parameters().dnum()).map(|_| {
                let mut poly = RnsPoly::<Ntt>::zero(basis);
                parallel::for_each_limb(poly.words_mut(), basis.n(), |i, limb| limb.fill(i as u64 + 1));
                poly
            });
            let polys: Vec<_> = polys.collect();
            (start.elapsed(), polys.iter().map(|poly| 8 * poly.words().len() as u64).sum::<u64>())
        };
        let fresh: Vec<_> = (0..REPEATS).map(|_| threads.install(touch)).collect();
        if fresh.iter().any(|&(_, bytes)| bytes != size.memory) {
            return Err("not the memory that keys take".into());
        }
        println!(
            "{count} thread(s), fresh memory: {:.0} ms",
            fresh.iter().map(|(time, _)| time.as_secs_f64() * 1e3).fold(f64::MAX, f64::min)
        );
        report("memory", count, size, memory);
        report("files", count, size, files);
    }
    fs::remove_dir_all(&folder)?;
    Ok(())
}

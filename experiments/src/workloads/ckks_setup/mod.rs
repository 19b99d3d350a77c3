//! What the workloads on ciphertexts share: the keys of a configuration that name a parameter set, the columns that
//! describe it, the way from one to the other, and a context with keys to work with.

mod cost;
mod kit;
mod point;

use harness::{Column, ColumnKind, Failure, Key, Kind, Params, Recorder};
use rand::{TryRng, rngs::SysRng};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use ring_math::{MAX_LOG_N, MIN_LOG_N, parallel::Threads};

pub(super) use cost::{seconds_per_unit, switch_cost, switch_transforms, transform_cost};
pub(super) use kit::{Kit, record_keys, timed_context, uniform_up_to};
pub(super) use point::{Needs, SECURITY_MODEL, as_cell, describe, impossible, parameters, resolve};

/// The keys that name a parameter set.
pub(super) fn keys() -> Vec<Key> {
    let auto_or = |min, max| Kind::word_or("auto", Kind::int(min, max));
    vec![
        Key::param("log_n", Kind::int(i64::from(MIN_LOG_N), i64::from(MAX_LOG_N)))
            .meaning("log2 of the ring degree N"),
        Key::param("log_scale", Kind::int(8, 94))
            .default(40)
            .unit("bit")
            .meaning("log2 of the scale of every level"),
        Key::param("depth", Kind::int(1, 256))
            .default(1)
            .meaning("rescalings that a fresh ciphertext allows"),
        Key::param("log_q0", auto_or(8, 100)).default("auto").unit("bit").meaning(
            "log2 of the base modulus; \"auto\" leaves room above the scale for the workload's messages",
        ),
        Key::param("dnum", auto_or(1, 256))
            .default("auto")
            .meaning("digits of a key switch; \"auto\" takes the cheapest secure number"),
        Key::param("special_bits", Kind::word_or("auto", Kind::list(Kind::int(8, 60))))
            .default("auto")
            .unit("bit")
            .meaning("bit lengths of the special primes; \"auto\" takes the widest that are secure"),
        Key::param("secret", Kind::one_of(["ternary"]))
            .default("ternary")
            .meaning("distribution of the secret key"),
        threads_key(),
    ]
}

/// The key for the threads of an operation.
pub(super) fn threads_key() -> Key {
    Key::param("threads", Kind::int(1, 1024)).default(1).meaning("threads that work on one operation")
}

/// The columns that describe a parameter set and its errors.
pub(super) fn columns() -> Vec<Column> {
    use ColumnKind::{Float, Int, Text};
    let parameter = Column::parameter;
    vec![
        parameter("log_n", Int, "", "log2 of the ring degree"),
        parameter("n", Int, "", "ring degree N").detail(),
        parameter("log_scale", Int, "bit", "log2 of the scale that was asked for"),
        parameter("depth", Int, "", "rescalings that a fresh ciphertext allows"),
        parameter("log_q0", Int, "bit", "log2 of the base modulus that was asked for").detail(),
        parameter("log_q", Float, "bit", "log2 of the modulus of a fresh ciphertext").detail(),
        parameter("log_p", Float, "bit", "log2 of the product of the special primes").detail(),
        parameter("n_limbs", Int, "", "primes in the modulus of a fresh ciphertext").detail(),
        parameter("dnum", Int, "", "digits of a key switch"),
        parameter("secret", Text, "", "distribution of the secret key").detail(),
        parameter("security_bits", Int, "bit", "largest of 256, 192 and 128 whose cap holds for QP, else 0"),
        parameter("security_model", Text, "", "where the caps come from").detail(),
        parameter("slots", Int, "", "values in a ciphertext").detail(),
        parameter("threads", Int, "", "threads that work on one operation"),
        parameter("kernel", Text, "", "arithmetic kernel that this ring runs on").detail(),
        Column::size("key_bytes", "evaluation keys in memory"),
        Column::size("key_stored_bytes", "evaluation keys to store, one half of each as a seed").detail(),
        Column::size("ciphertext_bytes", "a fresh ciphertext").detail(),
        Column::error("err_max_abs", "", "largest absolute error of a slot"),
        Column::error("err_mean_abs", "", "mean absolute error of the slots").detail(),
        Column::error("err_rms", "", "root mean square error of the slots").detail(),
        Column::error(
            "bits_precision",
            "bit",
            "-log2 of the largest error relative to the largest expected value",
        ),
        Column::error("noise_std", "", "root mean square error that the noise estimate predicts for a slot")
            .detail(),
        Column::error("noise_bound", "", "error that no slot exceeds, by the worst-case noise bound"),
    ]
}

/// Runs `f` with as many threads as the point asks for.
pub(super) fn in_threads<R: Send>(
    params: &Params,
    f: impl FnOnce() -> Result<R, Failure> + Send,
) -> Result<R, Failure> {
    let count = params.count("threads")?;
    Threads::new(count)
        .ok_or_else(|| Failure::new("threads", format!("the system refuses to start {count} threads")))?
        .install(f)
}

/// A generator for keys and encryptions: from the operating system's randomness, or where the configuration says
/// `deterministic` from the point's seed, a different one for each `stream`.
pub(super) fn secret_rng(record: &Recorder<'_>, stream: u64) -> Result<ChaCha20Rng, Failure> {
    if record.deterministic() {
        return Ok(ChaCha20Rng::seed_from_u64(record.seed_of(stream)));
    }
    let mut seed = [0; 32];
    SysRng.try_fill_bytes(&mut seed)?;
    Ok(ChaCha20Rng::from_seed(seed))
}

/// A number drawn from [0, 1), a multiple of 2^-53.
pub(super) fn unit(rng: &mut ChaCha20Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

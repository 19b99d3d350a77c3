//! What the workloads on ciphertexts share: the keys of a configuration that name a parameter set, the columns that
//! describe it, the way from one to the other, and a context with keys to work with.

use std::{fmt::Display, time::Instant};

use ckks::{
    Ciphertext, CkksError, Complex64, Context, Decryptor, Encoder, EvaluationKeys, Evaluator, KeyGenerator,
    KeyRequest, ParameterSpec, Parameters, Plaintext, PublicKey, SecretKey, SecurityLevel,
};
use harness::{
    Column, ColumnKind, Failure, Key, Kind, ParamError, Params, Recorder, Rejection, Resolved, Value,
};
use rand::{TryRng, rngs::SysRng};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use ring_math::{MAX_LOG_N, MIN_LOG_N, RnsBasis, ntt_primes, parallel::Threads};

/// Declares what is known of made data, numbers that are uniform between -`bound` and `bound`.
pub(super) fn uniform_up_to(bound: f64, plaintext: Plaintext) -> Result<Plaintext, CkksError> {
    plaintext.with_message_size(bound, bound / 3f64.sqrt())
}

/// What `security_bits` is read from.
pub(super) const SECURITY_MODEL: &str =
    "HE security guidelines 2024 (ePrint 2024/463), classical, uniform ternary secret";

/// Resident size of the program itself, generously, for the estimate of a point's memory.
const PROGRAM_BYTES: u64 = 48 << 20;

/// Tables and work space of a context, for the estimate: as many words as this many ciphertexts at the highest level.
const CIPHERTEXTS_OF_WORK_SPACE: u64 = 16;

/// What starting a process and finding primes comes to, in multiplications of residues; see [`transform_cost`].
const START_COST: f64 = 2e7;

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
        Key::param("threads", Kind::int(1, 1024)).default(1).meaning("threads that work on one operation"),
    ]
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

/// What a point needs beside its parameter set.
pub(super) struct Needs {
    /// Evaluation keys.
    pub(super) keys: KeyRequest,
    /// Ciphertexts at the highest level that are alive at once.
    pub(super) ciphertexts: usize,
    /// Work, in multiplications of residues: see [`transform_cost`].
    pub(super) cost: f64,
}

/// Resolves a point: chooses its primes, replaces "auto" by what it stands for, fills the columns that are known
/// beforehand. `headroom` is by how many bits q0 exceeds the scale where the point says "auto".
///
/// The resolved parameters name every choice, so that they give the same primes at any security level that lets them
/// through.
pub(super) fn resolve<E: Display + From<CkksError>>(
    params: &Params,
    security_bits: u32,
    headroom: u32,
    needs: impl FnOnce(&Parameters) -> Result<Needs, E>,
) -> Result<Resolved, Rejection> {
    let mut params = params.clone();
    if is_auto(&params, "log_q0") {
        params.set("log_q0", bits(&params, "log_scale")? + headroom);
    }
    let level = SecurityLevel::try_from(security_bits).map_err(|why| {
        Rejection::new(["security.bits"], why, "write `bits = 128`, 192 or 256 in [security]")
    })?;
    let spec = spec(&params)?.security(level);
    let impossible = |params: Params, error: &dyn Display| {
        Ok(Resolved::new(params).infeasible("impossible_parameters", error.to_string()))
    };
    let (parameters, refusal) = match spec.check() {
        Ok(parameters) => (parameters, None),
        Err(refusal @ (CkksError::Insecure { .. } | CkksError::NotEstimated { .. })) => {
            match spec.allow_insecure().check() {
                Ok(parameters) => (parameters, Some(refusal)),
                Err(error) => return impossible(params, &error),
            }
        }
        Err(error) => return impossible(params, &error),
    };
    params.set("dnum", parameters.dnum() as i64);
    let sizes: Vec<i64> = parameters.p_primes().iter().map(|p| i64::from(p.ilog2()) + 1).collect();
    params.set("special_bits", sizes);
    let sized = needs(&parameters).and_then(|needs| Ok::<_, E>((needs.keys.size(&parameters)?, needs)));
    let (keys, needs) = match sized {
        Ok(sized) => sized,
        Err(error) => return impossible(params, &error),
    };
    let limbs = parameters.q_len(parameters.max_level());
    let ciphertext = 16 * (parameters.ring_degree() * limbs) as u64;
    let alive = needs.ciphertexts as u64 + CIPHERTEXTS_OF_WORK_SPACE;
    let resolved = Resolved::new(params)
        .cost(needs.cost + START_COST)
        .memory_bytes(PROGRAM_BYTES + keys.memory + alive * ciphertext)
        .cell("n", parameters.ring_degree() as i64)
        .cell("log_q", parameters.log_q(parameters.max_level()))
        .cell("log_p", parameters.log_p())
        .cell("n_limbs", limbs as i64)
        .cell("security_bits", parameters.security_bits())
        .cell("security_model", SECURITY_MODEL)
        .cell("slots", parameters.max_slots() as i64)
        .cell("key_bytes", as_cell(keys.memory))
        .cell("key_stored_bytes", as_cell(keys.stored))
        .cell("ciphertext_bytes", as_cell(ciphertext));
    Ok(match refusal {
        None => resolved,
        Some(refusal) => resolved.insecure(refusal.to_string()),
    })
}

/// A number of bytes as a cell.
pub(super) fn as_cell(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// The parameters of a resolved point. Whether they may be insecure was decided when the point was planned.
pub(super) fn parameters(params: &Params) -> Result<Parameters, Failure> {
    let spec = spec(params)?;
    Ok(spec.check().or_else(|_| spec.clone().allow_insecure().check())?)
}

/// What the point asks for, at 128 bits of security.
fn spec(params: &Params) -> Result<ParameterSpec, ParamError> {
    let mut spec = ParameterSpec::new(bits(params, "log_n")?)
        .log_scale(bits(params, "log_scale")?)
        .log_q0(bits(params, "log_q0")?)
        .depth(params.count("depth")?);
    if !is_auto(params, "dnum") {
        spec = spec.dnum(params.count("dnum")?);
    }
    if !is_auto(params, "special_bits") {
        let sizes = params.list("special_bits")?.iter().filter_map(Value::as_f64);
        spec = spec.log_p(sizes.map(|bits| bits as u32));
    }
    Ok(spec)
}

fn is_auto(params: &Params, key: &str) -> bool {
    params.text(key) == Ok("auto")
}

fn bits(params: &Params, key: &str) -> Result<u32, ParamError> {
    Ok(params.count(key)? as u32)
}

/// Multiplications in the transform of one residue polynomial.
pub(super) fn transform_cost(parameters: &Parameters) -> f64 {
    (parameters.ring_degree() as f64) * f64::from(parameters.log_n()) / 2.0
}

/// Transforms of one key switch at the highest level.
pub(super) fn switch_transforms(parameters: &Parameters) -> f64 {
    let limbs = parameters.q_len(parameters.max_level());
    let all = limbs + parameters.p_primes().len();
    // The products with the key weigh about as much as the transforms of the digits.
    (limbs + 2 * parameters.dnum() * all + 2 * all) as f64
}

/// Seconds of one multiplication in a transform on this machine, from transforms of N = 2^13 for a few milliseconds.
pub(super) fn seconds_per_unit() -> Option<f64> {
    const LOG_N: u32 = 13;
    const ROUNDS: u32 = 200;
    let basis = RnsBasis::new(LOG_N, &ntt_primes(48, LOG_N, 1, &[]).ok()?).ok()?;
    let mut words = vec![1; basis.n()];
    let start = Instant::now();
    for _ in 0..ROUNDS {
        basis.ring(0).forward(&mut words).ok()?;
    }
    let products = f64::from(ROUNDS) * f64::from(LOG_N) * (basis.n() / 2) as f64;
    Some(start.elapsed().as_secs_f64() / products)
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

/// A secret key, and the public and the evaluation keys that belong to it.
fn all_keys(
    context: &Context,
    request: &KeyRequest,
    rng: &mut ChaCha20Rng,
) -> Result<(SecretKey, PublicKey, EvaluationKeys), CkksError> {
    let mut generator = KeyGenerator::new(context, rng);
    let secret = generator.secret_key();
    let public = generator.public_key(&secret)?;
    let keys = generator.evaluation_keys(&secret, request)?;
    Ok((secret, public, keys))
}

/// A context with an encoder and all keys that a point needs.
pub(super) struct Kit {
    pub(super) context: Context,
    pub(super) encoder: Encoder,
    pub(super) secret: SecretKey,
    pub(super) public: PublicKey,
    pub(super) keys: EvaluationKeys,
}

impl Kit {
    /// Builds the context of a resolved point and the keys of `request`, each timed once as a stage `setup`.
    pub(super) fn new(
        params: &Params,
        request: &KeyRequest,
        rng: &mut ChaCha20Rng,
        record: &mut Recorder<'_>,
    ) -> Result<Self, Failure> {
        let parameters = parameters(params)?;
        let context = record.stage("setup", "context").once().run(|| Context::new(&parameters))?.value;
        record.set("kernel", context.q_basis(context.max_level())?.kernel_name())?;
        let (secret, public, keys) =
            record.stage("setup", "keys").once().run(|| all_keys(&context, request, rng))?.value;
        record.set("key_bytes", as_cell(keys.size().memory))?;
        record.set("key_stored_bytes", as_cell(keys.size().stored))?;
        Ok(Self { encoder: Encoder::new(&context), context, secret, public, keys })
    }

    /// Makes other keys, a secret key and all that belongs to it.
    pub(super) fn renew(&mut self, request: &KeyRequest, rng: &mut ChaCha20Rng) -> Result<(), CkksError> {
        (self.secret, self.public, self.keys) = all_keys(&self.context, request, rng)?;
        Ok(())
    }

    /// An evaluator with the keys.
    pub(super) fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(&self.context, &self.keys)
    }

    /// What a ciphertext decrypts to.
    pub(super) fn decrypt(&self, ciphertext: &Ciphertext) -> Result<Vec<Complex64>, CkksError> {
        self.encoder.decode_complex(&Decryptor::new(&self.context, &self.secret).decrypt(ciphertext)?)
    }
}

//! `knn`: neighbours of encrypted queries among encrypted rows.
//!
//! Two modes, which reveal different things to the owner of the key: `kernel` predicts by weights that fall with the
//! distance, and only weighted sums are decrypted; `client_select` decrypts the distances, from which the owner picks
//! the k nearest (and could compute every row).

use ckks::{Complex64, Parameters};
use harness::{Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, Workload};
use he_ml::{
    MlError,
    arithmetic::{Clear, ClearVector, Encrypted},
    baseline::{KernelRegressor, NearestNeighbours, Ties, largest_squared_distance},
    knn::{
        ClientSelect, KernelBlock, KernelCircuit, NeighbourLayout, QueryGuard, RadiusSource, WeightedMean,
    },
};

use super::ckks_setup::{self as setup, Needs};
use super::learning::{
    self, Choice, Scaled, Task, Ways, complex, decrypt_verified, encrypt, encrypt_queries, failure,
    timed_session, verify_slots,
};

/// Standardised targets are assumed to stay within this many standard deviations of their mean.
const TARGET_BOUND: f64 = 8.0;

/// No packed value is larger: features are divided by the square root of the largest distance, targets come with a 1 as
/// imaginary part.
const VALUE_BOUND: f64 = 8.1;

/// The radius of the kernel, and the largest distance of a query, in largest squared distances of two training rows.
const KERNEL_RADIUS: f64 = 1.25;
const LARGEST_DISTANCE: f64 = 2.0;

/// What whoever scales queries learns besides, because the scale comes from the training rows.
const LARGEST: &str = "largest distance of two training rows";

/// A sum of weights that is not this many standard deviations above its noise predicts nothing.
const NOISE_FLOOR: f64 = 8.0;

/// The workload; see the module's text.
#[derive(Clone, Copy, Debug)]
pub struct Knn;

impl Workload for Knn {
    fn name(&self) -> &'static str {
        "knn"
    }

    fn about(&self) -> &'static str {
        "predictions from the neighbours of encrypted queries among encrypted rows"
    }

    fn version(&self) -> u32 {
        2
    }

    fn keys(&self) -> Vec<Key> {
        learning::keys([
            Key::own("mode", Kind::one_of(["kernel", "client_select"])).default("kernel").meaning(
                "`kernel` decrypts weighted sums; `client_select` decrypts distances, which give every row away",
            ),
            Key::own("distance", Kind::one_of(["squared_l2"]))
                .default("squared_l2")
                .meaning("between standardised features"),
            Key::own("k", Kind::int(1, 1 << 20)).default(7).meaning("neighbours, for `client_select`"),
            Key::own("squarings", Kind::int(0, 16))
                .default(8)
                .meaning("m of the kernel (1 - d^2/D)^(2^m), for `kernel`"),
            Key::own("queries", Kind::word_or("all", Kind::int(1, 1 << 20)))
                .default("all")
                .meaning("how many test rows are predicted"),
        ])
    }

    fn columns(&self) -> Vec<Column> {
        use ColumnKind::{Int, Text};
        let parameter = Column::parameter;
        learning::columns([
            parameter("mode", Text, "", "what is decrypted"),
            parameter("k", Int, "", "neighbours"),
            parameter("squarings", Int, "", "m of the kernel").detail(),
            parameter("key_switches", Int, "", "key switches of one batch of queries").detail(),
            parameter("queries", Int, "", "rows that are predicted").detail(),
            parameter("batches", Int, "", "batches they take").detail(),
            parameter("reveals", Text, "", "what the owner of the key learns").detail(),
        ])
    }

    fn resolve(&self, params: &Params, security_bits: u32) -> Result<Resolved, Rejection> {
        let task = Task::load(params)?;
        let (rows, features) = (task.train.n_rows(), task.train.n_features());
        let mode = mode(params)?;
        let (k, squarings) = (params.count("k")?, params.int("squarings")?);
        if mode == Mode::ClientSelect && k > rows {
            let message = format!("{k} neighbours of {rows} training rows");
            return Err(Rejection::new(["k"], message, format!("write `k` as a number up to {rows}")));
        }
        // The sum of all weights has to fit above the scale.
        let log_sum = (rows as f64 * TARGET_BOUND.hypot(1.0)).log2().ceil() as u32;
        let choice = match mode {
            Mode::Kernel => Choice {
                depth: squarings as usize + 2,
                slots: rows.next_power_of_two(),
                headroom: log_sum + 2,
            },
            Mode::ClientSelect => Choice { depth: ClientSelect::DEPTH, slots: 1, headroom: 4 },
        };
        let queries = queries(params, task.test.n_rows())?;
        learning::resolve(params, security_bits, choice, |parameters| {
            let layout = NeighbourLayout::new(rows, features, parameters.max_slots())?;
            let plan = match mode {
                Mode::Kernel => {
                    KernelCircuit::new(layout, 1.0, squarings as u32, RadiusSource::TrainingRows)?
                        .plan(parameters, TARGET_BOUND)?
                }
                Mode::ClientSelect => ClientSelect::new(layout, k, Ties::ByRow, 1.0)?.plan(parameters)?,
            };
            let batches = layout.batches(queries);
            let cost = batches as f64 * setup::switch_cost(parameters, plan.key_switches() as f64);
            let vectors = (layout.blocks() + batches) * (features + 1);
            Ok::<_, MlError>(Needs { keys: plan.request(), ciphertexts: vectors, cost })
        })
        .map(|resolved| Task::name(params, resolved))
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        setup::in_threads(params, || run(params, record))
    }

    fn seconds_per_unit(&self) -> Option<f64> {
        setup::seconds_per_unit()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Kernel,
    ClientSelect,
}

fn mode(params: &Params) -> Result<Mode, Rejection> {
    Ok(if params.text("mode")? == "kernel" { Mode::Kernel } else { Mode::ClientSelect })
}

fn queries(params: &Params, test_rows: usize) -> Result<usize, Rejection> {
    Ok(if params.text("queries") == Ok("all") { test_rows } else { params.count("queries")?.min(test_rows) })
}

fn run(params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
    let task = Task::reload(params)?;
    task.describe(record)?;
    let mut scaled = task.scaled()?;
    let count = queries(params, task.test.n_rows()).map_err(failure)?;
    scaled.take_queries(count)?;
    record.set("queries", count as i64)?;
    let parameters = setup::parameters(params)?;
    let layout =
        NeighbourLayout::new(scaled.train.n_rows(), scaled.train.n_features(), parameters.max_slots())?;
    record.set("batches", layout.batches(count) as i64)?;
    let job = Job { task, scaled, parameters, layout };
    match mode(params).map_err(failure)? {
        Mode::Kernel => kernel(params, record, &job),
        Mode::ClientSelect => client_select(params, record, &job),
    }
}

/// One point.
struct Job {
    task: Task,
    scaled: Scaled,
    parameters: Parameters,
    layout: NeighbourLayout,
}

impl Job {
    /// How many queries batch `batch` holds.
    fn count(&self, batch: usize) -> usize {
        self.layout.queries().min(self.scaled.queries.n_rows() - batch * self.layout.queries())
    }
}

fn kernel(params: &Params, record: &mut Recorder<'_>, job: &Job) -> Result<(), Failure> {
    let Job { task, scaled, parameters, layout } = job;
    let rows = scaled.train.features();
    let squarings = params.count("squarings")? as u32;
    let radius = KERNEL_RADIUS * largest_squared_distance(rows);
    let circuit = KernelCircuit::new(*layout, radius, squarings, RadiusSource::TrainingRows)?;
    let queries = QueryGuard::Rows(rows).admit(&scaled.queries, radius)?;
    let plan = circuit.plan(parameters, TARGET_BOUND)?;
    record.set("key_switches", plan.key_switches() as i64)?;
    record.set("reveals", format!("{}, {LARGEST}", WeightedMean::DISCLOSURE.name()))?;
    let batches = circuit.pack_queries(&queries)?;

    let clear = Clear::new(parameters.max_slots());
    let blocks = kernel_blocks(&circuit, scaled, |values| clear.input(values))?;
    let run_clear = |vectors: &Vec<Vec<f64>>| -> Result<ClearVector, MlError> {
        let vectors = vectors.iter().map(|v| clear.input(&complex(v))).collect::<Result<Vec<_>, _>>()?;
        circuit.run(&clear, &vectors, &blocks, TARGET_BOUND)
    };
    let expected = batches.iter().map(run_clear).collect::<Result<Vec<_>, _>>()?;

    let mut rng = setup::secret_rng(record, 1)?;
    let session = timed_session(record, parameters, &plan.request(), &mut rng)?;
    let stage = record.stage("client", "encrypt_rows").once();
    let blocks =
        stage.run(|| kernel_blocks(&circuit, scaled, |v| session.encrypt(v, VALUE_BOUND, &mut rng)))?.value;
    let encrypted = encrypt_queries(record, &session, &batches, VALUE_BOUND, &mut rng)?;

    let evaluator = session.evaluator();
    let on = Encrypted::new(&evaluator);
    let stage = record.stage("eval", "predict").run(|| {
        encrypted
            .iter()
            .map(|batch| circuit.run(&on, batch, &blocks, TARGET_BOUND))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let clear: Vec<Vec<Complex64>> = expected.iter().map(|vector| vector.values().to_vec()).collect();
    let (slots, noise) = decrypt_verified(record, &session, &stage, &clear)?;

    let means = |slots: &[Vec<Complex64>], noise: f64| -> Result<Vec<f64>, MlError> {
        let mut means = Vec::new();
        for (batch, slots) in slots.iter().enumerate() {
            let sums = circuit.unpack(slots, job.count(batch))?;
            // Zero is the mean of the standardised targets.
            means.extend(sums.iter().map(|sum| sum.prediction(noise).unwrap_or(0.0)));
        }
        Ok(scaled.target.inverse(&means))
    };
    let exact = KernelRegressor::new(rows.clone(), task.train.targets().to_vec(), radius, squarings)?;
    let (exact, clear) = (exact.predict(&queries)?, means(&clear, 0.0)?);
    let encrypted = means(&slots, NOISE_FLOOR * noise)?;
    learning::score(params, record, task, &Ways { exact: &exact, clear: &clear, encrypted: &encrypted })
}

fn client_select(params: &Params, record: &mut Recorder<'_>, job: &Job) -> Result<(), Failure> {
    let Job { task, scaled, parameters, layout } = job;
    let rows = scaled.train.features();
    let k = params.count("k")?;
    let largest = LARGEST_DISTANCE * largest_squared_distance(rows);
    let queries = QueryGuard::Rows(rows).admit(&scaled.queries, largest)?;
    let circuit = ClientSelect::new(*layout, k, Ties::ByRow, largest)?;
    let plan = circuit.plan(parameters)?;
    record.set("key_switches", plan.key_switches() as i64)?;

    let mut rng = setup::secret_rng(record, 1)?;
    let session = timed_session(record, parameters, &plan.request(), &mut rng)?;
    let packed = circuit.pack_rows(rows)?;
    let blocks = record
        .stage("client", "encrypt_rows")
        .once()
        .run(|| {
            packed
                .iter()
                .map(|block| encrypt(&session, block, VALUE_BOUND, &mut rng))
                .collect::<Result<Vec<_>, _>>()
        })?
        .value;
    let batches = circuit.pack_queries(&queries)?;
    let encrypted = encrypt_queries(record, &session, &batches, VALUE_BOUND, &mut rng)?;

    let evaluator = session.evaluator();
    let on = Encrypted::new(&evaluator);
    let stage = record.stage("eval", "distances").run(|| {
        encrypted.iter().map(|batch| circuit.run(&on, batch, &blocks)).collect::<Result<Vec<_>, _>>()
    })?;
    let clear_on = Clear::new(parameters.max_slots());
    let input = |vectors: &Vec<Vec<f64>>| {
        vectors.iter().map(|v| clear_on.input(&complex(v))).collect::<Result<Vec<_>, MlError>>()
    };
    let clear_blocks = packed.iter().map(input).collect::<Result<Vec<_>, _>>()?;
    let (mut expected, mut found, mut distances) = (Vec::new(), Vec::new(), [Vec::new(), Vec::new()]);
    let mut noise = 0.0f64;
    for (batch, results) in stage.value.iter().enumerate() {
        let clear = circuit.run(&clear_on, &input(&batches[batch])?, &clear_blocks)?;
        let clear: Vec<Vec<Complex64>> = clear.iter().map(|block| block.values().to_vec()).collect();
        let slots = results.iter().map(|block| session.decrypt(block)).collect::<Result<Vec<_>, _>>()?;
        noise = results.iter().map(|block| session.slot_noise(block)).fold(noise, f64::max);
        for (all, slots) in distances.iter_mut().zip([&clear, &slots]) {
            let real: Vec<Vec<f64>> = slots.iter().map(|s| s.iter().map(|slot| slot.re).collect()).collect();
            all.extend(circuit.distances(&real, job.count(batch))?);
        }
        expected.extend(clear.concat());
        found.extend(slots.concat());
    }
    verify_slots(record, stage.id, &expected, &found, noise)?;

    let targets = task.train.targets();
    let [clear, encrypted] = distances;
    let clear = circuit.select(&clear, targets, 0.0)?;
    let selected = circuit.select(&encrypted, targets, NOISE_FLOOR * noise * largest)?;
    record.set("reveals", format!("{}, {LARGEST}", selected.disclosure.name()))?;
    let exact = NearestNeighbours::new(rows.clone(), targets.to_vec(), k, Ties::ByRow)?.predict(&queries)?;
    learning::score(
        params,
        record,
        task,
        &Ways { exact: &exact, clear: &clear.predictions, encrypted: &selected.predictions },
    )
}

/// The training rows, each vector passed through `input`.
fn kernel_blocks<V>(
    circuit: &KernelCircuit,
    scaled: &Scaled,
    mut input: impl FnMut(&[Complex64]) -> Result<V, MlError>,
) -> Result<Vec<KernelBlock<V>>, MlError> {
    let features = circuit.pack_rows(scaled.train.features())?;
    let targets = circuit.pack_targets(&scaled.targets)?;
    let block = |(features, targets): (&Vec<Vec<f64>>, &Vec<Complex64>)| {
        let features = features.iter().map(|v| input(&complex(v))).collect::<Result<_, _>>()?;
        Ok(KernelBlock { features, targets: input(targets)? })
    };
    features.iter().zip(&targets).map(block).collect()
}

//! `mlp`: predictions of a small neural network for encrypted queries.
//!
//! The network is trained in the clear, from a seed, or read from a file. Its activation is a polynomial, or is replaced
//! by one on an interval.

mod packed;

use std::{fs::File, path::Path};

use ckks::{Complex64, Plan};
use datasets::Matrix;
use harness::{
    Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, Value, Workload,
};
use he_ml::{
    Disclosure, MlError,
    arithmetic::{Clear, Encrypted},
    baseline::{Activation, Network, Training},
    mlp::{ActivationPolynomial, Weights},
};

use super::ckks_setup::{self as setup, Needs};
use super::learning::{
    self, Choice, Scaled, Task, Ways, complex, decrypt_verified, encrypt_queries, failure, timed_session,
};
use packed::Packed;

/// No standardised feature and no weight is assumed to be larger.
const VALUE_BOUND: f64 = 16.0;

/// Bits of q0 above the scale: outputs of up to 6 standard deviations, and their sign.
const HEADROOM: u32 = 5;

/// How much farther than in training the interval of an activation goes where it is left to the program.
const MARGIN: f64 = 1.33;

/// The degree of an approximation where none is given.
const DEGREE: i64 = 7;

/// The workload; see the module's text.
#[derive(Clone, Copy, Debug)]
pub struct Mlp;

impl Workload for Mlp {
    fn name(&self) -> &'static str {
        "mlp"
    }

    fn about(&self) -> &'static str {
        "predictions of a network with one hidden layer for encrypted queries"
    }

    fn version(&self) -> u32 {
        2
    }

    fn keys(&self) -> Vec<Key> {
        let names = || Kind::one_of(Activation::ALL.map(Activation::name));
        let activation = Kind::Table(vec![
            Key::own("name", names()).meaning("the function"),
            Key::own("degree", Kind::int(1, 255))
                .default(DEGREE)
                .meaning("degree of the polynomial in its place"),
            Key::own("interval", Kind::word_or("auto", Kind::list(Kind::float(-1e6, 1e6))))
                .default("auto")
                .meaning(
                    "where the polynomial is close to it, [-a, a]; \"auto\" goes beyond training by a third",
                ),
        ]);
        learning::keys([
            Key::own("mode", Kind::one_of(["inference"]))
                .default("inference")
                .meaning("what is encrypted work"),
            Key::own("hidden", Kind::int(1, 1 << 12)).default(64).meaning("hidden units"),
            Key::own("activation", Kind::AnyOf(vec![names(), activation]))
                .default("square")
                .meaning("the function between the layers"),
            Key::own("packing", Kind::one_of(["auto", "units", "features"])).default("auto").meaning(
                "`units` lays hidden units side by side, for few queries; `features` gives each feature a vector, for \
                 thousands, and is what \"auto\" takes where units have no room",
            ),
            Key::own("weights", Kind::one_of(["public", "encrypted"]))
                .default("public")
                .meaning("whether the computing party knows the weights"),
            Key::own("weights_file", Kind::Text).default("").meaning(
                "CSV with the weights, for standardised features and target; without one they are trained",
            ),
            Key::own("steps", Kind::int(0, 100_000)).default(300).meaning("steps of the training"),
            Key::own("learning_rate", Kind::float(0.0, 1e3))
                .default(0.02)
                .meaning("length of a training step"),
            Key::own("weight_decay", Kind::float(0.0, 1e3)).default(0.01).meaning("penalty on the weights"),
            Key::own("training_seed", Kind::int(0, i64::MAX))
                .default(0)
                .meaning("seed of the initial weights"),
        ])
    }

    fn columns(&self) -> Vec<Column> {
        use ColumnKind::{Float, Int, Text};
        let parameter = Column::parameter;
        learning::columns([
            parameter("activation", Text, "", "the function between the layers"),
            parameter("activation_degree", Int, "", "degree of the polynomial in its place"),
            parameter("activation_bound", Float, "", "a of its interval [-a, a]").detail(),
            parameter("activation_error", Float, "", "its worst error there").detail(),
            parameter("hidden", Int, "", "hidden units"),
            parameter("weights", Text, "", "who knows the weights"),
            parameter("packing", Text, "", "how queries lie in slots").detail(),
            parameter("key_switches", Int, "", "key switches of one batch of queries").detail(),
            parameter("queries_per_ciphertext", Int, "", "queries in a batch").detail(),
            parameter("reveals", Text, "", "what the owner of the key learns").detail(),
        ])
    }

    fn resolve(&self, params: &Params, security_bits: u32) -> Result<Resolved, Rejection> {
        let task = Task::load(params)?;
        let (features, rows) = (task.train.n_features(), task.test.n_rows());
        let hidden = params.count("hidden")?;
        let encrypted = params.text("weights")? == "encrypted";
        // Levels and rotations depend on the shape of the network alone.
        let rejected =
            |error: MlError| Rejection::new(["activation"], error.to_string(), "mend `activation`");
        let chosen = Chosen::read(params)?;
        let polynomial = chosen.polynomial(1.0).map_err(rejected)?;
        let ones = Matrix::new(features, hidden, vec![1.0; features * hidden]);
        let network = ones
            .map_err(MlError::from)
            .and_then(|ones| {
                let per_unit = vec![1.0; hidden];
                Network::new(&ones, &per_unit, &per_unit, 0.0, chosen.function)
            })
            .map_err(rejected)?;
        let units = (hidden.max(features) + 1).next_power_of_two();
        let by_feature = by_feature(params, units)?;
        if by_feature && encrypted {
            let message = "encrypted weights need hidden units side by side";
            let remedy = "write `packing = \"units\"` and leave `log_n` to the program";
            return Err(Rejection::new(["packing", "weights"], message, remedy));
        }
        let slots = if by_feature { 1 } else { units };
        let needed =
            Packed::new(&network, polynomial.clone(), 2 * units * units, by_feature).map_err(rejected)?;
        let choice = Choice { depth: needed.depth(encrypted), slots, headroom: HEADROOM };
        learning::resolve(params, security_bits, choice, |parameters| {
            let circuit = Packed::new(&network, polynomial.clone(), parameters.max_slots(), by_feature)?;
            let plan: Plan = circuit.plan(parameters, encrypted, VALUE_BOUND)?;
            let batches = rows.div_ceil(circuit.queries());
            let cost = batches as f64 * setup::switch_cost(parameters, plan.key_switches() as f64);
            let weights = if encrypted { circuit.weight_vectors() } else { 0 };
            let vectors = if by_feature { features + 1 } else { 2 };
            Ok::<_, MlError>(Needs { keys: plan.request(), ciphertexts: vectors * batches + weights, cost })
        })
        .map(|mut resolved| {
            resolved = resolved.cell("packing", if by_feature { "features" } else { "units" });
            Task::name(params, resolved).cell("activation", chosen.function.name())
        })
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        setup::in_threads(params, || run(params, record))
    }

    fn seconds_per_unit(&self) -> Option<f64> {
        setup::seconds_per_unit()
    }
}

/// Whether each feature gets a vector of its own; `units` is the number of slots that all hidden units take.
fn by_feature(params: &Params, units: usize) -> Result<bool, Rejection> {
    Ok(match params.text("packing")? {
        "features" => true,
        "units" => false,
        // A ring degree that is left to the program is large enough.
        _ => params.int("log_n").is_ok_and(|log_n| 1 << (log_n - 1) < units),
    })
}

/// The activation as the configuration gives it.
#[derive(Clone, Copy, Debug)]
struct Chosen {
    function: Activation,
    degree: usize,
    /// `None` for "auto".
    bound: Option<f64>,
}

impl Chosen {
    fn read(params: &Params) -> Result<Self, Rejection> {
        let name = params.text("activation").or_else(|_| params.text("activation.name"))?;
        let function = Activation::ALL.into_iter().find(|function| function.name() == name);
        let function = function.ok_or_else(|| {
            Rejection::new(
                ["activation"],
                format!("no activation {name}"),
                "name one of those in `sweep schema`",
            )
        })?;
        let degree = params.int("activation.degree").unwrap_or(DEGREE);
        let bound = match params.get("activation.interval") {
            Some(Value::List(ends)) => match ends.as_slice() {
                [low, high] if low.as_f64().map(|low| -low) == high.as_f64() => high.as_f64(),
                _ => {
                    let message = "the interval of an activation has to be [-a, a]";
                    return Err(Rejection::new(
                        ["activation.interval"],
                        message,
                        "write `interval = [-6.0, 6.0]`",
                    ));
                }
            },
            _ => None,
        };
        Ok(Self { function, degree: degree.unsigned_abs() as usize, bound })
    }

    /// The polynomial, on an interval that holds `largest` where none is given.
    fn polynomial(&self, largest: f64) -> Result<ActivationPolynomial, MlError> {
        if self.function.is_polynomial() {
            return ActivationPolynomial::exact(self.function);
        }
        let bound = self.bound.unwrap_or_else(|| (MARGIN * largest).ceil());
        ActivationPolynomial::approximate(self.function, self.degree, bound)
    }
}

fn network(params: &Params, chosen: Chosen, scaled: &Scaled) -> Result<Network, Failure> {
    let file = params.text("weights_file")?;
    if !file.is_empty() {
        let network = Network::read_csv(File::open(Path::new(file))?, chosen.function)?;
        if network.inputs() != scaled.train.n_features() || network.hidden() != params.count("hidden")? {
            let message = format!("{file} has {} x {} weights", network.inputs(), network.hidden());
            return Err(Failure::new("weights_file", message));
        }
        return Ok(network);
    }
    let training = Training {
        hidden: params.count("hidden")?,
        steps: params.count("steps")?,
        learning_rate: params.float("learning_rate")?,
        weight_decay: params.float("weight_decay")?,
        seed: params.int("training_seed")?.unsigned_abs(),
        ..Training::new(chosen.function)
    };
    Ok(training.run(scaled.train.features(), &scaled.targets)?.network)
}

fn run(params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
    let task = Task::reload(params)?;
    task.describe(record)?;
    let scaled = task.scaled()?;
    let chosen = Chosen::read(params).map_err(failure)?;
    let parameters = setup::parameters(params)?;
    let network = record.stage("setup", "train").once().run(|| network(params, chosen, &scaled))?.value;
    let polynomial = chosen.polynomial(network.largest_pre_activation(scaled.train.features())?)?;
    let units = (network.hidden().max(network.inputs()) + 1).next_power_of_two();
    let by_feature = by_feature(params, units).map_err(failure)?;
    let circuit = Packed::new(&network, polynomial, parameters.max_slots(), by_feature)?;
    circuit.activation().check_rows(&network, &scaled.queries)?;
    let encrypted = params.text("weights")? == "encrypted";
    let plan = circuit.plan(&parameters, encrypted, VALUE_BOUND)?;
    describe(record, &circuit, &plan)?;

    let packed = circuit.pack(&scaled.queries)?;
    let clear = Clear::new(parameters.max_slots());
    let run_clear = |batch: &Vec<Vec<f64>>| -> Result<Vec<Complex64>, MlError> {
        let vectors =
            batch.iter().map(|values| clear.input(&complex(values))).collect::<Result<Vec<_>, _>>()?;
        Ok(circuit.run(&clear, &vectors, &Weights::Public)?.values().to_vec())
    };
    let expected = packed.iter().map(run_clear).collect::<Result<Vec<_>, _>>()?;

    let mut rng = setup::secret_rng(record, 1)?;
    let session = timed_session(record, &parameters, &plan.request(), &mut rng)?;
    let weights = match &circuit {
        Packed::Units(circuit) if encrypted => {
            let stage = record.stage("client", "encrypt_weights").once();
            let all = || circuit.encrypt_weights(|values| session.encrypt(values, VALUE_BOUND, &mut rng));
            Some(stage.run(all)?.value)
        }
        Packed::Units(_) | Packed::Features(_) => None,
    };
    let weights = weights.as_ref().map_or(Weights::Public, Weights::Encrypted);
    let queries = encrypt_queries(record, &session, &packed, VALUE_BOUND, &mut rng)?;
    let evaluator = session.evaluator();
    let on = Encrypted::new(&evaluator);
    let stage = record.stage("eval", "predict").run(|| {
        queries.iter().map(|batch| circuit.run(&on, batch, &weights)).collect::<Result<Vec<_>, _>>()
    })?;
    let (found, _) = decrypt_verified(record, &session, &stage, &expected)?;

    let count = scaled.queries.n_rows();
    let outputs = |batches: &[Vec<Complex64>]| scaled.target.inverse(&circuit.outputs(batches, count));
    let exact = scaled.target.inverse(&network.predict(&scaled.queries)?);
    let (clear, encrypted) = (outputs(&expected), outputs(&found));
    let ways = Ways { exact: &exact, clear: &clear, encrypted: &encrypted };
    learning::score(params, record, &task, &ways)
}

fn describe(record: &mut Recorder<'_>, circuit: &Packed, plan: &Plan) -> Result<(), Failure> {
    let activation = circuit.activation();
    record.set("activation_degree", activation.degree() as i64)?;
    if let Some(bound) = activation.bound() {
        record.set("activation_bound", bound)?;
    }
    record.set("activation_error", activation.worst_error())?;
    record.set("key_switches", plan.key_switches() as i64)?;
    record.set("queries_per_ciphertext", circuit.queries() as i64)?;
    record.set("reveals", Disclosure::Predictions.name())
}

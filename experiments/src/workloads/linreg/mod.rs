//! `linreg`: linear and ridge regression on encrypted rows.
//!
//! The client standardises its rows, or scales them by public ranges, and encrypts them; what happens then is the mode. `encrypted`: the server solves the
//! normal equations under encryption, and only the weights are decrypted. `aggregate_decrypt`: the server sums up
//! products of columns, the client decrypts the sums and solves. `plaintext`: nothing is encrypted.

mod aggregate;
mod encrypted;
mod prepared;

use ckks::SecurityLevel;
use harness::{
    Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, StageId, Value, Workload,
};
use he_ml::{
    MlError,
    baseline::LinearModel,
    linear_regression::{
        DEFAULT_FLOOR, DEFAULT_VARIANCE_FLOOR, LinearRegression, LinearRegressionSpec, Mode, Solver,
        Standardised, TableShape,
    },
};

use super::ckks_setup::{self as setup, Needs};
use super::learning::{self, Choice, Task, Ways};
use prepared::Prepared;

/// Bits of q0 above the scale: weights of up to 16 and their sign.
const HEADROOM: u32 = 6;

/// The workload; see the module's text.
#[derive(Clone, Copy, Debug)]
pub struct Linreg;

impl Workload for Linreg {
    fn name(&self) -> &'static str {
        "linreg"
    }

    fn about(&self) -> &'static str {
        "linear and ridge regression learnt from encrypted rows"
    }

    fn version(&self) -> u32 {
        2
    }

    fn keys(&self) -> Vec<Key> {
        let positive = || Kind::float(0.0, f64::INFINITY);
        learning::keys([
            Key::own("mode", Kind::one_of(["encrypted", "aggregate_decrypt", "plaintext"]))
                .default("encrypted")
                .meaning("`encrypted` decrypts the weights and nothing else, `aggregate_decrypt` sums of products"),
            Key::own("standardise", Kind::one_of(["client", "gram"])).default("client").meaning(
                "who brings columns to mean 0 and mean square 1: the client, or with \"gram\" the server, from the moments \
                 of rows that were scaled by `ranges`",
            ),
            Key::own("ranges", Kind::list(Kind::list(Kind::AnyOf(vec![Kind::Text, any_number()]))))
                .default(Vec::<Value>::new())
                .meaning("public ranges for \"gram\": [[\"age\", 0.0, 120.0], ...], the target's included"),
            Key::own("variance_floor", Kind::float(0.0, 0.25))
                .default(DEFAULT_VARIANCE_FLOOR)
                .meaning("least variance of a feature for \"gram\", in units of its squared range"),
            Key::own("polynomial", Kind::int(1, 2))
                .default(1)
                .meaning("2 adds all products of two features, on standardised columns"),
            Key::own(
                "solver",
                Kind::one_of(["chebyshev", "newton_schulz", "gradient_descent", "nesterov"]),
            )
            .default("chebyshev")
            .meaning("how the normal equations are solved under encryption"),
            Key::own("degree", Kind::word_or("auto", Kind::int(3, 255))).default("auto").meaning(
                "degree of the polynomial, for `chebyshev`: one less than a power of two; \"auto\" is 63, or 15 for one or \
                 two features",
            ),
            Key::own("steps", Kind::int(1, 10_000)).default(8).meaning("steps of the other solvers"),
            Key::own("spectrum", Kind::list(Kind::word_or("trace", positive())))
                .default(vec![Value::Float(DEFAULT_FLOOR), Value::Text("trace".to_owned())])
                .meaning("interval of the eigenvalues of the correlation matrix; \"trace\" is the number of features"),
            Key::own("ridge", positive())
                .default(0.0)
                .meaning("penalty on the squared weights of standardised columns, per row"),
        ])
    }

    fn columns(&self) -> Vec<Column> {
        use ColumnKind::{Float, Int, Text};
        let parameter = Column::parameter;
        learning::columns([
            parameter("mode", Text, "", "what is decrypted"),
            parameter("solver", Text, "", "how the normal equations are solved"),
            parameter("degree", Int, "", "degree of the polynomial"),
            parameter("steps", Int, "", "steps of the solver").detail(),
            parameter("ridge", Float, "", "penalty on the squared weights").detail(),
            parameter("standardise", Text, "", "who standardises the columns"),
            parameter("polynomial", Int, "", "degree of the features").detail(),
            parameter("column_ranges", Text, "", "public ranges of the columns").detail(),
            parameter("key_switches", Int, "", "key switches of the training").detail(),
            parameter("levels", Int, "", "levels that the training takes").detail(),
            parameter("table_bytes", Int, "B", "ciphertexts of the table").detail(),
            parameter("reveals", Text, "", "who learns what").detail(),
        ])
    }

    fn resolve(&self, params: &Params, security_bits: u32) -> Result<Resolved, Rejection> {
        let task = load(params)?;
        let params = &settled(params, &task);
        let degree = params.count("degree")?;
        if !(degree + 1).is_power_of_two() {
            let message = format!("no polynomial of degree {degree}");
            return Err(Rejection::new(["degree"], message, "write 3, 7, 15, 31, 63, 127 or 255"));
        }
        let mode = params.text("mode")?;
        if mode != Mode::Encrypted.name() && params.text("standardise")? != "client" {
            let message = format!("mode {mode} takes rows that the client standardised");
            return Err(Rejection::new(["standardise", "mode"], message, "write `standardise = \"client\"`"));
        }
        // What is wrong with the data is known before any key is made.
        Prepared::new(params, &task)?.map_err(|error| {
            let keys = ["dataset", "ranges", "variance_floor"];
            Rejection::new(keys, error.to_string(), "mend the data, `ranges` or `variance_floor`")
        })?;
        let named = |resolved| Task::name(params, resolved);
        if mode == Mode::AggregateDecrypt.name() {
            return aggregate::resolve(params, security_bits, &task).map(named);
        }
        if mode == Mode::Plaintext.name() {
            let choice = Choice { depth: 1, slots: 1, headroom: HEADROOM };
            return learning::resolve(params, security_bits, choice, |_| {
                let keys = ckks::KeyRequest::default();
                Ok::<_, MlError>(Needs { keys, ciphertexts: 0, cost: 0.0 })
            })
            .map(named);
        }
        let model = model(params, &task).map_err(rejected)?.map_err(|error| {
            Rejection::new(["solver", "dataset"], error.to_string(), "mend the model or its data")
        })?;
        // A security level that does not exist is refused where the point is resolved.
        let security = SecurityLevel::try_from(security_bits).unwrap_or_default();
        let log_scale = u32::try_from(params.count("log_scale")?).unwrap_or(u32::MAX);
        let depth = match model.plan(&model.wanted().log_scale(log_scale).security(security)) {
            Ok(plan) => plan.counts.depth,
            Err(error) => return Ok(setup::impossible(params.clone(), &error)),
        };
        let choice = Choice { depth, slots: model.slots(), headroom: HEADROOM };
        learning::resolve(params, security_bits, choice, |parameters| {
            let plan = model.plan(&model.wanted().parameters(parameters.to_spec()))?;
            let blocks = model.packing(parameters.max_slots())?.blocks(model.table().rows);
            let cost = plan.transforms * setup::transform_cost(parameters);
            // Powers of a matrix and the vectors they come from.
            Ok::<_, MlError>(Needs { keys: plan.request, ciphertexts: 16 + blocks, cost })
        })
        .map(named)
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        setup::in_threads(params, || run(params, record))
    }

    fn seconds_per_unit(&self) -> Option<f64> {
        setup::seconds_per_unit()
    }
}

fn any_number() -> Kind {
    Kind::float(f64::NEG_INFINITY, f64::INFINITY)
}

/// The rows of the point, with products of features where it asks for them.
fn load(params: &Params) -> Result<Task, Rejection> {
    let task = Task::load(params)?;
    if params.count("polynomial")? == 1 {
        return Ok(task);
    }
    task.with_products().map_err(|error| {
        Rejection::new(["polynomial", "dataset"], error.to_string(), "take the features as they are")
    })
}

/// The point with the degree that goes with its features, unless it gives one.
fn settled(params: &Params, task: &Task) -> Params {
    let mut params = params.clone();
    if params.text("degree") == Ok("auto")
        && let Solver::Residual { log_degree } = Solver::default_for(task.train.n_features())
    {
        params.set("degree", (1_i64 << log_degree) - 1);
    }
    params
}

fn rejected(error: harness::ParamError) -> Rejection {
    error.into()
}

/// The model that the point asks for. The outer error is a fault of the program, the inner one of the configuration.
fn model(params: &Params, task: &Task) -> Result<Result<LinearRegression, MlError>, harness::ParamError> {
    let steps = params.count("steps")?;
    let solver = match params.text("solver")? {
        "newton_schulz" => Solver::NewtonSchulz { steps },
        "gradient_descent" => Solver::GradientDescent { steps },
        "nesterov" => Solver::Nesterov { steps },
        _ => Solver::Residual { log_degree: (params.count("degree")? + 1).ilog2() },
    };
    let shape = shape(task);
    let end = |value: &Value| value.as_f64().unwrap_or(shape.features as f64);
    let mut spec = LinearRegressionSpec::new()
        .ridge(params.float("ridge")?)
        .solver(solver)
        .rows(prepared::rows(params)?);
    if let [low, high] = params.list("spectrum")? {
        spec = spec.spectrum(end(low), end(high));
    }
    Ok(spec.check(shape))
}

fn shape(task: &Task) -> TableShape {
    TableShape { rows: task.train.n_rows(), features: task.train.n_features() }
}

fn run(params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
    let task = load(params).map_err(learning::failure)?;
    task.describe(record)?;
    let standardised = Standardised::new(&task.train)?;
    let alpha = params.float("ridge")? * task.train.n_rows() as f64;
    let exact = record
        .stage("plaintext", "solve")
        .run(|| {
            let table = standardised.table();
            LinearModel::ridge(table.features(), table.targets(), alpha)
        })?
        .value;
    let exact = standardised.model(&exact.weights)?;
    let prepared = Prepared::new(params, &task).map_err(learning::failure)??;
    let mode = params.text("mode")?;
    let (clear, found) = if mode == Mode::AggregateDecrypt.name() {
        record.set("reveals", Mode::AggregateDecrypt.reveals())?;
        aggregate::run(params, record, &task, prepared.table())?
    } else if mode == Mode::Encrypted.name() {
        record.set("reveals", Mode::Encrypted.reveals())?;
        if let Prepared::Gram(_) = prepared {
            record.set("column_ranges", shown(params.list("ranges")?))?;
        }
        encrypted::run(params, record, &model(params, &task)??, prepared.table())?
    } else {
        record.set("reveals", Mode::Plaintext.reveals())?;
        let table = prepared.table();
        let found = LinearModel::ridge(table.features(), table.targets(), alpha)?;
        (found.clone(), found)
    };
    let predict = |model: LinearModel| model.predict(task.test.features());
    let exact = predict(exact)?;
    let (clear, encrypted) = (predict(prepared.model(&clear)?)?, predict(prepared.model(&found)?)?);
    let ways = Ways { exact: &exact, clear: &clear, encrypted: &encrypted };
    learning::score(params, record, &task, &ways)
}

/// Ranges as they were given.
fn shown(ranges: &[Value]) -> String {
    ranges.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
}

/// Weights on standardised columns that are further than this from those of the circuit in the clear are wrong: a tenth
/// of a percent of a standard deviation of the target.
const LARGEST_SCHEME_ERROR: f64 = 1e-3;

/// Annotates a stage with the error of its weights, and marks it as wrong where one is off by too much.
fn verify_weights(
    record: &mut Recorder<'_>,
    id: StageId,
    [clear, found]: [&LinearModel; 2],
    predicted: f64,
) -> Result<(), Failure> {
    let both = || clear.weights.iter().zip(&found.weights).chain([(&clear.intercept, &found.intercept)]);
    let scheme = both().map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let size = clear.weights.iter().fold(0.0f64, |most, weight| most.max(weight.abs()));
    record.annotate(id, [("err_max_abs", scheme), ("noise_std", predicted)])?;
    if scheme > 0.0 && size > 0.0 {
        record.annotate(id, [("bits_precision", (size / scheme).log2())])?;
    }
    let message = format_args!("a weight is off by {scheme:e}, at most {LARGEST_SCHEME_ERROR:e} is allowed");
    record.verify(id, scheme <= LARGEST_SCHEME_ERROR, message);
    Ok(())
}

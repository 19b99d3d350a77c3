//! `descent`: linear regression on encrypted rows by gradient steps, as many as one likes: iterates are refreshed when
//! their levels are used up. No eigenvalue of the secret table is used, only public bounds.

use ckks::{
    CkksError,
    bootstrap::{BootstrapParameters, presets},
};
use harness::{
    Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, Value, Workload,
};
use he_ml::{
    MlError,
    baseline::LinearModel,
    linear_regression::{
        LinearRegression, LinearRegressionSpec, Mode, Solver, Standardised, TableShape,
        generate_refreshing_keys,
    },
    metrics::RegressionMetrics,
    planner::Plan,
};

use super::ckks_setup as setup;
use super::learning::{self, Task, Ways};

/// Transforms of a refresh, roughly, for the estimate of a point's time.
const TRANSFORMS_OF_A_REFRESH: f64 = 3e4;

/// Ciphertexts that are alive at once, matrices of a refresh included.
const CIPHERTEXTS: u64 = 64;

/// Weights on standardised columns that are further than this from those of the circuit in the clear are wrong.
const LARGEST_SCHEME_ERROR: f64 = 1e-2;

/// The workload; see the module's text.
#[derive(Clone, Copy, Debug)]
pub struct Descent;

impl Workload for Descent {
    fn name(&self) -> &'static str {
        "descent"
    }

    fn about(&self) -> &'static str {
        "linear regression by gradient steps on encrypted rows, through refreshes"
    }

    fn version(&self) -> u32 {
        1
    }

    fn keys(&self) -> Vec<Key> {
        let names: Vec<&str> = presets::ALL.iter().map(|(name, _)| *name).chain(["toy"]).collect();
        let mut keys = vec![
            setup::threads_key(),
            Key::own("preset", Kind::one_of(names))
                .default("n16_sparse")
                .meaning("how iterates are refreshed"),
        ];
        keys.extend(Task::keys());
        keys.extend([
            Key::own("solver", Kind::one_of(["nesterov", "gradient_descent"]))
                .default("nesterov")
                .meaning("step 1/high with constant momentum, or step 2/(low + high)"),
            Key::own("steps", Kind::int(2, 10_000)).default(80).meaning("number of steps"),
            Key::own("spectrum", Kind::list(Kind::float(0.0, f64::INFINITY)))
                .default(vec![0.05, 13.0])
                .meaning("public bounds [low, high] on the eigenvalues of the correlation matrix"),
        ]);
        keys
    }

    fn columns(&self) -> Vec<Column> {
        use ColumnKind::{Int, Text};
        let parameter = Column::parameter;
        let mut columns = setup::columns();
        columns.extend(Task::columns());
        columns.extend([
            parameter("solver", Text, "", "how the normal equations are solved"),
            parameter("steps", Int, "", "steps of the solver"),
            parameter("preset", Text, "", "how iterates are refreshed"),
            parameter("refreshes", Int, "", "refreshes on the way"),
            parameter("key_switches", Int, "", "key switches of the training, those of refreshes left out")
                .detail(),
            parameter("reveals", Text, "", "who learns what").detail(),
            Column::new("step", Int, harness::Role::Metric, "", "step that led to an iterate"),
            Column::metric(
                "weights_off_exact",
                "",
                "largest error of an encrypted weight against least squares",
            ),
            Column::metric(
                "weights_off_solver",
                "",
                "the part that more steps would remove: clear against exact",
            ),
            Column::metric(
                "weights_off_scheme",
                "",
                "the part of noise and refreshes: encrypted against clear",
            ),
            Column::metric(
                "rmse_off",
                "",
                "test RMSE of the encrypted iterate over that of least squares, less 1",
            ),
        ]);
        columns.extend(learning::score_columns());
        columns
    }

    fn resolve(&self, params: &Params, _security_bits: u32) -> Result<Resolved, Rejection> {
        let task = Task::load(params)?;
        let model = model(params, &task)?.map_err(|error| {
            Rejection::new(["spectrum", "dataset"], error.to_string(), "mend `spectrum` or the data")
        })?;
        let found = bootstrap(params, &model)?
            .map_err(MlError::from)
            .and_then(|bootstrap| Ok((model.plan_refreshing(&bootstrap)?, bootstrap)));
        let (plan, _) = match found {
            Ok(found) => found,
            Err(error) => return Ok(setup::impossible(params.clone(), &error)),
        };
        let parameters = &plan.parameters;
        let transforms = plan.transforms + plan.counts.refreshes as f64 * TRANSFORMS_OF_A_REFRESH;
        let limbs = parameters.q_len(parameters.max_level());
        let ciphertext = 16 * (parameters.ring_degree() * limbs) as u64;
        let resolved = Resolved::new(params.clone())
            .cost(transforms * setup::transform_cost(parameters))
            .memory_bytes(plan.keys.memory + CIPHERTEXTS * ciphertext)
            .cell("log_n", i64::from(parameters.log_n()))
            .cell("dnum", parameters.dnum() as i64)
            .cell("slots", parameters.max_slots() as i64)
            .cell("ciphertext_bytes", setup::as_cell(ciphertext))
            .cell("refreshes", plan.counts.refreshes as i64);
        let resolved = Task::name(params, setup::describe(resolved, parameters, &plan.keys));
        Ok(if parameters.is_insecure() {
            resolved.insecure("a toy ring hides nothing".to_owned())
        } else {
            resolved
        })
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        setup::in_threads(params, || run(params, record))
    }

    fn seconds_per_unit(&self) -> Option<f64> {
        setup::seconds_per_unit()
    }
}

/// The model that the point asks for. The outer error is one of the configuration, the inner one of the model.
fn model(params: &Params, task: &Task) -> Result<Result<LinearRegression, MlError>, Rejection> {
    let steps = params.count("steps")?;
    let solver = match params.text("solver")? {
        "nesterov" => Solver::Nesterov { steps },
        _ => Solver::GradientDescent { steps },
    };
    let [Some(low), Some(high)] = [0, 1].map(|end| params.list("spectrum").ok()?.get(end)?.as_f64()) else {
        let message = "the bounds of the spectrum are two numbers";
        return Err(Rejection::new(["spectrum"], message, "write `spectrum = [0.05, 13.0]`"));
    };
    let shape = TableShape { rows: task.train.n_rows(), features: task.train.n_features() };
    Ok(LinearRegressionSpec::new().solver(solver).spectrum(low, high).check(shape))
}

/// The way to refresh: as few slots as an iterate repeats after.
fn bootstrap(
    params: &Params,
    model: &LinearRegression,
) -> Result<Result<BootstrapParameters, CkksError>, Rejection> {
    /// A ring for tests has to hold the matrix, and levels enough for two steps.
    const TOY: (u32, usize) = (10, 6);
    let log_slots = model.refreshed_slots().ilog2();
    let name = params.text("preset")?;
    let preset = presets::ALL.iter().find(|(known, _)| *known == name);
    let spec = match preset {
        // Those for all slots are made for them.
        Some((name, preset)) if name.contains("full") => preset(),
        Some((_, preset)) => preset().log_slots(log_slots),
        None => {
            let mut spec = presets::toy(TOY.0, log_slots);
            spec.levels = TOY.1;
            spec
        }
    };
    Ok(spec.check())
}

/// What is known of each iterate.
struct Trace {
    exact: LinearModel,
    clear: Vec<Vec<f64>>,
    encrypted: Vec<Vec<f64>>,
}

fn run(params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
    let task = Task::reload(params)?;
    task.describe(record)?;
    let standardised = Standardised::new(&task.train)?;
    let table = standardised.table();
    let model = model(params, &task).map_err(learning::failure)??;
    let bootstrap = bootstrap(params, &model).map_err(learning::failure)??;
    let plan: Plan = model.plan_refreshing(&bootstrap)?;
    record.set("key_switches", plan.counts.key_switches() as i64)?;
    record.set("reveals", Mode::Encrypted.reveals())?;

    let exact = LinearModel::least_squares(table.features(), table.targets())?;
    let stage = record.stage("plaintext", "circuit").once();
    let clear = stage.run(|| model.iterates(table))?.value;
    let mut rng = setup::secret_rng(record, 1)?;
    let stage = record.stage("setup", "keys").once();
    let (owner, server) = stage.run(|| generate_refreshing_keys(&model, &plan, &bootstrap, &mut rng))?.value;
    let rows = record.stage("client", "encrypt_rows").once().run(|| owner.encrypt(table, &mut rng))?.value;
    let blocks = || rows.blocks().iter().cloned().map(Ok);
    // Timed without a look at the iterates.
    let trained = record.stage("eval", "train").once().run(|| server.train_on(blocks()))?;
    let found = record.stage("client", "decrypt").once().run(|| owner.decrypt(&trained.value))?.value;
    let last = clear.last().map_or(&[][..], Vec::as_slice);
    let off = largest_difference(last, &found.weights);
    record.annotate(trained.id, [("err_max_abs", off), ("noise_std", plan.predicted_error)])?;
    let message = format_args!("a weight is off by {off:e}, at most {LARGEST_SCHEME_ERROR:e} is allowed");
    record.verify(trained.id, off <= LARGEST_SCHEME_ERROR, message);

    let mut encrypted = Vec::new();
    let observed = record.stage("eval", "train_observed").once();
    observed.run(|| {
        encrypted.clear();
        server.train_observed(blocks(), &mut |iterate| {
            encrypted.push(owner.decrypt_iterate(iterate)?);
            Ok(())
        })
    })?;
    let predict = |weights: &[f64]| standardised.model(weights)?.predict(task.test.features());
    let (by_exact, by_clear, by_found) = (predict(&exact.weights)?, predict(last)?, predict(&found.weights)?);
    let ways = Ways { exact: &by_exact, clear: &by_clear, encrypted: &by_found };
    learning::scores(record, task.test.targets(), false, &ways)?;
    let rmse = |weights: &[f64]| -> Result<f64, MlError> {
        Ok(RegressionMetrics::new(task.test.targets(), &predict(weights)?)?.rmse)
    };
    trace(record, &Trace { exact, clear, encrypted }, rmse)
}

/// A row for each iterate.
fn trace(
    record: &mut Recorder<'_>,
    trace: &Trace,
    rmse: impl Fn(&[f64]) -> Result<f64, MlError>,
) -> Result<(), Failure> {
    let exact = &trace.exact.weights;
    let least = rmse(exact)?;
    for (index, (clear, encrypted)) in trace.clear.iter().zip(&trace.encrypted).enumerate() {
        let step = index as i64 + 1;
        // An operation of its own, so that no median is taken over iterates.
        let cells = [
            ("weights_off_exact", largest_difference(exact, encrypted)),
            ("weights_off_solver", largest_difference(exact, clear)),
            ("weights_off_scheme", largest_difference(clear, encrypted)),
            ("rmse_off", rmse(encrypted)? / least - 1.0),
        ];
        let id = record.score(&format!("iterate {step}"), cells)?;
        record.annotate(id, [("step", Value::Int(step))])?;
    }
    Ok(())
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

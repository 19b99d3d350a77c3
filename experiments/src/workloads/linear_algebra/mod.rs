//! `linear_algebra`: what is made of many operations and asked for often. A matrix in the clear times an encrypted vector,
//! and one step of gradient descent for least squares with rows, target and weights encrypted.
//!
//! Both are written once, over [`ckks::Operations`]: a dry run tells the keys and the work, and the results are compared
//! with the same step on `f64` slots.

mod gradient;
mod product;

use ckks::{Ciphertext, CkksError, Complex64, DryRun, Parameters, Plan};
use harness::{
    Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, Value, Workload,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::accuracy::{Found, Predicted, judge};
use super::ckks_setup::{self as setup, Kit, Needs};
use gradient::Gradient;
use product::Product;

/// Bits of q0 above the scale: sums of magnitude up to 3.
const HEADROOM: u32 = 4;
/// How often each operation is called, for the estimate of a point's time.
const CALLS: f64 = 8.0;
/// The operations.
const OPS: [&str; 2] = [Product::NAME, Gradient::NAME];

/// The workload; see the module's text.
#[derive(Clone, Copy, Debug)]
pub struct LinearAlgebra;

impl Workload for LinearAlgebra {
    fn name(&self) -> &'static str {
        "linear_algebra"
    }

    fn about(&self) -> &'static str {
        "a matrix times an encrypted vector, and a step of gradient descent on encrypted rows"
    }

    fn version(&self) -> u32 {
        1
    }

    fn keys(&self) -> Vec<Key> {
        let mut keys = setup::keys();
        keys.extend([
            Key::own("ops", Kind::word_or("all", Kind::list(Kind::one_of(OPS))))
                .default("all")
                .meaning("the operations; \"all\" is both"),
            Key::own("dimension", Kind::int(1, 1 << 15))
                .default(128)
                .meaning("rows and columns of the matrix"),
            Key::own("rows", Kind::int(1, 1 << 15))
                .default(506)
                .meaning("encrypted rows of the gradient step"),
            Key::own("features", Kind::int(1, 1 << 10)).default(13).meaning("features of the gradient step"),
        ]);
        keys
    }

    fn columns(&self) -> Vec<Column> {
        let parameter = |name, meaning| Column::parameter(name, ColumnKind::Int, "", meaning);
        let mut columns = setup::columns();
        columns.extend([
            parameter("dimension", "rows and columns of the matrix"),
            parameter("rows", "encrypted rows of the gradient step"),
            parameter("features", "features of the gradient step"),
            parameter("key_switches", "key switches of all operations").detail(),
        ]);
        columns
    }

    fn resolve(&self, params: &Params, security_bits: u32) -> Result<Resolved, Rejection> {
        let tasks = Tasks::read(params)?;
        setup::resolve(params, security_bits, HEADROOM, |parameters| {
            let plan = tasks.plan(parameters)?;
            let cost = CALLS * setup::switch_cost(parameters, plan.key_switches() as f64);
            let ciphertexts = 8 + tasks.product.as_ref().map_or(0, |product| product.encoded());
            Ok::<_, CkksError>(Needs { keys: plan.request(), ciphertexts, cost })
        })
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        setup::in_threads(params, || run(params, record))
    }

    fn seconds_per_unit(&self) -> Option<f64> {
        setup::seconds_per_unit()
    }
}

/// The operations of a point.
struct Tasks {
    product: Option<Product>,
    gradient: Option<Gradient>,
}

impl Tasks {
    fn read(params: &Params) -> Result<Self, Rejection> {
        let all = params.text("ops") == Ok("all");
        let names = if all { Vec::new() } else { params.list("ops")?.to_vec() };
        if !all && names.is_empty() {
            let remedy = "name some, or leave the key out for all";
            return Err(Rejection::new(["ops"], "no operation is listed", remedy));
        }
        let wanted = |name: &str| all || names.iter().any(|found| *found == Value::from(name));
        let gradient = Gradient { rows: params.count("rows")?, features: params.count("features")? };
        Ok(Self {
            product: wanted(Product::NAME).then_some(Product { dimension: params.count("dimension")? }),
            gradient: wanted(Gradient::NAME).then_some(gradient),
        })
    }

    /// The keys and the work of all of them.
    fn plan(&self, parameters: &Parameters) -> Result<Plan, CkksError> {
        let dry = DryRun::new(parameters);
        if let Some(product) = &self.product {
            product.plan(&dry)?;
        }
        if let Some(gradient) = &self.gradient {
            gradient.plan(&dry)?;
        }
        Ok(dry.plan())
    }
}

fn run(params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
    let tasks = Tasks::read(params).map_err(|_| Failure::new("parameters", "no operation can be read"))?;
    let plan = tasks.plan(&setup::parameters(params)?)?;
    let mut rng = setup::secret_rng(record, 1)?;
    let kit = Kit::new(params, &plan.request(), &mut rng, record)?;
    record.set("key_switches", plan.key_switches() as i64)?;
    let mut data = ChaCha20Rng::seed_from_u64(record.seed());
    if let Some(product) = &tasks.product {
        product.run(record, &kit, &mut data, &mut rng)?;
    }
    if let Some(gradient) = &tasks.gradient {
        gradient.run(record, &kit, &mut data, &mut rng)?;
    }
    Ok(())
}

/// Times an operation and compares its result with the expected slots.
fn measure(
    record: &mut Recorder<'_>,
    kit: &Kit,
    name: &str,
    expected: &[f64],
    call: impl FnMut() -> Result<Ciphertext, CkksError>,
) -> Result<(), Failure> {
    let stage = record.stage("eval", name).run(call)?;
    let expected: Vec<Complex64> = expected.iter().map(|&value| value.into()).collect();
    let found =
        kit.decrypt(&stage.value).map(|slots| Found { slots, predicted: Predicted::of(&stage.value) });
    judge(record, stage.id, &expected, found)
}

/// A number between -1 and 1.
fn uniform(rng: &mut ChaCha20Rng) -> f64 {
    2.0 * setup::unit(rng) - 1.0
}

//! `depth`: how the error grows along a chain of multiplications, beside what the noise estimate predicts.
//!
//! Slots are exact powers of the unit circle: a slot is a fraction of a turn in 64 bits, products add fractions, and so
//! the expected values are right to the last bit of an `f64` at every depth.

use ckks::encoder::Packing;
use ckks::{Ciphertext, CkksError, Complex64, DryRun, Encryptor, Operations, Parameters, Plan, Workspace};
use harness::{
    Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, StageId, Workload,
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

use super::accuracy::{Found, Predicted, judge};
use super::ckks_setup::{self as setup, Kit, Needs};

/// Bits of q0 above the scale: slots on the unit circle, their sign, and worst-case noise.
const HEADROOM: u32 = 4;

/// How often each multiplication is done, for the estimate of a point's time.
const CALLS: f64 = 8.0;

/// The workload; see the module's text.
#[derive(Clone, Copy, Debug)]
pub struct Depth;

/// What each step multiplies by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Factor {
    /// The value so far.
    Itself,
    /// A fresh ciphertext of that level.
    Fresh,
}

impl Workload for Depth {
    fn name(&self) -> &'static str {
        "depth"
    }

    fn about(&self) -> &'static str {
        "measures the error after each of a chain of multiplications"
    }

    fn version(&self) -> u32 {
        1
    }

    fn keys(&self) -> Vec<Key> {
        let mut keys = setup::keys();
        keys.push(
            Key::own("factor", Kind::one_of(["itself", "fresh"]))
                .default("itself")
                .meaning("multiply by the value so far (squaring) or by a fresh ciphertext"),
        );
        keys
    }

    fn columns(&self) -> Vec<Column> {
        let parameter = Column::parameter;
        let mut columns = setup::columns();
        columns.extend([
            parameter("factor", ColumnKind::Text, "", "what each multiplication multiplies by"),
            parameter(
                "multiplications",
                ColumnKind::Int,
                "",
                "multiplications so far; 0 is a fresh ciphertext",
            ),
            parameter("level", ColumnKind::Int, "", "rescalings that are left").detail(),
        ]);
        columns
    }

    fn resolve(&self, params: &Params, security_bits: u32) -> Result<Resolved, Rejection> {
        let factor = factor(params)?;
        setup::resolve(params, security_bits, HEADROOM, |parameters| {
            let plan = plan(parameters, factor)?;
            let cost = CALLS * setup::switch_cost(parameters, plan.key_switches() as f64);
            Ok::<_, CkksError>(Needs { keys: plan.request(), ciphertexts: 3, cost })
        })
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        setup::in_threads(params, || run(params, record))
    }

    fn seconds_per_unit(&self) -> Option<f64> {
        setup::seconds_per_unit()
    }
}

fn factor(params: &Params) -> Result<Factor, harness::ParamError> {
    Ok(if params.text("factor")? == "fresh" { Factor::Fresh } else { Factor::Itself })
}

/// The chain on shapes alone.
fn plan(parameters: &Parameters, factor: Factor) -> Result<Plan, CkksError> {
    let dry = DryRun::new(parameters);
    let mut power = dry.input(1.0);
    while power.level().0 > 0 {
        let packing = Packing { level: power.level(), scale: power.scale(), slots: power.slots() };
        let fresh = dry.encrypt_public(&dry.plaintext(1.0, &packing)?)?;
        power = dry.mul_rescale(&power, if factor == Factor::Fresh { &fresh } else { &power })?;
    }
    Ok(dry.plan())
}

/// Fractions of a turn, in units of 2^-64.
#[derive(Clone)]
struct Turns(Vec<u64>);

impl Turns {
    fn random(count: usize, rng: &mut ChaCha20Rng) -> Self {
        Self((0..count).map(|_| rng.next_u64()).collect())
    }

    fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(turn, more)| *turn = turn.wrapping_add(*more));
    }

    fn points(&self) -> Vec<Complex64> {
        let unit = std::f64::consts::TAU / 2f64.powi(64);
        self.0.iter().map(|&turn| Complex64::cis(turn.cast_signed() as f64 * unit)).collect()
    }
}

fn run(params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
    let factor = factor(params)?;
    let mut rng = setup::secret_rng(record, 1)?;
    let request = plan(&setup::parameters(params)?, factor)?.request();
    let kit = Kit::new(params, &request, &mut rng, record)?;
    let (eval, encryptor) = (kit.evaluator(), Encryptor::new(&kit.context, &kit.public));
    let mut data = ChaCha20Rng::seed_from_u64(record.seed());
    let mut turns = Turns::random(kit.context.max_slots(), &mut data);
    let packing = kit.encoder.packing();
    let fresh = |turns: &Turns, packing: &Packing, rng: &mut ChaCha20Rng| {
        encryptor.encrypt(&kit.encoder.encode_with(&turns.points(), packing)?, rng)
    };
    let stage = record.stage("chain", "encrypt").run(|| fresh(&turns, &packing, &mut rng))?;
    let mut power = stage.value;
    record.set("ciphertext_bytes", setup::as_cell(power.size_bytes()))?;
    note(record, stage.id, &kit, (&power, &turns), 0)?;
    let mut work = Workspace::new();
    for step in 1..=packing.level.0 {
        let mut out = Ciphertext::empty(&kit.context)?;
        let id = match factor {
            Factor::Itself => {
                let more = turns.clone();
                turns.add(&more);
                let square = || eval.square_rescale_into(&mut out, &power, &mut work);
                record.stage("chain", &format!("square_{step:02}")).run(square)?.id
            }
            Factor::Fresh => {
                let more = Turns::random(turns.0.len(), &mut data);
                turns.add(&more);
                let packing = Packing { level: power.level(), scale: power.scale(), ..packing };
                let other = fresh(&more, &packing, &mut rng)?;
                let multiply = || eval.mul_rescale_into(&mut out, &power, &other, &mut work);
                record.stage("chain", &format!("mul_{step:02}")).run(multiply)?.id
            }
        };
        power = out;
        note(record, id, &kit, (&power, &turns), step)?;
    }
    Ok(())
}

/// Writes level and errors of one step to its rows.
fn note(
    record: &mut Recorder<'_>,
    id: StageId,
    kit: &Kit,
    (power, turns): (&Ciphertext, &Turns),
    step: usize,
) -> Result<(), Failure> {
    record.annotate(id, [("multiplications", step as i64), ("level", power.level().0 as i64)])?;
    let found = kit.decrypt(power).map(|slots| Found { slots, predicted: Predicted::of(power) });
    judge(record, id, &turns.points(), found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_multiply_on_the_unit_circle() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let (mut a, b) = (Turns::random(100, &mut rng), Turns::random(100, &mut rng));
        let products: Vec<Complex64> = a.points().iter().zip(b.points()).map(|(x, y)| x * y).collect();
        a.add(&b);
        let error = a.points().iter().zip(products).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max);
        assert!(error < 1e-15, "{error}");
        assert_eq!(Turns(vec![0, 1 << 63, 1 << 62]).points()[0], Complex64::new(1.0, 0.0));
        assert!((Turns(vec![1 << 62]).points()[0] - Complex64::i()).norm() < 1e-15);
    }
}

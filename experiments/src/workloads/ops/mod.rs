//! `ops`: what each operation of CKKS costs in time and memory, and how right its result is.
//!
//! Every result is decrypted and compared with the same operation on `f64` slots before its time is taken and after, and
//! rows whose error exceeds the noise bound are marked as wrong. An operation that needs no key switch is timed
//! without one: `mul` leaves three parts, `mul_relin` two, and `mul_relin_rescale` is the fused call.

mod client;
mod eval;
mod keygen;
mod list;

use ckks::Ciphertext;
use ckks::{CkksError, Complex64, Encryptor, KeyRequest, Parameters, Plaintext};
use harness::{
    Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, Value, Workload,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::accuracy::{Found, judge};
use super::ckks_setup::{self as setup, Kit, Needs};
use list::{OPERATIONS, Operation, Part};

/// Bits of q0 above the scale: messages of at most one, their products and sums of two.
const HEADROOM: u32 = 4;

/// How often each operation is called, for the estimate of a point's time.
const CALLS: f64 = 16.0;

/// The workload; see the module's text.
#[derive(Clone, Copy, Debug)]
pub struct Ops;

impl Workload for Ops {
    fn name(&self) -> &'static str {
        "ops"
    }

    fn about(&self) -> &'static str {
        "times every operation of CKKS and measures its error"
    }

    fn version(&self) -> u32 {
        1
    }

    fn keys(&self) -> Vec<Key> {
        let names = || OPERATIONS.iter().map(|operation| operation.name);
        let mut keys = setup::keys();
        keys.push(
            Key::own("ops", Kind::word_or("all", Kind::list(Kind::one_of(names()))))
                .default("all")
                .meaning("the operations; \"all\" is every one"),
        );
        keys.push(
            Key::own("buffers", Kind::one_of(["reused", "fresh"]))
                .default("reused")
                .meaning("whether results and work space are allocated once or for every call"),
        );
        keys
    }

    fn columns(&self) -> Vec<Column> {
        let mut columns = setup::columns();
        let meaning = "whether results and work space are allocated once or for every call";
        columns.push(Column::parameter("buffers", ColumnKind::Text, "", meaning));
        columns
    }

    fn resolve(&self, params: &Params, security_bits: u32) -> Result<Resolved, Rejection> {
        let chosen = chosen(params)?;
        setup::resolve(params, security_bits, HEADROOM, |parameters| {
            let ciphertexts = 4;
            Ok::<_, CkksError>(Needs { keys: request(&chosen), ciphertexts, cost: cost(&chosen, parameters) })
        })
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        setup::in_threads(params, || run(params, record))
    }

    fn seconds_per_unit(&self) -> Option<f64> {
        setup::seconds_per_unit()
    }
}

/// The operations of a point, each once, in the order of [`OPERATIONS`].
fn chosen(params: &Params) -> Result<Vec<&'static Operation>, Rejection> {
    if params.text("ops") == Ok("all") {
        return Ok(OPERATIONS.iter().collect());
    }
    let names = params.list("ops")?;
    if names.is_empty() {
        return Err(Rejection::new(
            ["ops"],
            "no operation is listed",
            "name some, or leave the key out for all",
        ));
    }
    let listed = |operation: &&Operation| names.iter().any(|name| *name == Value::from(operation.name));
    Ok(OPERATIONS.iter().filter(listed).collect())
}

/// The evaluation keys that the operations use.
fn request(chosen: &[&Operation]) -> KeyRequest {
    chosen.iter().fold(KeyRequest::new(), |request, operation| (operation.keys)(request))
}

fn cost(chosen: &[&Operation], parameters: &Parameters) -> f64 {
    let limbs = parameters.q_len(parameters.max_level()) as f64;
    let switch = setup::switch_transforms(parameters);
    let transforms: f64 =
        chosen.iter().map(|operation| operation.switches * switch + operation.transforms * limbs).sum();
    CALLS * transforms * setup::transform_cost(parameters)
}

/// The operands: random complex slots of absolute value below 1, encoded and encrypted.
struct Operands {
    a: Vec<Complex64>,
    b: Vec<Complex64>,
    plain_a: Plaintext,
    plain_b: Plaintext,
    x: Ciphertext,
    y: Ciphertext,
}

impl Operands {
    fn new(kit: &Kit, seed: u64, rng: &mut ChaCha20Rng) -> Result<Self, CkksError> {
        let mut data = ChaCha20Rng::seed_from_u64(seed);
        let slots = kit.context.max_slots();
        let mut vector = || (0..slots).map(|_| in_disc(&mut data)).collect::<Vec<_>>();
        let (a, b) = (vector(), vector());
        // Two parts with the variance of a number that is uniform up to 1/sqrt 2 make that of one up to 1.
        let encode = |slots: &[Complex64]| setup::uniform_up_to(1.0, kit.encoder.encode_complex(slots)?);
        let (plain_a, plain_b) = (encode(&a)?, encode(&b)?);
        let encryptor = Encryptor::new(&kit.context, &kit.public);
        let (x, y) = (encryptor.encrypt(&plain_a, rng)?, encryptor.encrypt(&plain_b, rng)?);
        Ok(Self { a, b, plain_a, plain_b, x, y })
    }

    /// `f` of the slots of both operands.
    fn zip(&self, f: impl Fn(Complex64, Complex64) -> Complex64) -> Vec<Complex64> {
        self.a.iter().zip(&self.b).map(|(&a, &b)| f(a, b)).collect()
    }

    /// The slots of the first operand, rotated to the left.
    fn rotated(&self, steps: usize) -> Vec<Complex64> {
        let mut slots = self.a.clone();
        slots.rotate_left(steps % self.a.len());
        slots
    }
}

/// A point of the square inside the unit disc.
fn in_disc(rng: &mut ChaCha20Rng) -> Complex64 {
    let mut coordinate = || (2.0 * setup::unit(rng) - 1.0) * std::f64::consts::FRAC_1_SQRT_2;
    Complex64::new(coordinate(), coordinate())
}

/// Measures operations.
struct Meter<'m, 'r> {
    record: &'m mut Recorder<'r>,
    /// Whether every call gets new buffers.
    fresh: bool,
}

impl Meter<'_, '_> {
    /// Checks one operation, times it, and checks its last result. `make` makes its buffers, `call` writes to them,
    /// `look` decrypts what they hold.
    fn measure<S>(
        &mut self,
        operation: &Operation,
        expected: &[Complex64],
        make: impl Fn() -> Result<S, CkksError>,
        mut call: impl FnMut(&mut S) -> Result<(), CkksError>,
        mut look: impl FnMut(&mut S) -> Result<Found, CkksError>,
    ) -> Result<(), Failure> {
        let mut buffers = make()?;
        call(&mut buffers)?;
        let before = look(&mut buffers);
        let fresh = self.fresh;
        let stage = self.record.stage(operation.part.stage(), operation.name).run(|| {
            if fresh {
                buffers = make()?;
            }
            call(&mut buffers)
        })?;
        judge(self.record, stage.id, expected, before)?;
        let after = look(&mut buffers);
        judge(self.record, stage.id, expected, after)
    }
}

fn run(params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
    let chosen = chosen(params).map_err(|_| Failure::new("parameters", "no operation is listed"))?;
    let mut rng = setup::secret_rng(record, 1)?;
    let kit = Kit::new(params, &request(&chosen), &mut rng, record)?;
    let operands = Operands::new(&kit, record.seed(), &mut rng)?;
    record.set("ciphertext_bytes", setup::as_cell(operands.x.size_bytes()))?;
    let mut meter = Meter { record, fresh: params.text("buffers")? == "fresh" };
    for operation in chosen {
        match operation.part {
            Part::Keys => keygen::run(&mut meter, &kit, &operands, operation, &mut rng)?,
            Part::Client => client::run(&mut meter, &kit, &operands, operation, &mut rng)?,
            Part::Evaluation => eval::run(&mut meter, &kit, &operands, operation)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (at, operation) in OPERATIONS.iter().enumerate() {
            assert!(OPERATIONS[..at].iter().all(|other| other.name != operation.name), "{}", operation.name);
        }
    }

    #[test]
    fn operands_lie_in_the_unit_disc() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        assert!((0..1000).all(|_| in_disc(&mut rng).norm() <= 1.0));
    }
}

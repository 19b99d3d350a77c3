//! Sums of products of columns, decrypted and solved by the owner of the key.

use ckks::Ciphertext;
use datasets::Dataset;
use harness::{Failure, Params, Recorder, Rejection, Resolved};
use he_ml::{
    MlError,
    baseline::LinearModel,
    linear_regression::aggregate::{MomentAggregate, ValueRange},
};

use super::{shape, verify_weights};
use crate::workloads::{
    ckks_setup::{self as setup, Needs},
    learning::{self, Choice, Task},
};

/// Levels: one product.
const DEPTH: usize = 1;

fn circuit(task: &Task) -> Result<MomentAggregate, MlError> {
    MomentAggregate::new(shape(task), ValueRange::Standardised)
}

pub(super) fn resolve(params: &Params, security_bits: u32, task: &Task) -> Result<Resolved, Rejection> {
    let circuit = circuit(task)
        .map_err(|error| Rejection::new(["dataset"], error.to_string(), "name a data set with rows"))?;
    // Two sums over all rows share a slot, and have a sign.
    let headroom = (task.train.n_rows() as f64).log2().ceil() as u32 + 3;
    let choice = Choice { depth: DEPTH, slots: 1, headroom };
    learning::resolve(params, security_bits, choice, |parameters| {
        let plan = circuit.plan(&circuit.wanted().parameters(parameters.to_spec()))?;
        let vectors = (task.train.n_features() + 1) * circuit.chunks(parameters.max_slots());
        let cost = plan.transforms * setup::transform_cost(parameters);
        Ok::<_, MlError>(Needs { keys: plan.request, ciphertexts: vectors, cost })
    })
}

/// The model from the moments in the clear, and from those that were decrypted, in the units of `table`.
pub(super) fn run(
    params: &Params,
    record: &mut Recorder<'_>,
    task: &Task,
    table: &Dataset,
) -> Result<(LinearModel, LinearModel), Failure> {
    let (circuit, ridge) = (circuit(task)?, params.float("ridge")?);
    let plan = circuit.plan(&circuit.wanted().parameters(setup::parameters(params)?.to_spec()))?;
    record.set("key_switches", plan.counts.key_switches() as i64)?;
    record.set("levels", plan.counts.depth as i64)?;
    let clear = circuit.run_clear(table)?.solve(ridge)?;
    let mut rng = setup::secret_rng(record, 1)?;
    let (owner, server) =
        record.stage("setup", "keys").once().run(|| circuit.generate_keys(&plan, &mut rng))?.value;
    record.set("key_bytes", setup::as_cell(server.key_size().memory))?;
    let mut encrypt = || {
        let chunks = (0..owner.chunks()).map(|chunk| owner.encrypt_chunk(table, chunk, &mut rng));
        chunks.collect::<Result<Vec<Vec<Ciphertext>>, MlError>>()
    };
    let chunks = record.stage("client", "encrypt_rows").once().run(&mut encrypt)?.value;
    let bytes: u64 = chunks.iter().flatten().map(Ciphertext::size_bytes).sum();
    record.set("table_bytes", setup::as_cell(bytes))?;
    // The server takes chunks as they come; handing one over is a copy, which is not the server's work.
    let sums = record
        .stage("eval", "sum_products")
        .run_with(|| Ok::<_, MlError>(chunks.clone()), |chunks| server.sum(chunks.into_iter().map(Ok)))?;
    let solve = || owner.decrypt(&sums.value)?.solve(ridge);
    let found = record.stage("client", "decrypt_and_solve").run(solve)?.value;
    verify_weights(record, sums.id, [&clear, &found], plan.predicted_error)?;
    Ok((clear, found))
}

//! Rows in, weights out, nothing decrypted in between.

use datasets::Dataset;
use harness::{Failure, Params, Recorder};
use he_ml::{
    baseline::LinearModel,
    linear_regression::{LinearRegression, generate_keys},
};

use super::verify_weights;
use crate::workloads::ckks_setup as setup;

/// The model of the circuit in the clear, and the one that was decrypted, in the units of `table`.
pub(super) fn run(
    params: &Params,
    record: &mut Recorder<'_>,
    model: &LinearRegression,
    table: &Dataset,
) -> Result<(LinearModel, LinearModel), Failure> {
    let plan = model.plan(&model.wanted().parameters(setup::parameters(params)?.to_spec()))?;
    record.set("key_switches", plan.counts.key_switches() as i64)?;
    record.set("levels", plan.counts.depth as i64)?;
    let clear = record.stage("plaintext", "circuit").once().run(|| model.run_clear(table))?.value;
    let clear = LinearModel { intercept: clear.intercept, weights: clear.values };
    let mut rng = setup::secret_rng(record, 1)?;
    let (owner, server) =
        record.stage("setup", "keys").once().run(|| generate_keys(model, &plan, &mut rng))?.value;
    record.set("key_bytes", setup::as_cell(server.key_size().memory))?;
    let rows = record.stage("client", "encrypt_rows").run(|| owner.encrypt(table, &mut rng))?.value;
    record.set("table_bytes", setup::as_cell(rows.size_bytes()))?;
    let trained = record.stage("eval", "train").run(|| server.train(&rows))?;
    let found = record.stage("client", "decrypt").run(|| owner.decrypt(&trained.value))?.value;
    verify_weights(record, trained.id, [&clear, &found], plan.predicted_error)?;
    Ok((clear, found))
}

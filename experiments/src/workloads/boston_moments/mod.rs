//! `boston_moments`: means and second moments of the encrypted columns of a data set (Boston housing unless another is
//! named), against the same in `f64`.
//!
//! The client divides each column by its largest absolute value (which is thus public), packs the columns into slots
//! and encrypts them. The server sums each column, and the product of every two (the matrix X^T X, target
//! included), by rotations. The client decrypts the sums and divides by the public number of rows.

mod packing;

use std::path::Path;

use ckks::{Ciphertext, CkksError, Complex64, DryRun, Encryptor, Parameters, Plan};
use datasets::{Dataset, ReadOptions};
use harness::{
    Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, StageId, Workload,
};

use super::accuracy::{Found, Predicted, judge};
use super::ckks_setup::{self as setup, Kit, Needs};
use super::learning::{self, claims, score_three_ways};
use packing::Layout;

/// Bits of q0 above the scale, beside those for the number of terms in a sum: values of at most one, and their sign.
const HEADROOM: u32 = 4;

/// How often the circuit is run, for the estimate of a point's time.
const CALLS: f64 = 6.0;

/// The workload; see the module's text.
#[derive(Clone, Copy, Debug)]
pub struct BostonMoments;

impl Workload for BostonMoments {
    fn name(&self) -> &'static str {
        "boston_moments"
    }

    fn about(&self) -> &'static str {
        "means and second moments of the encrypted columns of a data set"
    }

    fn version(&self) -> u32 {
        2
    }

    fn keys(&self) -> Vec<Key> {
        let mut keys = setup::keys();
        keys.push(
            Key::own("dataset", Kind::Text)
                .default("boston_without_b")
                .meaning("name of a data set that comes with the program, or path of a CSV or Parquet file"),
        );
        keys.push(
            Key::own("target", Kind::Text)
                .default("")
                .meaning("target column of a file; a named set has its own"),
        );
        keys.push(claims::key());
        keys
    }

    fn columns(&self) -> Vec<Column> {
        let parameter = Column::parameter;
        let mut columns = setup::columns();
        columns.extend([
            parameter("dataset", ColumnKind::Text, "", "name or path of the data"),
            parameter("dataset_sha256", ColumnKind::Text, "", "SHA-256 of the file they come from").detail(),
            parameter("rows", ColumnKind::Int, "", "rows of the table").detail(),
            parameter("table_columns", ColumnKind::Int, "", "columns of the table, target included").detail(),
            parameter("ciphertexts", ColumnKind::Int, "", "ciphertexts that hold the table").detail(),
            Column::metric("metric_exact", "", "the moment from the plain data, in the data's own unit"),
            Column::metric("metric_clear", "", "the same from the scaled columns in f64, without encryption"),
            Column::metric("metric_encrypted", "", "the moment as decrypted, in the data's own unit"),
            Column::metric("err_approximation", "", "clear minus exact"),
            Column::metric("err_scheme", "", "encrypted minus clear"),
        ]);
        columns.extend(claims::columns());
        columns
    }

    fn resolve(&self, params: &Params, security_bits: u32) -> Result<Resolved, Rejection> {
        let log_n = params.count("log_n")?;
        // What is wrong with the data is known before any key is made.
        let layout = layout(&load(params)?, 1 << (log_n - 1));
        setup::resolve(params, security_bits, HEADROOM + layout.log_terms(), |parameters| {
            let plan = plan(parameters, &layout)?;
            let cost = CALLS * setup::switch_cost(parameters, plan.key_switches() as f64);
            let ciphertexts = usize::try_from(plan.all_ciphertexts / plan.largest_ciphertext.max(1));
            Ok::<_, CkksError>(Needs {
                keys: plan.request(),
                ciphertexts: ciphertexts.unwrap_or(usize::MAX),
                cost,
            })
        })
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        setup::in_threads(params, || run(params, record))
    }

    fn seconds_per_unit(&self) -> Option<f64> {
        setup::seconds_per_unit()
    }
}

/// The table that the point names: a set by its name, or a file with its target.
fn load(params: &Params) -> Result<Dataset, Rejection> {
    let (name, target) = (params.text("dataset")?, params.text("target")?);
    if name.contains(['/', '.', '\\']) {
        if target.is_empty() {
            let remedy = "write `target = \"...\"`, the name of a column";
            return Err(Rejection::new(
                ["dataset"],
                format!("the file {name} needs a target column"),
                remedy,
            ));
        }
        return datasets::read_dataset(Path::new(name), &ReadOptions::new(target)).map_err(|error| {
            Rejection::new(["dataset", "target"], error.to_string(), "mend `dataset` or `target`")
        });
    }
    let data = datasets::load(name).map_err(|error| {
        let remedy = "name one of those, or the path of a file (with a / or a .)";
        Rejection::new(["dataset"], error.to_string(), remedy)
    })?;
    if !target.is_empty() && target != data.target_name() {
        let message = format!("the target of {name} is {}, not {target}", data.target_name());
        return Err(Rejection::new(["target", "dataset"], message, "remove `target`, or name a file"));
    }
    Ok(data)
}

fn layout(data: &Dataset, slots: usize) -> Layout {
    Layout::new(data.n_rows(), data.n_features() + 1, slots)
}

/// The circuit on shapes alone.
fn plan(parameters: &Parameters, layout: &Layout) -> Result<Plan, CkksError> {
    let dry = DryRun::new(parameters);
    let table: Vec<_> = (0..layout.ciphertexts()).map(|_| dry.input(1.0)).collect();
    layout.sums(&dry, &table)?;
    layout.products(&dry, &table)?;
    Ok(dry.plan())
}

/// The columns, target last, each divided by its largest absolute value.
struct Scaled {
    names: Vec<String>,
    /// The columns as they are.
    raw: Vec<Vec<f64>>,
    columns: Vec<Vec<f64>>,
    /// What each column was divided by.
    sizes: Vec<f64>,
}

impl Scaled {
    fn new(data: &Dataset) -> Self {
        let names = data.feature_names().iter().cloned().chain([data.target_name().to_owned()]).collect();
        let mut columns: Vec<Vec<f64>> =
            (0..data.n_features()).map(|column| data.features().column(column).collect()).collect();
        columns.push(data.targets().to_vec());
        let raw = columns.clone();
        let mut sizes = Vec::new();
        for column in &mut columns {
            let size = column.iter().fold(0.0, |most, value| value.abs().max(most));
            let size = if size > 0.0 { size } else { 1.0 };
            column.iter_mut().for_each(|value| *value /= size);
            sizes.push(size);
        }
        Self { names, raw, columns, sizes }
    }

    fn rows(&self) -> f64 {
        self.columns[0].len() as f64
    }

    /// Mean of the values of a column, each through `f`, from the data as they are.
    fn exact(&self, column: usize, f: impl Fn(f64) -> f64) -> f64 {
        compensated_sum(self.raw[column].iter().map(|value| f(*value))) / self.rows()
    }

    fn mean(&self, column: usize) -> f64 {
        self.columns[column].iter().sum::<f64>() / self.rows()
    }

    fn moment(&self, (i, j): (usize, usize)) -> f64 {
        let products = self.columns[i].iter().zip(&self.columns[j]).map(|(a, b)| a * b);
        products.sum::<f64>() / self.rows()
    }
}

fn run(params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
    let data = load(params).map_err(learning::failure)?;
    let layout = layout(&data, setup::parameters(params)?.max_slots());
    let scaled = Scaled::new(&data);
    if let Some(sum) = &data.provenance().sha256 {
        record.set("dataset_sha256", sum.as_str())?;
    }
    record.set("rows", data.n_rows() as i64)?;
    record.set("table_columns", scaled.names.len() as i64)?;
    record.set("ciphertexts", layout.ciphertexts() as i64)?;

    let mut rng = setup::secret_rng(record, 1)?;
    let request = plan(&setup::parameters(params)?, &layout)?.request();
    let kit = Kit::new(params, &request, &mut rng, record)?;
    let packed = layout.pack(|row, column| scaled.columns[column][row]);
    // Scaled to [-1, 1]: the bound that a ciphertext of which nothing is declared says.
    let encryptor = Encryptor::new(&kit.context, &kit.public);
    let mut encrypt =
        |slots: &Vec<Complex64>| encryptor.encrypt(&kit.encoder.encode_complex(slots)?, &mut rng);
    let stage = record
        .stage("client", "encrypt_table")
        .run(|| packed.iter().map(&mut encrypt).collect::<Result<Vec<Ciphertext>, CkksError>>())?;
    let table = stage.value;
    let found = decrypt(&kit, &table).map(|(slots, predicted)| Found { slots: slots.concat(), predicted });
    judge(record, stage.id, &packed.concat(), found)?;

    let means = means(record, &kit, &layout, &scaled, &table)?;
    let mut pairs = Vec::new();
    for (column, found) in means.into_iter().enumerate() {
        let (name, size) = (format!("mean_{}", scaled.names[column]), scaled.sizes[column]);
        let exact = scaled.exact(column, |value| value);
        score_three_ways(record, &name, [exact, scaled.mean(column) * size, found * size])?;
        pairs.push((exact, found * size));
    }
    claims::sums(params, record, &pairs)?;
    for ((i, j), found) in second_moments(record, &kit, &layout, &scaled, &table)? {
        if i == j {
            let name = format!("second_moment_{}", scaled.names[i]);
            let (size, exact) = (scaled.sizes[i].powi(2), scaled.exact(i, |value| value * value));
            let clear = scaled.moment((i, j)) * size;
            score_three_ways(record, &name, [exact, clear, found * size])?;
        }
    }
    Ok(())
}

/// Measures the sums of all columns; the means as decrypted.
fn means(
    record: &mut Recorder<'_>,
    kit: &Kit,
    layout: &Layout,
    scaled: &Scaled,
    table: &[Ciphertext],
) -> Result<Vec<f64>, Failure> {
    let sums = record.stage("eval", "means").run(|| layout.sums(&kit.evaluator(), table))?;
    let columns = 0..scaled.names.len();
    let expected = columns.clone().map(|column| scaled.mean(column)).collect();
    let places = columns.map(|column| layout.place(column)).collect();
    compare(record, sums.id, scaled.rows(), decrypt(kit, &sums.value), Expected { places, means: expected })
}

/// The mean of the product of two columns, with their numbers.
type Product = ((usize, usize), f64);

/// Measures the sums of all products of two columns; their means as decrypted, with the columns.
fn second_moments(
    record: &mut Recorder<'_>,
    kit: &Kit,
    layout: &Layout,
    scaled: &Scaled,
    table: &[Ciphertext],
) -> Result<Vec<Product>, Failure> {
    let sums = record.stage("eval", "second_moments").run(|| layout.products(&kit.evaluator(), table))?;
    let (mut columns, mut places) = (Vec::new(), Vec::new());
    for (at, pairs) in layout.pairs().into_values().enumerate() {
        for pair in pairs {
            columns.push(pair.columns);
            places.push((at, pair.slot));
        }
    }
    let means = columns.iter().map(|&pair| scaled.moment(pair)).collect();
    let found =
        compare(record, sums.id, scaled.rows(), decrypt(kit, &sums.value), Expected { places, means })?;
    Ok(columns.into_iter().zip(found).collect())
}

/// Slots of several ciphertexts, and the largest of their noises.
type Decrypted = Result<(Vec<Vec<Complex64>>, Predicted), CkksError>;

fn decrypt(kit: &Kit, ciphertexts: &[Ciphertext]) -> Decrypted {
    let slots = ciphertexts.iter().map(|ciphertext| kit.decrypt(ciphertext)).collect::<Result<_, _>>()?;
    let largest = |noise: fn(Predicted) -> f64| {
        ciphertexts.iter().map(|ciphertext| noise(Predicted::of(ciphertext))).fold(0.0, f64::max)
    };
    Ok((slots, Predicted { std: largest(|noise| noise.std), bound: largest(|noise| noise.bound) }))
}

/// Where sums are, by ciphertext and slot, and what they come to, divided by the number of rows.
struct Expected {
    places: Vec<(usize, usize)>,
    means: Vec<f64>,
}

/// Judges a stage by its sums, divided by the number of rows; gives them as found, or nothing where noise drowned them.
fn compare(
    record: &mut Recorder<'_>,
    id: StageId,
    rows: f64,
    decrypted: Decrypted,
    expected: Expected,
) -> Result<Vec<f64>, Failure> {
    let means: Vec<Complex64> = expected.means.iter().map(|&mean| mean.into()).collect();
    match decrypted {
        Ok((ciphertexts, predicted)) => {
            let slots: Vec<Complex64> =
                expected.places.iter().map(|&(at, slot)| ciphertexts[at][slot] / rows).collect();
            let found = slots.iter().map(|slot| slot.re).collect();
            judge(record, id, &means, Ok(Found { slots, predicted: predicted.divided(rows) }))?;
            Ok(found)
        }
        Err(error) => {
            judge(record, id, &means, Err(error))?;
            Ok(Vec::new())
        }
    }
}

/// A sum that carries what is rounded off along (Neumaier 1974): exact to the last bit or two.
fn compensated_sum(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, lost) = values.fold((0.0_f64, 0.0), |(sum, lost), value| {
        let next = sum + value;
        let rounded = if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        (next, lost + rounded)
    });
    sum + lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_keep_what_is_small() {
        assert_eq!(compensated_sum([1e16, 1.0, 1.0, -1e16].into_iter()), 2.0);
        assert_eq!(compensated_sum((0..10).map(|_| 0.1)), 1.0);
    }
}

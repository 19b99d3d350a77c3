//! Which rows are learnt from and which are predicted.

use std::path::Path;

use datasets::{
    Dataset, DatasetError, Matrix, ReadOptions, ScaleMethod, Scaler, SplitSpec, TargetScaler, TrainTest,
    synthetic::{ClassificationSpec, LinearSpec},
};
use harness::{Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, Value};
use he_ml::{MlError, baseline::degree_two};

/// The share of rows that is held back where no split is named.
const TEST_SHARE: f64 = 0.2;

/// The seed of that split.
const SPLIT_SEED: u64 = 1;

/// Training rows and test rows of a data set.
pub(in crate::workloads) struct Task {
    /// Training rows, in their own units.
    pub(in crate::workloads) train: Dataset,
    /// Test rows, in their own units.
    pub(in crate::workloads) test: Dataset,
}

/// The same with columns of mean zero and mean square one over the training rows.
pub(in crate::workloads) struct Scaled {
    /// Training rows; targets in their own unit.
    pub(in crate::workloads) train: Dataset,
    /// Test features.
    pub(in crate::workloads) queries: Matrix,
    /// Training targets, standardised.
    pub(in crate::workloads) targets: Vec<f64>,
    /// The way back to the target's unit.
    pub(in crate::workloads) target: TargetScaler,
}

impl Task {
    /// The keys that name data and split.
    pub(in crate::workloads) fn keys() -> Vec<Key> {
        let count = || Kind::int(1, 1 << 30);
        let synthetic = Kind::Table(vec![
            Key::own("synthetic", Kind::one_of(["linear", "classification"])).meaning("how rows are made up"),
            Key::own("rows", count()).meaning("number of rows"),
            Key::own("features", count()).meaning("number of features"),
            Key::own("noise", Kind::float(0.0, f64::INFINITY))
                .default(0.0)
                .meaning("standard deviation of the noise of a linear target"),
            Key::own("steepness", Kind::float(0.0, f64::INFINITY))
                .default(1.0)
                .meaning("standard deviation of the weights behind a label"),
            Key::own("seed", Kind::int(0, i64::MAX)).default(0).meaning("seed of the rows"),
        ]);
        let seeded = Kind::Table(vec![
            Key::own("test", Kind::float(0.0, 1.0)).meaning("share of rows to hold back"),
            Key::own("seed", Kind::int(0, i64::MAX)).meaning("seed of the choice"),
        ]);
        vec![
            Key::own("dataset", Kind::AnyOf(vec![Kind::Text, synthetic])).default("boston").meaning(
                "a data set that comes with the program, the path of a CSV (or CSV.gz) or Parquet file, or made-up rows",
            ),
            Key::own("target", Kind::Text)
                .default("")
                .meaning("target column of a file, the last one unless named; a named set has its own"),
            Key::own("features", Kind::list(Kind::Text))
                .default(Vec::<Value>::new())
                .meaning("names of the features to learn from, in this order; all of them unless named"),
            Key::own("split", Kind::AnyOf(vec![Kind::Text, seeded])).default("auto").meaning(
                "a split that comes with the data set, the path of a split file, or { test = 0.2, seed = 7 }",
            ),
        ]
    }

    /// The columns that say what was loaded.
    pub(in crate::workloads) fn columns() -> Vec<Column> {
        use ColumnKind::{Int, Text};
        let parameter = Column::parameter;
        vec![
            parameter("dataset", Text, "", "name or path of the data"),
            parameter("split", Text, "", "which rows are held back"),
            parameter("dataset_sha256", Text, "", "SHA-256 of the file they come from").detail(),
            parameter("train_rows", Int, "", "rows to learn from"),
            parameter("test_rows", Int, "", "rows to predict").detail(),
            parameter("features", Int, "", "features of a row").detail(),
        ]
    }

    /// As [`Self::load`], when a point is run: files can change after planning.
    pub(in crate::workloads) fn reload(params: &Params) -> Result<Self, Failure> {
        Self::load(params).map_err(failure)
    }

    /// Loads what the point names.
    pub(in crate::workloads) fn load(params: &Params) -> Result<Self, Rejection> {
        let refused = |error: DatasetError| {
            let remedy = if matches!(error, DatasetError::Unknown { what: "split", .. }) {
                "name a split of the data set, the path of a split file (with a / or a .), or write \
                 `split = { test = 0.2, seed = 7 }` for a random one"
            } else {
                "mend `dataset`, `target` or `split`"
            };
            Rejection::new(["dataset", "split"], error.to_string(), remedy)
        };
        let sides = sides(params)?.map_err(refused)?;
        let names: Vec<&str> = params
            .list("features")?
            .iter()
            .filter_map(|name| if let Value::Text(name) = name { Some(name.as_str()) } else { None })
            .collect();
        let [train, test] = [sides.train, sides.test].map(|side| selected(side, &names));
        let wrong = |error: DatasetError| {
            Rejection::new(["features"], error.to_string(), "name features of the data set")
        };
        Ok(Self { train: train.map_err(wrong)?, test: test.map_err(wrong)? })
    }

    /// The same rows with all products of two features beside the features, both on standardised columns.
    pub(in crate::workloads) fn with_products(&self) -> Result<Self, MlError> {
        let scaler = Scaler::fit(&ScaleMethod::Standardise, &self.train)?;
        let products = |side: &Dataset| degree_two(&scaler.transform(side)?);
        Ok(Self { train: products(&self.train)?, test: products(&self.test)? })
    }

    /// Names data and split in all rows of a point.
    pub(in crate::workloads) fn name(params: &Params, resolved: Resolved) -> Resolved {
        Self::cells(params).into_iter().fold(resolved, |resolved, (column, name)| resolved.cell(column, name))
    }

    fn cells(params: &Params) -> [(&'static str, String); 2] {
        let dataset = params.text("dataset").map_or_else(
            |_| {
                let part = |key: &str| params.get(&format!("dataset.{key}")).map_or(String::new(), shown);
                format!("synthetic {} {} x {}", part("synthetic"), part("rows"), part("features"))
            },
            str::to_owned,
        );
        let split = params.text("split").map_or_else(
            |_| {
                let part = |key: &str| params.get(&format!("split.{key}")).map_or(String::new(), shown);
                format!("test {} seed {}", part("test"), part("seed"))
            },
            str::to_owned,
        );
        [("dataset", dataset), ("split", split)]
    }

    /// Says in every row what was loaded.
    pub(in crate::workloads) fn describe(&self, record: &mut Recorder<'_>) -> Result<(), Failure> {
        if let Some(sum) = &self.train.provenance().sha256 {
            record.set("dataset_sha256", sum.as_str())?;
        }
        record.set("train_rows", self.train.n_rows() as i64)?;
        record.set("test_rows", self.test.n_rows() as i64)?;
        record.set("features", self.train.n_features() as i64)
    }

    /// Whether every target is 0 or 1.
    pub(in crate::workloads) fn is_binary(&self) -> bool {
        self.train.targets().iter().chain(self.test.targets()).all(|&target| target == 0.0 || target == 1.0)
    }

    /// Standardised by the training rows.
    pub(in crate::workloads) fn scaled(&self) -> Result<Scaled, DatasetError> {
        let scaler = Scaler::fit(&ScaleMethod::Standardise, &self.train)?;
        let train = scaler.transform(&self.train)?;
        let target = TargetScaler::fit(&ScaleMethod::Standardise, &train)?;
        let targets = target.transform(&train)?.targets().to_vec();
        let queries = scaler.transform(&self.test)?.features().clone();
        Ok(Scaled { train, queries, targets, target })
    }
}

impl Scaled {
    /// Keeps the first `count` queries.
    pub(in crate::workloads) fn take_queries(&mut self, count: usize) -> Result<(), DatasetError> {
        let columns = self.queries.n_cols();
        let kept = self.queries.as_slice().iter().take(count * columns).copied().collect();
        self.queries = Matrix::new(count, columns, kept)?;
        Ok(())
    }
}

/// The set with the named features only; all of them where none is named.
fn selected(set: Dataset, names: &[&str]) -> Result<Dataset, DatasetError> {
    if names.is_empty() {
        return Ok(set);
    }
    let columns = names.iter().map(|name| set.feature_index(name)).collect::<Result<Vec<_>, _>>()?;
    let cells = set.features().rows().flat_map(|row| columns.iter().map(|&column| row[column])).collect();
    Dataset::new(
        Matrix::new(set.n_rows(), columns.len(), cells)?,
        set.targets().to_vec(),
        names.iter().map(|&name| name.to_owned()).collect(),
        set.target_name().to_owned(),
        set.provenance().clone(),
    )
}

/// A configuration that was good when the point was planned.
pub(in crate::workloads) fn failure(rejection: Rejection) -> Failure {
    Failure::new("data", rejection.to_string())
}

fn shown(value: &Value) -> String {
    if let Value::Text(text) = value {
        return text.clone();
    }
    value.as_f64().map_or_else(String::new, |number| number.to_string())
}

/// The outer error is one of the configuration, the inner one of the data.
fn sides(params: &Params) -> Result<Result<TrainTest, DatasetError>, Rejection> {
    let split = split(params)?;
    let seeded = || SplitSpec::Seeded { test: TEST_SHARE, seed: SPLIT_SEED };
    let Ok(name) = params.text("dataset") else {
        let split = split.unwrap_or_else(seeded);
        return Ok(made_up(params)?.and_then(|rows| split.resolve(None, rows.n_rows())?.apply(&rows)));
    };
    if name.contains(['/', '.', '\\']) {
        let options = ReadOptions::new(params.text("target")?);
        return Ok(datasets::read_split(Path::new(name), &options, &split.unwrap_or_else(seeded)));
    }
    let own = || {
        let entry = datasets::find(name)?;
        Ok(entry.split_names().next().map_or_else(seeded, SplitSpec::from))
    };
    Ok(split.map_or_else(own, Ok).and_then(|split| datasets::load_split(name, &split)))
}

fn split(params: &Params) -> Result<Option<SplitSpec>, Rejection> {
    match params.text("split") {
        Ok("auto") => Ok(None),
        Ok(text) => Ok(Some(SplitSpec::from(text))),
        Err(_) => {
            let seed = params.int("split.seed")?;
            Ok(Some(SplitSpec::Seeded { test: params.float("split.test")?, seed: seed.unsigned_abs() }))
        }
    }
}

fn made_up(params: &Params) -> Result<Result<Dataset, DatasetError>, Rejection> {
    let (rows, features) = (params.count("dataset.rows")?, params.count("dataset.features")?);
    let seed = params.int("dataset.seed").unwrap_or(0).unsigned_abs();
    Ok(if params.text("dataset.synthetic")? == "linear" {
        let noise = params.float("dataset.noise").unwrap_or(0.0);
        LinearSpec { rows, features, noise, seed }.generate().map(|made| made.dataset)
    } else {
        let steepness = params.float("dataset.steepness").unwrap_or(1.0);
        ClassificationSpec { rows, features, steepness, seed }.generate().map(|made| made.dataset)
    })
}

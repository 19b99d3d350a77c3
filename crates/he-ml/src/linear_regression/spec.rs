//! What is asked for, and what was checked.

use super::{correlation::InverseDeviation, cube::Cube, system::Columns};
use crate::{error::MlError, packing::RowBlocks};

/// How a linear model is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the clear.
    Plaintext,
    /// Encrypted sums of products, decrypted and solved by the owner of the key.
    AggregateDecrypt,
    /// Everything under encryption; only weights are decrypted.
    Encrypted,
}

impl Mode {
    /// The name in configurations and results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::AggregateDecrypt => "aggregate_decrypt",
            Self::Encrypted => "encrypted",
        }
    }

    /// Who learns what.
    #[must_use]
    pub fn reveals(self) -> &'static str {
        match self {
            Self::Plaintext => "the computing party sees every row",
            Self::AggregateDecrypt => {
                "the computing party learns the numbers of rows and columns; the key owner decrypts the second moments \
                 of all columns, and two sets of them that differ by one row give that row away"
            }
            Self::Encrypted => {
                "the computing party learns the numbers of rows and columns; the key owner decrypts the weights and \
                 nothing else"
            }
        }
    }
}

/// How the normal equations are solved under encryption. All but the first are there to be compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Solver {
    /// The best polynomial of degree 2^`log_degree` - 1 for the spectrum's interval, by matrix powers.
    Residual {
        /// log2 of the degree plus one, from 2 on.
        log_degree: u32,
    },
    /// Newton's method for the inverse matrix.
    NewtonSchulz {
        /// Number of factors, each of which doubles the degree.
        steps: usize,
    },
    /// Gradient descent with the best constant step.
    GradientDescent {
        /// Number of steps.
        steps: usize,
    },
    /// Gradient descent with Nesterov's momentum.
    Nesterov {
        /// Number of steps.
        steps: usize,
    },
}

impl Solver {
    /// What is taken where nothing is said: the polynomial of degree 63, or the highest for which blocks of so few
    /// features have room.
    #[must_use]
    pub fn default_for(features: usize) -> Self {
        Self::Residual { log_degree: DEFAULT_LOG_DEGREE.min(largest_log_degree(width(features))) }
    }
}

/// log2 of the default degree plus one.
const DEFAULT_LOG_DEGREE: u32 = 6;

/// Columns of the blocks that hold so many features.
fn width(features: usize) -> usize {
    let columns = features.saturating_add(OTHER_COLUMNS).min(MAX_WIDTH);
    columns.next_power_of_two().max(MIN_WIDTH)
}

/// The columns of a doubled block have to fit beside one another.
fn largest_log_degree(width: usize) -> u32 {
    2 * width.ilog2()
}

/// Rows and columns of a table, which the computing party gets to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// Number of rows.
    pub rows: usize,
    /// Number of features, the target not counted.
    pub features: usize,
}

/// In which units rows are encrypted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rows {
    /// Every column, the target's included, has mean zero and mean square one ([`super::Standardised`]): the owner of the
    /// rows looked at all of them before.
    Standardised,
    /// Every value was brought to [-1/2, 1/2] by a public range of its column ([`super::Ranged`]), row by row; columns are
    /// standardised under encryption, by their moments.
    Ranged {
        /// No feature has a smaller variance, in units of its squared range.
        variance_floor: f64,
    },
}

/// The variance of a feature, in units of its squared range, above which everything is exact where nothing is said.
pub const DEFAULT_VARIANCE_FLOOR: f64 = 0.005;

/// What a linear regression under encryption is asked to do; unchecked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearRegressionSpec {
    ridge: f64,
    solver: Option<Solver>,
    spectrum: Option<(f64, f64)>,
    rows: Rows,
}

/// Lower end of the interval of eigenvalues where nothing is said. Directions in which standardised features vary less
/// than this share of a feature's variance are fitted incompletely, as if by a ridge, and never amplified.
pub const DEFAULT_FLOOR: f64 = 0.05;

/// Columns beside the features in a block: the target, and one for a constant.
const OTHER_COLUMNS: usize = 2;

/// The widest blocks that are laid out.
const MAX_WIDTH: usize = 32;

/// Matrices in wider blocks than have room in so many slots are cut into several vectors.
const MAX_SLOTS: usize = 1 << 15;

/// The narrowest ones: below, there are no two diagonals to share a vector.
const MIN_WIDTH: usize = 4;

impl Default for LinearRegressionSpec {
    fn default() -> Self {
        Self { ridge: 0.0, solver: None, spectrum: None, rows: Rows::Standardised }
    }
}

impl LinearRegressionSpec {
    /// Least squares by the solver of [`Solver::default_for`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A penalty: the weights minimise mean((y - Xw)^2) + `ridge` |w|^2, for standardised features and target. It is
    /// alpha / rows of [`crate::baseline::LinearModel::ridge`].
    #[must_use]
    pub fn ridge(mut self, ridge: f64) -> Self {
        self.ridge = ridge;
        self
    }

    /// Rows in other units than standardised ones.
    #[must_use]
    pub fn rows(mut self, rows: Rows) -> Self {
        self.rows = rows;
        self
    }

    /// This solver.
    #[must_use]
    pub fn solver(mut self, solver: Solver) -> Self {
        self.solver = Some(solver);
        self
    }

    /// The interval in which the eigenvalues of the features' correlation matrix are taken to lie. Unless said, from
    /// [`DEFAULT_FLOOR`] to the number of features, which is the trace and therefore an upper bound for any data. An
    /// upper end that is too small makes the result useless; a lower end that is too large makes it less exact.
    #[must_use]
    pub fn spectrum(mut self, low: f64, high: f64) -> Self {
        self.spectrum = Some((low, high));
        self
    }

    /// Checks everything that can be known before keys are made.
    ///
    /// # Errors
    /// [`MlError::Hyperparameter`], naming it; [`MlError::TooManyColumns`]; [`MlError::Shape`] for an empty table.
    pub fn check(&self, table: TableShape) -> Result<LinearRegression, MlError> {
        if table.rows == 0 || table.features == 0 {
            return Err(MlError::Shape {
                what: "table to learn from",
                found: format!("{} rows and {} features", table.rows, table.features),
                expected: "at least one of each".to_owned(),
            });
        }
        let max = MAX_WIDTH - OTHER_COLUMNS;
        if table.features > max {
            return Err(MlError::TooManyColumns {
                what: "linear regression in mode encrypted",
                found: table.features,
                max,
                instead: "take mode aggregate_decrypt, or fewer features",
            });
        }
        let hyperparameter = |name, value: String, why: &str| {
            Err(MlError::Hyperparameter { name, value, why: why.to_owned() })
        };
        if !(self.ridge.is_finite() && self.ridge >= 0.0) {
            return hyperparameter("ridge", self.ridge.to_string(), "a penalty is a finite number from 0 on");
        }
        let (low, high) = self.spectrum.unwrap_or((DEFAULT_FLOOR, (table.features as f64).max(1.0)));
        if !(0.0 < low && low < high && high.is_finite()) {
            let why = "the ends have to be finite, ascending and above 0";
            return hyperparameter("spectrum", format!("[{low}, {high}]"), why);
        }
        let width = width(table.features);
        let solver = self.solver.unwrap_or_else(|| Solver::default_for(table.features));
        let cube = Cube::new(width);
        match solver {
            Solver::Residual { log_degree } => {
                let max = largest_log_degree(width);
                if !(2..=max).contains(&log_degree) {
                    let why = format!("blocks of {width} columns have room for 2 to {max}");
                    return hyperparameter("log_degree", log_degree.to_string(), &why);
                }
            }
            Solver::NewtonSchulz { steps }
            | Solver::GradientDescent { steps }
            | Solver::Nesterov { steps } => {
                if steps == 0 {
                    return hyperparameter("steps", "0".to_owned(), "at least one step is needed");
                }
            }
        }
        let columns = Columns { cube, features: table.features, rows: table.rows };
        let (deviation, error) = match self.rows {
            Rows::Standardised => (None, 0.0),
            Rows::Ranged { variance_floor } => {
                let deviation = InverseDeviation::new(variance_floor)?;
                let error = deviation.error;
                (Some(deviation), error)
            }
        };
        // Deviations that are off by a share scale eigenvalues by its square at most.
        let low = low * (1.0 - error).powi(2) + self.ridge;
        let high = high * (1.0 + error).powi(2) + self.ridge;
        let spectrum = (low, high);
        Ok(LinearRegression { columns, ridge: self.ridge, solver, spectrum, rows: self.rows, deviation })
    }
}

/// A checked linear regression for tables of one shape: a circuit.
#[derive(Clone, Debug)]
pub struct LinearRegression {
    pub(super) columns: Columns,
    pub(super) ridge: f64,
    pub(super) solver: Solver,
    /// With the penalty.
    pub(super) spectrum: (f64, f64),
    pub(super) rows: Rows,
    /// For rows that are standardised under encryption.
    pub(super) deviation: Option<InverseDeviation>,
}

impl LinearRegression {
    /// The tables it is for.
    #[must_use]
    pub fn table(&self) -> TableShape {
        TableShape { rows: self.columns.rows, features: self.columns.features }
    }

    /// The penalty.
    #[must_use]
    pub fn ridge(&self) -> f64 {
        self.ridge
    }

    /// The interval in which the eigenvalues of the penalised correlation matrix are taken to lie.
    #[must_use]
    pub fn spectrum(&self) -> (f64, f64) {
        self.spectrum
    }

    /// In which units rows are encrypted.
    #[must_use]
    pub fn rows(&self) -> Rows {
        self.rows
    }

    /// Slots of a vector that holds a whole matrix, as far as rings go: what parameters are planned for.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.columns.cube.slots().min(MAX_SLOTS)
    }

    /// Slots after which an iterate of the solvers that go step by step repeats: what refreshes have to keep.
    #[must_use]
    pub fn refreshed_slots(&self) -> usize {
        self.columns.cube.slice()
    }

    /// How rows lie in vectors of `slots` slots, a power of two. With fewer than [`Self::slots`] matrices take several
    /// vectors, and products more work.
    ///
    /// # Errors
    /// [`MlError::TooFewSlots`] for vectors without room for one slice of a matrix.
    pub fn packing(&self, slots: usize) -> Result<RowBlocks, MlError> {
        let needed = self.columns.cube.slice();
        if slots < needed {
            let what = "linear regression in mode encrypted";
            return Err(MlError::TooFewSlots { what, needed, found: slots });
        }
        RowBlocks::new(slots, self.columns.cube.width)
    }
}

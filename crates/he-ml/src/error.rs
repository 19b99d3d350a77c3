//! The one error type of the crate.

use ckks::CkksError;
use datasets::DatasetError;

/// What can go wrong between a table and a prediction; every variant says what was found and what would have fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MlError {
    /// Two things that must fit one another do not.
    #[error("{what}: found {found}, expected {expected}")]
    Shape {
        /// What was compared.
        what: &'static str,
        /// What was given.
        found: String,
        /// What fits.
        expected: String,
    },
    /// A value reaches, or may reach, a polynomial outside the interval on which it stands for its function.
    #[error(
        "{function}: the polynomial holds on [{}, {}], found {found}; widen the interval or scale the input",
        interval.0, interval.1
    )]
    OutsideApproximation {
        /// The function that is approximated.
        function: String,
        /// Both ends of the interval.
        interval: (f64, f64),
        /// The argument.
        found: f64,
    },
    /// A value that only makes sense within bounds which the data owner promised.
    #[error("{what}, row {row}: found {found}, expected a value in [{}, {}]", range.0, range.1)]
    OutsideRange {
        /// What the value is.
        what: String,
        /// The 0-based row.
        row: usize,
        /// The value.
        found: f64,
        /// Both ends of the range.
        range: (f64, f64),
    },
    /// A hyper-parameter that makes no sense for the model or its data.
    #[error("hyper-parameter `{name}` is {value}: {why}")]
    Hyperparameter {
        /// Its name.
        name: &'static str,
        /// What was given.
        value: String,
        /// What is wrong with it, and what would be possible.
        why: String,
    },
    /// A system of equations without a single solution.
    #[error("{what}: the system of {size} equations is singular; {remedy}")]
    Singular {
        /// Which system.
        what: &'static str,
        /// Number of unknowns.
        size: usize,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A value that is infinite or not a number.
    #[error("{what}: found {found} at position {index}, expected a finite number")]
    NonFinite {
        /// What the value belongs to.
        what: &'static str,
        /// Its 0-based position.
        index: usize,
        /// The value.
        found: f64,
    },
    /// The chain of the parameters is too short for the circuit.
    #[error(
        "{what}: needs {needed} levels, the parameters have {found}; choose a deeper chain or a shallower model"
    )]
    TooFewLevels {
        /// The circuit.
        what: &'static str,
        /// Levels that it uses up.
        needed: usize,
        /// Levels that there are.
        found: usize,
    },
    /// A ciphertext has too few slots for the packing.
    #[error("{what}: needs {needed} slots, there are {found}; choose a larger ring degree")]
    TooFewSlots {
        /// What is packed.
        what: &'static str,
        /// Slots that it takes.
        needed: usize,
        /// Slots that there are.
        found: usize,
    },
    /// A table has more columns than a circuit has room for.
    #[error("{what}: {found} features, there is room for {max}; {instead}")]
    TooManyColumns {
        /// The circuit.
        what: &'static str,
        /// Number of features.
        found: usize,
        /// The most there is room for.
        max: usize,
        /// What would do.
        instead: &'static str,
    },
    /// A circuit asks for a refresh where there is nothing to refresh with.
    #[error("a vector is to be refreshed, and nothing is there to do it; give the arithmetic a bootstrapper")]
    NoRefresh,
    /// A file of weights does not hold a model.
    #[error("weights, line {line}: found {found}, expected {expected}")]
    Weights {
        /// The 1-based line; 0 for the file as a whole.
        line: u64,
        /// What it holds.
        found: String,
        /// What it may hold.
        expected: String,
    },
    /// From the scheme.
    #[error(transparent)]
    Ckks(#[from] CkksError),
    /// From reading or scaling data.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl MlError {
    /// [`Self::Shape`] if two sizes differ.
    pub(crate) fn check_size(what: &'static str, found: usize, expected: usize) -> Result<(), Self> {
        if found == expected {
            return Ok(());
        }
        Err(Self::Shape { what, found: found.to_string(), expected: expected.to_string() })
    }

    /// [`Self::Shape`] if one of two sizes is zero.
    pub(crate) fn check_both(what: &'static str, first: usize, second: usize) -> Result<(), Self> {
        if first > 0 && second > 0 {
            return Ok(());
        }
        let found = format!("{first} x {second}");
        Err(Self::Shape { what, found, expected: "at least 1 x 1".to_owned() })
    }

    /// [`Self::Shape`] for a number of slots that is not a power of two.
    pub(crate) fn check_slots(slots: usize) -> Result<(), Self> {
        if slots.is_power_of_two() {
            return Ok(());
        }
        let expected = "a power of two".to_owned();
        Err(Self::Shape { what: "number of slots", found: slots.to_string(), expected })
    }

    /// [`Self::NonFinite`] for the first value that is not finite.
    pub(crate) fn check_finite(what: &'static str, values: &[f64]) -> Result<(), Self> {
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(index) => Err(Self::NonFinite { what, index, found: values[index] }),
        }
    }
}

//! Where the error of an encrypted model comes from.

use std::fmt;

use crate::error::MlError;

/// How far two sets of predictions are apart, in their unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deviation {
    /// The largest absolute difference.
    pub max: f64,
    /// The root of the mean squared difference.
    pub rms: f64,
}

impl Deviation {
    /// Compares two sets of numbers.
    ///
    /// # Errors
    /// [`MlError::Shape`] for slices that are empty or of different lengths, [`MlError::NonFinite`].
    pub fn new(expected: &[f64], found: &[f64]) -> Result<Self, MlError> {
        MlError::check_size("number of predictions", found.len(), expected.len())?;
        MlError::check_finite("expected predictions", expected)?;
        MlError::check_finite("predictions", found)?;
        if expected.is_empty() {
            return Err(MlError::Shape {
                what: "number of predictions",
                found: "0".to_owned(),
                expected: "at least 1".to_owned(),
            });
        }
        let differences = || expected.iter().zip(found).map(|(a, b)| (a - b).abs());
        let squares: f64 = differences().map(|d| d * d).sum();
        Ok(Self { max: differences().fold(0.0, f64::max), rms: (squares / expected.len() as f64).sqrt() })
    }
}

/// The three ways to run one model, compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorBudget {
    /// The clear circuit against the exact model: what polynomials in place of functions cost.
    pub approximation: Deviation,
    /// The encrypted circuit against the clear one: what noise and rounding of the scheme cost.
    pub scheme: Deviation,
    /// The encrypted circuit against the exact model.
    pub total: Deviation,
}

impl ErrorBudget {
    /// Compares the predictions of the exact model, of the clear circuit and of the encrypted circuit.
    ///
    /// # Errors
    /// As [`Deviation::new`].
    pub fn new(exact: &[f64], clear: &[f64], encrypted: &[f64]) -> Result<Self, MlError> {
        Ok(Self {
            approximation: Deviation::new(exact, clear)?,
            scheme: Deviation::new(clear, encrypted)?,
            total: Deviation::new(exact, encrypted)?,
        })
    }
}

impl fmt::Display for ErrorBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, s, t] = [self.approximation, self.scheme, self.total];
        write!(
            f,
            "approximation {:.1e} (rms {:.1e}), scheme {:.1e} (rms {:.1e}), total {:.1e} (rms {:.1e})",
            a.max, a.rms, s.max, s.rms, t.max, t.rms
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart() {
        let budget = ErrorBudget::new(&[1.0, 2.0], &[1.5, 2.0], &[1.5, 1.0]).expect("same length");
        assert_eq!(budget.approximation, Deviation { max: 0.5, rms: 0.125_f64.sqrt() });
        assert_eq!(budget.scheme, Deviation { max: 1.0, rms: 0.5_f64.sqrt() });
        assert_eq!(budget.total, Deviation { max: 1.0, rms: 0.625_f64.sqrt() });
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        assert!(Deviation::new(&[], &[]).is_err());
        assert!(Deviation::new(&[1.0], &[1.0, 2.0]).is_err());
        assert!(Deviation::new(&[1.0], &[f64::NAN]).is_err());
    }
}

//! Which slot holds what.

use datasets::Matrix;

use crate::error::MlError;

/// Hidden units on the outermost axis, queries on the inner one: slot `unit * queries + query`. The features of a query
/// lie along the same axis as the units and repeat after [`Self::period`] places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MlpLayout {
    inputs: usize,
    hidden: usize,
    period: usize,
    units: usize,
    queries: usize,
}

impl MlpLayout {
    /// A layout for a network on vectors of `slots` slots, a power of two.
    ///
    /// # Errors
    /// [`MlError::Shape`] without features or hidden units, or for a number of slots that is not a power of two;
    /// [`MlError::TooFewSlots`] for a network that is wider than the vector.
    pub fn new(inputs: usize, hidden: usize, slots: usize) -> Result<Self, MlError> {
        MlError::check_both("features x hidden units", inputs, hidden)?;
        MlError::check_slots(slots)?;
        let widest = hidden.max(inputs);
        if widest > slots {
            let needed = widest.checked_next_power_of_two().unwrap_or(widest);
            return Err(MlError::TooFewSlots { what: "hidden layer", needed, found: slots });
        }
        let period = inputs.next_power_of_two();
        let units = widest.next_power_of_two();
        Ok(Self { inputs, hidden, period, units, queries: slots / units })
    }

    /// Number of features.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of hidden units.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Places after which the features repeat, a power of two.
    #[must_use]
    pub fn period(&self) -> usize {
        self.period
    }

    /// Length of the outermost axis, a power of two.
    #[must_use]
    pub fn units(&self) -> usize {
        self.units
    }

    /// Queries in one vector, a power of two.
    #[must_use]
    pub fn queries(&self) -> usize {
        self.queries
    }

    /// Number of slots.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.units * self.queries
    }

    /// The vectors of queries to encrypt. Places that are left over are zero.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of features, [`MlError::NonFinite`].
    pub fn pack(&self, queries: &Matrix) -> Result<Vec<Vec<f64>>, MlError> {
        MlError::check_size("number of features", queries.n_cols(), self.inputs)?;
        MlError::check_finite("queries", queries.as_slice())?;
        let value = |batch: usize, slot: usize| {
            let (feature, query) =
                ((slot / self.queries) % self.period, batch * self.queries + slot % self.queries);
            if feature < self.inputs && query < queries.n_rows() { queries.row(query)[feature] } else { 0.0 }
        };
        let batches = queries.n_rows().div_ceil(self.queries);
        Ok((0..batches).map(|batch| (0..self.slots()).map(|slot| value(batch, slot)).collect()).collect())
    }

    /// The outputs of the first `count` queries, from the slots of decrypted vectors, one vector for each batch.
    ///
    /// # Errors
    /// [`MlError::Shape`] for fewer vectors or slots than `count` queries take.
    pub fn unpack(&self, batches: &[Vec<f64>], count: usize) -> Result<Vec<f64>, MlError> {
        MlError::check_size("number of vectors", batches.len(), count.div_ceil(self.queries))?;
        for batch in batches {
            MlError::check_size("number of slots", batch.len(), self.slots())?;
        }
        Ok(batches.iter().flat_map(|batch| &batch[..self.queries]).take(count).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_repeat_along_the_units() {
        let layout = MlpLayout::new(3, 5, 32).expect("8 units of 4 queries");
        assert_eq!((layout.period(), layout.units(), layout.queries()), (4, 8, 4));
        let queries = Matrix::new(5, 3, (1..=15).map(f64::from).collect()).expect("15 values");
        let packed = layout.pack(&queries).expect("three features");
        assert_eq!(packed.len(), 2);
        assert_eq!(packed[0][..16], [1., 4., 7., 10., 2., 5., 8., 11., 3., 6., 9., 12., 0., 0., 0., 0.]);
        assert_eq!(packed[0][..16], packed[0][16..]);
        assert_eq!(packed[1][..8], [13., 0., 0., 0., 14., 0., 0., 0.]);
        let outputs = layout.unpack(&packed, 5).expect("two vectors");
        assert_eq!(outputs, [1., 4., 7., 10., 13.]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (inputs, hidden) in [(3, usize::MAX), (usize::MAX, 3), (33, 3)] {
            let refused = MlpLayout::new(inputs, hidden, 32);
            assert!(matches!(refused, Err(MlError::TooFewSlots { .. })), "{refused:?}");
        }
        let message = |result: Result<MlpLayout, MlError>| result.expect_err("refused").to_string();
        assert_eq!(
            message(MlpLayout::new(3, 33, 32)),
            "hidden layer: needs 64 slots, there are 32; choose a larger ring degree"
        );
        assert_eq!(message(MlpLayout::new(3, 5, 24)), "number of slots: found 24, expected a power of two");
        assert_eq!(
            message(MlpLayout::new(0, 5, 32)),
            "features x hidden units: found 0 x 5, expected at least 1 x 1"
        );
    }
}

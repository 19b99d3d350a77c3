//! Squared distances of encrypted rows to encrypted queries.

use crate::{arithmetic::SlotArithmetic, error::MlError};

/// The squared distance of the query to the row of each slot: the sum over features of (query - row)^2. One level and
/// one relinearisation, whatever the number of features.
///
/// `queries` and `rows` hold one vector for each feature, as [`super::NeighbourLayout`] packs them.
///
/// # Errors
/// [`MlError::Shape`] when the numbers of features differ or are zero, and the errors of the arithmetic.
pub fn squared_distances<A: SlotArithmetic>(
    on: &A,
    queries: &[A::Vector],
    rows: &[A::Vector],
) -> Result<A::Vector, MlError> {
    MlError::check_size("number of features", queries.len(), rows.len())?;
    let differences =
        queries.iter().zip(rows).map(|(query, row)| on.sub(query, row)).collect::<Result<Vec<_>, _>>()?;
    let pairs: Vec<_> = differences.iter().map(|difference| (difference, difference)).collect();
    on.sum_of_products(&pairs)
}

/// [`MlError::TooFewLevels`] if the queries do not allow `needed` multiplications in a row.
pub(super) fn check_levels<A: SlotArithmetic>(
    on: &A,
    queries: &[A::Vector],
    what: &'static str,
    needed: usize,
) -> Result<(), MlError> {
    match queries.first().and_then(|query| on.levels_left(query)) {
        Some(found) if found < needed => Err(MlError::TooFewLevels { what, needed, found }),
        _ => Ok(()),
    }
}

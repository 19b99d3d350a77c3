//! Products of features.

use datasets::Matrix;

use crate::error::MlError;

/// All monomials of degree 1 and 2: the p features, then x_i x_j for i <= j in the order (0, 0), (0, 1), .. (p-1, p-1);
/// p + p (p + 1) / 2 columns. Nothing is scaled again.
///
/// # Errors
/// [`MlError::NonFinite`] when a product overflows.
pub fn degree_two_features(features: &Matrix) -> Result<Matrix, MlError> {
    let p = features.n_cols();
    let columns = p + p * (p + 1) / 2;
    let mut data = Vec::with_capacity(features.n_rows() * columns);
    for row in features.rows() {
        data.extend_from_slice(row);
        for i in 0..p {
            data.extend(row[i..].iter().map(|x| row[i] * x));
        }
    }
    MlError::check_finite("products of features", &data)?;
    Ok(Matrix::new(features.n_rows(), columns, data)?)
}

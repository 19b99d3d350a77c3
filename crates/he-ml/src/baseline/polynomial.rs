//! Products of features.

use datasets::{Dataset, Matrix};

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

/// A table with [`degree_two_features`] in place of its features, named `a`, `a^2` and `a*b`.
///
/// # Errors
/// As [`degree_two_features`]; [`MlError::Dataset`] for names that would be there twice.
pub fn degree_two(table: &Dataset) -> Result<Dataset, MlError> {
    let (names, p) = (table.feature_names(), table.n_features());
    let mut all = names.to_vec();
    for i in 0..p {
        all.push(format!("{}^2", names[i]));
        all.extend(names[i + 1..].iter().map(|other| format!("{}*{other}", names[i])));
    }
    let mut provenance = table.provenance().clone();
    provenance.steps.push("products of two features added".to_owned());
    let features = degree_two_features(table.features())?;
    let targets = table.targets().to_vec();
    Ok(Dataset::new(features, targets, all, table.target_name().to_owned(), provenance)?)
}

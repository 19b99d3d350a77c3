//! A dense row-major matrix: one row per sample, one column per feature.

use crate::error::DatasetError;

/// A dense row-major matrix of `f64`; entry (i, j) is at `i * n_cols + j`.
///
/// It has at least one row and one column. It is storage, not linear algebra: the models bring their own arithmetic.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    n_rows: usize,
    n_cols: usize,
    data: Vec<f64>,
}

impl Matrix {
    /// Takes over `data`, row after row.
    ///
    /// # Errors
    /// [`DatasetError::Shape`] if a side is zero or `data` does not have `n_rows * n_cols` entries.
    pub fn new(n_rows: usize, n_cols: usize, data: Vec<f64>) -> Result<Self, DatasetError> {
        if n_rows == 0 || n_cols == 0 {
            return Err(DatasetError::Shape {
                what: "matrix",
                found: format!("{n_rows} x {n_cols}"),
                expected: "at least 1 x 1".to_owned(),
            });
        }
        if n_rows.checked_mul(n_cols) != Some(data.len()) {
            return Err(DatasetError::Shape {
                what: "matrix entries",
                found: data.len().to_string(),
                expected: format!("{n_rows} x {n_cols}"),
            });
        }
        Ok(Self { n_rows, n_cols, data })
    }

    /// Number of rows, at least 1.
    #[must_use]
    pub const fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns, at least 1.
    #[must_use]
    pub const fn n_cols(&self) -> usize {
        self.n_cols
    }

    /// All entries, row after row.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.data
    }

    /// Row `row` as a slice, like indexing a slice of rows.
    ///
    /// # Panics
    /// If `row` is not below [`n_rows`](Self::n_rows).
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        assert!(row < self.n_rows, "row {row} of a matrix with {} rows", self.n_rows);
        &self.data[row * self.n_cols..(row + 1) * self.n_cols]
    }

    /// The rows in order, each a slice of [`n_cols`](Self::n_cols) entries.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> + Clone {
        self.data.chunks_exact(self.n_cols)
    }

    /// The entries of column `column`, from the first row to the last.
    ///
    /// # Panics
    /// If `column` is not below [`n_cols`](Self::n_cols).
    #[must_use]
    pub fn column(&self, column: usize) -> impl ExactSizeIterator<Item = f64> + Clone + '_ {
        assert!(column < self.n_cols, "column {column} of a matrix with {} columns", self.n_cols);
        self.data[column..].iter().step_by(self.n_cols).copied()
    }

    /// Entry by entry, `f(column, value)` in place of the value.
    pub(crate) fn map_entries(&self, f: impl Fn(usize, f64) -> f64) -> Self {
        let data = self.data.iter().enumerate().map(|(k, &value)| f(k % self.n_cols, value)).collect();
        Self { data, ..*self }
    }

    /// The given rows, which the caller has checked, in the given order.
    pub(crate) fn gather_rows(&self, rows: &[usize]) -> Result<Self, DatasetError> {
        let data = rows.iter().flat_map(|&row| self.row(row).iter().copied()).collect();
        Self::new(rows.len(), self.n_cols, data)
    }

    /// All columns but one, which the caller has checked.
    pub(crate) fn without_column(&self, column: usize) -> Result<Self, DatasetError> {
        let kept = |k: &usize| k % self.n_cols != column;
        let data = (0..self.data.len()).filter(kept).map(|k| self.data[k]).collect();
        Self::new(self.n_rows, self.n_cols - 1, data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Matrix {
        Matrix::new(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).expect("6 entries")
    }

    #[test]
    fn rows_and_columns() {
        let matrix = sample();
        assert_eq!(matrix.row(1), [4.0, 5.0, 6.0]);
        assert_eq!(matrix.rows().collect::<Vec<_>>(), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        assert_eq!(matrix.column(2).collect::<Vec<_>>(), [3.0, 6.0]);
        assert_eq!(matrix.column(2).len(), 2);
        assert_eq!(
            matrix.gather_rows(&[1, 0, 1]).expect("rows exist").column(0).collect::<Vec<_>>(),
            [4.0, 1.0, 4.0]
        );
        assert_eq!(matrix.without_column(1).expect("two are left").as_slice(), [1.0, 3.0, 4.0, 6.0]);
        assert_eq!(matrix.map_entries(|j, x| x * j as f64).as_slice(), [0.0, 2.0, 6.0, 0.0, 5.0, 12.0]);
    }

    #[test]
    fn the_shape_is_checked() {
        let message = |rows, cols, len| {
            Matrix::new(rows, cols, vec![0.0; len]).expect_err("the shape does not fit").to_string()
        };
        assert_eq!(message(0, 3, 0), "matrix: found 0 x 3, expected at least 1 x 1");
        assert_eq!(message(2, 3, 5), "matrix entries: found 5, expected 2 x 3");
        assert_eq!(
            message(usize::MAX, 2, 4),
            format!("matrix entries: found 4, expected {} x 2", usize::MAX)
        );
    }

    #[test]
    #[should_panic(expected = "row 2 of a matrix with 2 rows")]
    fn a_row_beyond_the_end_panics_like_a_slice() {
        let _ = sample().row(2);
    }
}

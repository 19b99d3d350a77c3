//! The result table in memory: rows to a data frame, to CSV, Parquet and JSON lines, and back.

use std::sync::Arc;

use polars::prelude as pl;
use polars::prelude::{SerReader as _, SerWriter as _};
use serde_json::{Map, Value as Json};

use crate::column::{Column, ColumnKind};
use crate::error::HarnessError;
use crate::value::Value;

/// A table with the meaning of its columns.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// The columns, in order.
    pub columns: Vec<Column>,
    frame: pl::DataFrame,
}

fn failed(action: &'static str) -> impl Fn(pl::PolarsError) -> HarnessError {
    move |error| HarnessError::Table { action, message: error.to_string() }
}

impl Table {
    /// Builds a table; `cell(row, column)` gives the value of a cell, `None` for an empty one.
    ///
    /// # Errors
    /// [`HarnessError::Table`] when columns share a name.
    pub(crate) fn build(
        columns: Vec<Column>,
        rows: usize,
        cell: impl Fn(usize, &str) -> Option<Json>,
    ) -> Result<Self, HarnessError> {
        let series = columns
            .iter()
            .map(|column| {
                let name = pl::PlSmallStr::from_str(column.name());
                let values = (0..rows).map(|row| cell(row, column.name()));
                match column.kind {
                    ColumnKind::Int => {
                        let values: Vec<Option<i64>> = values.map(|v| v?.as_i64()).collect();
                        pl::Column::new(name, values)
                    }
                    ColumnKind::Float => {
                        let values: Vec<Option<f64>> = values.map(|v| v?.as_f64()).collect();
                        pl::Column::new(name, values)
                    }
                    ColumnKind::Bool => {
                        let values: Vec<Option<bool>> = values.map(|v| v?.as_bool()).collect();
                        pl::Column::new(name, values)
                    }
                    ColumnKind::Text => {
                        let text = |v: Json| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
                        let values: Vec<Option<String>> = values.map(|v| Some(text(v?))).collect();
                        pl::Column::new(name, values)
                    }
                }
            })
            .collect();
        let frame = pl::DataFrame::new(rows, series).map_err(failed("build the table"))?;
        Ok(Self { columns, frame })
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.frame.height()
    }

    /// The column of this name.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name() == name)
    }

    /// A cell; `None` when it is empty or there is no such column.
    pub(crate) fn get(&self, row: usize, column: &str) -> Option<Value> {
        let column = self.frame.column(column).ok()?;
        let cell = column.get(row).ok()?;
        if let pl::AnyValue::Boolean(flag) = cell {
            Some(Value::Bool(flag))
        } else if let pl::AnyValue::Int64(whole) = cell {
            Some(Value::Int(whole))
        } else if let pl::AnyValue::Float64(number) = cell {
            Some(Value::Float(number))
        } else {
            cell.get_str().map(Value::from)
        }
    }

    /// A cell as text; empty where the cell is.
    pub(crate) fn text(&self, row: usize, column: &str) -> String {
        self.get(row, column).map_or_else(String::new, |value| value.to_string())
    }

    /// A cell as a number.
    pub(crate) fn number(&self, row: usize, column: &str) -> Option<f64> {
        self.get(row, column)?.as_f64()
    }

    /// A cell as a whole number.
    pub(crate) fn int(&self, row: usize, column: &str) -> Option<i64> {
        match self.get(row, column)? {
            Value::Int(value) => Some(value),
            Value::Bool(_) | Value::Float(_) | Value::Text(_) | Value::List(_) | Value::Table(_) => None,
        }
    }

    /// A cell as a flag; false where it is empty.
    pub(crate) fn flag(&self, row: usize, column: &str) -> bool {
        self.get(row, column) == Some(Value::Bool(true))
    }

    /// The table as CSV: one header line, RFC 4180 quoting, empty cells for what is not known.
    ///
    /// # Errors
    /// [`HarnessError::Table`] when it cannot be written.
    pub(crate) fn to_csv(&self) -> Result<Vec<u8>, HarnessError> {
        let mut bytes = Vec::new();
        pl::CsvWriter::new(&mut bytes).finish(&mut self.frame.clone()).map_err(failed("write CSV"))?;
        Ok(bytes)
    }

    /// The table as Parquet.
    ///
    /// # Errors
    /// [`HarnessError::Table`] when it cannot be written.
    pub(crate) fn to_parquet(&self) -> Result<Vec<u8>, HarnessError> {
        let mut bytes = Vec::new();
        pl::ParquetWriter::new(&mut bytes)
            .with_compression(pl::ParquetCompression::Uncompressed)
            .finish(&mut self.frame.clone())
            .map_err(failed("write Parquet"))?;
        Ok(bytes)
    }

    /// The table as JSON lines, one object per row, without the empty cells.
    pub(crate) fn to_jsonl(&self) -> String {
        let mut text = String::new();
        for row in 0..self.rows() {
            let cells: Map<String, Json> = self
                .columns
                .iter()
                .filter_map(|c| Some((c.name().to_owned(), self.get(row, c.name())?.to_json())))
                .collect();
            text.push_str(&Json::Object(cells).to_string());
            text.push('\n');
        }
        text
    }

    /// Reads CSV whose columns are known.
    ///
    /// # Errors
    /// [`HarnessError::Table`] when it cannot be read or does not have these columns.
    pub(crate) fn read_csv(bytes: Vec<u8>, columns: Vec<Column>) -> Result<Self, HarnessError> {
        let fields = columns.iter().map(|c| {
            let kind = match c.kind {
                ColumnKind::Int => pl::DataType::Int64,
                ColumnKind::Float => pl::DataType::Float64,
                ColumnKind::Text => pl::DataType::String,
                ColumnKind::Bool => pl::DataType::Boolean,
            };
            pl::Field::new(pl::PlSmallStr::from_str(c.name()), kind)
        });
        let schema = Arc::new(pl::Schema::from_iter(fields));
        let frame = pl::CsvReadOptions::default()
            .with_has_header(true)
            .with_schema(Some(schema))
            .into_reader_with_file_handle(std::io::Cursor::new(bytes))
            .finish()
            .map_err(failed("read the CSV table"))?;
        Ok(Self { columns, frame })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn csv_keeps_kinds_empty_cells_quotes_and_small_numbers() {
        let columns = vec![
            Column::parameter("id", ColumnKind::Text, "", ""),
            Column::parameter("count", ColumnKind::Int, "", ""),
            Column::parameter("value", ColumnKind::Float, "", ""),
            Column::parameter("good", ColumnKind::Bool, "", ""),
        ];
        let rows = [
            json!({ "id": "a,\"b\"\nc", "count": 9_007_199_254_740_993_i64, "value": 1.25e-13, "good": true }),
            json!({ "id": "0012", "value": 0.1 }),
        ];
        let table = Table::build(columns.clone(), 2, |row, name| rows[row].get(name).cloned()).unwrap();
        let back = Table::read_csv(table.to_csv().unwrap(), columns).unwrap();
        assert_eq!(back.text(0, "id"), "a,\"b\"\nc");
        assert_eq!(back.get(0, "count"), Some(Value::Int(9_007_199_254_740_993)));
        assert_eq!(back.number(0, "value"), Some(1.25e-13));
        assert!(back.flag(0, "good") && !back.flag(1, "good"));
        assert_eq!(back.text(1, "id"), "0012", "a hash of digits stays text");
        assert_eq!(back.get(1, "count"), None);
        assert_eq!(back.to_jsonl().lines().nth(1), Some(r#"{"id":"0012","value":0.1}"#));
        assert_eq!(&table.to_parquet().unwrap()[..4], b"PAR1");
    }
}

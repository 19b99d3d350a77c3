//! Parquet files, column by column, without the Arrow types.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use parquet::{
    basic::{ConvertedType, LogicalType, Type as Physical},
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{ByteArray, DataType},
    errors::ParquetError,
    file::reader::{FileReader, RowGroupReader, SerializedFileReader},
    schema::types::{ColumnDescriptor, SchemaDescriptor},
};

use super::{
    assemble::{Assembler, Cell},
    impute::Table,
    options::ReadOptions,
    text::{checked_header, not_text},
};
use crate::{
    error::{DatasetError, Place},
    provenance::Provenance,
};

/// What can be read, as an error says it.
const READABLE: &str = "integers, floats, booleans or UTF-8 text, not nested or repeated";
/// The integers that `f64` holds exactly reach to 2^53.
const EXACT: i64 = 1 << f64::MANTISSA_DIGITS;

/// A cell that owns its text.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Missing,
    Number(f64),
    Text(String),
    /// What was found instead of a value, and what was expected.
    Unusable(String, &'static str),
}

/// A column of the file that is used.
struct Column {
    /// Its position among the columns, as users count them.
    root: usize,
    /// Its position among the leaves of the schema, as Parquet counts them.
    leaf: usize,
    unsigned: bool,
}

/// Reads the whole file, row group by row group.
pub(super) fn read(
    file: &str,
    bytes: Vec<u8>,
    options: &ReadOptions,
    provenance: Provenance,
) -> Result<Table, DatasetError> {
    let reader = guarded(file, || SerializedFileReader::new(Bytes::from(bytes)))?;
    let schema = reader.metadata().file_metadata().schema_descr();
    let names = schema.root_schema().get_fields().iter().map(|field| Ok(field.name().to_owned()));
    let header = checked_header(file, names)?;
    let mut assembler = Assembler::new(file, &header, options)?;
    let columns = used_columns(file, schema, &header, &assembler)?;
    let mut row = 0;
    for group in 0..reader.num_row_groups() {
        let values = guarded(file, || read_group(reader.get_row_group(group)?.as_ref(), &columns))?;
        let n_rows = values.first().map_or(0, Vec::len);
        for index in 0..n_rows {
            for (column, values) in columns.iter().zip(&values) {
                push(&mut assembler, Place::Row(row), column.root, &values[index])?;
            }
            row += 1;
        }
    }
    assembler.finish(provenance)
}

/// What `decode` gives, with an error that names the file. The library panics on some damaged files, which a caller must
/// not be made to suffer for: a panic becomes an error like the others.
fn guarded<T>(file: &str, decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, DatasetError> {
    let detail = match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error.to_string(),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            format!("the decoder gave up: {}", text.unwrap_or("no reason given"))
        }
    };
    Err(DatasetError::Decode { file: file.to_owned(), format: "Parquet", detail })
}

/// The used columns of a row group, all of the same length.
fn read_group(group: &dyn RowGroupReader, columns: &[Column]) -> Result<Vec<Vec<Value>>, ParquetError> {
    let values: Vec<Vec<Value>> =
        columns.iter().map(|column| read_column(group, column)).collect::<Result<_, _>>()?;
    let n_rows = group.metadata().num_rows();
    match values.iter().find(|column| i64::try_from(column.len()) != Ok(n_rows)) {
        None => Ok(values),
        Some(other) => {
            let found = other.len();
            Err(ParquetError::General(format!("a column of {found} rows in a row group of {n_rows}")))
        }
    }
}

fn push(
    assembler: &mut Assembler<'_>,
    place: Place,
    column: usize,
    value: &Value,
) -> Result<(), DatasetError> {
    match value {
        Value::Missing => assembler.push_cell(place, column, Cell::Missing),
        Value::Number(number) => assembler.push_cell(place, column, Cell::Number(*number)),
        Value::Text(text) => assembler.push_cell(place, column, Cell::Text(text)),
        Value::Unusable(found, expected) => {
            Err(assembler.error(place, column, found.clone(), (*expected).to_owned()))
        }
    }
}

/// The columns that have a role, or an error for the first of them whose type cannot be read.
fn used_columns(
    file: &str,
    schema: &SchemaDescriptor,
    header: &[String],
    assembler: &Assembler<'_>,
) -> Result<Vec<Column>, DatasetError> {
    let mut columns = Vec::new();
    for leaf in 0..schema.num_columns() {
        let root = schema.get_column_root_idx(leaf);
        if !assembler.uses(root) {
            continue;
        }
        let described = schema.column(leaf);
        if !is_readable(&described) {
            return Err(DatasetError::ColumnType {
                file: file.to_owned(),
                column: root + 1,
                header: header[root].clone(),
                found: type_name(&described),
                expected: READABLE,
            });
        }
        columns.push(Column { root, leaf, unsigned: is_unsigned(&described) });
    }
    Ok(columns)
}

fn is_readable(column: &ColumnDescriptor) -> bool {
    let flat = column.path().parts().len() == 1 && column.max_rep_level() == 0;
    let (logical, converted) = (column.logical_type_ref(), column.converted_type());
    flat && match column.physical_type() {
        Physical::BOOLEAN => true,
        Physical::FLOAT | Physical::DOUBLE => true,
        Physical::INT32 | Physical::INT64 => {
            matches!(logical, None | Some(LogicalType::Integer { .. }))
                && matches!(
                    converted,
                    ConvertedType::NONE
                        | ConvertedType::INT_8
                        | ConvertedType::INT_16
                        | ConvertedType::INT_32
                        | ConvertedType::INT_64
                        | ConvertedType::UINT_8
                        | ConvertedType::UINT_16
                        | ConvertedType::UINT_32
                        | ConvertedType::UINT_64
                )
        }
        Physical::BYTE_ARRAY => {
            matches!(logical, Some(LogicalType::String)) || converted == ConvertedType::UTF8
        }
        Physical::INT96 | Physical::FIXED_LEN_BYTE_ARRAY => false,
    }
}

fn is_unsigned(column: &ColumnDescriptor) -> bool {
    matches!(
        column.converted_type(),
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
    )
}

fn type_name(column: &ColumnDescriptor) -> String {
    let physical = column.physical_type();
    let path = column.path().parts();
    let nested = if path.len() > 1 { format!(" in {}", path.join(".")) } else { String::new() };
    let repeated = if column.max_rep_level() > 0 { ", repeated" } else { "" };
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(logical), _) => format!("{physical} ({logical:?}){nested}{repeated}"),
        (None, ConvertedType::NONE) => format!("{physical}{nested}{repeated}"),
        (None, converted) => format!("{physical} ({converted}){nested}{repeated}"),
    }
}

/// All values of a column in one row group.
fn read_column(group: &dyn RowGroupReader, column: &Column) -> Result<Vec<Value>, ParquetError> {
    let number = Value::Number;
    let integer = |value: i64| {
        if (-EXACT..=EXACT).contains(&value) {
            #[expect(clippy::cast_precision_loss, reason = "within the integers that f64 holds exactly")]
            return Value::Number(value as f64);
        }
        Value::Unusable(value.to_string(), "an integer between -2^53 and 2^53")
    };
    let wide = |value: i64| {
        if !column.unsigned {
            return integer(value);
        }
        let value = value.cast_unsigned();
        i64::try_from(value)
            .map_or_else(|_| Value::Unusable(value.to_string(), "an integer between -2^53 and 2^53"), integer)
    };
    let narrow = |value: i32| {
        if column.unsigned { integer(i64::from(value.cast_unsigned())) } else { integer(i64::from(value)) }
    };
    let text = |value: ByteArray| match std::str::from_utf8(value.data()) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Unusable(not_text(value.data()), "text in UTF-8"),
    };
    match group.get_column_reader(column.leaf)? {
        ColumnReader::BoolColumnReader(reader) => values(reader, |value| number(f64::from(u8::from(value)))),
        ColumnReader::Int32ColumnReader(reader) => values(reader, narrow),
        ColumnReader::Int64ColumnReader(reader) => values(reader, wide),
        ColumnReader::FloatColumnReader(reader) => values(reader, |value| number(f64::from(value))),
        ColumnReader::DoubleColumnReader(reader) => values(reader, number),
        ColumnReader::ByteArrayColumnReader(reader) => values(reader, text),
        ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => {
            Err(ParquetError::General("the column's type differs between schema and data".to_owned()))
        }
    }
}

/// All values that a reader gives, nulls put back where the definition levels say.
fn values<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    convert: impl Fn(T::T) -> Value,
) -> Result<Vec<Value>, ParquetError> {
    /// Records asked for at a time.
    const BATCH: usize = 4096;
    let mut all = Vec::new();
    let (mut present, mut levels) = (Vec::new(), Vec::new());
    loop {
        present.clear();
        levels.clear();
        let (records, n_present, n_levels) =
            reader.read_records(BATCH, Some(&mut levels), None, &mut present)?;
        if records == 0 && n_levels == 0 {
            return Ok(all);
        }
        // A required column has no levels; those of an optional flat column are 1 where there is a value.
        if levels.is_empty() {
            levels.resize(n_present, 1);
        }
        let mut next = present.drain(..);
        for level in &levels {
            all.push(if *level == 0 {
                Value::Missing
            } else {
                let value = next.next();
                convert(value.ok_or_else(|| ParquetError::General("fewer values than levels".to_owned()))?)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_decoder_is_an_error() {
        let message = |decode: fn() -> Result<(), ParquetError>| {
            guarded("t.parquet", decode).expect_err("it did not decode").to_string()
        };
        let start = "t.parquet: not readable as Parquet: the decoder gave up: ";
        assert_eq!(message(|| panic!("page {}", 3)), format!("{start}page 3"));
        assert_eq!(message(|| panic!("page")), format!("{start}page"));
        assert_eq!(message(|| std::panic::panic_any(3)), format!("{start}no reason given"));
        assert_eq!(
            message(|| Err(ParquetError::EOF("page".to_owned()))),
            "t.parquet: not readable as Parquet: EOF: page"
        );
        assert!(guarded("t.parquet", || Ok(())).is_ok());
    }
}

//! Small files for the reader tests.

use std::{fs, io::Write, path::PathBuf, sync::Arc};

use datasets::ReadOptions;
use flate2::{Compression as Level, write::GzEncoder};
use parquet::{
    basic::Compression,
    column::writer::ColumnWriter,
    data_type::ByteArray,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use tempfile::TempDir;

/// A file with these bytes, in a folder that lives as long as the guard.
pub(crate) fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("room on the disk");
    (folder, path)
}

/// The options that a TOML gives.
pub(crate) fn toml_options(text: &str) -> ReadOptions {
    toml::from_str(text).expect("the options are good")
}

/// One gzip member.
pub(crate) fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::new(level));
    encoder.write_all(bytes).expect("memory does not fail");
    encoder.finish().expect("memory does not fail")
}

/// The values of a Parquet column; `None` is a null.
pub(crate) enum Column {
    Boolean(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<Option<f64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Vec<u8>>),
}

/// A Parquet file of one row group.
pub(crate) fn parquet(schema: &str, columns: &[Column], compression: Compression) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_parquet(&mut bytes, schema, &[columns], compression);
    bytes
}

/// A Parquet file of several row groups.
pub(crate) fn write_parquet(
    bytes: &mut Vec<u8>,
    schema: &str,
    groups: &[impl AsRef<[Column]>],
    compression: Compression,
) {
    let schema = Arc::new(parse_message_type(schema).expect("the schema is good"));
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut writer = SerializedFileWriter::new(bytes, schema, properties).expect("memory does not fail");
    for columns in groups {
        let mut group = writer.next_row_group().expect("the last group is closed");
        for column in columns.as_ref() {
            let mut writer = group.next_column().expect("a column").expect("one more in the schema");
            write_column(writer.untyped(), column);
            writer.close().expect("memory does not fail");
        }
        group.close().expect("all columns are there");
    }
    writer.close().expect("memory does not fail");
}

fn write_column(writer: &mut ColumnWriter<'_>, column: &Column) {
    fn levels<T>(values: &[Option<T>]) -> Vec<i16> {
        values.iter().map(|value| i16::from(value.is_some())).collect()
    }
    let written = match (writer, column) {
        (ColumnWriter::BoolColumnWriter(writer), Column::Boolean(values)) => {
            writer.write_batch(values, None, None)
        }
        (ColumnWriter::Int32ColumnWriter(writer), Column::Int32(values)) => {
            writer.write_batch(values, None, None)
        }
        (ColumnWriter::Int64ColumnWriter(writer), Column::Int64(values)) => {
            writer.write_batch(values, None, None)
        }
        (ColumnWriter::FloatColumnWriter(writer), Column::Float(values)) => {
            writer.write_batch(values, None, None)
        }
        (ColumnWriter::DoubleColumnWriter(writer), Column::Double(values)) => {
            let present: Vec<f64> = values.iter().flatten().copied().collect();
            writer.write_batch(&present, Some(&levels(values)), None)
        }
        (ColumnWriter::ByteArrayColumnWriter(writer), Column::Text(values)) => {
            let present: Vec<ByteArray> = values.iter().flatten().map(|text| text.as_str().into()).collect();
            writer.write_batch(&present, Some(&levels(values)), None)
        }
        (ColumnWriter::ByteArrayColumnWriter(writer), Column::Bytes(values)) => {
            let present: Vec<ByteArray> = values.iter().map(|bytes| bytes.clone().into()).collect();
            writer.write_batch(&present, None, None)
        }
        _ => unreachable!("the column does not fit the schema"),
    };
    written.expect("memory does not fail");
}

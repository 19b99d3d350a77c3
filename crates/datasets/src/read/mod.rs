//! Strict readers for a user's own files: CSV, gzipped CSV and Parquet.
//!
//! The format is recognised by the first bytes of the file, not by its name. Nothing is guessed about the contents: the
//! target is named, text columns become numbers only when listed as categorical, and a missing value is an error unless
//! a way to fill it was chosen.

mod assemble;
mod impute;
mod options;
mod parquet;
mod text;

use std::{fs, io::Read, path::Path};

use flate2::read::MultiGzDecoder;

use crate::{
    checksum,
    dataset::{Dataset, TrainTest},
    error::DatasetError,
    provenance::Provenance,
    split::SplitSpec,
};
use assemble::Assembler;
pub use impute::Table;
pub use options::{Categorical, Missing, ReadOptions};
pub(crate) use text::TextReader;

/// The first bytes of a gzip member (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The first bytes of a Parquet file.
const PARQUET_MAGIC: [u8; 4] = *b"PAR1";

/// Reads a file into a [`Table`], which may still have missing values if [`ReadOptions::missing`] says that they are to
/// be filled from training rows.
///
/// # Errors
/// [`DatasetError::Io`] if the file cannot be read; [`DatasetError::Checksum`] if a sum was asked for and differs;
/// [`DatasetError::Decode`], [`DatasetError::Header`], [`DatasetError::FieldCount`], [`DatasetError::ColumnType`],
/// [`DatasetError::Parse`] or [`DatasetError::NoRows`] for what is wrong in it; [`DatasetError::Unknown`] and
/// [`DatasetError::Parameter`] for options that do not fit the file.
pub fn read_table(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Table, DatasetError> {
    let path = path.as_ref();
    let bytes = read_bytes(path)?;
    let name = path.display().to_string();
    if let Some(expected) = &options.sha256 {
        checksum::verify(&name, &bytes, expected)?;
    }
    let mut provenance = Provenance::new(&name, "file given by the user");
    provenance.sha256 = Some(checksum::sha256_hex(&bytes));
    parse_table(&name, bytes, options, provenance)
}

/// Reads a file that needs no training rows to be complete.
///
/// # Errors
/// As [`read_table`], and [`DatasetError::ImputationNeedsSplit`] if values are missing that are to be filled with a
/// statistic of training rows.
pub fn read_dataset(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Dataset, DatasetError> {
    read_table(path, options)?.into_dataset()
}

/// Reads a file, splits its rows, and fills missing values with what the training rows say.
///
/// # Errors
/// As [`read_table`], [`SplitSpec::resolve`] and [`Table::impute`].
pub fn read_split(
    path: impl AsRef<Path>,
    options: &ReadOptions,
    split: &SplitSpec,
) -> Result<TrainTest, DatasetError> {
    let table = read_table(path, options)?;
    let split = split.resolve(None, table.n_rows())?;
    split.apply(&table.impute(&split)?)
}

/// The contents of a file, or an error that names it.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, DatasetError> {
    fs::read(path).map_err(|source| DatasetError::Io { path: path.to_owned(), source })
}

/// `bytes` if they are plain text, else what they decompress to.
pub(crate) fn decompressed(file: &str, bytes: Vec<u8>) -> Result<Vec<u8>, DatasetError> {
    if !bytes.starts_with(&GZIP_MAGIC) {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).map_err(|error| DatasetError::Decode {
        file: file.to_owned(),
        format: "gzip",
        detail: error.to_string(),
    })?;
    Ok(plain)
}

/// Reads bytes that are already in memory; `file` is what errors call them.
pub(crate) fn parse_table(
    file: &str,
    bytes: Vec<u8>,
    options: &ReadOptions,
    provenance: Provenance,
) -> Result<Table, DatasetError> {
    options.check()?;
    if bytes.starts_with(&PARQUET_MAGIC) {
        return parquet::read(file, bytes, options, provenance);
    }
    let plain = decompressed(file, bytes)?;
    let mut reader = TextReader::new(file, &plain, options.delimiter, options.trim)?;
    let mut assembler = Assembler::new(file, reader.header(), options)?;
    while let Some(record) = reader.next_record()? {
        assembler.push_text(&record)?;
    }
    assembler.finish(provenance)
}

//! The split file: `row,set` or `row,set,foldK`.

use super::{Folds, Split, TEST, TRAIN};
use crate::{
    error::{DatasetError, Place, quoted},
    read::TextReader,
};

impl Split {
    /// Reads the text of a split file; `name` becomes the split's name and `file` is what errors call it.
    pub(crate) fn parse(name: &str, file: &str, bytes: &[u8]) -> Result<Self, DatasetError> {
        let mut reader = TextReader::new(file, bytes, ',', false)?;
        let n_folds = check_header(file, reader.header())?;
        let header = reader.header().to_vec();
        let mut records = Vec::new();
        while let Some(record) = reader.next_record()? {
            let fields = record.fields().map(|field| field.map_or_else(lossy, str::to_owned));
            records.push((record.place, fields.collect::<Vec<_>>()));
        }
        let n_rows = records.len();
        let error = |place: Place, column: usize, found: String, expected: String| DatasetError::Parse {
            file: file.to_owned(),
            place,
            column: column + 1,
            header: header[column].clone(),
            found,
            expected,
        };
        let (mut train, mut test) = (Vec::new(), Vec::new());
        let mut of_row: Vec<Option<usize>> = vec![None; n_rows];
        for (place, fields) in records {
            let refuse = |column: usize, expected: String| {
                Err(error(place, column, quoted(&fields[column]), expected))
            };
            let Some(row) = index_below(&fields[0], n_rows) else {
                return refuse(0, format!("a row below {n_rows}, as the file has {n_rows} rows"));
            };
            let fold = match (n_folds, fields.get(2)) {
                (Some(count), Some(text)) => match index_below(text, count) {
                    Some(fold) => fold,
                    None => return refuse(2, format!("a fold below {count}")),
                },
                _ => 0,
            };
            if of_row[row].replace(fold).is_some() {
                return refuse(0, "a row that was not there before".to_owned());
            }
            match fields[1].as_str() {
                TRAIN => train.push(row),
                TEST => test.push(row),
                _ => return refuse(1, format!("{TRAIN} or {TEST}")),
            }
        }
        let mut split = Self::new(name, n_rows, &train, &test)?;
        split.folds = n_folds.map(|count| Folds { count, of_row: of_row.into_iter().flatten().collect() });
        Ok(split)
    }
}

/// The number of folds, if the header has a column for them.
fn check_header(file: &str, header: &[String]) -> Result<Option<usize>, DatasetError> {
    let bad = |column: usize, expected: &str| {
        let found = header.get(column).map_or_else(|| "nothing".to_owned(), |name| quoted(name));
        Err(DatasetError::Header {
            file: file.to_owned(),
            column: column + 1,
            found,
            expected: expected.to_owned(),
        })
    };
    for (column, expected) in ["row", "set"].into_iter().enumerate() {
        if header.get(column).map(String::as_str) != Some(expected) {
            return bad(column, expected);
        }
    }
    if header.len() > 3 {
        return bad(3, "no fourth column");
    }
    let Some(name) = header.get(2) else { return Ok(None) };
    match name.strip_prefix("fold").and_then(|count| count.parse().ok()) {
        Some(count) if count >= 2 => Ok(Some(count)),
        _ => bad(2, "foldK with the number of folds for K, such as fold5"),
    }
}

fn index_below(text: &str, bound: usize) -> Option<usize> {
    text.parse().ok().filter(|index| *index < bound)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

//! Records of a delimited text file, with the line of each.

use std::str;

use csv::{ByteRecord, Reader, ReaderBuilder, Trim};

use crate::error::{DatasetError, Place, quoted};

/// The UTF-8 byte order mark that some spreadsheets write first.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads records that must all have as many fields as the header. Blank lines are skipped.
pub(crate) struct TextReader<'a> {
    file: String,
    bytes: &'a [u8],
    reader: Reader<&'a [u8]>,
    header: Vec<String>,
    /// A byte position and the 1-based line it is on; moves forward with the records.
    counted: (usize, u64),
}

/// One record: its fields and where it starts.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) place: Place,
    fields: ByteRecord,
}

impl Record {
    /// The fields in order; each is text or the bytes that are not.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Result<&str, &[u8]>> {
        self.fields.iter().map(|field| str::from_utf8(field).map_err(|_| field))
    }
}

/// What a field that is not text looks like in an error.
pub(crate) fn not_text(field: &[u8]) -> String {
    format!("{} (not UTF-8)", quoted(&String::from_utf8_lossy(field)))
}

impl<'a> TextReader<'a> {
    /// Reads the header, whose names must be text, not empty, and distinct.
    pub(crate) fn new(
        file: &str,
        bytes: &'a [u8],
        delimiter: char,
        trim: bool,
    ) -> Result<Self, DatasetError> {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let delimiter = u8::try_from(delimiter).map_err(|_| DatasetError::Parameter {
            name: "delimiter".to_owned(),
            found: format!("{delimiter:?}"),
            expected: "an ASCII character".to_owned(),
        })?;
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .trim(if trim { Trim::All } else { Trim::None })
            .from_reader(bytes);
        let mut this = Self { file: file.to_owned(), bytes, reader, header: Vec::new(), counted: (0, 1) };
        let Some(first) = this.next_fields()? else {
            return Err(DatasetError::NoRows { file: file.to_owned() });
        };
        let names = first.fields().map(|field| field.map(str::to_owned).map_err(not_text));
        this.header = checked_header(file, names)?;
        Ok(this)
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// The next record, or `None` at the end.
    pub(crate) fn next_record(&mut self) -> Result<Option<Record>, DatasetError> {
        let Some(record) = self.next_fields()? else { return Ok(None) };
        if record.fields.len() == self.header.len() {
            return Ok(Some(record));
        }
        Err(DatasetError::FieldCount {
            file: self.file.clone(),
            line: self.counted.1,
            found: record.fields.len(),
            expected: self.header.len(),
        })
    }

    fn next_fields(&mut self) -> Result<Option<Record>, DatasetError> {
        let mut fields = ByteRecord::new();
        let found = self.reader.read_byte_record(&mut fields).map_err(|error| DatasetError::Decode {
            file: self.file.clone(),
            format: "CSV",
            detail: error.to_string(),
        })?;
        if !found {
            return Ok(None);
        }
        let start = fields.position().map_or(self.counted.0, |position| {
            usize::try_from(position.byte()).unwrap_or(usize::MAX).min(self.bytes.len())
        });
        Ok(Some(Record { place: Place::Line(self.line_of_record_at(start)), fields }))
    }

    /// The line of the record that the CSV reader says starts at `start`, which may be in the line ends before it.
    fn line_of_record_at(&mut self, start: usize) -> u64 {
        let line_ends = self.bytes[start..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let (from, mut line) = self.counted;
        let to = start + line_ends;
        for byte in self.bytes.get(from..to).unwrap_or_default() {
            line += u64::from(*byte == b'\n');
        }
        self.counted = (to, line);
        line
    }
}

/// The names of a header, or what is wrong with the first bad one.
pub(super) fn checked_header(
    file: &str,
    names: impl Iterator<Item = Result<String, String>>,
) -> Result<Vec<String>, DatasetError> {
    let mut header: Vec<String> = Vec::new();
    for (index, name) in names.enumerate() {
        let bad = |found: String, expected: String| {
            Err(DatasetError::Header { file: file.to_owned(), column: index + 1, found, expected })
        };
        match name {
            Err(found) => return bad(found, "a name in UTF-8".to_owned()),
            Ok(name) if name.is_empty() => return bad(quoted(&name), "a name".to_owned()),
            Ok(name) => {
                if let Some(first) = header.iter().position(|earlier| *earlier == name) {
                    return bad(quoted(&name), format!("a name other than that of column {}", first + 1));
                }
                header.push(name);
            }
        }
    }
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u64, usize)> {
        let mut reader = TextReader::new("t.csv", text.as_bytes(), ',', false).expect("a header");
        let mut found = Vec::new();
        while let Some(record) = reader.next_record().expect("records of two fields") {
            let Place::Line(line) = record.place else { panic!("text has lines") };
            found.push((line, record.fields.len()));
        }
        found
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let expected = [(2, 2), (3, 2)];
        assert_eq!(lines("a,b\n1,2\n3,4\n"), expected);
        assert_eq!(lines("a,b\n1,2\n3,4"), expected);
        assert_eq!(lines("a,b\r\n1,2\r\n3,4\r\n"), expected);
        assert_eq!(lines("\u{feff}a,b\n1,2\n3,4\n"), expected);
        assert_eq!(lines("a,b\n\n\n1,2\n\r\n3,4\n\n"), [(4, 2), (6, 2)]);
        assert_eq!(lines("a,b\n\"x\ny\nz\",2\n3,4\n"), [(2, 2), (5, 2)]);
        assert_eq!(lines("\n\na,b\r\n\"\n\",2\r\n3,4\r\n"), [(4, 2), (6, 2)]);
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_first_name() {
        let reader = TextReader::new("t.csv", b"\xef\xbb\xbfa,b\n", ',', false).expect("a header");
        assert_eq!(reader.header(), ["a", "b"]);
    }

    #[test]
    fn ragged_records_and_bad_headers_are_refused() {
        let message = |bytes: &[u8]| {
            TextReader::new("t.csv", bytes, ',', false)
                .and_then(|mut reader| reader.next_record().map(|_| ()))
                .expect_err("the text is bad")
                .to_string()
        };
        assert_eq!(message(b""), "t.csv: found no data rows, expected at least one");
        assert_eq!(message(b"a,b\n\n1\n"), "t.csv: line 3: found 1 fields, expected 2 as in the header");
        assert_eq!(message(b"a,b\n1,2,3\n"), "t.csv: line 2: found 3 fields, expected 2 as in the header");
        assert_eq!(message(b"a,,b\n"), "t.csv: header, column 2: found \"\", expected a name");
        assert_eq!(
            message(b"a,b,a\n"),
            "t.csv: header, column 3: found \"a\", expected a name other than that of column 1"
        );
        assert_eq!(
            message(b"a,\xff\n"),
            "t.csv: header, column 2: found \"\u{fffd}\" (not UTF-8), expected a name in UTF-8"
        );
        let wide = TextReader::new("t.csv", b"a\n", '\u{20ac}', false).map(|_| ()).expect_err("not a byte");
        assert_eq!(wide.to_string(), "delimiter: found '\u{20ac}', expected an ASCII character");
    }
}

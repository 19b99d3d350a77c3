//! What the readers refuse, and what they say.

use std::path::Path;

use datasets::{
    DatasetError, Missing, Place, ReadOptions, SplitSpec, read_dataset, read_split, read_table, sha256_hex,
};
use parquet::basic::Compression;

use crate::files::{Column, file, gzip, parquet, toml_options};

/// The message for a file with these bytes, with the path cut down to the file name.
fn message(bytes: &[u8], options: &ReadOptions) -> String {
    let (_folder, path) = file("t.csv", bytes);
    let error = read_table(&path, options).expect_err("it must be refused");
    without_folder(&error, &path)
}

fn without_folder(error: &DatasetError, path: &Path) -> String {
    let folder = path.parent().expect("a file in a folder").display().to_string();
    error.to_string().replace(&format!("{folder}/"), "")
}

fn target_y() -> ReadOptions {
    ReadOptions::new("y")
}

#[test]
fn a_cell_that_is_no_finite_number_is_shown_with_its_place() {
    for (cell, shown) in [
        ("six", "\"six\""),
        (" 6", "\" 6\""),
        ("6 ", "\"6 \""),
        ("NaN", "\"NaN\""),
        ("inf", "\"inf\""),
        ("-infinity", "\"-infinity\""),
        ("1e999", "\"1e999\""),
        ("0x10", "\"0x10\""),
        ("1_000", "\"1_000\""),
        ("\"1,000\"", "\"1,000\""),
        ("NA", "\"NA\""),
        ("\u{661}", "\"\u{661}\""),
    ] {
        let text = format!("x,y\n1,2\n{cell},4\n");
        assert_eq!(
            message(text.as_bytes(), &target_y()),
            format!("t.csv: line 3, column 1 (x): found {shown}, expected a finite number")
        );
    }
    assert_eq!(
        message(b"x,y\n1,2\n3,four\n", &target_y()),
        "t.csv: line 3, column 2 (y): found \"four\", expected a finite number"
    );
    assert_eq!(
        message(b"x,y\r\n\r\n1,2\r\n\"3\n\",4\r\n", &target_y()),
        "t.csv: line 4, column 1 (x): found \"3\\n\", expected a finite number"
    );
    assert_eq!(
        message(b"x,y\n1,2\n\xff,4\n", &target_y()),
        "t.csv: line 3, column 1 (x): found \"\u{fffd}\" (not UTF-8), expected text in UTF-8"
    );
}

#[test]
fn the_place_is_in_the_fields_too() {
    let (_folder, path) = file("t.csv", b"x,y\n1,2\nsix,4\n");
    let error = read_dataset(&path, &target_y()).expect_err("six is no number");
    let DatasetError::Parse { file, place, column, header, found, expected } = error else {
        panic!("another error: {error}");
    };
    assert_eq!((file, place, column), (path.display().to_string(), Place::Line(3), 1));
    assert_eq!((header.as_str(), found.as_str(), expected.as_str()), ("x", "\"six\"", "a finite number"));
}

#[test]
fn a_gap_is_refused_unless_a_choice_was_made() {
    assert_eq!(
        message(b"x,y\n1,2\n,4\n", &target_y()),
        "t.csv: line 3, column 1 (x): found a missing value, expected a finite number (or choose in `missing` how to \
         fill gaps)"
    );
    let mean = ReadOptions { missing: Missing::Mean, ..target_y() };
    assert_eq!(
        message(b"x,y\n1,\n", &mean),
        "t.csv: line 2, column 2 (y): found a missing value, expected a target"
    );
    let category = toml_options("target = \"y\"\ncategorical = [{ column = \"x\", drop_first = true }]");
    assert_eq!(
        message(b"x,y\n,1\n", &category),
        "t.csv: line 2, column 1 (x): found a missing value, expected a level (or choose a missing_level for the column)"
    );
}

#[test]
fn a_mean_or_median_needs_training_rows_with_values() {
    let bytes = b"x,y\n1,2\n,4\n,5\n";
    for (missing, method) in [(Missing::Mean, "mean"), (Missing::Median, "median")] {
        let options = ReadOptions { missing, ..target_y() };
        let (_folder, path) = file("t.csv", bytes);
        let error = read_dataset(&path, &options).expect_err("no split was given");
        assert_eq!(
            without_folder(&error, &path),
            format!(
                "t.csv: 2 missing values are to be filled with the {method} of the training rows, which needs a split; \
                 read the file together with a split, or choose a constant"
            )
        );
        let (_folder, split) = file("split.csv", b"row,set\n0,test\n1,train\n2,train\n");
        let error = read_split(&path, &options, &SplitSpec::File(split)).expect_err("nothing to learn from");
        assert_eq!(
            error.to_string(),
            format!(
                "column x: no value in the 2 training rows, so there is no {method} to fill the gaps with; leave the \
                 column out, or choose a constant"
            )
        );
    }
}

#[test]
fn headers_and_shapes_are_checked() {
    assert_eq!(message(b"", &target_y()), "t.csv: found no data rows, expected at least one");
    assert_eq!(message(b"x,y\n", &target_y()), "t.csv: found no data rows, expected at least one");
    assert_eq!(
        message(b"x,y\n1,2\n3\n", &target_y()),
        "t.csv: line 3: found 1 fields, expected 2 as in the header"
    );
    assert_eq!(
        message(b"x,x,y\n", &target_y()),
        "t.csv: header, column 2: found \"x\", expected a name other than that of column 1"
    );
    assert_eq!(message(b"x,,y\n", &target_y()), "t.csv: header, column 2: found \"\", expected a name");
    assert_eq!(
        message(b"y\n1\n", &target_y()),
        "features of t.csv: found none, expected at least one column beside the target"
    );
    let (_folder, path) = file("t.csv", b"k,k=a,y\na,1,2\n");
    let options = toml_options("target = \"y\"\ncategorical = [{ column = \"k\", drop_first = false }]");
    let error = read_dataset(path, &options).expect_err("two columns with one name");
    assert_eq!(
        error.to_string(),
        "column names: found \"k=a\" twice, expected distinct names that are not empty"
    );
}

#[test]
fn words_outside_the_listed_ones_are_refused() {
    let levels =
        "target = \"y\"\ncategorical = [{ column = \"x\", drop_first = true, levels = [\"a\", \"b\"] }]";
    assert_eq!(
        message(b"x,y\na,1\nc,2\n", &toml_options(levels)),
        "t.csv: line 3, column 1 (x): found \"c\", expected one of the levels a, b"
    );
    let words = "target = \"y\"\ntarget_values = { no = 0.0, yes = 1.0 }";
    assert_eq!(
        message(b"x,y\n1,yes\n2,1\n", &toml_options(words)),
        "t.csv: line 3, column 2 (y): found \"1\", expected a word of target_values (no, yes)"
    );
}

#[test]
fn columns_that_are_not_there_are_named_with_the_likely_one() {
    let bytes = b"rooms,price\n1,2\n";
    for text in [
        "target = \"prize\"",
        "target = \"price\"\nexclude = [\"prize\"]",
        "target = \"price\"\nfeatures = [\"prize\"]",
        "target = \"price\"\ncategorical = [{ column = \"prize\", drop_first = true }]",
    ] {
        assert_eq!(
            message(bytes, &toml_options(text)),
            "unknown column \"prize\", did you mean \"price\"? (known: rooms, price)"
        );
    }
}

#[test]
fn contradictory_options_are_refused() {
    let bytes = b"x,y\n1,2\n";
    let target_used = "features, exclude and categorical: found the target \"y\", expected other columns";
    let refused = [
        ("exclude = [\"y\"]", target_used),
        ("features = [\"y\"]", target_used),
        ("categorical = [{ column = \"y\", drop_first = true }]", target_used),
        (
            "features = [\"x\"]\nexclude = [\"x\"]",
            "exclude: found [\"x\"], expected nothing, because `features` is given",
        ),
        (
            "exclude = [\"x\"]\ncategorical = [{ column = \"x\", drop_first = true }]",
            "categorical: found \"x\", which is not used, expected columns that are features",
        ),
        (
            "categorical = [{ column = \"x\", drop_first = true }, { column = \"x\", drop_first = false }]",
            "categorical: found \"x\" twice, expected each column once",
        ),
        (
            "categorical = [{ column = \"x\", drop_first = true, levels = [\"1\", \"1\"] }]",
            "categorical \"x\", levels: found [\"1\", \"1\"], expected each level once",
        ),
        (
            "categorical = [{ column = \"x\", drop_first = true, levels = [\"1\"], missing_level = \"0\" }]",
            "categorical \"x\", levels: found [\"1\"], expected the missing_level \"0\" among them",
        ),
        ("missing = { constant = nan }", "missing.constant: found NaN, expected a finite number"),
        ("target_values = { a = inf }", "target_values: found \"a\" = inf, expected finite numbers"),
        (
            "delimiter = \"\\n\"",
            "delimiter: found '\\n', expected an ASCII character that is not a quote or line end",
        ),
        (
            "delimiter = \"\u{b7}\"",
            "delimiter: found '\u{b7}', expected an ASCII character that is not a quote or line end",
        ),
    ];
    for (text, expected) in refused {
        assert_eq!(message(bytes, &toml_options(&format!("target = \"y\"\n{text}"))), expected, "{text}");
    }
}

#[test]
fn unknown_keys_in_a_toml_are_refused() {
    for text in [
        "target = \"y\"\ntargets = \"x\"",
        "target = \"y\"\ncategorical = [{ column = \"x\", drop_first = true, level = [] }]",
        "target = \"y\"\ncategorical = [{ column = \"x\" }]",
        "target = \"y\"\nmissing = \"mode\"",
        "exclude = []",
    ] {
        assert!(toml::from_str::<ReadOptions>(text).is_err(), "{text}");
    }
    let error = toml::from_str::<ReadOptions>("target = \"y\"\ndelimeter = \";\"").expect_err("misspelt");
    assert!(error.message().starts_with("unknown field `delimeter`, expected one of"), "{error}");
}

#[test]
fn files_that_are_not_there_or_not_the_right_ones() {
    let absent = Path::new("no/such/file.csv");
    let error = read_table(absent, &target_y()).expect_err("there is none");
    assert!(error.to_string().starts_with("cannot read no/such/file.csv: "), "{error}");
    let DatasetError::Io { path, .. } = error else { panic!("another error: {error}") };
    assert_eq!(path, absent);
    let bytes = b"x,y\n1,2\n";
    let wanted = "0".repeat(64);
    assert_eq!(
        message(bytes, &ReadOptions { sha256: Some(wanted.clone()), ..target_y() }),
        format!("checksum of t.csv: found SHA-256 {}, expected {wanted}", sha256_hex(bytes))
    );
}

#[test]
fn damaged_gzip_is_refused() {
    let good = gzip(b"x,y\n1,2\n", 6);
    assert_eq!(
        message(&good[..good.len() - 1], &target_y()),
        "t.csv: not readable as gzip: unexpected end of file"
    );
    let mut flipped = good.clone();
    let last = flipped.len() - 5;
    flipped[last] ^= 1;
    assert_eq!(
        message(&flipped, &target_y()),
        "t.csv: not readable as gzip: corrupt gzip stream does not have a matching checksum"
    );
    let trailing = [good.as_slice(), b"x"].concat();
    assert!(message(&trailing, &target_y()).starts_with("t.csv: not readable as gzip: "));
}

/// A Parquet file with one column `x` of some type and a target of 0 and 1.
fn with_x(x: &str, column: Column) -> Vec<u8> {
    let schema = format!("message t {{ {x} required int32 y; }}");
    parquet(&schema, &[column, Column::Int32(vec![0, 1])], Compression::UNCOMPRESSED)
}

#[test]
fn parquet_values_are_checked_with_row_and_column() {
    let doubles = |values: [f64; 2]| Column::Double(values.map(Some).to_vec());
    let nan = with_x("optional double x;", doubles([1.0, f64::NAN]));
    assert_eq!(message(&nan, &target_y()), "t.csv: row 1, column 1 (x): found NaN, expected a finite number");
    let null = with_x("optional double x;", Column::Double(vec![Some(1.0), None]));
    assert_eq!(
        message(&null, &target_y()),
        "t.csv: row 1, column 1 (x): found a missing value, expected a finite number (or choose in `missing` how to \
         fill gaps)"
    );
    let big = "expected an integer between -2^53 and 2^53";
    let signed = with_x("required int64 x;", Column::Int64(vec![1, (1 << 53) + 1]));
    assert_eq!(
        message(&signed, &target_y()),
        format!("t.csv: row 1, column 1 (x): found 9007199254740993, {big}")
    );
    let unsigned = with_x("required int64 x (INTEGER(64, false));", Column::Int64(vec![-1, 1]));
    assert_eq!(
        message(&unsigned, &target_y()),
        format!("t.csv: row 0, column 1 (x): found 18446744073709551615, {big}")
    );
    let text = with_x("required byte_array x (STRING);", Column::Bytes(vec![b"1".to_vec(), vec![0xff]]));
    assert_eq!(
        message(&text, &target_y()),
        "t.csv: row 1, column 1 (x): found \"\u{fffd}\" (not UTF-8), expected text in UTF-8"
    );
    let word = with_x("required byte_array x (STRING);", Column::Bytes(vec![b"1".to_vec(), b"one".to_vec()]));
    assert_eq!(
        message(&word, &target_y()),
        "t.csv: row 1, column 1 (x): found \"one\", expected a finite number"
    );
}

#[test]
fn parquet_types_that_mean_something_else_are_refused() {
    let two = || Column::Int32(vec![0, 1]);
    for (x, column, found) in [
        ("required int32 x (DATE);", two(), "INT32 (Date)"),
        ("required int64 x (TIMESTAMP_MILLIS);", Column::Int64(vec![0, 1]), "INT64 (TIMESTAMP_MILLIS)"),
        ("required byte_array x;", Column::Bytes(vec![vec![0]; 2]), "BYTE_ARRAY"),
        ("required group x { required int32 z; }", two(), "INT32 in x.z"),
    ] {
        let text = message(&with_x(x, column), &target_y());
        assert_eq!(
            text,
            format!(
                "t.csv: column 1 (x): found the Parquet type {found}, expected integers, floats, booleans or UTF-8 text, \
                 not nested or repeated"
            )
        );
    }
    // A column that is left out may have any type.
    let schema = "message t { required int32 x; required int32 day (DATE); required int32 y; }";
    let dates = parquet(schema, &[two(), two(), two()], Compression::UNCOMPRESSED);
    let (_folder, path) = file("t.parquet", &dates);
    let options = ReadOptions { exclude: vec!["day".to_owned()], ..target_y() };
    assert_eq!(read_dataset(path, &options).expect("day is not used").feature_names(), ["x"]);
}

#[test]
fn parquet_without_rows_or_with_an_end_missing() {
    let empty = parquet(
        "message t { required int32 x; required int32 y; }",
        &[Column::Int32(Vec::new()), Column::Int32(Vec::new())],
        Compression::UNCOMPRESSED,
    );
    assert_eq!(message(&empty, &target_y()), "t.csv: found no data rows, expected at least one");
    let whole = with_x("required int32 x;", Column::Int32(vec![1, 2]));
    for length in 4..whole.len() {
        let text = message(&whole[..length], &target_y());
        assert!(text.starts_with("t.csv: not readable as Parquet: "), "{length} bytes: {text}");
    }
}

/// Any damage gives an answer or an error, never a panic: one bit of each byte of a file in turn.
#[test]
fn damaged_parquet_is_read_or_refused() {
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY] {
        let schema = "message t { optional double x; required byte_array k (STRING); required int32 y; }";
        let columns = [
            Column::Double(vec![Some(1.0), None, Some(2.0)]),
            Column::Bytes(vec![b"a".to_vec(), b"b".to_vec(), b"a".to_vec()]),
            Column::Int32(vec![0, 1, 0]),
        ];
        let whole = parquet(schema, &columns, compression);
        let options = toml_options(
            "target = \"y\"\nmissing = \"mean\"\ncategorical = [{ column = \"k\", drop_first = true }]",
        );
        let (_folder, path) = file("t.parquet", &whole);
        let mut refused = 0;
        for at in 4..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            std::fs::write(&path, &bytes).expect("room on the disk");
            refused += usize::from(read_table(&path, &options).is_err());
        }
        assert!(refused > whole.len() / 4, "only {refused} of {} damaged files were noticed", whole.len());
    }
}

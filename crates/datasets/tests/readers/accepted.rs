//! What the readers accept, on small files made here.

use std::{collections::BTreeMap, io::Write};

use datasets::{Dataset, Missing, ReadOptions, SplitSpec, read_dataset, read_split, read_table, sha256_hex};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};

use crate::files::{Column, file, gzip, parquet, toml_options, write_parquet};

const HOUSES: &str = "\
id,rooms,heating,price,area
a1,3,gas,120.5,70
a2,4,oil,-1e2,82.25
a3,5,gas,+7,.5
a4,2,none,0,1e1
";

fn houses() -> ReadOptions {
    toml_options(
        r#"
        target = "price"
        exclude = ["id"]
        categorical = [{ column = "heating", drop_first = false }]
        "#,
    )
}

fn read(bytes: &[u8], options: &ReadOptions) -> Dataset {
    let (_folder, path) = file("data.csv", bytes);
    read_dataset(path, options).expect("the file is good")
}

fn assert_is_houses(dataset: &Dataset) {
    assert_eq!(dataset.feature_names(), ["rooms", "heating=gas", "heating=none", "heating=oil", "area"]);
    assert_eq!(dataset.target_name(), "price");
    assert_eq!(dataset.targets(), [120.5, -100.0, 7.0, 0.0]);
    let rows: [[f64; 5]; 4] = [
        [3.0, 1.0, 0.0, 0.0, 70.0],
        [4.0, 0.0, 0.0, 1.0, 82.25],
        [5.0, 1.0, 0.0, 0.0, 0.5],
        [2.0, 0.0, 1.0, 0.0, 10.0],
    ];
    assert_eq!(dataset.features().as_slice(), rows.concat());
}

#[test]
fn a_csv_becomes_numbers_in_the_order_of_its_columns() {
    let dataset = read(HOUSES.as_bytes(), &houses());
    assert_is_houses(&dataset);
    let provenance = dataset.provenance();
    assert_eq!(provenance.sha256, Some(sha256_hex(HOUSES.as_bytes())));
    assert!(provenance.name.ends_with("data.csv"));
    assert_eq!(provenance.steps, ["column heating one-hot encoded"]);
}

#[test]
fn the_same_text_gzipped_or_with_other_line_ends_reads_the_same() {
    let options = houses();
    for level in [0, 6, 9] {
        assert_is_houses(&read(&gzip(HOUSES.as_bytes(), level), &options));
    }
    // Two gzip members, as `cat a.gz b.gz` makes them.
    let (head, tail) = HOUSES.split_at(40);
    assert_is_houses(&read(&[gzip(head.as_bytes(), 6), gzip(tail.as_bytes(), 6)].concat(), &options));
    assert_is_houses(&read(HOUSES.replace('\n', "\r\n").as_bytes(), &options));
    assert_is_houses(&read(HOUSES.trim_end().as_bytes(), &options));
    assert_is_houses(&read(format!("\u{feff}{HOUSES}").as_bytes(), &options));
    let semicolons = ReadOptions { delimiter: ';', ..houses() };
    assert_is_houses(&read(HOUSES.replace(',', ";").as_bytes(), &semicolons));
    let spaced = ReadOptions { trim: true, ..houses() };
    assert_is_houses(&read(HOUSES.replace(',', " , ").as_bytes(), &spaced));
    let quoted =
        HOUSES.lines().map(|line| format!("\"{}\"\n", line.replace(',', "\",\""))).collect::<String>();
    assert_is_houses(&read(quoted.as_bytes(), &options));
}

#[test]
fn the_checksum_of_the_file_as_stored_can_be_required() {
    let zipped = gzip(HOUSES.as_bytes(), 6);
    let sum = sha256_hex(&zipped);
    let dataset = read(&zipped, &ReadOptions { sha256: Some(sum.clone()), ..houses() });
    assert_eq!(dataset.provenance().sha256, Some(sum));
}

#[test]
fn features_can_be_named_instead() {
    let options = toml_options("target = \"price\"\nfeatures = [\"area\", \"rooms\"]");
    let dataset = read(HOUSES.as_bytes(), &options);
    assert_eq!(dataset.feature_names(), ["rooms", "area"]);
    assert_eq!(dataset.features().row(1), [4.0, 82.25]);
}

#[test]
fn one_hot_columns_follow_the_choices() {
    let read_with = |choice: &str| {
        let options = format!("target = \"price\"\nexclude = [\"id\"]\ncategorical = [{choice}]");
        read(HOUSES.as_bytes(), &toml_options(&options))
    };
    let dropped = read_with(r#"{ column = "heating", drop_first = true }"#);
    assert_eq!(dropped.feature_names(), ["rooms", "heating=none", "heating=oil", "area"]);
    assert_eq!(dropped.features().row(0), [3.0, 0.0, 0.0, 70.0]);
    assert_eq!(dropped.provenance().steps, ["column heating one-hot encoded, first level dropped"]);
    let listed =
        read_with(r#"{ column = "heating", drop_first = false, levels = ["oil", "coal", "none", "gas"] }"#);
    let names = ["rooms", "heating=oil", "heating=coal", "heating=none", "heating=gas", "area"];
    assert_eq!(listed.feature_names(), names);
    assert_eq!(listed.features().row(3), [2.0, 0.0, 0.0, 1.0, 0.0, 10.0]);
    assert_eq!(listed.features().column(2).sum::<f64>(), 0.0);
    // Here "none" is the word for a gap, and a gap is a level.
    let options = r#"
        target = "price"
        exclude = ["id"]
        missing_tokens = ["none"]
        categorical = [{ column = "heating", drop_first = false, missing_level = "unheated" }]
        "#;
    let unheated = read(HOUSES.as_bytes(), &toml_options(options));
    assert_eq!(unheated.feature_names(), ["rooms", "heating=gas", "heating=oil", "heating=unheated", "area"]);
    assert_eq!(unheated.features().column(3).collect::<Vec<_>>(), [0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn a_target_in_words_gets_its_numbers() {
    let options = ReadOptions {
        target_values: BTreeMap::from([("M".to_owned(), 0.0), ("B".to_owned(), 1.0)]),
        ..ReadOptions::new("class")
    };
    let dataset = read(b"class,size\nB,1\nM,2\nB,3\n", &options);
    assert_eq!(dataset.targets(), [1.0, 0.0, 1.0]);
}

/// Training rows 0, 1, 2, 5 have the values 1, 2, 9, 3 of `x`; rows 3 and 4 are missing, row 6 is a test row.
const GAPS: &[u8] = b"x,y\n1,0\n2,0\n9,0\nNA,0\n,0\n3,0\n1000,0\n";
const GAPS_SPLIT: &[u8] = b"row,set\n0,train\n1,train\n2,train\n3,train\n4,test\n5,train\n6,test\n";

#[test]
fn gaps_are_filled_from_training_rows_only() {
    let (_folder, split) = file("split.csv", GAPS_SPLIT);
    let split = SplitSpec::File(split);
    for (missing, expected) in [("\"mean\"", 3.75), ("\"median\"", 2.5), ("{ constant = -1.5 }", -1.5)] {
        let text = format!("target = \"y\"\nmissing_tokens = [\"\", \"NA\"]\nmissing = {missing}");
        let (_folder, path) = file("gaps.csv", GAPS);
        let sides = read_split(&path, &toml_options(&text), &split).expect("the file is good");
        assert_eq!(sides.train.features().as_slice(), [1.0, 2.0, 9.0, expected, 3.0], "{missing}");
        assert_eq!(sides.test.features().as_slice(), [expected, 1000.0], "{missing}");
    }
    let (_folder, path) = file("gaps.csv", GAPS);
    let mut options = ReadOptions { missing: Missing::Mean, ..ReadOptions::new("y") };
    options.missing_tokens.push("NA".to_owned());
    let table = read_table(path, &options).expect("gaps are allowed");
    assert_eq!((table.n_rows(), table.n_missing(), table.feature_names()), (7, 2, &["x".to_owned()][..]));
}

#[test]
fn a_file_without_gaps_needs_no_split() {
    let options = ReadOptions { missing: Missing::Median, ..ReadOptions::new("y") };
    assert_eq!(read(b"x,y\n1,2\n", &options).features().as_slice(), [1.0]);
    let constant = ReadOptions { missing: Missing::Constant(4.0), ..ReadOptions::new("y") };
    assert_eq!(read(b"x,y\n1,2\n,2\n", &constant).features().as_slice(), [1.0, 4.0]);
}

fn parquet_houses(compression: Compression) -> Vec<u8> {
    let text = |words: [&str; 4]| Column::Text(words.map(|word| Some(word.to_owned())).to_vec());
    parquet(
        "message houses {
            required byte_array id (STRING);
            required int32 rooms;
            required byte_array heating (UTF8);
            required double price;
            required float area;
        }",
        &[
            text(["a1", "a2", "a3", "a4"]),
            Column::Int32(vec![3, 4, 5, 2]),
            text(["gas", "oil", "gas", "none"]),
            Column::Double(vec![Some(120.5), Some(-100.0), Some(7.0), Some(0.0)]),
            Column::Float(vec![70.0, 82.25, 0.5, 10.0]),
        ],
        compression,
    )
}

#[test]
fn parquet_reads_like_the_csv_under_every_compression() {
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let gzip = Compression::GZIP(GzipLevel::default());
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, gzip, zstd, Compression::LZ4_RAW] {
        assert_is_houses(&read(&parquet_houses(compression), &houses()));
    }
}

#[test]
fn parquet_nulls_are_gaps() {
    let bytes = parquet(
        "message t { optional double x; optional byte_array kind (STRING); required boolean y; }",
        &[
            Column::Double(vec![Some(1.0), None, Some(4.0), None]),
            Column::Text(
                [None, Some("b"), Some("NA"), Some("a")].map(|word| word.map(str::to_owned)).to_vec(),
            ),
            Column::Boolean(vec![true, false, true, false]),
        ],
        Compression::UNCOMPRESSED,
    );
    let options = toml_options(
        r#"
        target = "y"
        missing = "mean"
        missing_tokens = ["NA"]
        categorical = [{ column = "kind", drop_first = true, missing_level = "unknown" }]
        "#,
    );
    let (_folder, path) = file("t.parquet", &bytes);
    let (_other, split) = file("split.csv", b"row,set\n3,test\n2,train\n1,train\n0,train\n");
    let sides = read_split(path, &options, &SplitSpec::File(split)).expect("the file is good");
    assert_eq!(sides.train.feature_names(), ["x", "kind=b", "kind=unknown"]);
    assert_eq!(sides.train.features().as_slice(), [1.0, 0.0, 1.0, 2.5, 1.0, 0.0, 4.0, 0.0, 1.0]);
    assert_eq!(sides.test.features().as_slice(), [2.5, 0.0, 0.0]);
    assert_eq!((sides.train.targets(), sides.test.targets()), (&[1.0, 0.0, 1.0][..], &[0.0][..]));
}

#[test]
fn parquet_integers_keep_their_sign_and_size() {
    let bytes = parquet(
        "message t {
            required int32 small (INTEGER(8, true));
            required int32 unsigned (INTEGER(32, false));
            required int64 wide (INTEGER(64, true));
            required int64 y;
        }",
        &[
            Column::Int32(vec![-128, 127]),
            Column::Int32(vec![-1, 5]),
            Column::Int64(vec![-(1 << 53), 1 << 53]),
            Column::Int64(vec![0, 1]),
        ],
        Compression::UNCOMPRESSED,
    );
    let dataset = read(&bytes, &ReadOptions::new("y"));
    let two53 = 9_007_199_254_740_992.0;
    assert_eq!(dataset.features().row(0), [-128.0, 4_294_967_295.0, -two53]);
    assert_eq!(dataset.features().row(1), [127.0, 5.0, two53]);
}

#[test]
fn more_rows_than_one_batch_and_one_row_group() {
    let n: i32 = 10_000;
    let present = |row: i32| (row % 3 != 0).then(|| f64::from(row));
    let mut bytes = Vec::new();
    write_parquet(
        &mut bytes,
        "message t { optional double x; required int32 y; }",
        &[(0..6000), (6000..n)].map(|rows| {
            vec![Column::Double(rows.clone().map(present).collect()), Column::Int32(rows.collect())]
        }),
        Compression::SNAPPY,
    );
    let options = ReadOptions { missing: Missing::Constant(-1.0), ..ReadOptions::new("y") };
    let dataset = read(&bytes, &options);
    assert!(dataset.features().column(0).eq((0..n).map(|row| present(row).unwrap_or(-1.0))));
    assert!(dataset.targets().iter().copied().eq((0..n).map(f64::from)));
}

#[test]
fn a_split_file_may_be_gzipped() {
    let mut options = ReadOptions { missing: Missing::Mean, ..ReadOptions::new("y") };
    options.missing_tokens.push("NA".to_owned());
    let (folder, path) = file("gaps.csv", GAPS);
    let split = folder.path().join("split.csv.gz");
    let mut out = std::fs::File::create(&split).expect("a new file");
    out.write_all(&gzip(GAPS_SPLIT, 6)).expect("room on the disk");
    let sides = read_split(path, &options, &SplitSpec::File(split)).expect("both are good");
    assert_eq!(sides.train.n_rows(), 5);
}

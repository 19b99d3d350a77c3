//! What holds for all inputs.

#![expect(clippy::expect_used, reason = "helpers of a test")]

use std::collections::BTreeSet;

use datasets::{
    Categorical, Dataset, Matrix, Missing, Provenance, ReadOptions, ScaleMethod, Scaler, Split, TargetScaler,
    read_dataset, read_table,
};
use proptest::{collection::vec, prelude::*};
use tempfile::NamedTempFile;

fn file(bytes: &[u8]) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), bytes).expect("room on the disk");
    file
}

fn dataset(n_cols: usize, mut data: Vec<f64>) -> Dataset {
    let n_rows = data.len() / n_cols;
    data.truncate(n_rows * n_cols);
    let targets = data.iter().step_by(n_cols).map(|value| value / 3.0).collect();
    let names = (0..n_cols).map(|column| format!("x{column}")).collect();
    let features = Matrix::new(n_rows, n_cols, data).expect("whole rows");
    Dataset::new(features, targets, names, "y".to_owned(), Provenance::new("t", "made here"))
        .expect("finite values and distinct names")
}

/// Up to 1000, with up to three decimals: what measurements look like.
fn measurement() -> impl Strategy<Value = f64> {
    (-1_000_000..=1_000_000_i32).prop_map(|thousandths| f64::from(thousandths) / 1000.0)
}

proptest! {
    #[test]
    fn a_seeded_split_is_a_partition(n_rows in 2_usize..400, percent in 1_u32..100, seed: u64) {
        let fraction = f64::from(percent) / 100.0;
        let Ok(split) = Split::seeded(n_rows, fraction, seed) else {
            // Only when the test share, rounded up, is everything.
            prop_assert_eq!((n_rows * percent as usize).div_ceil(100), n_rows);
            return Ok(());
        };
        prop_assert_eq!(split.test().len(), (n_rows * percent as usize).div_ceil(100));
        let all: BTreeSet<usize> = split.train().iter().chain(split.test()).copied().collect();
        prop_assert!(all.into_iter().eq(0..n_rows));
        prop_assert_eq!(split.train().len() + split.test().len(), n_rows);
        prop_assert!(split.train().is_sorted() && split.test().is_sorted());
        prop_assert_eq!(Split::seeded(n_rows, fraction, seed).expect("as before"), split);
    }

    #[test]
    fn a_split_takes_each_row_to_its_side(data in vec(measurement(), 4..200), seed: u64) {
        let data = dataset(2, data);
        let split = Split::seeded(data.n_rows(), 0.5, seed);
        prop_assume!(split.is_ok());
        let split = split.expect("just looked at");
        let sides = split.apply(&data).expect("the sizes agree");
        for (side, rows) in [(&sides.train, split.train()), (&sides.test, split.test())] {
            prop_assert!(side.features().rows().eq(rows.iter().map(|&row| data.features().row(row))));
            prop_assert!(side.targets().iter().eq(rows.iter().map(|&row| &data.targets()[row])));
        }
    }

    /// Going there and back loses a few roundings of the largest number on the way.
    #[test]
    fn scaling_inverts(n_cols in 1_usize..5, data in vec(measurement(), 5..100), which in 0_usize..3) {
        let data = dataset(n_cols, data);
        let names = || data.feature_names().iter().chain([data.target_name()].map(str::to_owned).iter()).cloned().collect::<Vec<_>>();
        let method = match which {
            0 => ScaleMethod::Standardise,
            1 => ScaleMethod::MinMax { low: -2.0, high: 0.5 },
            _ => ScaleMethod::PublicRanges {
                ranges: names().into_iter().map(|name| (name, [-1000.0, 1000.0])).collect(),
                low: 0.0,
                high: 1.0,
            },
        };
        let scaler = Scaler::fit(&method, &data).expect("the rows are in the ranges");
        let scaled = scaler.transform(&data).expect("the same rows");
        let back = scaler.inverse(&scaled).expect("the same names");
        for (scale, column) in scaler.columns().iter().zip(0..) {
            // The mean of n equal numbers can be off by n roundings, so tiny deviations give large scaled values;
            // the error is roundings of the scaled value, times the divisor, plus roundings of the value itself.
            let largest = scaled.features().column(column).fold(scale.shift.abs(), |l, z| l.max(z.abs()));
            let bound = 4.0 * f64::EPSILON * (largest * scale.divisor + scale.centre.abs() + 1000.0);
            for (value, again) in data.features().column(column).zip(back.features().column(column)) {
                prop_assert!((value - again).abs() <= bound, "{value} came back as {again}");
            }
        }
        let target = TargetScaler::fit(&method, &data).expect("the targets are in the ranges");
        let scaled = target.transform(&data).expect("the same rows");
        for (value, again) in data.targets().iter().zip(target.inverse(scaled.targets())) {
            prop_assert!((value - again).abs() <= 1e-9);
        }
    }

    #[test]
    fn standardised_rows_have_mean_zero_and_deviation_one(data in vec(measurement(), 2..100)) {
        let data = dataset(1, data);
        let scaler = Scaler::fit(&ScaleMethod::Standardise, &data).expect("any rows will do");
        let scaled = scaler.transform(&data).expect("the same rows");
        let n = data.n_rows() as f64;
        let mean = scaled.features().column(0).sum::<f64>() / n;
        let squares = scaled.features().column(0).map(|value| value * value).sum::<f64>() / n;
        // Numbers up to 1000 in steps of 0.001: a deviation is at least 0.001 / n, and the mean is off by at most n
        // roundings of 1000.
        let bound = n * n * 1e6 * f64::EPSILON * 4.0;
        prop_assert!(mean.abs() <= bound, "{mean}");
        let constant = data.features().column(0).all(|value| value == data.features().row(0)[0]);
        prop_assert!((squares - if constant { 0.0 } else { 1.0 }).abs() <= bound, "{squares}");
    }

    #[test]
    fn min_max_stays_in_the_interval(data in vec(measurement(), 2..100)) {
        let data = dataset(1, data);
        let scaler = Scaler::fit(&ScaleMethod::MinMax { low: -1.0, high: 1.0 }, &data).expect("a good interval");
        let scaled = scaler.transform(&data).expect("the same rows");
        prop_assert!(scaled.features().column(0).all(|value| value.abs() <= 1.0 + 4.0 * f64::EPSILON));
    }

    #[test]
    fn one_hot_rows_sum_to_one(levels in vec("[a-e]", 1..60), drop_first: bool) {
        let text: String = levels.iter().map(|level| format!("{level},0\n")).collect();
        let mut options = ReadOptions::new("y");
        options.categorical =
            vec![Categorical { column: "k".to_owned(), drop_first, levels: None, missing_level: None }];
        let file = file(format!("k,y\n{text}").as_bytes());
        let distinct: BTreeSet<&String> = levels.iter().collect();
        let Ok(read) = read_dataset(file.path(), &options) else {
            prop_assert!(drop_first && distinct.len() == 1, "only then no column is left");
            return Ok(());
        };
        prop_assert_eq!(read.n_features(), distinct.len() - usize::from(drop_first));
        let first = *distinct.first().expect("at least one row");
        for (row, level) in read.features().rows().zip(&levels) {
            prop_assert!(row.iter().all(|value| *value == 0.0 || *value == 1.0));
            let dropped = drop_first && level == first;
            prop_assert_eq!(row.iter().sum::<f64>(), if dropped { 0.0 } else { 1.0 });
            for (value, name) in row.iter().zip(read.feature_names()) {
                prop_assert_eq!(*value == 1.0, *name == format!("k={level}"));
            }
        }
    }

    /// Every finite number comes back with all its bits, however it is written.
    #[test]
    fn numbers_survive_a_csv(values in vec(any::<f64>().prop_filter("finite", |x| x.is_finite()), 1..40)) {
        for text in [
            values.iter().map(|value| format!("{value},{value:e}\n")).collect::<String>(),
            values.iter().map(|value| format!("\"{value:?}\",{value}\r\n")).collect(),
        ] {
            let file = file(format!("x,y\n{text}").as_bytes());
            let read = read_dataset(file.path(), &ReadOptions::new("y")).expect("numbers");
            prop_assert!(read.features().column(0).map(f64::to_bits).eq(values.iter().map(|x| x.to_bits())));
            prop_assert!(read.targets().iter().map(|x| x.to_bits()).eq(values.iter().map(|x| x.to_bits())));
        }
    }

    #[test]
    fn filling_gaps_never_looks_at_test_rows(
        cells in vec(proptest::option::of(measurement()), 4..60),
        other in measurement(),
        seed: u64,
    ) {
        let text = |cells: &[Option<f64>]| {
            let rows = cells.iter().map(|cell| format!("{},0\n", cell.map_or_else(String::new, |x| x.to_string())));
            format!("x,y\n{}", rows.collect::<String>())
        };
        let split = Split::seeded(cells.len(), 0.3, seed).expect("both sides have rows");
        prop_assume!(split.train().iter().any(|&row| cells[row].is_some()));
        let mut changed = cells.clone();
        for &row in split.test() {
            changed[row] = changed[row].map(|_| other);
        }
        for missing in [Missing::Mean, Missing::Median] {
            let mut options = ReadOptions::new("y");
            options.missing = missing;
            let train = |cells: &[Option<f64>]| {
                let file = file(text(cells).as_bytes());
                let table = read_table(file.path(), &options).expect("numbers and gaps");
                let filled = table.impute(&split).expect("a training value");
                (split.apply(&filled).expect("the sizes agree").train, filled)
            };
            let ((before, filled), (after, _)) = (train(&cells), train(&changed));
            prop_assert_eq!(before.features(), after.features());
            let gaps: BTreeSet<u64> =
                cells.iter().zip(filled.features().column(0)).filter(|(cell, _)| cell.is_none()).map(|(_, fill)| fill.to_bits()).collect();
            prop_assert!(gaps.len() <= 1, "one number fills them all");
        }
    }

    /// Whatever the bytes are, there is an answer or an error, never a panic.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200), head in 0_usize..4) {
        let magic: [&[u8]; 4] = [b"", b"\x1f\x8b\x08\0\0\0\0\0\0\xff", b"PAR1", b"x,y\n1,2\n"];
        let file = file(&[magic[head], &bytes].concat());
        let _ = read_table(file.path(), &ReadOptions::new("y"));
        let _ = Split::read(file.path());
    }
}

//! Scaling: known answers, what is learnt from, what is refused.

#![expect(clippy::expect_used, reason = "helpers of a test")]

use datasets::{Dataset, Matrix, Provenance, ScaleMethod, Scaler, TargetScaler};

/// Columns `a` and `b` and the target `y`, one row per array.
fn rows(rows: &[[f64; 3]]) -> Dataset {
    let features = rows.iter().flat_map(|[a, b, _]| [*a, *b]).collect();
    let features = Matrix::new(rows.len(), 2, features).expect("two columns");
    let targets = rows.iter().map(|[.., y]| *y).collect();
    let names = vec!["a".to_owned(), "b".to_owned()];
    Dataset::new(features, targets, names, "y".to_owned(), Provenance::new("t", "made here")).expect("finite")
}

fn train() -> Dataset {
    rows(&[[1.0, 10.0, 0.0], [3.0, 10.0, 5.0], [5.0, 10.0, 10.0], [7.0, 10.0, 5.0]])
}

fn public(text: &str) -> ScaleMethod {
    method(&format!("public_ranges = {{ ranges = {{ {text} }}, low = -1.0, high = 1.0 }}"))
}

fn method(text: &str) -> ScaleMethod {
    #[derive(serde::Deserialize)]
    struct Config {
        scale: ScaleMethod,
    }
    toml::from_str::<Config>(&format!("scale = {{ {text} }}")).expect("a method").scale
}

#[test]
fn standardising_uses_the_population_deviation_of_the_training_rows() {
    let scaler = Scaler::fit(&ScaleMethod::Standardise, &train()).expect("any rows will do");
    let [a, b] = scaler.columns() else { panic!("two columns") };
    // Values 1, 3, 5, 7: mean 4, squares of the distances 9, 1, 1, 9, so the variance is 5.
    assert_eq!((a.name.as_str(), a.centre, a.divisor, a.shift, a.range), ("a", 4.0, 5f64.sqrt(), 0.0, None));
    assert_eq!((b.centre, b.divisor), (10.0, 1.0), "a constant column is only shifted");
    let other = scaler.transform(&rows(&[[4.0, 12.0, 1.0]])).expect("the same names");
    assert_eq!(other.features().as_slice(), [0.0, 2.0]);
    assert_eq!(other.targets(), [1.0]);
    assert_eq!(other.provenance().steps, ["features scaled (standardise)"]);
}

/// Ten times 0.1, whose plain sum is not 1.
#[test]
fn a_constant_column_is_constant_whatever_its_rounding() {
    let constant = rows(&[[0.1, 1.0, 0.0]; 10]);
    for method in [ScaleMethod::Standardise, ScaleMethod::MinMax { low: -1.0, high: 1.0 }] {
        let scaler = Scaler::fit(&method, &constant).expect("any rows will do");
        assert_eq!((scaler.columns()[0].centre, scaler.columns()[0].divisor), (0.1, 1.0));
    }
}

#[test]
fn min_max_brings_the_ends_to_the_ends() {
    let scaler =
        Scaler::fit(&method("min_max = { low = -1.0, high = 2.0 }"), &train()).expect("a good interval");
    let scaled = scaler.transform(&train()).expect("the same rows");
    assert_eq!(scaled.features().column(0).collect::<Vec<_>>(), [-1.0, 0.0, 1.0, 2.0]);
    assert!(scaled.features().column(1).all(|value| value == -1.0));
    let beyond = scaler.transform(&rows(&[[9.0, 11.0, 0.0]])).expect("test rows may lie outside");
    assert_eq!(beyond.features().as_slice(), [3.0, 0.0]);
}

#[test]
fn public_ranges_need_no_rows() {
    let method = public("a = [0.0, 8.0], b = [0.0, 20.0], y = [0.0, 10.0]");
    let scaler = Scaler::fit(&method, &train()).expect("all rows are inside");
    let scaled = scaler.transform(&train()).expect("all rows are inside");
    assert_eq!(scaled.features().as_slice(), [-0.75, 0.0, -0.25, 0.0, 0.25, 0.0, 0.75, 0.0]);
    assert_eq!(scaler.columns()[1].range, Some([0.0, 20.0]));
    let other = Scaler::fit(&method, &rows(&[[8.0, 0.0, 0.0]])).expect("the ends are inside");
    assert_eq!(scaler, other, "the same whatever the rows");
    assert_eq!(scaler.inverse(&scaled).expect("the same names").features(), train().features());
    let target = TargetScaler::fit(&method, &train()).expect("all targets are inside");
    assert_eq!(target.transform(&train()).expect("inside").targets(), [-1.0, 0.0, 1.0, 0.0]);
    assert_eq!(target.inverse(&[-1.0, 0.5]), [0.0, 7.5]);
    assert_eq!(target.scale().divisor, 5.0);
}

#[test]
fn a_value_outside_its_public_range_is_named() {
    let method = public("a = [0.0, 6.0], b = [0.0, 20.0], y = [0.0, 4.0]");
    assert_eq!(
        Scaler::fit(&method, &train()).expect_err("7 is outside").to_string(),
        "scaling by public ranges: row 3, column a: found 7, expected a value in [0, 6]"
    );
    assert_eq!(
        TargetScaler::fit(&method, &train()).expect_err("5 is outside").to_string(),
        "scaling by public ranges: row 1, column y: found 5, expected a value in [0, 4]"
    );
    let inside = rows(&[[0.0, 0.0, 0.0], [6.0, 20.0, 4.0]]);
    let scaler = Scaler::fit(&method, &inside).expect("the ends are inside");
    assert_eq!(
        scaler
            .transform(&rows(&[[1.0, 1.0, 1.0], [1.0, -0.5, 1.0]]))
            .expect_err("-0.5 is outside")
            .to_string(),
        "scaling by public ranges: row 1, column b: found -0.5, expected a value in [0, 20]"
    );
    let target = TargetScaler::fit(&method, &inside).expect("the ends are inside");
    assert_eq!(
        target.transform(&rows(&[[1.0, 1.0, 4.5]])).expect_err("4.5 is outside").to_string(),
        "scaling by public ranges: row 0, column y: found 4.5, expected a value in [0, 4]"
    );
}

#[test]
fn ranges_and_intervals_are_checked() {
    let message = |method: &ScaleMethod| Scaler::fit(method, &train()).expect_err("a bad method").to_string();
    let expected = "expected two finite numbers, the first below the second";
    assert_eq!(
        message(&public("a = [0.0, 8.0]")),
        "scaling by public ranges: no range for column b; add one"
    );
    assert_eq!(
        message(&public("a = [0.0, 8.0], bb = [0.0, 1.0]")),
        "unknown column \"bb\", did you mean \"b\"? (known: a, b, y)"
    );
    assert_eq!(message(&public("a = [8.0, 8.0]")), format!("public range of a: found [8, 8], {expected}"));
    assert_eq!(message(&public("a = [0.0, inf]")), format!("public range of a: found [0, inf], {expected}"));
    for (low, high) in [(1.0, 1.0), (1.0, -1.0), (f64::NAN, 1.0), (-f64::MAX, f64::MAX)] {
        assert_eq!(
            message(&ScaleMethod::MinMax { low, high }),
            format!("interval to scale to: found [{low}, {high}], {expected}")
        );
    }
}

#[test]
fn other_columns_than_the_fitted_ones_are_refused() {
    let scaler = Scaler::fit(&ScaleMethod::Standardise, &train()).expect("any rows will do");
    let without = train().without_feature("a").expect("b is left");
    for result in [scaler.transform(&without), scaler.inverse(&without)] {
        assert_eq!(
            result.expect_err("a column is gone").to_string(),
            "features to scale: found b, expected a, b"
        );
    }
    let target = TargetScaler::fit(&ScaleMethod::Standardise, &train()).expect("any rows will do");
    let [a, b] = ["a", "b"].map(str::to_owned);
    let renamed = Dataset::new(
        train().features().clone(),
        train().targets().to_vec(),
        vec![a, b],
        "z".to_owned(),
        Provenance::new("t", "made here"),
    );
    assert_eq!(
        target.transform(&renamed.expect("finite")).expect_err("another target").to_string(),
        "target to scale: found z, expected y"
    );
}

#[test]
fn a_spread_beyond_f64_is_an_error_and_a_tiny_one_is_no_constant() {
    let tiny = rows(&[[0.0, 1.0, 0.0], [f64::MIN_POSITIVE, 2.0, 0.0]]);
    let scaler = Scaler::fit(&ScaleMethod::MinMax { low: 0.0, high: 1.0 }, &tiny).expect("a good interval");
    let scaled = scaler.transform(&tiny).expect("the same rows");
    assert_eq!(scaled.features().column(0).collect::<Vec<_>>(), [0.0, 1.0]);
    // Its deviation is below what f64 can square.
    let message = |values: &Dataset, method: &ScaleMethod| {
        Scaler::fit(method, values).expect_err("no spread to divide by").to_string()
    };
    let expected =
        "expected a positive finite number; the values are too close together or too far apart for f64";
    assert_eq!(
        message(&tiny, &ScaleMethod::Standardise),
        format!("divisor of column a: found 0, {expected}")
    );
    let wide = rows(&[[f64::MAX, 1.0, 0.0], [f64::MIN, 2.0, 0.0]]);
    let unit = ScaleMethod::MinMax { low: 0.0, high: 1.0 };
    assert_eq!(message(&wide, &unit), format!("divisor of column a: found inf, {expected}"));
}

#[test]
fn an_overflow_is_an_error() {
    let tiny = rows(&[[0.0, 1.0, 0.0], [f64::MIN_POSITIVE, 2.0, 0.0]]);
    let scaler = Scaler::fit(&ScaleMethod::MinMax { low: 0.0, high: 1.0 }, &tiny).expect("a good interval");
    assert_eq!(
        scaler.transform(&rows(&[[1e300, 1.0, 0.0]])).expect_err("1e608").to_string(),
        "row 0, column a: found inf, expected a finite number"
    );
}

#[test]
fn unknown_methods_and_keys_are_refused() {
    #[derive(Debug, serde::Deserialize)]
    struct Config {
        #[expect(dead_code, reason = "only its errors are wanted")]
        scale: ScaleMethod,
    }
    for text in [
        "scale = \"normalise\"",
        "scale = { min_max = { low = 0.0 } }",
        "scale = { min_max = { low = 0.0, high = 1.0, middle = 0.5 } }",
    ] {
        assert!(toml::from_str::<Config>(text).is_err(), "{text}");
    }
    assert!(toml::from_str::<Config>("scale = \"standardise\"").is_ok());
}

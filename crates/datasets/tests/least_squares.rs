//! Ordinary least squares on the embedded splits gives the published test errors: the parser, the splits and the scaling
//! are right together or not at all. The expected figures come from NumPy's `lstsq` on the same files and agree with
//! scikit-learn's to all the six decimals known of those.

#![expect(clippy::expect_used, reason = "helpers of a test")]

use datasets::{Dataset, ScaleMethod, Scaler, TrainTest, load_split};

/// Test RMSE, MAE and R^2, then RMSE on the training rows.
type Figures = [f64; 4];

/// Solves `a x = b` for a symmetric positive definite `a` by its Cholesky factor.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = a[i][j] - (0..j).map(|k| a[i][k] * a[j][k]).sum::<f64>();
            a[i][j] = if i == j { sum.sqrt() } else { sum / a[j][j] };
        }
    }
    for i in 0..n {
        b[i] = (b[i] - (0..i).map(|k| a[i][k] * b[k]).sum::<f64>()) / a[i][i];
    }
    for i in (0..n).rev() {
        b[i] = (b[i] - (i + 1..n).map(|k| a[k][i] * b[k]).sum::<f64>()) / a[i][i];
    }
    b
}

/// A constant 1 before the features.
fn with_one(row: &[f64]) -> Vec<f64> {
    [&[1.0], row].concat()
}

/// The least-squares weights, intercept first.
fn fit(train: &Dataset) -> Vec<f64> {
    let n = train.n_features() + 1;
    let (mut gram, mut moments) = (vec![vec![0.0; n]; n], vec![0.0; n]);
    for (row, y) in train.features().rows().zip(train.targets()) {
        let x = with_one(row);
        for i in 0..n {
            moments[i] += x[i] * y;
            for j in 0..n {
                gram[i][j] += x[i] * x[j];
            }
        }
    }
    solve(gram, moments)
}

/// RMSE, MAE and R^2.
fn judge(weights: &[f64], rows: &Dataset) -> [f64; 3] {
    let n = rows.n_rows() as f64;
    let mean = rows.targets().iter().sum::<f64>() / n;
    let (mut squares, mut sizes, mut total) = (0.0, 0.0, 0.0);
    for (row, y) in rows.features().rows().zip(rows.targets()) {
        let prediction: f64 = with_one(row).iter().zip(weights).map(|(x, w)| x * w).sum();
        squares += (prediction - y).powi(2);
        sizes += (prediction - y).abs();
        total += (y - mean).powi(2);
    }
    [(squares / n).sqrt(), sizes / n, 1.0 - squares / total]
}

fn standardised(name: &str, split: &str) -> (Scaler, TrainTest) {
    let TrainTest { train, test } = load_split(name, &split.into()).expect("the split is there");
    let scaler = Scaler::fit(&ScaleMethod::Standardise, &train).expect("standardising takes any rows");
    let [train, test] = [train, test].map(|side| scaler.transform(&side).expect("the same features"));
    (scaler, TrainTest { train, test })
}

fn figures(name: &str, split: &str) -> Figures {
    let (_, sides) = standardised(name, split);
    let weights = fit(&sides.train);
    let [rmse, mae, r2] = judge(&weights, &sides.test);
    [rmse, mae, r2, judge(&weights, &sides.train)[0]]
}

#[test]
fn errors_are_the_published_ones() {
    /// The figures below have nine decimals.
    const ROUNDED: f64 = 0.5e-9;
    /// What the normal equations may lose: their condition number is below 1e3 for these sets (430 for diabetes), so
    /// errors are below 1e3 roundings of numbers up to 100.
    const COMPUTED: f64 = 1e3 * 100.0 * f64::EPSILON;
    let known: [(&str, &str, Figures); 5] = [
        ("boston", "boston", [5.138_566_087, 3.196_987_405, 0.702_802_202, 4.626_765_648]),
        ("boston_without_b", "boston", [5.113_024_867, 3.226_211_157, 0.705_749_300, 4.705_366_883]),
        ("boston", "boston_rs42", [4.928_602_183, 3.189_091_966, 0.668_759_494, 4.652_033_185]),
        ("boston_without_b", "boston_rs42", [4.772_599_770, 3.111_377_388, 0.689_396_788, 4.754_396_542]),
        ("diabetes", "diabetes", [53.853_445_837, 42.794_094_680, 0.452_602_763, 53.558_843_367]),
    ];
    for (name, split, expected) in known {
        let found = figures(name, split);
        for (found, expected) in found.into_iter().zip(expected) {
            assert!(
                (found - expected).abs() < ROUNDED + COMPUTED,
                "{name} by {split}: {found}, not {expected}"
            );
        }
    }
}

/// Training means, standard deviations and standardised weights of three features on the split `boston_rs42`, from
/// scikit-learn in double precision, printed with twelve digits.
#[test]
fn means_deviations_and_weights_are_those_of_scikit_learn() {
    let known = [
        ("CRIM", 3.609_124_628_71, 8.864_067_436_52, -1.002_135_334_3),
        ("ZN", 11.569_306_930_7, 23.123_809_009, 0.696_268_622_076),
        ("INDUS", 10.985_049_505, 6.886_079_353_23, 0.278_064_845_107),
    ];
    let (scaler, sides) = standardised("boston", "boston_rs42");
    let weights = fit(&sides.train);
    for (column, (name, mean, deviation, weight)) in known.into_iter().enumerate() {
        let scale = &scaler.columns()[column];
        assert_eq!(scale.name, name);
        for (found, expected) in
            [(scale.centre, mean), (scale.divisor, deviation), (weights[column + 1], weight)]
        {
            assert!((found / expected - 1.0).abs() < 1e-11, "{name}: {found}, not {expected}");
        }
    }
}

/// Classes by the sign of a least-squares fit: 109 of the 114 test tumours, accuracy 0.956140.
#[test]
fn tumours_are_told_apart_as_published() {
    let (_, sides) = standardised("breast_cancer", "breast_cancer");
    let weights = fit(&sides.train);
    let right = sides.test.features().rows().zip(sides.test.targets()).filter(|(row, label)| {
        let score: f64 = with_one(row).iter().zip(&weights).map(|(x, w)| x * w).sum();
        (score > 0.5) == (**label == 1.0)
    });
    assert_eq!((right.count(), sides.test.n_rows()), (109, 114));
}

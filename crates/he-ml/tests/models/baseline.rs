//! The plaintext models against figures of other programs on the same splits.
//!
//! Expected figures: scikit-learn 1.1.3 with NumPy 1.26 in double precision, printed with six decimals, on `boston` (the
//! split chosen to match arXiv 2604.23245) and `boston_rs42` (the conventional one). Features are standardised by the
//! training rows.

use datasets::{Dataset, Matrix, ScaleMethod, Scaler, TargetScaler, load_split};
use he_ml::{
    baseline::{
        Activation, KernelRegressor, LinearModel, NearestNeighbours, Network, Ties, Training,
        degree_two_features, largest_squared_distance,
    },
    metrics::{RegressionMetrics, accuracy, auc},
};

/// Training rows and test rows, both scaled by the training rows.
fn scaled(method: &ScaleMethod, name: &str, split: &str) -> (Dataset, Dataset) {
    let sides = load_split(name, &split.into()).expect("the split is there");
    let scaler = Scaler::fit(method, &sides.train).expect("fits any rows");
    (scaler.transform(&sides.train).unwrap(), scaler.transform(&sides.test).unwrap())
}

fn standardised(name: &str, split: &str) -> (Dataset, Dataset) {
    scaled(&ScaleMethod::Standardise, name, split)
}

fn min_max(name: &str, split: &str) -> (Dataset, Dataset) {
    scaled(&ScaleMethod::MinMax { low: 0.0, high: 1.0 }, name, split)
}

/// MAE, RMSE and R^2 agree to 1e-6 relative.
fn assert_figures(what: &str, test: &Dataset, predicted: &[f64], expected: [f64; 3]) {
    let found = RegressionMetrics::new(test.targets(), predicted).expect("one for each row");
    for (found, expected) in [found.mae, found.rmse, found.r2].into_iter().zip(expected) {
        assert!((found / expected - 1.0).abs() < 1e-6, "{what}: {found}, not {expected}");
    }
}

#[test]
fn least_squares_and_ridge() {
    let known = [
        ("boston", 0.0, [3.196987, 5.138566, 0.702802]),
        ("boston", 0.1, [3.195956, 5.138369, 0.702825]),
        ("boston", 1.0, [3.186909, 5.136873, 0.702998]),
        ("boston", 10.0, [3.117008, 5.139144, 0.702735]),
        ("boston", 100.0, [3.190353, 5.379830, 0.674239]),
        ("boston_rs42", 0.0, [3.189092, 4.928602, 0.668759]),
        ("boston_rs42", 1.0, [3.185724, 4.930812, 0.668462]),
        ("boston_rs42", 100.0, [3.174712, 5.032650, 0.654626]),
    ];
    for (split, alpha, expected) in known {
        let (train, test) = standardised("boston", split);
        let model = LinearModel::ridge(train.features(), train.targets(), alpha).expect("regular");
        let predicted = model.predict(test.features()).unwrap();
        assert_figures(&format!("alpha {alpha} on {split}"), &test, &predicted, expected);
    }
    let (train, test) = standardised("diabetes", "diabetes");
    let model = LinearModel::least_squares(train.features(), train.targets()).expect("regular");
    let predicted = model.predict(test.features()).unwrap();
    assert_figures("diabetes", &test, &predicted, [42.794095, 53.853446, 0.452603]);
}

#[test]
fn all_products_of_two_features() {
    let known = [
        ("boston", 1.0, [2.902569, 4.294969, 0.792374]),
        ("boston", 10.0, [2.743451, 3.945840, 0.824757]),
        ("boston", 1000.0, [3.630901, 5.450487, 0.665626]),
        ("boston_rs42", 10.0, [2.221916, 3.652853, 0.818047]),
        ("boston_rs42", 100.0, [2.151163, 3.707078, 0.812604]),
    ];
    for (split, alpha, expected) in known {
        let (train, test) = standardised("boston", split);
        let [train_terms, test_terms] =
            [&train, &test].map(|side| degree_two_features(side.features()).unwrap());
        assert_eq!(train_terms.n_cols(), 104);
        let model = LinearModel::ridge(&train_terms, train.targets(), alpha).expect("regular");
        let predicted = model.predict(&test_terms).unwrap();
        assert_figures(&format!("degree 2, alpha {alpha} on {split}"), &test, &predicted, expected);
        // The square of a 0/1 column depends on the column itself.
        let error = LinearModel::least_squares(&train_terms, train.targets()).expect_err("singular");
        assert!(error.to_string().contains("the system of 104 equations is singular"), "{error}");
    }
}

#[test]
fn nearest_neighbours_regression() {
    let known = [
        ("boston", 1, [2.705882, 4.790493, 0.741701]),
        ("boston", 3, [2.841176, 4.631130, 0.758601]),
        ("boston", 5, [2.830980, 4.673927, 0.754119]),
        ("boston", 7, [2.891597, 4.790291, 0.741723]),
        ("boston", 9, [3.011002, 5.131795, 0.703585]),
        ("boston_rs42", 5, [2.592157, 4.539331, 0.719017]),
        ("boston_rs42", 7, [2.742157, 4.838956, 0.680700]),
        ("diabetes", 7, [42.781701, 54.493337, 0.439517]),
    ];
    for (split, k, expected) in known {
        let name = if split == "diabetes" { split } else { "boston" };
        let (train, test) = standardised(name, split);
        let model =
            NearestNeighbours::new(train.features().clone(), train.targets().to_vec(), k, Ties::ByRow);
        let predicted = model.unwrap().predict(test.features()).unwrap();
        assert_figures(&format!("k = {k} on {split}"), &test, &predicted, expected);
    }
    let (train, test) = min_max("boston", "boston");
    let model = NearestNeighbours::new(train.features().clone(), train.targets().to_vec(), 7, Ties::ByRow);
    let predicted = model.unwrap().predict(test.features()).unwrap();
    assert_figures("k = 7, min-max", &test, &predicted, [3.232213, 5.161947, 0.700092]);
}

#[test]
fn nearest_neighbours_classification() {
    let (train, test) = standardised("breast_cancer", "breast_cancer");
    let known =
        [(1, 0.938596, 0.936508), (3, 0.982456, 0.983466), (5, 0.956140, 0.978836), (7, 0.973684, 0.988426)];
    for (k, expected_accuracy, expected_auc) in known {
        for ties in [Ties::ByRow, Ties::Shared] {
            let model = NearestNeighbours::new(train.features().clone(), train.targets().to_vec(), k, ties);
            let shares = model.unwrap().predict(test.features()).unwrap();
            let found = accuracy(test.targets(), &shares, 0.5).unwrap();
            assert!((found / expected_accuracy - 1.0).abs() < 1e-6, "k = {k}: {found}");
            let found = auc(test.targets(), &shares).unwrap();
            assert!((found / expected_auc - 1.0).abs() < 1e-6, "k = {k}: {found}");
        }
    }
}

#[test]
fn kernel_regression() {
    let known = [
        ("boston_rs42", 6, [3.298746, 5.399477, 0.602443]),
        ("boston_rs42", 8, [2.584591, 4.387687, 0.737477]),
        ("boston_rs42", 10, [2.568492, 4.177996, 0.761970]),
        ("diabetes", 8, [42.039861, 56.269349, 0.402388]),
    ];
    for (split, squarings, expected) in known {
        let name = if split == "diabetes" { split } else { "boston" };
        let (train, test) = standardised(name, split);
        let radius = 1.25 * largest_squared_distance(train.features());
        let model =
            KernelRegressor::new(train.features().clone(), train.targets().to_vec(), radius, squarings);
        let predicted = model.unwrap().predict(test.features()).unwrap();
        assert_figures(&format!("m = {squarings} on {split}"), &test, &predicted, expected);
    }
    // Printed with more digits than the others.
    let (train, test) = standardised("boston", "boston");
    let radius = 1.25 * largest_squared_distance(train.features());
    let model = KernelRegressor::new(train.features().clone(), train.targets().to_vec(), radius, 8).unwrap();
    let predicted = model.predict(test.features()).unwrap();
    let found = RegressionMetrics::new(test.targets(), &predicted).unwrap().rmse;
    assert!((found - 4.025_514_538_029).abs() < 1e-9, "{found}");
}

/// Networks of 16 hidden units that NumPy trained by L-BFGS on the standardised features and target of the split
/// `boston`, twelve digits a weight.
#[test]
fn networks_trained_elsewhere() {
    let known = [
        (Activation::Identity, [3.184309, 5.136411, 0.703051]),
        (Activation::Square, [2.471011, 3.806569, 0.836909]),
        (Activation::Tanh, [2.307944, 3.343639, 0.874165]),
    ];
    let (train, test) = standardised("boston", "boston");
    let target = TargetScaler::fit(&ScaleMethod::Standardise, &train).unwrap();
    for (activation, expected) in known {
        let weights = include_bytes!("../data/boston_mlp16_weights.csv");
        let network = Network::read_csv(weights.as_slice(), activation).expect("complete");
        assert_eq!((network.inputs(), network.hidden()), (13, 16));
        let predicted = target.inverse(&network.predict(test.features()).unwrap());
        assert_figures(activation.name(), &test, &predicted, expected);
    }
    let weights = include_bytes!("../data/boston_mlp16_weights.csv");
    let network = Network::read_csv(weights.as_slice(), Activation::Relu).expect("complete");
    let predicted = target.inverse(&network.predict(test.features()).unwrap());
    let found = RegressionMetrics::new(test.targets(), &predicted).unwrap();
    assert!((found.mae / 2.247315 - 1.0).abs() < 1e-6, "{found:?}");
    assert!((found.rmse / 3.225915 - 1.0).abs() < 1e-6, "{found:?}");
}

/// Without decay a network with the identity between its layers can do no better on its training rows than least
/// squares, and training gets it there.
#[test]
fn a_linear_network_learns_least_squares() {
    let (train, _) = standardised("boston", "boston_rs42");
    let target = TargetScaler::fit(&ScaleMethod::Standardise, &train).unwrap();
    let scaled = target.transform(&train).unwrap();
    let training =
        Training { hidden: 8, steps: 3000, learning_rate: 0.05, ..Training::new(Activation::Identity) };
    let run = training.run(scaled.features(), scaled.targets()).expect("converges");
    let linear = LinearModel::least_squares(scaled.features(), scaled.targets()).expect("regular");
    let (by_network, by_linear) =
        (run.network.predict(scaled.features()).unwrap(), linear.predict(scaled.features()).unwrap());
    let worst = by_network.iter().zip(&by_linear).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-3, "{worst}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let rows = || Matrix::new(3, 2, vec![0.0, 1.0, 1.0, 0.0, 2.0, 2.0]).unwrap();
    let targets = || vec![1.0, 2.0, 3.0];
    let message =
        |result: Result<NearestNeighbours, he_ml::MlError>| result.expect_err("refused").to_string();
    assert_eq!(
        message(NearestNeighbours::new(rows(), targets(), 4, Ties::ByRow)),
        "hyper-parameter `k` is 4: the training set has 3 rows, and at least one neighbour is needed"
    );
    assert_eq!(
        message(NearestNeighbours::new(rows(), vec![1.0], 1, Ties::ByRow)),
        "number of targets: found 1, expected 3"
    );
    let error = LinearModel::ridge(&rows(), &targets(), -1.0).expect_err("refused");
    assert!(error.to_string().starts_with("hyper-parameter `alpha` is -1"), "{error}");
    let error = KernelRegressor::new(rows(), targets(), 0.0, 8).expect_err("refused");
    assert!(error.to_string().starts_with("hyper-parameter `radius` is 0"), "{error}");
    let kernel = KernelRegressor::new(rows(), targets(), 4.0, 8).unwrap();
    let far = Matrix::new(1, 2, vec![9.0, 0.0]).unwrap();
    assert_eq!(
        kernel.predict(&far).expect_err("refused").to_string(),
        "squared distance to a training row, row 0: found 82, expected a value in [0, 4]"
    );
    let narrow = Matrix::new(1, 1, vec![9.0]).unwrap();
    assert_eq!(
        kernel.predict(&narrow).expect_err("refused").to_string(),
        "number of features: found 1, expected 2"
    );
}

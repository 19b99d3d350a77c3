//! Networks under encryption against the same networks in the clear.

use crate::common::{boston, complex, small_table};
use ckks::{Complex64, ParameterSpec, params::presets};
use datasets::Matrix;
use he_ml::{
    ErrorBudget, MlError, Session,
    arithmetic::{Clear, Encrypted, SlotArithmetic},
    baseline::{Activation, Network},
    metrics::RegressionMetrics,
    mlp::{ActivationPolynomial, MlpCircuit, MlpLayout, Weights},
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

/// 3 features and 5 hidden units, with output weights of both signs.
fn small_network(activation: Activation) -> Network {
    let entry = |k: u32| f64::from((k * k * 5 + k * 13 + 3) % 19) / 19.0 - 0.5;
    let first = Matrix::new(3, 5, (0..15).map(entry).collect()).unwrap();
    let bias: Vec<f64> = (20..25).map(entry).collect();
    let second: Vec<f64> = (30..35).map(entry).collect();
    Network::new(&first, &bias, &second, 0.25, activation).unwrap()
}

/// What stands for an activation: itself, or degree 7 on [-4, 4].
fn polynomial(activation: Activation) -> ActivationPolynomial {
    ActivationPolynomial::exact(activation)
        .or_else(|_| ActivationPolynomial::approximate(activation, 7, 4.0))
        .expect("one of them")
}

/// All queries through a circuit; `input` and `output` encrypt and decrypt.
fn predict<A: SlotArithmetic>(
    circuit: &MlpCircuit,
    on: &A,
    queries: &Matrix,
    encrypted_weights: bool,
    mut input: impl FnMut(&[Complex64]) -> Result<A::Vector, MlError>,
    output: impl Fn(&A::Vector) -> Vec<Complex64>,
) -> Result<Vec<f64>, MlError> {
    let weights = if encrypted_weights { Some(circuit.encrypt_weights(&mut input)?) } else { None };
    let weights = weights.as_ref().map_or(Weights::Public, Weights::Encrypted);
    let mut batches = Vec::new();
    for packed in circuit.layout().pack(queries)? {
        let result = circuit.run(on, &input(&complex(&packed))?, &weights)?;
        batches.push(output(&result).iter().map(|slot| slot.re).collect());
    }
    circuit.layout().unpack(&batches, queries.n_rows())
}

fn predict_clear(
    circuit: &MlpCircuit,
    queries: &Matrix,
    encrypted_weights: bool,
) -> Result<Vec<f64>, MlError> {
    let clear = Clear::new(circuit.layout().slots());
    predict(circuit, &clear, queries, encrypted_weights, |v| clear.input(v), |v| v.values().to_vec())
}

fn predict_encrypted(
    circuit: &MlpCircuit,
    spec: &ParameterSpec,
    queries: &Matrix,
    encrypted_weights: bool,
) -> Vec<f64> {
    let parameters = spec.check().expect("possible parameters");
    let plan = circuit.plan(&parameters, encrypted_weights, 16.0).expect("deep enough");
    assert_eq!(plan.depth, circuit.depth(encrypted_weights));
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let session = Session::new(&parameters, &plan.request(), &mut rng).unwrap();
    let evaluator = session.evaluator();
    let on = Encrypted::new(&evaluator);
    let decrypt = |v: &_| session.decrypt(v).unwrap();
    predict(circuit, &on, queries, encrypted_weights, |v| session.encrypt(v, 16.0, &mut rng), decrypt)
        .expect("the circuit runs")
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// On slots for many queries, for a few, and for one. An approximation is wrong by at most its worst error at each unit.
#[test]
fn the_clear_circuit_is_the_network_up_to_the_approximation() {
    let (_, _, queries) = small_table();
    for activation in Activation::ALL {
        let network = small_network(activation);
        let exact = network.predict(&queries).unwrap();
        let size: f64 = network.second().iter().map(|w| w.abs()).sum();
        for (slots, encrypted_weights) in [(8, false), (16, true), (256, false), (256, true)] {
            let circuit = MlpCircuit::new(&network, polynomial(activation), slots).unwrap();
            circuit.activation().check_rows(&network, &queries).expect("within the interval");
            let found = predict_clear(&circuit, &queries, encrypted_weights).expect("runs");
            let worst = largest_difference(&found, &exact);
            let allowed = circuit.activation().worst_error() * size;
            assert!(worst <= allowed + 1e-12, "{activation} on {slots}: {worst}, allowed {allowed}");
            assert!(
                activation.is_polynomial() || worst > 1e-9,
                "{activation}: an approximation cannot be exact"
            );
        }
    }
}

#[test]
fn a_plan_counts_what_the_clear_run_counts() {
    for activation in Activation::ALL {
        let circuit = MlpCircuit::new(&small_network(activation), polynomial(activation), 64).unwrap();
        let clear = Clear::new(64);
        circuit.run(&clear, &clear.input(&[]).unwrap(), &Weights::Public).unwrap();
        let counts = clear.counts();
        let parameters = presets::toy(7, circuit.depth(false)).check().unwrap();
        let plan = circuit.plan(&parameters, false, 1.0).unwrap();
        assert_eq!(
            (plan.depth, plan.products, plan.relinearizations, plan.rotations, plan.hoisted),
            (counts.depth, counts.products, counts.relinearizations, counts.rotations, counts.hoisted),
            "{activation}"
        );
    }
}

#[test]
fn encrypted_networks_on_a_small_ring() {
    let (_, _, queries) = small_table();
    for activation in Activation::ALL {
        let network = small_network(activation);
        let circuit = MlpCircuit::new(&network, polynomial(activation), 64).unwrap();
        let clear = predict_clear(&circuit, &queries, false).unwrap();
        for encrypted_weights in [false, true] {
            let spec = presets::toy(7, circuit.depth(encrypted_weights));
            let found = predict_encrypted(&circuit, &spec, &queries, encrypted_weights);
            let worst = largest_difference(&found, &clear);
            assert!(worst < 1e-6, "{activation}, encrypted weights {encrypted_weights}: {worst}");
            assert!(worst > 0.0);
        }
    }
}

/// The networks of 16 units that were trained elsewhere, at 128 bits: one that is a polynomial, one that is not, the
/// latter with encrypted weights as well.
#[test]
fn boston_at_128_bits() {
    let data = boston("boston");
    let weights = include_bytes!("../data/boston_mlp16_weights.csv");
    let queries = data.test.features();
    for (activation, degree, encrypted_weights, expected_rmse, scheme) in [
        (Activation::Square, 2, false, 3.806_569, 1e-3),
        (Activation::Tanh, 15, false, 3.343_639, 1e-3),
        (Activation::Tanh, 15, true, 3.343_639, 1e-3),
    ] {
        let network = Network::read_csv(weights.as_slice(), activation).expect("complete");
        let bound = 1.01 * network.largest_pre_activation(queries).unwrap();
        let polynomial = ActivationPolynomial::exact(activation)
            .or_else(|_| ActivationPolynomial::approximate(activation, degree, bound))
            .unwrap();
        let circuit = MlpCircuit::new(&network, polynomial, 1 << 13).unwrap();
        assert_eq!(circuit.layout().queries(), 512);
        let spec = ParameterSpec::new(14).log_scale(40).depth(circuit.depth(encrypted_weights));
        assert!(spec.check().unwrap().security_bits() >= 128);

        let exact = data.target.inverse(&network.predict(queries).unwrap());
        let clear = data.target.inverse(&predict_clear(&circuit, queries, encrypted_weights).unwrap());
        let found = predict_encrypted(&circuit, &spec, queries, encrypted_weights);
        let budget = ErrorBudget::new(&exact, &clear, &data.target.inverse(&found)).unwrap();
        let size: f64 = network.second().iter().map(|w| w.abs()).sum();
        let allowed = circuit.activation().worst_error() * size * data.target.scale().divisor;
        assert!(budget.approximation.max <= allowed + 1e-10, "{activation}: {budget}, allowed {allowed}");
        assert!(budget.scheme.max < scheme, "{activation}: {budget}");
        let found = data.target.inverse(&found);
        let rmse = RegressionMetrics::new(data.test.targets(), &found).unwrap().rmse;
        assert!((rmse - expected_rmse).abs() < budget.total.rms + 1e-6, "{activation}: {rmse}, {budget}");
    }
}

#[test]
fn bad_input_is_refused_before_there_is_a_key() {
    let message = |error: MlError| error.to_string();
    let network = small_network(Activation::Tanh);
    assert_eq!(
        message(ActivationPolynomial::exact(Activation::Tanh).expect_err("no polynomial")),
        "hyper-parameter `activation` is tanh: it is no polynomial; choose a degree and an interval for one that is close \
         to it"
    );
    assert_eq!(
        message(ActivationPolynomial::approximate(Activation::Tanh, 7, 0.0).expect_err("no interval")),
        "hyper-parameter `bound` is 0: the interval is [-bound, bound], and bound a positive finite number"
    );
    assert_eq!(
        message(ActivationPolynomial::approximate(Activation::Square, 2, 1.0).expect_err("exact")),
        "hyper-parameter `activation` is square: it is a polynomial and needs no approximation"
    );
    let other = polynomial(Activation::Silu);
    assert_eq!(
        message(MlpCircuit::new(&network, other, 64).expect_err("another function")),
        "hyper-parameter `activation` is silu: the network was trained with tanh"
    );
    assert_eq!(
        message(MlpCircuit::new(&network, polynomial(Activation::Tanh), 4).expect_err("too small")),
        "hidden layer: needs 8 slots, there are 4; choose a larger ring degree"
    );

    let circuit = MlpCircuit::new(&network, polynomial(Activation::Tanh), 64).unwrap();
    let shallow = presets::toy(7, circuit.depth(false) - 1).check().unwrap();
    assert_eq!(
        message(circuit.plan(&shallow, false, 8.0).expect_err("too shallow")),
        "network: needs 4 levels, the parameters have 3; choose a deeper chain or a shallower model"
    );
    assert!(
        circuit.plan(&presets::toy(7, 4).check().unwrap(), true, 8.0).is_err(),
        "one level more is needed"
    );
    let small = presets::toy(6, 4).check().unwrap();
    assert_eq!(
        message(circuit.plan(&small, false, 8.0).expect_err("too few slots")),
        "hidden units and queries: needs 64 slots, there are 32; choose a larger ring degree"
    );

    let wide = Matrix::new(1, 4, vec![0.0; 4]).unwrap();
    assert_eq!(
        message(circuit.layout().pack(&wide).expect_err("too wide")),
        "number of features: found 4, expected 3"
    );
}

/// By whoever has network and queries, and by the clear run.
#[test]
fn features_that_leave_the_interval_are_noticed() {
    let network = small_network(Activation::Tanh);
    let circuit = MlpCircuit::new(&network, polynomial(Activation::Tanh), 64).unwrap();
    let far = Matrix::new(1, 3, vec![20.0, -20.0, 20.0]).unwrap();
    let found = network.largest_pre_activation(&far).unwrap();
    assert!(found > 4.0);
    assert_eq!(
        circuit.activation().check_rows(&network, &far).expect_err("outside").to_string(),
        format!(
            "tanh by degree 7 on [-4, 4]: the polynomial holds on [-4, 4], found {found}; widen the interval or scale the input"
        )
    );
    let error = predict_clear(&circuit, &far, false).expect_err("outside");
    assert!(matches!(error, MlError::OutsideApproximation { .. }), "{error}");
}

#[test]
fn a_layout_holds_as_many_queries_as_fit() {
    let layout = MlpLayout::new(13, 64, 1 << 13).unwrap();
    assert_eq!((layout.period(), layout.units(), layout.queries()), (16, 64, 128));
    let narrow = MlpLayout::new(13, 4, 1 << 13).unwrap();
    assert_eq!((narrow.units(), narrow.queries()), (16, 512));
}

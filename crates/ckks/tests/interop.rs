//! Vectors of OpenFHE, made by `scripts/interop/openfhe_interop.py`: its ciphertexts decrypt here, and what we compute on
//! them is what OpenFHE decrypted when the vectors were made.
#![expect(unreachable_pub, reason = "shared with an example")]

#[path = "common/exchange.rs"]
mod exchange;

use exchange::{Vectors, complex, worst};

const VECTORS: &str = include_str!("data/openfhe_n32.json");

/// The noise of a textbook encryption at N = 32 and scale 2^40 has a standard deviation of 21 a coefficient, and slots
/// are sums of 32: 2^-33. A square of a product in which both are at most 1 has four times that, and rescaling adds less.
const TOLERANCE: f64 = 1.0 / (1u64 << 28) as f64;

#[test]
fn openfhe_and_we_read_each_other() {
    let vectors: Vectors = serde_json::from_str(VECTORS).unwrap();
    assert!(vectors.about.contains("scripts/interop/openfhe_interop.py"));
    let ours = exchange::run(&vectors).unwrap();
    assert_eq!(ours.errors.len(), 3 + 5);
    for (name, error) in &ours.errors {
        assert!(*error < TOLERANCE, "{name} is off by {error:e}");
    }
    // OpenFHE decrypted exactly these words, and found the right values.
    assert_eq!(vectors.results.len(), ours.results.len());
    for (name, result) in &ours.results {
        let theirs = &vectors.results[name];
        assert_eq!(theirs.ciphertext, result.ciphertext, "{name}");
        let error = worst(&complex(&theirs.values), &complex(&result.values));
        assert!(error < TOLERANCE, "{name} was off by {error:e} in OpenFHE");
    }
}

#[test]
fn a_wrong_root_or_secret_is_noticed() {
    let spoil = |f: &dyn Fn(&mut Vectors)| {
        let mut vectors: Vectors = serde_json::from_str(VECTORS).unwrap();
        f(&mut vectors);
        exchange::run(&vectors)
    };
    assert!(spoil(&|v| v.roots[0] += 1).is_err());
    assert!(spoil(&|v| v.secret[0].swap(0, 1)).is_err());
    assert!(spoil(&|v| v.moduli[1] += 64).is_err());
    // Another root of the same order is another order of the words.
    let cube = |q: u64, root: u64| {
        let square = u128::from(root) * u128::from(root) % u128::from(q);
        (square * u128::from(root) % u128::from(q)) as u64
    };
    let shuffled = |i: usize| spoil(&|v| v.roots[i] = cube(v.moduli[i], v.roots[i])).unwrap().errors;
    // Small messages decrypt from the base prime alone; a rescaling takes the words modulo the last one.
    assert!(shuffled(0)["OpenFHE's x"] > 0.1);
    let errors = shuffled(2);
    assert!(errors["OpenFHE's x"] < TOLERANCE && errors["our product"] > 0.1);
}

//! Matrices times encrypted vectors.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use ckks::{
    Ciphertext, CiphertextShape, CkksError, Complex64, DryRun, Encryptor, KeyRequest, Level, Operations,
    Parameters, PlaintextShape, RotationGroup,
    circuits::{EncryptedTransform, LinearTransform},
    encoder::Packing,
    params::presets,
};
use common::{Kit, random, rng};

fn reals(count: usize, seed: u64) -> Vec<f64> {
    random(count, seed).iter().map(|x| x.re).collect()
}

fn matrix(rows: usize, columns: usize, seed: u64) -> Vec<Vec<f64>> {
    (0..rows as u64).map(|i| reals(columns, seed + i)).collect()
}

fn product(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum()).collect()
}

fn packing(parameters: &Parameters, slots: usize) -> Packing {
    let level = parameters.max_level();
    Packing { level, scale: parameters.default_scale(level), slots }
}

fn encrypt(kit: &Kit, values: &[f64], slots: usize, seed: u64) -> Ciphertext {
    let plaintext = kit.encoder.encode_with(values, &packing(kit.context.parameters(), slots)).unwrap();
    Encryptor::new(&kit.context, &kit.public).encrypt(&plaintext, &mut rng(seed)).unwrap()
}

/// Checks a result against numbers and its own noise bound.
fn check(kit: &Kit, y: &Ciphertext, expected: &[f64]) {
    let bound = y.noise_bound() / y.scale().to_f64() + 1e-10;
    for (found, expected) in kit.decrypt(y).iter().zip(expected) {
        assert!((found - Complex64::new(*expected, 0.0)).norm() < bound, "{found} for {expected}");
    }
    assert!(bound < 1e-2, "the bound says nothing: {bound:e}");
}

#[test]
fn matrices_of_every_shape_give_the_right_product() {
    let spec = presets::toy(8, 2);
    let parameters = spec.check().unwrap();
    for (rows, columns, slots, baby) in [
        (16, 16, 16, None),
        (16, 16, 128, None),
        (5, 12, 16, None),
        (128, 128, 128, None),
        (1, 3, 4, None),
        (16, 16, 16, Some(1)),
        (16, 16, 32, Some(16)),
        (9, 16, 16, Some(8)),
        (1, 1, 1, None),
    ] {
        let rows = matrix(rows, columns, 5);
        let mut transform = LinearTransform::from_rows(&rows).unwrap();
        if let Some(baby) = baby {
            transform = transform.with_baby_steps(baby).unwrap();
        }
        let dimension = transform.dimension();
        let vector = reals(columns, 77);
        let expected = product(&rows, &vector);
        let floats = transform.apply(&vector);
        assert!(expected.iter().zip(&floats).all(|(a, b)| (a - b).abs() < 1e-12));
        // Copies of the vector, side by side, where there are more slots.
        let mut padded = vector.clone();
        padded.resize(dimension, 0.0);
        let copies = padded.repeat(slots / dimension);
        for transform in [transform.clone(), transform.clone().one_giant_key(), transform.low_memory()] {
            let dry = DryRun::new(&parameters);
            let fresh =
                dry.encrypt_public(&dry.plaintext(1.0, &packing(&parameters, slots)).unwrap()).unwrap();
            transform.evaluate(&dry, &fresh).unwrap();
            let plan = dry.plan();
            assert_eq!((plan.depth, plan.relinearizations), (1, 0));
            let rotations: Vec<i64> = plan.rotation_levels.keys().copied().collect();
            assert_eq!(rotations, transform.rotations());
            // The planned keys, and no others.
            let kit = Kit::new(&spec, &plan.request());
            let x = encrypt(&kit, &copies, slots, 3);
            let y = transform.evaluate(&kit.evaluator(), &x).unwrap();
            assert_eq!(
                CiphertextShape::from(&y),
                transform.evaluate(&dry, &CiphertextShape::from(&x)).unwrap()
            );
            assert_eq!((y.level(), y.scale()), (Level(1), parameters.default_scale(Level(1))));
            check(&kit, &y, &expected);
            // At a lower level than the diagonals were encoded for.
            let encoded = transform.encode(&kit.evaluator(), Level(2), slots).unwrap();
            let low = kit.evaluator().drop_to(&x, Level(1)).unwrap();
            check(&kit, &encoded.evaluate(&kit.evaluator(), &low).unwrap(), &expected);
        }
    }
}

#[test]
fn nested_groups_are_rotated_together() {
    let kit = Kit::new(&presets::toy(8, 2), &KeyRequest::new().rotations([1, 2, 3]));
    let evaluator = kit.evaluator();
    let slots = 128;
    let packing = packing(kit.context.parameters(), slots);
    let (vector, factors) = (reals(slots, 1), [2, 3, 4].map(|seed| reals(slots, seed)));
    let weights = factors.each_ref().map(|values| evaluator.encode_weights(values, &packing).unwrap());
    // One that does not move and one that does, onto a third; and one for itself.
    let groups = [
        RotationGroup { outer: 0, inner: vec![(1, &weights[0])], onto: Some(2) },
        RotationGroup { outer: 3, inner: vec![(2, &weights[1])], onto: Some(2) },
        RotationGroup { outer: 2, inner: vec![(0, &weights[2])], onto: None },
        RotationGroup { outer: 1, inner: vec![(3, &weights[0]), (0, &weights[1])], onto: None },
    ];
    let y = evaluator.sum_of_rotations_rescale(&encrypt(&kit, &vector, slots, 1), &groups).unwrap();
    let term =
        |factor: usize, inner: usize, at: usize| factors[factor][at % slots] * vector[(at + inner) % slots];
    let place = |i: usize| {
        let nested = term(0, 1, i + 2) + term(1, 2, i + 5) + term(2, 0, i + 2);
        nested + term(0, 3, i + 1) + term(1, 0, i + 1)
    };
    check(&kit, &y, &(0..slots).map(place).collect::<Vec<f64>>());
}

#[test]
fn few_diagonals_take_few_rotations() {
    let diagonals = [(0, vec![1.0; 64]), (1, vec![0.5; 64]), (63, vec![-0.5; 64])];
    let banded = LinearTransform::from_diagonals(64, diagonals).unwrap();
    assert!(banded.rotations().len() <= 3);
    let zero = LinearTransform::from_diagonals(4, []).unwrap();
    let kit = Kit::new(&presets::toy(8, 1), &KeyRequest::new());
    let x = encrypt(&kit, &[0.25, 0.5, 0.75, 1.0], 4, 1);
    for transform in [zero.clone(), zero.low_memory()] {
        let y = transform.evaluate(&kit.evaluator(), &x).unwrap();
        check(&kit, &y, &[0.0; 4]);
    }
}

#[test]
fn encrypted_matrices_give_the_right_product() {
    let spec = presets::toy(8, 2);
    let parameters = spec.check().unwrap();
    for (size, slots) in [(8, 8), (16, 64), (1, 2)] {
        let rows = matrix(size, size, 21);
        let transform = LinearTransform::from_rows(&rows).unwrap();
        let values = EncryptedTransform::<Ciphertext>::values(&transform, slots).unwrap();
        let dry = DryRun::new(&parameters);
        let shape = dry.encrypt_public(&dry.plaintext(1.0, &packing(&parameters, slots)).unwrap()).unwrap();
        let planned = EncryptedTransform::new(vec![shape; size]).unwrap();
        planned.evaluate(&dry, &shape).unwrap();
        let plan = dry.plan();
        assert_eq!((plan.depth, plan.products), (1, size));
        assert_eq!(plan.rotation_levels.keys().copied().collect::<Vec<_>>(), planned.rotations());
        let kit = Kit::new(&spec, &plan.request());
        let encrypted = values.iter().zip(50..).map(|(v, seed)| encrypt(&kit, v, slots, seed)).collect();
        let vector = reals(size, 22);
        let x = encrypt(&kit, &vector.repeat(slots / size), slots, 4);
        let y = EncryptedTransform::new(encrypted).unwrap().evaluate(&kit.evaluator(), &x).unwrap();
        check(&kit, &y, &product(&rows, &vector));
    }
}

/// 128 by 128 at 128 bits of security.
#[test]
fn a_matrix_of_128_rows_at_real_parameters() {
    let spec = presets::medium();
    let parameters = spec.check().unwrap();
    let rows = matrix(128, 128, 31);
    let transform = LinearTransform::from_rows(&rows).unwrap();
    let dry = DryRun::new(&parameters);
    let shape = dry.encrypt_public(&dry.plaintext(1.0, &packing(&parameters, 128)).unwrap()).unwrap();
    transform.evaluate(&dry, &shape).unwrap();
    let plan = dry.plan();
    // 15 baby and 7 giant rotations.
    assert_eq!((transform.baby_steps(), plan.rotations, plan.hoisted), (16, 22, 14));
    let kit = Kit::new(&spec, &plan.request());
    let vector = reals(128, 32);
    let plaintext = kit.encoder.encode_with(&vector, &packing(&parameters, 128)).unwrap();
    assert_eq!(
        CiphertextShape::from(&encrypt(&kit, &vector, 128, 6)),
        dry.encrypt_public(&PlaintextShape::from(&plaintext)).unwrap()
    );
    let y = transform.evaluate(&kit.evaluator(), &encrypt(&kit, &vector, 128, 6)).unwrap();
    check(&kit, &y, &product(&rows, &vector));
    let error = kit
        .decrypt(&y)
        .iter()
        .zip(product(&rows, &vector))
        .map(|(found, expected)| (found.re - expected).abs())
        .fold(0.0, f64::max);
    assert!(error < 2f64.powi(-20), "{error:e}");
}

#[test]
fn bad_matrices_are_refused() {
    assert!(matches!(LinearTransform::from_rows::<[f64; 0]>(&[]), Err(CkksError::Parameter { .. })));
    assert!(LinearTransform::from_rows(&[vec![1.0], vec![1.0, 2.0]]).is_err());
    let refused = LinearTransform::from_rows(&[[1.0, f64::NAN]]).unwrap_err();
    assert!(matches!(refused, CkksError::NonFinite { index: 1, .. }));
    assert!(LinearTransform::from_diagonals(3, []).is_err());
    assert!(LinearTransform::from_diagonals(1 << (usize::BITS - 1), []).is_ok(), "zero, of any size");
    assert!(LinearTransform::from_diagonals(4, [(4, vec![0.0; 4])]).is_err());
    assert!(LinearTransform::from_diagonals(4, [(0, vec![0.0; 3])]).is_err());
    let four = LinearTransform::from_rows(&matrix(4, 4, 1)).unwrap();
    assert!(four.clone().with_baby_steps(3).is_err() && four.clone().with_baby_steps(8).is_err());
    assert!(EncryptedTransform::<Ciphertext>::new(Vec::new()).is_err());

    let kit = Kit::new(&presets::toy(8, 1), &KeyRequest::new().rotations([1]));
    let eval = kit.evaluator();
    let x = encrypt(&kit, &[1.0; 4], 4, 1);
    let refused = four.evaluate(&eval, &x).unwrap_err();
    assert!(matches!(refused, CkksError::MissingKey { .. }), "{refused}");
    let small = encrypt(&kit, &[1.0; 2], 2, 1);
    assert!(matches!(four.evaluate(&eval, &small), Err(CkksError::TooManySlots { found: 4, max: 2 })));
    let encoded = four.encode(&eval, Level(1), 8).unwrap();
    assert!(matches!(encoded.evaluate(&eval, &x), Err(CkksError::SlotMismatch { left: 4, right: 8, .. })));
    let bottom = eval.drop_to(&x, Level(0)).unwrap();
    assert!(matches!(four.evaluate(&eval, &bottom), Err(CkksError::OutOfLevels { .. })));
    let diagonal = LinearTransform::from_diagonals(4, [(0, vec![1.0; 4])]).unwrap();
    assert!(diagonal.evaluate(&eval, &x).is_ok());
    assert!(matches!(eval.sum_of_rotations_rescale(&x, &[]), Err(CkksError::Parameter { .. })));
}

/// The table of the documentation is what the code does. `CIRCUIT_TABLES=write` brings it up to date.
#[test]
fn the_documented_costs_are_the_real_ones() {
    let parameters = presets::toy(12, 1).check().unwrap();
    let mut table = String::new();
    for size in [16, 64, 128, 256, 1024] {
        let diagonals = (0..size).map(|k| (k, vec![0.5; size]));
        let transform = LinearTransform::from_diagonals(size, diagonals).unwrap();
        let cost = |transform: &LinearTransform| {
            let dry = DryRun::new(&parameters);
            let shape =
                dry.encrypt_public(&dry.plaintext(1.0, &packing(&parameters, size)).unwrap()).unwrap();
            transform.evaluate(&dry, &shape).unwrap();
            (dry.plan().rotation_levels.len(), dry.plan().key_switches())
        };
        let (baby, (keys, switches)) = (transform.baby_steps(), cost(&transform));
        let (low_keys, low_switches) = cost(&transform.low_memory());
        table += &format!(
            "| {size} x {size} | {baby} x {} | {keys} | {switches} | {low_keys} | {low_switches} |\n",
            size / baby
        );
    }
    common::check_table("src/circuits/linear/costs.md", &table);
}

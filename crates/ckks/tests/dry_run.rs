//! The dry run against the evaluator: same levels, scales, noise and refusals, and costs that are right.

mod common;

use ckks::{
    Ciphertext, CiphertextShape, CkksError, Complex64, Decryptor, DryRun, Encoder, Encryptor, Evaluator,
    Flooding, KeyRequest, Level, Operations, Plaintext, PlaintextShape, RotationGroup, Scale,
    encoder::Packing, params::presets,
};
use common::{Kit, rng};

/// Every operation once, in an order that leaves levels for all.
fn everything<O: Operations>(
    ops: &O,
    x: &O::Ciphertext,
    y: &O::Ciphertext,
    plain: &O::Plaintext,
) -> Result<Vec<O::Ciphertext>, CkksError> {
    let mut seen = Vec::new();
    let mut keep =
        |result: Result<O::Ciphertext, CkksError>| result.inspect(|ciphertext| seen.push(ciphertext.clone()));
    let sum = keep(ops.add(x, y))?;
    keep(ops.sub(&sum, y))?;
    keep(ops.neg(x))?;
    keep(ops.add_plain(x, plain))?;
    keep(ops.sub_plain(x, plain))?;
    keep(ops.mul_plain(x, plain))?;
    let weighted = keep(ops.mul_plain_rescale(x, plain))?;
    keep(ops.add_scalar(x, -2.5))?;
    let half = keep(ops.mul_scalar(x, 0.5))?;
    keep(ops.mul_scalar_at(x, 3.0, Scale::power_of_two(20)))?;
    keep(ops.mul_integer(x, -7))?;
    keep(ops.add(&weighted, &half))?;
    keep(ops.mul(x, y))?;
    let product = keep(ops.mul_rescale(x, y))?;
    let square = keep(ops.square(&product))?;
    keep(ops.rescale(&square))?;
    let fourth = keep(ops.square_rescale(&product))?;
    let triple = keep(ops.mul_unrelinearized(x, &product))?;
    keep(ops.rescale(&triple))?;
    keep(ops.relinearize(&triple))?;
    keep(ops.relinearize_rescale(&triple))?;
    keep(ops.sum_of_products(&[(x, y), (y, y)]))?;
    keep(ops.sum_of_products_rescale(&[(x, y), (y, y), (x, x)]))?;
    keep(ops.drop_to(x, Level(1)))?;
    let (left, right) = ops.align(x, &fourth)?;
    keep(ops.add(&left, &right))?;
    keep(ops.align_to(&product, Level(1), Scale::power_of_two(39)))?;
    keep(ops.rotate(&fourth, 3))?;
    keep(ops.rotate(x, 0))?;
    for rotated in ops.rotate_hoisted(&product, &[1, 3, -2])? {
        keep(Ok(rotated))?;
    }
    keep(ops.conjugate(&product))?;
    keep(ops.inner_sum(&half, 1, 8))?;
    keep(ops.inner_sum(&half, 2, 5))?;
    let (level, slots) = (ops.level(&half), ops.slots(&half));
    let packing = Packing { level, scale: ops.parameters().default_scale(level), slots };
    keep(ops.mul_plain_rescale(&half, &ops.encode(&[0.5, -0.25, 1.0], &packing)?))?;
    keep(ops.mul_plain(&half, &ops.encode_constant(Complex64::new(0.5, -1.0), &packing)?))?;
    let top = ops.scale(&half) * ops.scale(&half);
    let combined = keep(ops.linear_combination(&[(x, 0.5), (&half, -1.5), (x, 0.0)], level, top))?;
    keep(ops.sum_of_products_plus_rescale(&[(&half, &half), (&half, &weighted)], &combined))?;
    keep(ops.sum_of_products_plus_rescale(&vec![(&half, &half); 40], &combined))?;
    let weights = [ops.encode_weights(&[0.5, 2.0], &packing)?, ops.encode_weights(&[-1.0], &packing)?];
    let groups = [
        RotationGroup { outer: 0, inner: vec![(0, &weights[0]), (1, &weights[1])], onto: None },
        RotationGroup { outer: 3, inner: vec![(1, &weights[0]), (-2, &weights[1])], onto: None },
    ];
    keep(ops.sum_of_rotations_rescale(&half, &groups))?;
    // By Horner's rule: a group that does not move and one that does, onto a third.
    let nested = [
        RotationGroup { outer: 0, inner: vec![(0, &weights[0])], onto: Some(2) },
        RotationGroup { outer: 3, inner: vec![(1, &weights[1])], onto: Some(2) },
        RotationGroup { outer: 3, inner: vec![(-2, &weights[0])], onto: None },
    ];
    keep(ops.sum_of_rotations_rescale(&half, &nested))?;
    let backwards = [RotationGroup { outer: 3, inner: vec![(1, &weights[0])], onto: Some(0) }];
    assert!(matches!(ops.sum_of_rotations_rescale(&half, &backwards), Err(CkksError::Parameter { .. })));
    keep(ops.sum_of_rotations_rescale(&ops.drop_to(&half, Level(1))?, &groups))?;
    keep(ops.assume_bound(x, 0.25))?;
    Ok(seen)
}

fn kit(request: &KeyRequest) -> Kit {
    Kit::new(&presets::toy(8, 4), request)
}

#[test]
fn shapes_follow_ciphertexts_and_the_planned_keys_are_the_ones_needed() {
    let parameters = presets::toy(8, 4).check().unwrap();
    let dry = DryRun::new(&parameters);
    let inputs = Kit::new(&presets::toy(8, 4), &KeyRequest::new());
    let values = vec![Complex64::new(0.5, -0.25); 128];
    let plain: Plaintext = inputs.encoder.encode_complex(&values).unwrap();
    let fresh = dry.encrypt_public(&PlaintextShape::from(&plain)).unwrap();
    let shapes = everything(&dry, &fresh, &fresh, &PlaintextShape::from(&plain)).unwrap();
    let plan = dry.plan();

    let kit = kit(&plan.request());
    let x = kit.encrypt(&values, 2);
    assert_eq!(CiphertextShape::from(&x), fresh);
    let symmetric = Encryptor::new(&kit.context, &kit.secret).encrypt(&plain, &mut rng(3)).unwrap();
    assert_eq!(
        CiphertextShape::from(&symmetric),
        dry.encrypt_symmetric(&PlaintextShape::from(&plain)).unwrap()
    );
    let results: Vec<Ciphertext> = everything(&kit.evaluator(), &x, &x, &plain).unwrap();
    assert_eq!(results.len(), shapes.len());
    for (k, (result, shape)) in results.iter().zip(&shapes).enumerate() {
        assert_eq!(&CiphertextShape::from(result), shape, "result {k}");
        assert_eq!(result.size_bytes(), dry.size_bytes(shape), "result {k}");
    }
    assert_eq!(kit.keys.size(), plan.keys(&parameters).unwrap());
    // No key too many: without any one of them the circuit fails.
    assert_eq!(kit.keys.galois_elements().count(), plan.rotation_levels.len() + 1);
}

#[test]
fn costs_are_counted() {
    let parameters = presets::toy(8, 4).check().unwrap();
    let dry = DryRun::new(&parameters);
    let x = dry.input(1.0);
    let product = dry.mul_rescale(&x, &x).unwrap();
    dry.rotate(&product, 5).unwrap();
    dry.rotate_hoisted(&x, &[5, 6, 128, 7]).unwrap();
    dry.rotate(&product, 6).unwrap();
    dry.conjugate(&product).unwrap();
    let plan = dry.plan();
    assert_eq!((plan.depth, plan.rescalings, plan.products), (1, 1, 1));
    // A rotation by all 128 slots moves nothing.
    assert_eq!((plan.rotations, plan.hoisted, plan.conjugations, plan.key_switches()), (5, 2, 1, 7));
    assert_eq!(plan.rotation_levels, [(5, Level(4)), (6, Level(4)), (7, Level(4))].into());
    assert_eq!((plan.relinearization_level, plan.conjugation_level), (Some(Level(4)), Some(Level(3))));
    assert_eq!(plan.largest_ciphertext, 2 * 5 * 256 * 8);
    // A key for a lower level is smaller.
    let all_levels = KeyRequest::new().relinearization().rotations([5, 6, 7]).conjugation();
    assert!(plan.keys(&parameters).unwrap().stored < all_levels.size(&parameters).unwrap().stored);
    assert!(plan.to_string().contains("7 key switches"));
}

#[test]
fn mistakes_are_found_without_keys() {
    let parameters = presets::toy(8, 1).check().unwrap();
    let dry = DryRun::new(&parameters);
    let x = dry.input(1.0);
    let product = dry.mul_rescale(&x, &x).unwrap();
    assert!(matches!(dry.mul_rescale(&product, &product), Err(CkksError::OutOfLevels { .. })));
    assert!(matches!(dry.rescale(&product), Err(CkksError::OutOfLevels { .. })));
    assert!(matches!(dry.add(&x, &product), Err(CkksError::ScaleMismatch { .. })));
    assert!(matches!(dry.align_to(&product, Level(1), x.scale()), Err(CkksError::OutOfLevels { .. })));
    let triple = dry.mul_unrelinearized(&x, &x).unwrap();
    assert!(matches!(dry.rotate(&triple, 1), Err(CkksError::Degree { found: 2, expected: 1, .. })));
    assert!(matches!(dry.relinearize(&x), Err(CkksError::Degree { found: 1, expected: 2, .. })));
    assert!(matches!(dry.mul_scalar(&x, f64::NAN), Err(CkksError::NonFinite { .. })));
    assert!(dry.inner_sum(&x, 1, 0).is_err() && dry.sum_of_products(&[]).is_err());
    assert!(dry.inner_sum(&x, usize::MAX, usize::MAX).is_ok());
    let packing = Packing { level: Level(0), scale: x.scale(), slots: 4 };
    let sparse = dry.plaintext(1.0, &packing).unwrap();
    assert!(matches!(dry.mul_plain(&x, &sparse), Err(CkksError::SlotMismatch { left: 128, right: 4, .. })));
    let nowhere = dry.plaintext(1.0, &Packing { level: Level(2), ..packing });
    assert!(matches!(nowhere, Err(CkksError::NoSuchLevel { .. })));
}

#[test]
fn a_published_decryption_takes_its_bound_from_the_dry_run() {
    // Two primes a level leave room for the flooding noise.
    let spec = ckks::ParameterSpec::new(8).log_scale(80).depth(1).allow_insecure();
    let dry = DryRun::new(&spec.check().unwrap());
    let bound = dry.mul_rescale(&dry.input(1.0), &dry.input(1.0)).unwrap().noise_bound();
    let kit = Kit::new(&spec, &KeyRequest::new().relinearization());
    let values = vec![Complex64::new(0.5, 0.0); 128];
    let x = kit.encrypt(&values, 1);
    let square = kit.evaluator().mul_rescale(&x, &x).unwrap();
    let encoder: &Encoder = &kit.encoder;
    let decryptor = Decryptor::new(&kit.context, &kit.secret);
    let public = decryptor.decrypt_public(&square, &Flooding::new(bound), &mut rng(4)).unwrap();
    let found = encoder.decode(&public).unwrap();
    assert!(found.iter().all(|value| (value - 0.25).abs() < 1e-3));
    // A bound that does not cover what the ciphertext itself admits to is refused.
    let refused = decryptor.decrypt_public(&square, &Flooding::new(1e-6 * bound), &mut rng(4));
    assert!(matches!(refused, Err(CkksError::PrecisionLost { .. })));
}

#[test]
fn refuses_the_encodings_that_an_encoder_refuses() {
    let kit = kit(&KeyRequest::new());
    let dry = DryRun::new(kit.context.parameters());
    let eval = Evaluator::new(&kit.context, &kit.keys);
    let fine = Encoder::new(&kit.context).packing();
    let too_high = Packing { level: Level(99), ..fine };
    let odd = Packing { slots: 3, ..fine };
    let cases: [(&[f64], Packing); 4] =
        [(&[1.0; 300], fine), (&[f64::NAN], fine), (&[1.0], too_high), (&[1.0], odd)];
    for (values, packing) in cases {
        let shape = dry.encode(values, &packing).unwrap_err();
        assert_eq!(shape.to_string(), eval.encode(values, &packing).unwrap_err().to_string());
    }
    let shape = dry.encode_constant(1e60, &fine).unwrap_err();
    assert!(matches!(shape, CkksError::Overflow { .. }), "{shape}");
    assert!(matches!(eval.encode_constant(1e60, &fine), Err(CkksError::Overflow { .. })));
}

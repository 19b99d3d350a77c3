//! Bad input gets an error that says what to do; secrets stay hidden and are wiped.

mod common;

use ckks::{
    CkksError, Complex64, Context, Decryptor, DryRun, Encoder, Encryptor, EvaluationKeys, Evaluator,
    Flooding, KeyGenerator, KeyRequest, Level, Scale, SecretKey, Workspace, encoder::Packing,
    params::presets,
};
use common::{Kit, random, rng};
use zeroize::Zeroize;

fn kit() -> Kit {
    Kit::new(&presets::toy(6, 2), &KeyRequest::new().relinearization_at(Level(1)).rotations([1]))
}

#[test]
fn missing_keys_are_named() {
    let kit = kit();
    let (eval, x) = (kit.evaluator(), kit.encrypt_random(&random(32, 1), 2));
    let none = EvaluationKeys::none();
    let bare = Evaluator::new(&kit.context, &none);
    let text = |result: Result<_, CkksError>| -> String {
        let error: CkksError = result.map(|_: ckks::Ciphertext| ()).unwrap_err();
        assert!(matches!(error, CkksError::MissingKey { .. }));
        error.to_string()
    };
    assert!(text(bare.mul(&x, &x)).contains("relinearisation key"));
    assert!(text(eval.mul(&x, &x)).contains("for level 2 (there is one for level 1 only)"));
    assert!(text(eval.rotate(&x, 7)).contains("rotations([7])"));
    assert!(text(eval.conjugate(&x)).contains("conjugation()"));
    let public = Encryptor::new(&kit.context, &kit.public);
    let plaintext = kit.encoder.encode(&[1.0]).unwrap();
    let seeded = public.encrypt_seeded(&plaintext, &mut rng(1)).map(|c| c.expand());
    assert!(text(seeded).contains("secret key"));
    let beyond = KeyRequest::new().rotations_at(Level(9), [1]).size(kit.context.parameters());
    assert!(matches!(beyond, Err(CkksError::NoSuchLevel { found: Level(9), .. })));
}

#[test]
fn levels_scales_slots_and_degrees_are_checked() {
    let kit = kit();
    let (eval, x) = (kit.evaluator(), kit.encrypt_random(&random(32, 1), 2));
    let bottom = eval.drop_to(&x, Level(0)).unwrap();
    let out_of_levels = |result: Result<ckks::Ciphertext, CkksError>| {
        assert!(matches!(result, Err(CkksError::OutOfLevels { .. })));
    };
    out_of_levels(eval.rescale(&bottom));
    out_of_levels(eval.mul_rescale(&bottom, &bottom));
    out_of_levels(eval.mul_scalar(&bottom, 2.0));
    out_of_levels(eval.mul_plain_rescale(&bottom, &kit.encoder.encode(&[1.0]).unwrap()));
    out_of_levels(eval.drop_to(&bottom, Level(1)));
    let scaled = eval.mul_scalar_at(&x, 1.0, Scale::power_of_two(10)).unwrap();
    let error = eval.add(&x, &scaled).unwrap_err();
    assert_eq!(error, CkksError::ScaleMismatch { op: "addition", left: x.scale(), right: scaled.scale() });
    assert!(error.to_string().contains("align"));
    assert!(matches!(eval.align(&x, &scaled), Err(CkksError::ScaleMismatch { .. })));
    let short = Packing { slots: 4, ..kit.encoder.packing() };
    let short = kit.encoder.encode_with(&[1.0], &short).unwrap();
    assert!(matches!(eval.add_plain(&x, &short), Err(CkksError::SlotMismatch { left: 32, right: 4, .. })));
    let cubic = eval.mul_unrelinearized(&x, &x).unwrap();
    for result in [eval.mul(&cubic, &x), eval.rotate(&cubic, 1), eval.relinearize(&x)] {
        assert!(matches!(result, Err(CkksError::Degree { .. })));
    }
    assert!(matches!(eval.add_scalar(&x, f64::NAN), Err(CkksError::NonFinite { .. })));
    assert!(matches!(eval.add_scalar(&x, 1e30), Err(CkksError::Overflow { .. })));
    assert!(matches!(eval.sum_of_products(&[]), Err(CkksError::Parameter { .. })));
    assert!(matches!(eval.inner_sum(&x, 1, 0, &mut Workspace::new()), Err(CkksError::Parameter { .. })));
}

#[test]
fn data_of_another_context_is_refused() {
    let (kit, other) = (kit(), Kit::new(&presets::toy(7, 2), &KeyRequest::new().relinearization()));
    let (x, foreign) = (kit.encrypt_random(&random(32, 1), 2), other.encrypt_random(&random(64, 1), 2));
    let eval = kit.evaluator();
    let mixed = Evaluator::new(&kit.context, &other.keys);
    let low = mixed.drop_to(&x, Level(1)).unwrap();
    for result in [eval.add(&x, &foreign), eval.rotate(&foreign, 1), mixed.mul(&low, &low)] {
        assert!(matches!(result, Err(CkksError::ContextMismatch { .. })), "{result:?}");
    }
    let decryptor = Decryptor::new(&kit.context, &other.secret);
    assert!(matches!(decryptor.decrypt(&x), Err(CkksError::ContextMismatch { .. })));
    let plaintext = kit.encoder.encode(&[1.0]).unwrap();
    let encryptor = Encryptor::new(&kit.context, &other.public);
    assert!(matches!(encryptor.encrypt(&plaintext, &mut rng(1)), Err(CkksError::ContextMismatch { .. })));
    // The same parameters again are the same context.
    let twin = Context::new(kit.context.parameters()).unwrap();
    assert!(twin.is_compatible(&kit.context));
    let decrypted = Decryptor::new(&twin, &kit.secret).decrypt(&x).unwrap();
    assert!(Encoder::new(&twin).decode(&decrypted).is_ok());
}

#[test]
fn a_message_that_may_wrap_is_not_decrypted() {
    let kit = kit();
    let (eval, x) = (kit.evaluator(), kit.encrypt_random(&random(32, 1), 2));
    let low = eval.drop_to(&x, Level(0)).unwrap();
    let large = eval.mul_integer(&low, 1000).unwrap();
    let found = Decryptor::new(&kit.context, &kit.secret).decrypt(&large);
    assert!(matches!(found, Err(CkksError::PrecisionLost { .. })));
}

#[test]
fn what_has_left_every_number_is_not_decrypted_either() {
    let kit = kit();
    let ops = kit.evaluator();
    let decryptor = Decryptor::new(&kit.context, &kit.secret);
    let refused = |x: &ckks::Ciphertext| matches!(decryptor.decrypt(x), Err(CkksError::PrecisionLost { .. }));
    // Doubled so often that bounds are infinite; products never rescaled, whose scale is, of ones and of zeros.
    let mut doubled = ops.drop_to(&kit.encrypt_random(&random(32, 1), 2), Level(1)).unwrap();
    for times in 0..1200 {
        doubled = ops.add(&doubled, &doubled).unwrap();
        assert!(times < 200 || refused(&doubled), "doubled {times} times");
    }
    for value in [1.0, 0.0] {
        // Known to be zero but for what no f64 holds the square of.
        let fresh =
            kit.encrypt_within(&[Complex64::new(value, 0.0); 32], f64::max(value, f64::MIN_POSITIVE), 3);
        let mut x = ops.drop_to(&fresh, Level(1)).unwrap();
        for times in 0..40 {
            x = ops.mul(&x, &x).unwrap();
            assert!(times < 7 || refused(&x), "{value} squared {times} times: {:?}", x.noise());
        }
    }
}

#[test]
fn a_declared_bound_serves_the_owner_and_no_one_else() {
    let kit = kit();
    let ops = kit.evaluator();
    let x = kit.encrypt(&[Complex64::new(0.75, 0.0)], 3);
    // What cancels exactly is tracked as if it did not.
    let up = ops.mul_integer(&ops.drop_to(&x, Level(0)).unwrap(), 1000).unwrap();
    let difference = ops.add_scalar(&ops.sub(&up, &up).unwrap(), 0.5).unwrap();
    assert!(Decryptor::new(&kit.context, &kit.secret).decrypt(&difference).is_err());
    let declared = ops.declare_bound(&difference, 0.5).unwrap();
    assert_eq!(declared.message_bound(), 0.5);
    assert!((kit.decrypt(&declared)[7].re - 0.5).abs() < 1e-3);
    let flooding = Flooding::new(1e100);
    let refused = Decryptor::new(&kit.context, &kit.secret).decrypt_public(&declared, &flooding, &mut rng(4));
    assert!(matches!(refused, Err(CkksError::PrecisionLost { .. })), "{refused:?}");
    for bound in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        assert!(matches!(ops.declare_bound(&x, bound), Err(CkksError::Parameter { .. })));
    }
}

#[test]
fn publications_are_counted_with_the_key_and_survive_a_restart() {
    let kit = kit();
    // Plenty of room for flooding: a scale of 2^80 over noise of a few bits.
    let packing = Packing { scale: Scale::power_of_two(80), ..kit.encoder.packing() };
    let values = random(32, 1);
    let x = kit.encrypt_plain(&common::in_square(kit.encoder.encode_with(&values, &packing).unwrap()), 2);
    let dry = DryRun::new(kit.context.parameters());
    let planned = dry.plaintext(2f64.sqrt(), &packing).unwrap();
    let flooding = Flooding::for_circuit(&dry.encrypt_public(&planned).unwrap()).with_queries(3);
    let publish =
        |secret: &SecretKey| Decryptor::new(&kit.context, secret).decrypt_public(&x, &flooding, &mut rng(3));
    for spent in 1..=2 {
        let found = kit.encoder.decode_complex(&publish(&kit.secret).unwrap()).unwrap();
        let tolerance = 9.0 * flooding.sigma() * 8.0 / x.scale().to_f64();
        assert!(common::distance(&found, &values) < tolerance);
        assert_eq!(kit.secret.published(), spent);
    }
    let restored =
        SecretKey::from_secret_bytes(&kit.context, &kit.secret.to_secret_bytes().unwrap()).unwrap();
    assert_eq!(restored.published(), 2);
    assert!(publish(&restored).is_ok());
    assert!(matches!(publish(&restored), Err(CkksError::QueryBudget { budget: 3, .. })));
    assert_eq!(restored.published(), 3);
    // A refusal costs nothing, and private decryption never does.
    assert!(Decryptor::new(&kit.context, &restored).decrypt(&x).is_ok());
    assert_eq!(restored.published(), 3);
}

#[test]
fn a_publication_without_room_for_noise_is_refused_before_anything_is_spent() {
    let kit = kit();
    let x = kit.encrypt_random(&random(32, 1), 2);
    let decryptor = Decryptor::new(&kit.context, &kit.secret);
    let mut source = rng(3);
    // 36 bits on top of the worst case leave nothing at a scale of 2^40.
    let planned = DryRun::new(kit.context.parameters()).input(2f64.sqrt());
    let honest = Flooding::for_circuit(&planned);
    // A bound below what the ciphertext admits to, and ones that are no bounds.
    let low = Flooding::new(planned.noise_bound() / 2.0);
    for flooding in [honest, low] {
        let found = decryptor.decrypt_public(&x, &flooding, &mut source);
        assert!(matches!(found, Err(CkksError::PrecisionLost { .. })));
    }
    for bound in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let found = decryptor.decrypt_public(&x, &Flooding::new(bound), &mut source);
        assert!(matches!(found, Err(CkksError::Parameter { .. })));
    }
    // Less than 64 bits of statistical security take the explicit word.
    for bits in [0, 63] {
        assert!(matches!(honest.with_security(bits), Err(CkksError::NotEstimated { .. })));
        assert_eq!(honest.allow_insecure(bits).security(), bits);
    }
    assert!((honest.with_security(84).unwrap().sigma() / honest.sigma()).log2() == 10.0);
    let none = honest.allow_insecure(0).with_queries(0);
    assert!(matches!(decryptor.decrypt_public(&x, &none, &mut source), Err(CkksError::QueryBudget { .. })));
    assert_eq!(kit.secret.published(), 0);
}

#[test]
fn secrets_that_are_not_uniform_need_insecure_parameters() {
    let spec = ckks::ParameterSpec::new(12).log_q0(34).log_scale(28).depth(1);
    let context = ckks::Context::new(&spec.check().unwrap()).unwrap();
    let n = context.n();
    // 2N/3 = 2730.7, and 14 standard deviations are 422.4.
    let of_weight = |weight: usize| {
        let coefficients: Vec<i8> =
            (0..n).map(|i| i8::from(i < weight) * if i % 2 == 0 { 1 } else { -1 }).collect();
        SecretKey::from_ternary_coefficients(&context, &coefficients)
    };
    for weight in [0, 1, 64, 2308, 3154, n] {
        let refused = of_weight(weight).err();
        assert!(matches!(refused, Some(CkksError::Parameter { .. })), "{weight}: {refused:?}");
    }
    for weight in [2309, 2731, 3153] {
        let key = of_weight(weight).unwrap();
        assert!(SecretKey::from_secret_bytes(&context, &key.to_secret_bytes().unwrap()).is_ok());
    }
    // A toy says that it hides nothing.
    let toy = kit();
    assert!(SecretKey::from_ternary_coefficients(&toy.context, &vec![0; toy.context.n()]).is_ok());
}

#[test]
fn secrets_are_wiped_and_do_not_show() {
    let kit = kit();
    let mut source = rng(5);
    let mut secret = KeyGenerator::new(&kit.context, &mut source).secret_key();
    // Between 56 bytes of head and publications and 32 of checksum.
    let zero = |secret: &SecretKey| {
        let bytes = secret.to_secret_bytes().unwrap();
        bytes[56..bytes.len() - 32].iter().all(|&byte| byte == 0)
    };
    assert!(!zero(&secret));
    // What dropping does, seen from outside.
    secret.zeroize();
    assert!(zero(&secret));
    // And the wiped key encrypts nothing: a symmetric ciphertext under it would be the message.
    let plaintext = kit.encoder.encode(&[0.5]).unwrap();
    let encryptor = Encryptor::new(&kit.context, &secret);
    let gone = |error: Option<CkksError>| matches!(error, Some(CkksError::ContextMismatch { .. }));
    assert!(gone(encryptor.encrypt(&plaintext, &mut source).err()));
    assert!(gone(encryptor.encrypt_seeded(&plaintext, &mut source).err()));
    let mut generator = KeyGenerator::new(&kit.context, &mut source);
    assert!(gone(generator.public_key(&secret).err()));
    assert!(gone(generator.evaluation_keys(&secret, &KeyRequest::new().relinearization()).err()));
    assert!(SecretKey::from_secret_bytes(&kit.context, &secret.to_secret_bytes().unwrap()).is_err());
    assert!(std::mem::needs_drop::<SecretKey>());
    let shown = format!("{:?}", kit.secret);
    assert_eq!(shown, "SecretKey(N = 64, 0 published)");
    let shown = format!("{:?}", Decryptor::new(&kit.context, &kit.secret));
    assert!(shown.contains("SecretKey(N = 64, 0 published)"), "{shown}");
}

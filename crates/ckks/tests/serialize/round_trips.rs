//! What is written is what is read.

use ckks::{
    Ciphertext, CkksError, Context, Decryptor, Encryptor, EvaluationKeys, Evaluator, KeyGenerator,
    KeyRequest, Level, ParameterSpec, Parameters, PublicKey, SecretKey, SeededCiphertext, SwitchingKey,
    params::{LevelSpec, SecretDistribution, presets},
    serialize::Stored,
};
use proptest::prelude::*;

use super::{
    HEAD, UNLIMITED,
    common::{distance, in_square, random, rng, rotated},
    complaint, kit, kit_of, with,
};

fn same_switching_key(a: &SwitchingKey, b: &SwitchingKey) {
    assert_eq!((a.level(), a.seed()), (b.level(), b.seed()));
    assert!(a.bodies().eq(b.bodies()) && a.masks().eq(b.masks()));
}

#[test]
fn keys_come_back_whole_and_work() {
    let kit = kit();
    let context = &kit.context;
    let public = PublicKey::from_bytes(context, &kit.public.to_bytes(context).unwrap()).unwrap();
    assert_eq!((public.parts(), public.seed()), (kit.public.parts(), kit.public.seed()));

    let mut stream = Vec::new();
    kit.keys.write_to(context, &mut stream).unwrap();
    assert_eq!(stream.len() as u64, kit.keys.size().stored);
    let memory = kit.keys.size().memory;
    let keys = EvaluationKeys::read_from(context, &*stream, 2 * memory).unwrap();
    assert_eq!(keys.size(), kit.keys.size());
    let relinearization = |keys: &EvaluationKeys| keys.relinearization().unwrap().switching_key().clone();
    same_switching_key(&relinearization(&keys), &relinearization(&kit.keys));
    assert!(keys.galois_elements().eq(kit.keys.galois_elements()));
    for (a, b) in keys.galois_keys().zip(kit.keys.galois_keys()) {
        same_switching_key(a.switching_key(), b.switching_key());
    }
    // Level-limited keys are smaller, in the stream too.
    let levels: Vec<_> = keys.galois_keys().map(|key| key.switching_key().level()).collect();
    assert!(levels.contains(&Level(0)) && levels.contains(&Level(3)));

    let values = random(context.max_slots(), 5);
    let x = Encryptor::new(context, &public);
    let x = x.encrypt(&in_square(kit.encoder.encode_complex(&values).unwrap()), &mut rng(6)).unwrap();
    let turned = Evaluator::new(context, &keys).rotate(&x, 1).unwrap();
    assert!(distance(&kit.decrypt(&turned), &rotated(&values, 1)) < 1e-6);
}

#[test]
fn sizes_are_known_before_there_are_keys() {
    for spec in [presets::toy(5, 3).dnum(2), presets::toy(6, 4), presets::toy(4, 0)] {
        let parameters = spec.check().unwrap();
        let request = KeyRequest::new().relinearization().rotations([1, 3]).rotations_at(Level(0), [2]);
        let context = Context::new(&parameters).unwrap();
        let mut source = rng(1);
        let mut generator = KeyGenerator::new(&context, &mut source);
        let secret = generator.secret_key();
        let keys = generator.evaluation_keys(&secret, &request).unwrap();
        assert_eq!(keys.size(), request.size(&parameters).unwrap());
        let mut stream = Vec::new();
        keys.write_to(&context, &mut stream).unwrap();
        assert_eq!(keys.size().stored, stream.len() as u64);
        // Bodies packed, masks as seeds: well below half of what memory takes, head and checksum of toys included.
        let words = keys.size().memory / 8;
        assert!(stream.len() as u64 <= words / 2 * 48 / 8 + 4 * 200);
    }
}

#[test]
fn seeded_ciphertexts_and_switching_keys_come_back() {
    let kit = kit();
    let context = &kit.context;
    let mut source = rng(7);
    let mut generator = KeyGenerator::new(context, &mut source);
    let other = generator.secret_key();
    let key = generator.switching_key(&kit.secret, &other, Level(1)).unwrap();
    let bytes = key.to_bytes(context).unwrap();
    same_switching_key(&SwitchingKey::from_bytes(context, &bytes).unwrap(), &key);
    let plaintext = kit.encoder.encode(&[0.25, -1.0]).unwrap();
    let owner = Encryptor::new(context, &kit.secret);
    let seeded = owner.encrypt_seeded(&plaintext, &mut rng(8)).unwrap();
    let bytes = seeded.to_bytes(context).unwrap();
    assert_eq!(bytes.len() as u64, seeded.stored_bytes());
    let restored = SeededCiphertext::from_bytes(context, &bytes).unwrap();
    let (found, expected) = (restored.expand(), seeded.expand());
    assert_eq!((found.parts(), found.noise()), (expected.parts(), expected.noise()));
    assert!(distance(&kit.decrypt(&found)[..2], &[0.25.into(), (-1.0).into()]) < 1e-6);
}

#[test]
fn secret_keys_come_back_with_their_budget() {
    for weight in [None, Some(7)] {
        let spec = presets::toy(5, 1);
        let spec = weight.map_or(spec.clone(), |h| spec.secret(SecretDistribution::FixedWeight(h)));
        let kit = kit_of(&spec);
        let bytes = kit.secret.to_secret_bytes().unwrap();
        let restored = SecretKey::from_secret_bytes(&kit.context, &bytes).unwrap();
        assert_eq!(*restored.to_secret_bytes().unwrap(), *bytes);
        let x = kit.encrypt_random(&random(16, 1), 2);
        let phase = |s| Decryptor::new(&kit.context, s).decrypt(&x).unwrap().poly().words().to_vec();
        assert_eq!(phase(&kit.secret), phase(&restored));
        // A coefficient code that does not exist, and the number of publications.
        let code = complaint(SecretKey::from_secret_bytes(&kit.context, &with(&bytes, HEAD + 8, &[0xff])));
        assert_eq!(code, "code of a coefficient");
        let spent = with(&bytes, HEAD, &9u64.to_le_bytes());
        assert_eq!(SecretKey::from_secret_bytes(&kit.context, &spent).unwrap().published(), 9);
        if weight.is_some() {
            let zero = with(&bytes, HEAD + 8, &[0; 8]);
            let found = SecretKey::from_secret_bytes(&kit.context, &zero);
            assert!(matches!(found, Err(CkksError::Parameter { .. })));
        }
    }
}

#[test]
fn imported_secrets_are_the_coefficients_they_were_given() {
    let kit = kit();
    let context = &kit.context;
    let mut coefficients = vec![0i8; context.n()];
    (coefficients[0], coefficients[3], coefficients[31]) = (1, -1, 1);
    let secret = SecretKey::from_ternary_coefficients(context, &coefficients).unwrap();
    let bytes = secret.to_secret_bytes().unwrap();
    // Coefficients 0 and 3 in the first byte, 31 in the last: 1 is 1 and -1 is 2.
    assert_eq!(bytes[HEAD + 8], 1 | 2 << 6);
    assert_eq!(bytes[HEAD + 8 + 7], 1 << 6);
    let mut source = rng(3);
    let public = KeyGenerator::new(context, &mut source).public_key(&secret).unwrap();
    let plaintext = kit.encoder.encode(&[0.5]).unwrap();
    let x = Encryptor::new(context, &public).encrypt(&plaintext, &mut rng(4)).unwrap();
    let found = Decryptor::new(context, &secret).decrypt(&x).unwrap();
    assert!((kit.encoder.decode(&found).unwrap()[0] - 0.5).abs() < 1e-6);
    for wrong in [vec![0; 31], vec![0; 33], vec![2; 32], vec![-2; 32], vec![i8::MIN; 32]] {
        let found = SecretKey::from_ternary_coefficients(context, &wrong);
        assert!(matches!(found, Err(CkksError::Parameter { .. })));
    }
}

#[test]
fn parameters_come_back_and_insecure_ones_have_to_be_asked_for() {
    let pair = LevelSpec::new(56).prime_count(2);
    let mixed =
        ParameterSpec::new(10).levels([pair, LevelSpec::new(50), LevelSpec::new(30)]).allow_insecure();
    let weighted = presets::toy(6, 1).secret(SecretDistribution::FixedWeight(12));
    let toys = [presets::toy(3, 0), presets::toy(8, 5).dnum(3), mixed, weighted];
    let secure = presets::ALL.iter().take(6).map(|(_, preset)| preset());
    for spec in secure.chain(toys) {
        let parameters = spec.check().unwrap();
        let bytes = parameters.to_bytes().unwrap();
        let restored = ParameterSpec::from_bytes(&bytes).unwrap();
        let again: Result<Parameters, _> = restored.check();
        assert_eq!(again.is_err(), parameters.is_insecure());
        let again = restored.allow_insecure().check().unwrap();
        assert_eq!(again, parameters);
        assert_eq!(again.fingerprint(), parameters.fingerprint());
        let mut reader = &*[&bytes[..], b"more"].concat();
        assert!(ParameterSpec::read_from(&mut reader).is_ok());
        assert_eq!(reader, b"more");
    }
}

#[test]
fn parameter_hashes_tell_parameters_apart() {
    let base = presets::toy(6, 3).dnum(2);
    let others = [
        base.clone(),
        presets::toy(7, 3).dnum(2),
        presets::toy(6, 2).dnum(2),
        presets::toy(6, 3).dnum(4),
        base.clone().log_q0(47),
        base.clone().log_p([49, 49, 49]),
        base.clone().security(ckks::SecurityLevel::Bits192),
        base.secret(SecretDistribution::FixedWeight(9)),
    ];
    let hashes: Vec<_> = others.iter().map(|spec| spec.check().unwrap().fingerprint()).collect();
    for (i, a) in hashes.iter().enumerate() {
        assert!(hashes[..i].iter().all(|b| a != b), "parameters {i}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any ciphertext of a circuit comes back bit by bit, with everything it knows of itself, and its bytes are the
    /// only ones that stand for it.
    #[test]
    fn ciphertexts_come_back(
        log_n in 3u32..8,
        depth in 1usize..4,
        log_scale in 24u32..60,
        slots_log in 0u32..2,
        seed in any::<u64>(),
        steps in 0usize..4,
    ) {
        let spec = ParameterSpec::new(log_n).log_scale(log_scale).depth(depth).allow_insecure();
        let kit = kit_of(&spec);
        let packing = ckks::encoder::Packing { slots: 2 << slots_log, ..kit.encoder.packing() };
        let values = random(packing.slots, seed);
        let plaintext = kit.encoder.encode_with(&values, &packing);
        prop_assume!(plaintext.is_ok());
        let mut x = Encryptor::new(&kit.context, &kit.public)
            .encrypt(&in_square(plaintext.unwrap()), &mut rng(seed)).unwrap();
        let eval = kit.evaluator();
        for step in 0..steps {
            x = match step {
                0 => eval.add(&x, &x).unwrap(),
                1 => eval.mul_rescale(&x, &x).unwrap(),
                _ if x.degree() == 1 => eval.mul_unrelinearized(&x, &x).unwrap(),
                _ => eval.relinearize(&x).unwrap(),
            };
        }
        let bytes = x.to_bytes(&kit.context).unwrap();
        prop_assert_eq!(bytes.len() as u64, x.stored_bytes());
        let back = Ciphertext::from_bytes(&kit.context, &bytes).unwrap();
        prop_assert_eq!(back.parts(), x.parts());
        prop_assert_eq!((back.level(), back.slots(), back.noise()), (x.level(), x.slots(), x.noise()));
        prop_assert_eq!(back.scale().log2_distance(&x.scale()), f64::NEG_INFINITY);
        let mut streamed = &*[&bytes[..], b"rest"].concat();
        prop_assert!(Ciphertext::read_from(&kit.context, &mut streamed, UNLIMITED).is_ok());
        prop_assert_eq!(streamed, b"rest");
        prop_assert_eq!(back.to_bytes(&kit.context).unwrap(), bytes);
    }
}

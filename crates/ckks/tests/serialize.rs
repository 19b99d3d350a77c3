//! Objects come back from their bytes, and bytes that are anything else are refused.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first failure")]

mod common;

use ckks::{
    Ciphertext, CiphertextWords, CkksError, Context, Decryptor, Encryptor, EvaluationKeys, Evaluator,
    GaloisKey, KeyGenerator, KeyRequest, Level, Noise, ParameterSpec, Parameters, PublicKey,
    RelinearizationKey, SecretKey, SeededCiphertext, SwitchingKey,
    params::{LevelSpec, SecretDistribution, presets},
    serialize::{FORMAT_VERSION, Stored},
};
use common::{Kit, distance, in_square, random, rng, rotated};
use proptest::prelude::*;

/// Bytes of the head, and where its fields are.
const HEAD: usize = 48;
const VERSION_AT: usize = 6;
const KIND_AT: usize = 7;
const SIZE_AT: usize = 8;
const FINGERPRINT_AT: usize = 16;
/// Bytes of the checksum at the end.
const CHECKSUM: usize = 32;
/// Where the metadata of a ciphertext is.
const LEVEL_AT: usize = HEAD;
const PARTS_AT: usize = HEAD + 4;
const SLOTS_AT: usize = HEAD + 8;
const EXPONENT_AT: usize = HEAD + 12;
const MANTISSA_AT: usize = HEAD + 16;
const NOISE_AT: usize = HEAD + 32;
const WORDS_AT: usize = HEAD + 64;

const UNLIMITED: u64 = u64::MAX;

fn kit_of(spec: &ParameterSpec) -> Kit {
    Kit::new(
        spec,
        &KeyRequest::new().relinearization().conjugation().rotations([1]).rotations_at(Level(0), [2]),
    )
}

fn kit() -> Kit {
    kit_of(&presets::toy(5, 3).dnum(2))
}

/// Puts the right checksum and size on bytes that were tampered with.
fn mend(bytes: &mut [u8]) {
    let (size, end) = (bytes.len() as u64, bytes.len() - CHECKSUM);
    bytes[SIZE_AT..SIZE_AT + 8].copy_from_slice(&size.to_le_bytes());
    let checksum = blake3::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(checksum.as_bytes());
}

/// `bytes` with other ones at a place, and the checksum that belongs to them.
fn with(bytes: &[u8], at: usize, patch: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + patch.len()].copy_from_slice(patch);
    mend(&mut bytes);
    bytes
}

/// What is wrong according to an error about bytes.
fn complaint<T: std::fmt::Debug>(result: Result<T, CkksError>) -> String {
    match result {
        Err(CkksError::Bytes { what, .. }) => what.to_owned(),
        Err(other) => format!("{other:?}"),
        Ok(object) => format!("accepted: {object:?}"),
    }
}

/// Everything that can be stored, by name, with a function that reads it back.
type Reader = fn(&Context, &[u8]) -> Result<(), CkksError>;

fn objects(kit: &Kit) -> Vec<(&'static str, Vec<u8>, Reader)> {
    let context = &kit.context;
    let fresh = kit.encrypt_random(&random(context.max_slots(), 2), 3);
    let three = kit.evaluator().mul_unrelinearized(&fresh, &fresh).unwrap();
    let plaintext = kit.encoder.encode(&[0.5]).unwrap();
    let seeded = Encryptor::new(context, &kit.secret).encrypt_seeded(&plaintext, &mut rng(4)).unwrap();
    let (relinearization, galois) =
        (kit.keys.relinearization().unwrap(), kit.keys.galois_keys().next().unwrap());
    let parameters = context.parameters().to_bytes().unwrap();
    let secret = kit.secret.to_secret_bytes().unwrap().to_vec();
    vec![
        ("ciphertext", fresh.to_bytes(context).unwrap(), |c, b| Ciphertext::from_bytes(c, b).map(drop)),
        ("three parts", three.to_bytes(context).unwrap(), |c, b| Ciphertext::from_bytes(c, b).map(drop)),
        ("seeded", seeded.to_bytes(context).unwrap(), |c, b| SeededCiphertext::from_bytes(c, b).map(drop)),
        ("public key", kit.public.to_bytes(context).unwrap(), |c, b| PublicKey::from_bytes(c, b).map(drop)),
        ("relinearisation key", relinearization.to_bytes(context).unwrap(), |c, b| {
            RelinearizationKey::from_bytes(c, b).map(drop)
        }),
        ("switching key", relinearization.switching_key().to_bytes(context).unwrap(), |c, b| {
            SwitchingKey::from_bytes(c, b).map(drop)
        }),
        ("Galois key", galois.to_bytes(context).unwrap(), |c, b| GaloisKey::from_bytes(c, b).map(drop)),
        ("secret key", secret, |c, b| SecretKey::from_secret_bytes(c, b).map(drop)),
        ("parameters", parameters, |_, b| ParameterSpec::from_bytes(b)?.allow_insecure().check().map(drop)),
    ]
}

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
fn ciphertexts_from_words_are_checked() {
    let kit = kit();
    let context = &kit.context;
    let x = kit.encrypt_random(&random(16, 1), 2);
    let parts: Vec<&[u64]> = x.parts().iter().map(|part| part.words()).collect();
    let words =
        CiphertextWords { level: x.level(), scale: x.scale(), slots: 16, noise: x.noise(), parts: &parts };
    let same = Ciphertext::from_words(context, &words).unwrap();
    assert_eq!((same.parts(), same.scale(), same.noise()), (x.parts(), x.scale(), x.noise()));
    let refused = |words: CiphertextWords<'_>| Ciphertext::from_words(context, &words).unwrap_err();
    let level = Level(4);
    assert!(matches!(refused(CiphertextWords { level, ..words }), CkksError::NoSuchLevel { .. }));
    for slots in [0, 3, 32] {
        assert!(matches!(refused(CiphertextWords { slots, ..words }), CkksError::SlotCount { .. }));
    }
    for count in [0, 1] {
        let parts = &parts[..count];
        assert!(matches!(refused(CiphertextWords { parts, ..words }), CkksError::Parameter { .. }));
    }
    let mut large = x.parts()[0].words().to_vec();
    large[40] = u64::MAX;
    for part in [&large[..], &large[1..]] {
        let parts = &[parts[0], part];
        assert!(matches!(refused(CiphertextWords { parts, ..words }), CkksError::Ring(_)));
    }
    for number in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(Noise::new(1.0, number, 1.0, 1.0).is_err());
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

/// Found by fuzzing: sizes of levels whose primes are given were added up unchecked.
#[test]
fn absurd_scales_of_given_primes_are_refused() {
    let parameters = presets::toy(4, 2).check().unwrap();
    let bytes = parameters.to_bytes().unwrap();
    let mut absurd = Vec::new();
    // The scale at level 0, then of the three levels: size, count of primes, one prime each.
    for at in [HEAD + 13, HEAD + 19, HEAD + 33, HEAD + 47] {
        for scale in [123, 1 << 31, u32::MAX] {
            let mut bytes = with(&bytes, at, &u32::to_le_bytes(scale));
            let end = bytes.len() - CHECKSUM;
            let hash = blake3::hash(&bytes[HEAD..end]);
            bytes[FINGERPRINT_AT..HEAD].copy_from_slice(hash.as_bytes());
            mend(&mut bytes);
            absurd.push(bytes);
        }
    }
    for bytes in absurd {
        let spec = ParameterSpec::from_bytes(&bytes).unwrap();
        assert!(matches!(spec.allow_insecure().check(), Err(CkksError::Parameter { .. })));
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

#[test]
fn every_truncation_every_flipped_bit_and_every_addition_is_an_error() {
    let kit = kit();
    for (name, bytes, read) in objects(&kit) {
        read(&kit.context, &bytes).unwrap();
        for cut in 0..bytes.len() {
            assert!(read(&kit.context, &bytes[..cut]).is_err(), "{name}: {cut} bytes");
        }
        let mut bytes = bytes;
        for at in 0..bytes.len() {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                assert!(read(&kit.context, &bytes).is_err(), "{name}: bit {bit} of byte {at}");
                bytes[at] ^= 1 << bit;
            }
        }
        bytes.push(0);
        let longer = read(&kit.context, &bytes);
        assert_eq!(complaint(longer), "number of bytes", "{name}");
        mend(&mut bytes);
        assert!(read(&kit.context, &bytes).is_err(), "{name}: one byte more, and the head agrees");
    }
}

#[test]
fn other_formats_versions_kinds_and_parameters_are_named() {
    let kit = kit();
    let other = Context::new(&presets::toy(5, 3).dnum(4).check().unwrap()).unwrap();
    let kinds: std::collections::BTreeSet<u8> =
        objects(&kit).iter().map(|(_, bytes, _)| bytes[KIND_AT]).collect();
    assert_eq!(kinds, (1..=8).collect());
    for (name, bytes, read) in objects(&kit) {
        let kind = bytes[KIND_AT];
        let complain = |bytes: &[u8]| complaint(read(&kit.context, bytes));
        assert_eq!(complain(&with(&bytes, 0, b"P")), "format", "{name}");
        for version in [0, FORMAT_VERSION + 1, 255] {
            assert_eq!(complain(&with(&bytes, VERSION_AT, &[version])), "version of the format", "{name}");
        }
        for wrong in (0..=255).filter(|&wrong| wrong != kind) {
            assert_eq!(complain(&with(&bytes, KIND_AT, &[wrong])), "kind", "{name}: {wrong}");
        }
        if kind == 1 {
            assert_eq!(complain(&with(&bytes, FINGERPRINT_AT, &[0; 32])), "parameter hash");
            continue;
        }
        for (context, bytes) in
            [(&other, bytes.clone()), (&kit.context, with(&bytes, FINGERPRINT_AT, &[0; 32]))]
        {
            assert!(matches!(read(context, &bytes), Err(CkksError::ContextMismatch { .. })), "{name}");
        }
        let mut long = bytes.clone();
        long[SIZE_AT..SIZE_AT + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(complain(&long), if kind == 8 { "size in the head" } else { "number of bytes" }, "{name}");
    }
}

#[test]
fn what_a_ciphertext_says_of_itself_is_checked() {
    let kit = kit();
    let context = &kit.context;
    let bytes = kit.encrypt_random(&random(16, 1), 2).to_bytes(context).unwrap();
    let complain = |at, patch: &[u8]| complaint(Ciphertext::from_bytes(context, &with(&bytes, at, patch)));
    for level in [4u32, u32::MAX] {
        assert_eq!(complain(LEVEL_AT, &level.to_le_bytes()), "level");
    }
    // A lower level has fewer words than follow.
    assert_eq!(complain(LEVEL_AT, &1u32.to_le_bytes()), "size in the head");
    for parts in [0u32, 1, 4, u32::MAX] {
        assert_eq!(complain(PARTS_AT, &parts.to_le_bytes()), "number of polynomials");
    }
    assert_eq!(complain(PARTS_AT, &3u32.to_le_bytes()), "size in the head");
    for slots in [0u32, 3, 32, u32::MAX] {
        assert_eq!(complain(SLOTS_AT, &slots.to_le_bytes()), "number of slots");
    }
    for exponent in [i32::MIN, -65_537, 65_537, i32::MAX] {
        assert_eq!(complain(EXPONENT_AT, &exponent.to_le_bytes()), "scale");
    }
    let numbers = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0];
    for mantissa in numbers.into_iter().chain([0.0, 0.5, 2.0]) {
        assert_eq!(complain(MANTISSA_AT, &mantissa.to_le_bytes()), "scale");
    }
    // The second part of a mantissa is at most half a unit in the last place of the first.
    for low in [f64::NAN, f64::INFINITY, 1.0, f64::EPSILON] {
        assert_eq!(complain(MANTISSA_AT + 8, &low.to_le_bytes()), "scale");
    }
    for number in numbers {
        for at in (0..4).map(|i| NOISE_AT + 8 * i) {
            assert_eq!(complain(at, &number.to_le_bytes()), "tracked noise");
        }
    }
    // The base prime of 48 bits fills six bytes a word, and all ones are above it.
    assert_eq!(complain(WORDS_AT, &[0xff; 6]), "word");
}

#[test]
fn what_keys_say_of_themselves_is_checked() {
    let kit = kit();
    let context = &kit.context;
    let bytes = kit.keys.galois_keys().next().unwrap().to_bytes(context).unwrap();
    let complain = |at, patch: &[u8]| complaint(GaloisKey::from_bytes(context, &with(&bytes, at, patch)));
    for element in [0u64, 2, 64, 65, u64::MAX] {
        assert_eq!(complain(HEAD, &element.to_le_bytes()), "Galois element");
    }
    assert_eq!(complain(HEAD + 8, &4u32.to_le_bytes()), "level");
    assert_eq!(complain(HEAD + 12, &[2]), "version of the seed's expansion");
    // The last word of the last limb, a special prime.
    assert_eq!(complain(bytes.len() - CHECKSUM - 6, &[0xff; 6]), "word");
    let bytes = kit.public.to_bytes(context).unwrap();
    let found = PublicKey::from_bytes(context, &with(&bytes, HEAD + 33, &[0xff; 6]));
    assert_eq!(complaint(found), "word");
}

#[test]
fn sets_of_keys_are_read_one_by_one() {
    let kit = kit();
    let context = &kit.context;
    let mut stream = Vec::new();
    kit.keys.write_to(context, &mut stream).unwrap();
    let (mut keys, mut reader, mut count) = (EvaluationKeys::none(), &*stream, 0);
    while keys.read_next(context, &mut reader, UNLIMITED).unwrap() {
        count += 1;
    }
    assert_eq!((count, keys.size()), (4, kit.keys.size()));

    let read = |bytes: &[u8]| EvaluationKeys::read_from(context, bytes, UNLIMITED);
    assert_eq!(read(&[]).unwrap().size(), EvaluationKeys::none().size());
    let first = kit.keys.relinearization().unwrap().to_bytes(context).unwrap();
    let last = kit.keys.galois_keys().last().unwrap().to_bytes(context).unwrap();
    for repeated in [[&*first, &first].concat(), [&*last, &last].concat()] {
        assert_eq!(complaint(read(&repeated)), "key");
    }
    let foreign = [&*first, &kit.public.to_bytes(context).unwrap()].concat();
    assert_eq!(complaint(read(&foreign)), "kind");
    for cut in 1..first.len() {
        assert!(read(&first[..cut]).is_err(), "{cut} bytes");
    }
    // The limit is for all of them together.
    let size = kit.keys.size().memory;
    let found = EvaluationKeys::read_from(context, &*stream, size);
    assert!(matches!(found, Err(CkksError::TooLarge { .. })), "{found:?}");
}

#[test]
fn readers_and_writers_that_fail_are_reported() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("cable cut"))
        }
    }
    impl std::io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("disk full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let kit = kit();
    let found = Ciphertext::read_from(&kit.context, Broken, UNLIMITED).map(drop);
    assert!(matches!(found, Err(CkksError::Io { ref message, .. }) if message == "cable cut"), "{found:?}");
    let found = kit.keys.write_to(&kit.context, Broken);
    assert!(matches!(found, Err(CkksError::Io { ref message, .. }) if message == "disk full"), "{found:?}");
    let mut keys = EvaluationKeys::none();
    assert!(matches!(keys.read_next(&kit.context, Broken, UNLIMITED), Err(CkksError::Io { .. })));
    let other = Context::new(&presets::toy(6, 1).check().unwrap()).unwrap();
    assert!(matches!(kit.public.to_bytes(&other), Err(CkksError::ContextMismatch { .. })));
    assert!(matches!(kit.keys.write_to(&other, Vec::new()), Err(CkksError::ContextMismatch { .. })));
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

    /// Noise in the bytes is never a panic, with a checksum that is right or without; what is read is written the same.
    #[test]
    fn noise_is_refused_or_read(
        which in 0usize..8,
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        repaired in any::<bool>(),
    ) {
        let kit = kit();
        let (name, mut bytes, read) = objects(&kit).swap_remove(which);
        for (at, value) in &places {
            let at = at.index(bytes.len() - HEAD) + HEAD;
            bytes[at] = *value;
        }
        if repaired {
            mend(&mut bytes);
            let _ = read(&kit.context, &bytes);
        }
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(read(&kit.context, &bytes).is_err(), "{}", name);
    }
}

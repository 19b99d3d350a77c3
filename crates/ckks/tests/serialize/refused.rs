//! Bytes and words that are no object are refused, with what is wrong about them.

use ckks::{
    Ciphertext, CiphertextWords, CkksError, Context, GaloisKey, Level, Noise, ParameterSpec, PublicKey,
    Scale,
    params::presets,
    serialize::{FORMAT_VERSION, Stored},
};
use proptest::prelude::*;

use super::{
    CHECKSUM, EXPONENT_AT, FINGERPRINT_AT, HEAD, KIND_AT, LEVEL_AT, MANTISSA_AT, NOISE_AT, PARTS_AT, SIZE_AT,
    SLOTS_AT, VERSION_AT, WORDS_AT, common::random, complaint, kit, mend, objects, with,
};

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
    for exponent in [i32::MIN, -65_535, 600, 65_535, i32::MAX] {
        let scale = Scale::power_of_two(exponent);
        assert!(matches!(refused(CiphertextWords { scale, ..words }), CkksError::Parameter { .. }));
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
    // 183 bits of modulus: far more than a product could use is no scale of a ciphertext, nor is its inverse.
    for exponent in [i32::MIN, -65_537, -65_536, -600, 600, 65_535, 65_537, i32::MAX] {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

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

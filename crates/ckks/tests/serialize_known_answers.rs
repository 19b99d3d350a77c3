//! The bytes of every kind of object, from fixed seeds: whoever changes one of these changes the format, and has to
//! raise its version.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first failure")]

mod common;

use ckks::{
    Ciphertext, CiphertextWords, Encryptor, KeyGenerator, KeyRequest, Level, Noise, Scale, params::presets,
    serialize::Stored,
};
use common::{Kit, rng};

/// Where the noise of a ciphertext stands: it comes from logarithms, which are not the same bits on every machine.
const NOISE: std::ops::Range<usize> = 80..112;

const CHECKSUM: usize = 32;

/// Number of bytes of each object, and the first eight bytes of their BLAKE3 hash.
const EXPECTED: &[(&str, usize, &str)] = &[
    ("parameters", 161, "a26e1af4c0db6c67"),
    ("ciphertext", 660, "8c059cc5852481c3"),
    ("seeded ciphertext", 403, "b523570f8ebca4d4"),
    ("public key", 467, "b4611af8a2502cb9"),
    ("switching key", 485, "492dbc684fb58a37"),
    ("relinearisation key", 1017, "5b38d50c2957a788"),
    ("Galois key", 1025, "588b001eb4a48c0c"),
    ("secret key", 92, "eb63d4d1bdca7d87"),
];

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..16].to_owned()
}

fn objects() -> Vec<(&'static str, Vec<u8>)> {
    let kit = Kit::new(&presets::toy(4, 2).dnum(2), &KeyRequest::new().relinearization().rotations([1]));
    let context = &kit.context;
    let mut source = rng(9);
    let mut generator = KeyGenerator::new(context, &mut source);
    let other = generator.secret_key();
    let switching = generator.switching_key(&kit.secret, &other, Level(1)).unwrap();
    let half = kit.encoder.encode_constant(0.5, &kit.encoder.packing()).unwrap();
    let seeded = Encryptor::new(context, &kit.secret).encrypt_seeded(&half, &mut rng(2)).unwrap();
    let x = seeded.expand();
    let mut seeded = seeded.to_bytes(context).unwrap();
    let end = seeded.len() - CHECKSUM;
    seeded[NOISE].fill(0);
    seeded.truncate(end);
    let parts: Vec<&[u64]> = x.parts().iter().map(|part| part.words()).collect();
    let words = CiphertextWords {
        level: x.level(),
        scale: Scale::power_of_two(80).div_by_prime((1 << 40) - 87),
        slots: 4,
        noise: Noise::new(3.25, 1024.0, 0.5, 1.0).unwrap(),
        parts: &parts,
    };
    let ciphertext = Ciphertext::from_words(context, &words).unwrap();
    vec![
        ("parameters", context.parameters().to_bytes().unwrap()),
        ("ciphertext", ciphertext.to_bytes(context).unwrap()),
        ("seeded ciphertext", seeded),
        ("public key", kit.public.to_bytes(context).unwrap()),
        ("switching key", switching.to_bytes(context).unwrap()),
        ("relinearisation key", kit.keys.relinearization().unwrap().to_bytes(context).unwrap()),
        ("Galois key", kit.keys.galois_keys().next().unwrap().to_bytes(context).unwrap()),
        ("secret key", kit.secret.to_secret_bytes().unwrap().to_vec()),
    ]
}

#[test]
fn the_format_is_what_it_was() {
    let objects = objects();
    let found: Vec<_> = objects.iter().map(|(name, bytes)| (*name, bytes.len(), hash(bytes))).collect();
    let expected: Vec<_> = EXPECTED.iter().map(|&(name, size, hash)| (name, size, hash.to_owned())).collect();
    assert_eq!(found, expected);
}

/// The head and the metadata of a ciphertext, byte for byte.
#[test]
fn a_ciphertext_starts_as_documented() {
    let objects = objects();
    let (parameters, ciphertext) = (&objects[0].1, &objects[1].1);
    let size = ciphertext.len() as u64;
    let hash = blake3::hash(&parameters[48..parameters.len() - CHECKSUM]);
    let mut expected = b"CFCKKS\x01\x02".to_vec();
    expected.extend(size.to_le_bytes());
    expected.extend(hash.as_bytes());
    for number in [2u32, 2, 4] {
        expected.extend(number.to_le_bytes());
    }
    // 2^80 / (2^40 - 87) = 2^40 + 87 + 87^2 / 2^40 + ...
    expected.extend(40i32.to_le_bytes());
    let high = 1.0 + 87.0 / 1_099_511_627_776.0;
    expected.extend(f64::to_le_bytes(high));
    assert_eq!(ciphertext[..expected.len()], expected);
    let noise: Vec<u8> = [3.25f64, 1024.0, 0.5, 1.0].into_iter().flat_map(f64::to_le_bytes).collect();
    assert_eq!(ciphertext[NOISE], noise);
    // Words of 48 and 40 bits and, for a prime just above 2^40, of 41; N = 16, two polynomials.
    assert_eq!(ciphertext.len(), 48 + 64 + 2 * 16 * (48 + 40 + 41) / 8 + CHECKSUM);
    let checksum = blake3::hash(&ciphertext[..ciphertext.len() - CHECKSUM]);
    assert_eq!(ciphertext[ciphertext.len() - CHECKSUM..], *checksum.as_bytes());
}

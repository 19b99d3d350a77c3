//! Objects come back from their bytes, and bytes that are anything else are refused.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first failure")]

#[path = "../common/mod.rs"]
mod common;
mod refused;
mod round_trips;
mod streams;

use ckks::{
    Ciphertext, CkksError, Context, Encryptor, GaloisKey, KeyRequest, Level, ParameterSpec, PublicKey,
    RelinearizationKey, SecretKey, SeededCiphertext, SwitchingKey, params::presets, serialize::Stored,
};
use common::{Kit, random, rng};

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

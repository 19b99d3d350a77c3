//! What the fuzz targets share: a toy context with keys, and bytes that get past the checksum.

use std::sync::LazyLock;

use ckks::{
    Ciphertext, Context, Encoder, Encryptor, EvaluationKeys, KeyGenerator, KeyRequest, PublicKey, SecretKey,
    SeededCiphertext, SwitchingKey, params::presets, serialize::Stored,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// Bytes of the head and of the checksum.
const HEAD: usize = 48;
const CHECKSUM: usize = 32;

/// Everything a parser or what comes after it needs; N = 8.
pub struct Kit {
    pub context: Context,
    pub secret: SecretKey,
    pub public: PublicKey,
    pub switching: SwitchingKey,
    pub keys: EvaluationKeys,
    pub ciphertext: Ciphertext,
    pub seeded: SeededCiphertext,
}

pub static KIT: LazyLock<Kit> = LazyLock::new(|| {
    let context = Context::new(&presets::toy(3, 2).dnum(2).check().unwrap()).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut generator = KeyGenerator::new(&context, &mut rng);
    let secret = generator.secret_key();
    let public = generator.public_key(&secret).unwrap();
    let request = KeyRequest::new().relinearization().rotations([1]).conjugation();
    let keys = generator.evaluation_keys(&secret, &request).unwrap();
    let switching = generator.switching_key(&secret, &secret, context.max_level()).unwrap();
    let plaintext = Encoder::new(&context).encode(&[0.5, -1.0]).unwrap();
    let encryptor = Encryptor::new(&context, &secret);
    let ciphertext = encryptor.encrypt(&plaintext, &mut rng).unwrap();
    let seeded = encryptor.encrypt_seeded(&plaintext, &mut rng).unwrap();
    Kit { context, secret, public, switching, keys, ciphertext, seeded }
});

/// The bytes as they are, or, for an odd first byte, the rest with a head and a checksum that are right for an object
/// of this kind: otherwise nothing behind the checksum would ever be reached.
pub fn mend(data: &[u8], kind: u8, fingerprint: Option<&[u8; 32]>) -> Vec<u8> {
    let Some((&mode, rest)) = data.split_first() else { return Vec::new() };
    let mut bytes = rest.to_vec();
    if mode & 1 == 0 || bytes.len() < HEAD + CHECKSUM {
        return bytes;
    }
    let end = bytes.len() - CHECKSUM;
    bytes[..8].copy_from_slice(&[b'C', b'F', b'C', b'K', b'K', b'S', 1, kind]);
    if mode & 2 == 0 {
        let size = bytes.len() as u64;
        bytes[8..16].copy_from_slice(&size.to_le_bytes());
    }
    let fingerprint = fingerprint.copied().unwrap_or_else(|| blake3::hash(&bytes[HEAD..end]).into());
    bytes[16..HEAD].copy_from_slice(&fingerprint);
    let checksum = blake3::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(checksum.as_bytes());
    bytes
}

/// Reads an object both ways; whatever is accepted has exactly one representation.
pub fn read<T: Stored>(bytes: &[u8]) -> Option<T> {
    let context = &KIT.context;
    let whole = T::from_bytes(context, bytes).ok();
    let streamed = T::read_from(context, bytes, 1 << 20).ok();
    if let Some(object) = &whole {
        assert_eq!(object.to_bytes(context).unwrap(), bytes);
        assert!(streamed.is_some());
    }
    assert!(T::read_from(context, bytes, 64).is_err());
    whole
}

//! Public keys: any accepted key encrypts.
#![no_main]

use ckks::{Encoder, Encryptor, PublicKey};
use ckks_fuzz::{KIT, mend, read};
use libfuzzer_sys::fuzz_target;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

fuzz_target!(|data: &[u8]| {
    let bytes = mend(data, 4, Some(KIT.context.fingerprint()));
    if let Some(key) = read::<PublicKey>(&bytes) {
        let plaintext = Encoder::new(&KIT.context).encode(&[1.0]).unwrap();
        Encryptor::new(&KIT.context, &key).encrypt(&plaintext, &mut ChaCha20Rng::seed_from_u64(2)).unwrap();
    }
});

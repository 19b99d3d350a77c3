//! Ciphertexts with a seed.
#![no_main]

use ckks::{Decryptor, SeededCiphertext};
use ckks_fuzz::{KIT, mend, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let bytes = mend(data, 3, Some(KIT.context.fingerprint()));
    if let Some(seeded) = read::<SeededCiphertext>(&bytes) {
        let _ = Decryptor::new(&KIT.context, &KIT.secret).decrypt(&seeded.expand());
    }
});

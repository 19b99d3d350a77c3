//! Secret keys.
#![no_main]

use ckks::{Decryptor, SecretKey};
use ckks_fuzz::{KIT, mend};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let bytes = mend(data, 8, Some(KIT.context.fingerprint()));
    if let Ok(secret) = SecretKey::from_secret_bytes(&KIT.context, &bytes) {
        assert_eq!(*secret.to_secret_bytes().unwrap(), bytes);
        let _ = Decryptor::new(&KIT.context, &secret).decrypt(&KIT.ciphertext);
    }
});

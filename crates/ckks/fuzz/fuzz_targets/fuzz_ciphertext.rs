//! Ciphertexts: what is accepted can be computed with and decrypted without a panic, whatever it claims.
#![no_main]

use ckks::{Ciphertext, Decryptor, Encoder, Evaluator};
use ckks_fuzz::{KIT, mend, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let kit = &*KIT;
    let bytes = mend(data, 2, Some(kit.context.fingerprint()));
    let Some(ciphertext) = read::<Ciphertext>(&bytes) else { return };
    let evaluator = Evaluator::new(&kit.context, &kit.keys);
    let _ = evaluator.add(&ciphertext, &kit.ciphertext);
    let _ = evaluator.rotate(&ciphertext, 1);
    let product = evaluator.mul_rescale(&ciphertext, &ciphertext);
    let decryptor = Decryptor::new(&kit.context, &kit.secret);
    for found in [Ok(ciphertext), product].into_iter().flatten() {
        if let Ok(plaintext) = decryptor.decrypt(&found) {
            let _ = Encoder::new(&kit.context).decode(&plaintext);
        }
    }
});

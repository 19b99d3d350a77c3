//! Switching, relinearisation and Galois keys, each by itself: any accepted key can be used.
#![no_main]

use ckks::{EvaluationKeys, Evaluator, GaloisKey, RelinearizationKey, SwitchingKey};
use ckks_fuzz::{KIT, mend, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (kit, fingerprint) = (&*KIT, Some(KIT.context.fingerprint()));
    let mut keys = EvaluationKeys::none();
    if let Some(key) = read::<SwitchingKey>(&mend(data, 5, fingerprint)) {
        let _ = Evaluator::new(&kit.context, &keys).switch_secret(&kit.ciphertext, &key);
    }
    if let Some(key) = read::<RelinearizationKey>(&mend(data, 6, fingerprint)) {
        keys.insert_relinearization(key);
        let _ = Evaluator::new(&kit.context, &keys).mul(&kit.ciphertext, &kit.ciphertext);
    }
    if let Some(key) = read::<GaloisKey>(&mend(data, 7, fingerprint)) {
        keys.insert_galois(key);
        for steps in [1, 2, 3] {
            let _ = Evaluator::new(&kit.context, &keys).rotate(&kit.ciphertext, steps);
        }
    }
});

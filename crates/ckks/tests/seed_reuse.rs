//! No two masks are the same, and what would follow if two were.

#![expect(clippy::expect_used, reason = "a failed expectation in a helper is a failed test")]

mod common;

use std::collections::BTreeSet;

use ckks::{
    Ciphertext, CiphertextWords, Complex64, Encryptor, EvaluationKeys, KeyGenerator, KeyRequest, Level,
    SeededCiphertext, SwitchingKey, params::presets,
};
use common::{Kit, random, rng};
use ring_math::{Ntt, RnsPoly};

fn request() -> KeyRequest {
    KeyRequest::new()
        .relinearization()
        .rotations([1, 2, 5])
        .rotations_at(Level(1), [9])
        .conjugation()
        .encapsulation()
}

fn switching_keys(keys: &EvaluationKeys) -> Vec<&SwitchingKey> {
    let mut all = vec![keys.relinearization().expect("a key").switching_key()];
    all.extend(keys.galois_keys().map(|key| key.switching_key()));
    all.extend(keys.encapsulation().expect("a key").switching_keys());
    all
}

/// Fails unless everything differs, and each seed is more than a few bits that differ.
fn assert_distinct(what: &str, seeds: &[[u8; 32]], masks: &[&RnsPoly<Ntt>]) {
    let different: BTreeSet<_> = seeds.iter().collect();
    assert_eq!(different.len(), seeds.len(), "{what}: a seed twice");
    for (k, a) in seeds.iter().enumerate() {
        for b in &seeds[..k] {
            let bits: u32 = a.iter().zip(b).map(|(x, y)| (x ^ y).count_ones()).sum();
            // 256 fair coins: fewer than 64 heads have probability 2^-52.
            assert!((64..=192).contains(&bits), "{what}: seeds {bits} bits apart");
        }
    }
    // Every limb of every mask, over whatever primes: none comes twice.
    let limbs = masks.iter().flat_map(|mask| (0..mask.len()).map(|i| mask.limb(i).to_vec()));
    let different: BTreeSet<_> = limbs.clone().collect();
    assert_eq!(different.len(), limbs.count(), "{what}: a mask twice");
}

#[test]
fn seeds_and_masks_of_keys_and_ciphertexts_all_differ() {
    let kit = Kit::new(&presets::toy(9, 5).dnum(3), &request());
    let mut source = rng(2);
    let other = KeyGenerator::new(&kit.context, &mut source).secret_key();
    let switch =
        KeyGenerator::new(&kit.context, &mut source).switching_key(&other, &kit.secret, Level(3)).unwrap();
    let another = KeyGenerator::new(&kit.context, &mut source).public_key(&kit.secret).unwrap();
    let plaintext = kit.encoder.encode(&[0.25, -0.5]).unwrap();
    let owner = Encryptor::new(&kit.context, &kit.secret);
    let seeded: Vec<SeededCiphertext> =
        (0..3).map(|_| owner.encrypt_seeded(&plaintext, &mut source).unwrap()).collect();
    let mut ciphertexts: Vec<Ciphertext> = seeded.iter().map(SeededCiphertext::expand).collect();
    ciphertexts.extend((0..3).map(|_| owner.encrypt(&plaintext, &mut source).unwrap()));
    let public = Encryptor::new(&kit.context, &kit.public);
    ciphertexts.extend((0..3).map(|_| public.encrypt(&plaintext, &mut source).unwrap()));

    let mut keys = switching_keys(&kit.keys);
    keys.push(&switch);
    let mut seeds: Vec<[u8; 32]> = keys.iter().map(|key| *key.seed()).collect();
    seeds.extend([*kit.public.seed(), *another.seed()]);
    seeds.extend(seeded.iter().map(|x| *x.seed()));
    let mut masks: Vec<&RnsPoly<Ntt>> = keys.iter().flat_map(|key| key.masks()).collect();
    masks.extend([&kit.public, &another].map(|key| &key.parts()[1]));
    masks.extend(ciphertexts.iter().map(|x| &x.parts()[1]));
    assert_eq!((seeds.len(), ciphertexts.len()), (14, 9));
    assert_distinct("one key set", &seeds, &masks);
    let bodies: Vec<_> = keys.iter().flat_map(|key| key.bodies()).collect();
    assert_distinct("bodies", &[], &bodies);
}

/// Whoever sees two ciphertexts under one mask subtracts them: mask and key are gone, and what is left is the difference of
/// the messages. This is what a generator that is put back to an old state does, and why keys and ciphertexts must not
/// share one that was copied.
#[test]
fn a_mask_that_is_used_twice_gives_the_difference_of_the_messages() {
    let kit = Kit::new(&presets::toy(9, 2), &KeyRequest::new());
    let owner = Encryptor::new(&kit.context, &kit.secret);
    let encrypt = |values: &[Complex64], seed| {
        owner.encrypt_seeded(&kit.encoder.encode_complex(values).unwrap(), &mut rng(seed)).unwrap()
    };
    // Complex numbers of at most 1.
    let values = |seed| -> Vec<Complex64> { random(256, seed).iter().map(|x| x / 2f64.sqrt()).collect() };
    let (first, second) = (values(3), values(4));
    let differences: Vec<_> = first.iter().zip(&second).map(|(a, b)| a - b).collect();
    // The difference of the halves that are not masks, read with the key of a stranger: it has no mask to take off.
    let stranger = Kit::new(&presets::toy(9, 2), &KeyRequest::new());
    let attack = |a: &SeededCiphertext, b: &SeededCiphertext| {
        let mut body = a.body().clone();
        body.sub_assign(b.body()).unwrap();
        let nothing = vec![0; body.words().len()];
        let words = CiphertextWords {
            level: a.level(),
            scale: a.scale(),
            slots: 256,
            noise: ckks::Noise::new(10.0, 1e6, 2.0, 3.0).unwrap(),
            parts: &[body.words(), &nothing],
        };
        let found = Ciphertext::from_words(&stranger.context, &words).unwrap();
        common::distance(&stranger.decrypt(&found), &differences)
    };
    let reused = attack(&encrypt(&first, 5), &encrypt(&second, 5));
    assert!(reused < (-20f64).exp2(), "{reused}");
    let fresh = attack(&encrypt(&first, 5), &encrypt(&second, 6));
    assert!(fresh > 0.5, "{fresh}");
}

/// The same with keys: two keys to one secret, from one state of a generator, differ by P times what they carry.
#[test]
fn a_mask_that_is_used_twice_gives_the_difference_of_the_secrets() {
    let kit = Kit::new(&presets::toy(9, 2), &KeyRequest::new());
    let secret = |seed| KeyGenerator::new(&kit.context, &mut rng(seed)).secret_key();
    let (old, older) = (secret(7), secret(8));
    let attack = |seeds: [u64; 2]| {
        let [a, b] = [(&old, seeds[0]), (&older, seeds[1])].map(|(from, seed)| {
            let mut source = rng(seed);
            let mut generator = KeyGenerator::new(&kit.context, &mut source);
            generator.switching_key(from, &kit.secret, kit.context.max_level()).unwrap()
        });
        let mut difference = a.bodies().next().unwrap().clone();
        difference.sub_assign(b.bodies().next().unwrap()).unwrap();
        let (difference, modulus) = (difference.into_coeff(), kit.context.p_basis());
        let first = *difference.basis().modulus(0);
        let special = modulus.primes().fold(1, |product, p| first.mul(product, first.reduce(p)));
        let inverse = first.inv(special).unwrap();
        difference.limb(0).iter().map(|&word| first.centre(first.mul(word, inverse))).collect::<Vec<_>>()
    };
    let reused = attack([9, 9]);
    assert!(reused.iter().all(|c| c.abs() <= 2) && reused.iter().any(|&c| c != 0));
    assert!(attack([9, 10]).iter().any(|c| c.abs() > 2));
}

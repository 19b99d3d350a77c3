//! The same bytes on every kernel and for every number of threads, for everything after encoding.

#![expect(clippy::unwrap_used, reason = "helper functions of tests")]

mod common;

use ckks::{
    Ciphertext, Decryptor, Encryptor, Evaluator, KeyGenerator, KeyRequest, Level, ParameterSpec, Plaintext,
    params::{LevelSpec, presets},
};
use common::{Kit, in_square, random, rng};
use ring_math::{Kernel, parallel::Threads};

/// FNV-1a over words.
fn hash(words: impl IntoIterator<Item = u64>) -> u64 {
    words
        .into_iter()
        .flat_map(u64::to_le_bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

fn hash_of(ciphertext: &Ciphertext) -> u64 {
    hash(ciphertext.parts().iter().flat_map(|part| part.words().iter().copied()))
}

/// Hashes of everything the library computes from a plaintext of integer coefficients and seeds.
fn transcript(kernel: Kernel, spec: &ParameterSpec, plaintext: &Plaintext) -> Vec<(&'static str, u64)> {
    let request = KeyRequest::new().relinearization().conjugation().rotations([1, 5]);
    let kit = Kit::on(kernel, spec, &request);
    let mut out = Vec::new();
    out.push(("public key", hash(kit.public.parts().iter().flat_map(|part| part.words().to_vec()))));
    let relinearization = kit.keys.relinearization().unwrap().switching_key();
    out.push(("key bodies", hash(relinearization.bodies().flat_map(|part| part.words().to_vec()))));
    out.push(("key masks", hash(relinearization.masks().flat_map(|part| part.words().to_vec()))));
    let public = Encryptor::new(&kit.context, &kit.public);
    let (x, y) =
        (public.encrypt(plaintext, &mut rng(3)).unwrap(), public.encrypt(plaintext, &mut rng(4)).unwrap());
    out.push(("public-key ciphertext", hash_of(&x)));
    let owner = Encryptor::new(&kit.context, &kit.secret);
    out.push(("symmetric ciphertext", hash_of(&owner.encrypt(plaintext, &mut rng(5)).unwrap())));
    let eval = Evaluator::new(&kit.context, &kit.keys);
    let product = eval.mul(&x, &y).unwrap();
    out.push(("product", hash_of(&product)));
    out.push(("rescaled product", hash_of(&eval.rescale(&product).unwrap())));
    let fused = eval.mul_rescale(&x, &y).unwrap();
    out.push(("fused product", hash_of(&fused)));
    out.push(("plain product", hash_of(&eval.mul_plain_rescale(&x, plaintext).unwrap())));
    out.push(("scalar product", hash_of(&eval.mul_scalar(&x, 0.7).unwrap())));
    out.push(("scalar sum", hash_of(&eval.add_scalar(&x, 0.7).unwrap())));
    out.push(("rotation", hash_of(&eval.rotate(&x, 5).unwrap())));
    out.push(("conjugation", hash_of(&eval.conjugate(&fused).unwrap())));
    let hoisted = eval.hoist(&fused, &mut ckks::Workspace::new()).unwrap();
    out.push(("hoisted rotation", hash_of(&hoisted.rotate(1).unwrap())));
    let low = eval.drop_to(&x, Level(0)).unwrap();
    out.push(("rotation at level 0", hash_of(&eval.rotate(&low, 1).unwrap())));
    let decrypted = Decryptor::new(&kit.context, &kit.secret).decrypt(&fused).unwrap();
    out.push(("decryption", hash(decrypted.poly().words().iter().copied())));
    let mut source = rng(6);
    let other = KeyGenerator::new(&kit.context, &mut source).secret_key();
    out.push(("secret key", hash(other.to_secret_bytes().unwrap().iter().map(|&byte| u64::from(byte)))));
    out
}

#[test]
fn every_kernel_and_thread_count_gives_the_same_bytes() {
    let wide = |log_scale| LevelSpec::new(log_scale).prime_count(2);
    let specs = [
        presets::toy(8, 4).dnum(2),
        presets::toy(11, 3).dnum(4),
        // Primes of 49 and 50 bits, and a base group of two.
        ParameterSpec::new(10)
            .levels([wide(56), LevelSpec::new(50), LevelSpec::new(49)])
            .dnum(2)
            .allow_insecure(),
    ];
    for spec in specs {
        // One plaintext for all: encoding is floating-point arithmetic.
        let scalar = Kit::on(Kernel::scalar(), &spec, &KeyRequest::new());
        let values = random(scalar.context.max_slots(), 2);
        let plaintext = in_square(scalar.encoder.encode_complex(&values).unwrap());
        let expected = transcript(Kernel::scalar(), &spec, &plaintext);
        for kernel in Kernel::available() {
            for threads in [1, 2, 3] {
                let pool = Threads::new(threads).expect("threads");
                let found = pool.install(|| transcript(kernel, &spec, &plaintext));
                assert_eq!(found, expected, "{} on {threads} threads", kernel.name());
            }
        }
        println!("compared: {:?}", Kernel::available());
    }
}

//! Secrets leave nothing behind in memory that was freed.
//!
//! The allocator of this test hands out each byte once and takes none back, so that whatever a buffer held when it was freed
//! stays where it was. A secret is made twice from the same seed: the first time to learn what it looks like in each form that
//! the library gives it, the second time to search all memory handed out since for those forms, once it was dropped.

#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a failed expectation in a helper is a failed test")]

mod common;

use std::{fs::File, os::unix::fs::FileExt};

use ckks::{
    Ciphertext, Complex64, Context, Decryptor, Encoder, EncryptionSpace, Encryptor, Flooding, GaloisElement,
    KeyGenerator, KeyRequest, ParameterSpec, Plaintext, PublicKey, SecretKey, SwitchingKey, params::presets,
};
use common::rng;
use ring_math::{
    Automorphism, Coeff, Ntt, RnsPoly,
    sample::{self, ExpansionDomain, SeedExpander},
};
use static_alloc::Bump;

/// Bytes for all tests of this binary together, which take about a third.
const MEMORY_BYTES: usize = 1 << 27;

#[global_allocator]
static MEMORY: Bump<[u8; MEMORY_BYTES]> = Bump::uninit();

/// Words, or ternary coefficients in bytes, that make a pattern nothing else has by chance: 3^32 at least.
const WINDOW: usize = 32;

/// Bytes that are searched at a time. They are on the stack, which is not searched: a copy would be found the next time.
const CHUNK: usize = 1 << 16;

/// What a secret looks like in one of its forms: a run from its start, its middle and its end.
struct Trace {
    what: &'static str,
    windows: [Vec<u8>; 3],
}

impl Trace {
    fn of_bytes(what: &'static str, bytes: &[u8], width: usize) -> Self {
        let len = WINDOW * width;
        let middle = (bytes.len() / 2).next_multiple_of(width);
        Self { what, windows: [0, middle, bytes.len() - len].map(|at| bytes[at..at + len].to_vec()) }
    }

    fn new(what: &'static str, words: &[u64]) -> Self {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        Self::of_bytes(what, &bytes, size_of::<u64>())
    }
}

/// The forms that are somewhere in the memory handed out from byte `start` on, freed or not.
fn found(start: usize, traces: &[Trace]) -> Vec<&'static str> {
    let memory = File::open("/proc/self/mem").expect("a process can read its own memory");
    let longest = traces.iter().flat_map(|trace| &trace.windows).map(Vec::len).max().expect("traces");
    let (base, end) = (MEMORY.data_ptr().as_ptr() as u64, MEMORY.level().byte_offset());
    let mut seen = vec![false; traces.len()];
    let mut buffer = [0; CHUNK];
    let mut at = start;
    while at < end {
        let bytes = &mut buffer[..CHUNK.min(end - at)];
        memory.read_exact_at(bytes, base + at as u64).expect("memory that was handed out");
        for (seen, trace) in seen.iter_mut().zip(traces) {
            *seen |= trace.windows.iter().any(|window| contains(bytes, window));
        }
        // What straddles the border is seen whole the next time.
        at += if bytes.len() == CHUNK { CHUNK - longest } else { CHUNK };
    }
    let names = seen.iter().zip(traces).filter(|(seen, _)| **seen);
    names.map(|(_, trace)| trace.what).collect()
}

fn contains(bytes: &[u8], window: &[u8]) -> bool {
    let head = window.first_chunk::<8>().expect("eight bytes");
    bytes.windows(8).enumerate().any(|(i, eight)| eight == head && bytes[i..].starts_with(window))
}

/// What was handed out so far: searches begin here.
fn mark() -> usize {
    MEMORY.level().byte_offset()
}

/// N = 2^10 and 80 bits of scale, which leaves room to publish.
fn context() -> Context {
    let spec: ParameterSpec = presets::toy(10, 2).log_scale(80).log_q0(84);
    Context::new(&spec.check().expect("possible parameters")).expect("a context")
}

fn secret_key(context: &Context) -> SecretKey {
    KeyGenerator::new(context, &mut rng(1)).secret_key()
}

/// The coefficients of [`secret_key`], modulo all primes: drawn as key generation draws them.
fn coefficients(context: &Context) -> RnsPoly<Coeff> {
    let mut secret = RnsPoly::zero(context.qp_basis(context.max_level()).expect("the highest level"));
    sample::ternary_into(&mut secret, &mut rng(1));
    secret
}

/// All forms of the secret.
fn secret_traces(context: &Context) -> Vec<Trace> {
    let coefficients = coefficients(context);
    let basis = coefficients.basis().clone();
    let small: Vec<u8> =
        coefficients.limb(0).iter().map(|&word| basis.modulus(0).centre(word) as i8 as u8).collect();
    let packed = secret_key(context).to_secret_bytes().expect("bytes");
    // Between 56 bytes of head and publications and 32 of checksum: four coefficients a byte.
    let packed = Trace::of_bytes("packed coefficients", &packed[56..packed.len() - 32], 1);
    let mut all = vec![
        Trace::new("coefficients", coefficients.limb(0)),
        Trace::of_bytes("bytes of coefficients", &small, 1),
        packed,
    ];
    let values = coefficients.into_ntt();
    let mut minus = values.clone();
    minus.neg_assign();
    let mut square = values.clone();
    square.mul_assign(&values).expect("one basis");
    // The keys of a map are under the image of the inverse map.
    let step = Automorphism::new(GaloisElement::rotation(-1, context.log_n()).value(), context.log_n());
    let mut image = RnsPoly::zero(&basis);
    values.automorphism_into(&mut image, &step.expect("an odd element")).expect("one basis");
    let mut minus_image = image.clone();
    minus_image.neg_assign();
    all.extend([
        Trace::new(VALUES, values.limb(0)),
        Trace::new("values modulo the last prime", values.limb(basis.len() - 1)),
        Trace::new("negative", minus.limb(0)),
        Trace::new("square", square.limb(0)),
        Trace::new("image", image.limb(0)),
        Trace::new("negative of the image", minus_image.limb(0)),
    ]);
    all
}

const VALUES: &str = "values";

/// What the body of a switching key's first digit holds modulo prime `i` besides the mask: the error, and what is encrypted.
fn phase(key: &SwitchingKey, i: usize, secret: &RnsPoly<Ntt>, limb: usize) -> Vec<u64> {
    let body = key.bodies().next().expect("a digit");
    let domain = ExpansionDomain { object: 3, part: 0 };
    let mask: RnsPoly<Ntt> = SeedExpander::new(key.seed()).expand(domain, body.basis());
    let ring = body.basis().ring(i);
    let mut phase = body.limb(i).to_vec();
    ring.mul_add_assign(&mut phase, mask.limb(i), secret.limb(limb)).expect("one limb each");
    ring.inverse(&mut phase).expect("one limb");
    phase
}

#[test]
fn memory_that_was_freed_unwiped_is_seen() {
    let words: Vec<u64> = (1..200).map(|k: u64| k.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    let traces =
        [Trace::new("words", &words), Trace::new("others", &words.iter().map(|w| !w).collect::<Vec<_>>())];
    let start = mark();
    let copies: Vec<Vec<u64>> = (0..1000).map(|_| vec![7; 20]).collect();
    assert!(found(start, &traces).is_empty());
    drop((words.clone(), copies));
    assert_eq!(found(start, &traces), ["words"]);
}

#[test]
fn secret_keys_and_what_is_made_from_them_leave_nothing() {
    let traces = secret_traces(&context());
    let start = mark();
    let context = context();
    let secret = secret_key(&context);
    // The search works: the values are in the key, and drawing it left no other form.
    assert_eq!(found(start, &traces), [VALUES, "values modulo the last prime"]);
    let mut source = rng(2);
    let mut generator = KeyGenerator::new(&context, &mut source);
    let request = KeyRequest::new().relinearization().rotations([1]).conjugation();
    let keys = generator.evaluation_keys(&secret, &request).unwrap();
    let public = generator.public_key(&secret).unwrap();
    let restored = SecretKey::from_secret_bytes(&context, &secret.to_secret_bytes().unwrap()).unwrap();
    let switch = generator.switching_key(&secret, &restored, context.max_level()).unwrap();
    assert_eq!(found(start, &traces), [VALUES, "values modulo the last prime"]);
    drop((secret, restored));
    assert!(found(start, &traces).is_empty(), "{:?}", found(start, &traces));
    drop((keys, public, switch));
}

#[test]
fn errors_of_keys_and_the_ephemeral_sparse_secret_leave_nothing() {
    let learnt = context();
    let dense = coefficients(&learnt).into_ntt();
    let make = |context: &Context, secret: &SecretKey| {
        let mut source = rng(3);
        let mut generator = KeyGenerator::new(context, &mut source);
        let relinearization = generator.relinearization_key(secret, context.max_level()).expect("a key");
        (relinearization, generator.encapsulation_key(secret).expect("a key"))
    };
    let (relinearization, encapsulation) = make(&learnt, &secret_key(&learnt));
    // An error is drawn modulo the largest prime, a special one, modulo which nothing but it is left of a key.
    let key = relinearization.switching_key();
    let basis = key.bodies().next().unwrap().basis().clone();
    let q_len = learnt.parameters().q_primes().len();
    let largest = (0..basis.len()).max_by_key(|&i| basis.modulus(i).value()).unwrap();
    assert!(largest >= q_len);
    let error = phase(key, largest, &dense, largest);
    assert!(error.iter().all(|&word| basis.modulus(largest).centre(word).abs() <= 21));
    // Modulo the first prime the key back from the sparse secret is P times that secret, and the error.
    let [_, back] = encapsulation.switching_keys();
    let basis = back.bodies().next().unwrap().basis().clone();
    let (first, special) = (basis.modulus(0), basis.modulus(q_len));
    let errors = phase(back, q_len, &dense, q_len);
    let product = basis.primes().skip(q_len).fold(1, |product, p| first.mul(product, first.reduce(p)));
    let product = first.inv(product).unwrap();
    let words: Vec<u64> = phase(back, 0, &dense, 0)
        .iter()
        .zip(&errors)
        .map(|(&word, &error)| first.mul(first.sub(word, first.reduce_i64(special.centre(error))), product))
        .collect();
    assert_eq!(words.iter().filter(|&&word| word != 0).count(), 32);
    let sparse = RnsPoly::<Coeff>::from_words(&basis.slice(0..1).unwrap(), &words).unwrap().into_ntt();
    let mut minus = sparse.clone();
    minus.neg_assign();
    let traces = [
        Trace::new("error of a key", &error),
        Trace::new("sparse secret", sparse.limb(0)),
        Trace::new("negative of the sparse secret", minus.limb(0)),
    ];

    let start = mark();
    let context = context();
    let secret = secret_key(&context);
    let keys = make(&context, &secret);
    assert!(found(start, &traces).is_empty(), "{:?}", found(start, &traces));
    drop(keys);
}

/// What a public-key encryption draws: v, e_0 and e_1 over Qp, as encryption draws them.
fn ephemeral(public: &PublicKey, seed: u64) -> [RnsPoly<Coeff>; 3] {
    let basis = public.parts()[0].basis();
    let mut source = rng(seed);
    let mut drawn = [0; 3].map(|_| RnsPoly::zero(basis));
    let [v, errors @ ..] = &mut drawn;
    sample::ternary_into(v, &mut source);
    errors.iter_mut().for_each(|error| sample::cbd_into(error, &mut source));
    drawn
}

#[test]
fn encryption_leaves_nothing_in_its_work_space() {
    let make = |context: &Context| -> (PublicKey, Plaintext) {
        let mut source = rng(4);
        let mut generator = KeyGenerator::new(context, &mut source);
        let secret = generator.secret_key();
        let public = generator.public_key(&secret).expect("a key");
        (public, Encoder::new(context).encode(&[0.25, -0.5]).expect("encodes"))
    };
    let encrypt =
        |context: &Context, public: &PublicKey, plaintext: &Plaintext, space: &mut EncryptionSpace| {
            let mut out = Ciphertext::empty(context).expect("a ciphertext");
            Encryptor::new(context, public)
                .encrypt_into(&mut out, plaintext, &mut rng(6), space)
                .expect("encrypts");
            out
        };
    let learnt = context();
    let (public, plaintext) = make(&learnt);
    let [v, e0, e1] = ephemeral(&public, 6);
    // They are what the ciphertext was made of: p c_1 = v a + e_1 less its remainder modulo p.
    let x = encrypt(&learnt, &public, &plaintext, &mut EncryptionSpace::new());
    let mut product = v.clone().into_ntt();
    product.mul_assign(&public.parts()[1]).unwrap();
    let mut product = product.into_coeff();
    product.add_assign(&e1).unwrap();
    let basis = product.basis().clone();
    let last = basis.len() - 1;
    let (first, p) = (basis.modulus(0), basis.modulus(last));
    let mut mask = x.parts()[1].limb(0).to_vec();
    basis.ring(0).inverse(&mut mask).unwrap();
    for (k, &word) in mask.iter().enumerate() {
        let remainder = first.reduce_i64(p.centre(product.limb(last)[k]));
        assert_eq!(first.sub(product.limb(0)[k], remainder), first.mul(word, first.reduce(p.value())));
    }
    let values = v.clone().into_ntt();
    let traces = [
        Trace::new("ephemeral", v.limb(0)),
        Trace::new("values of the ephemeral", values.limb(0)),
        Trace::new("values of the ephemeral modulo p", values.limb(last)),
        Trace::new("first error", e0.limb(0)),
        Trace::new("second error", e1.limb(0)),
        Trace::new("second error modulo p", e1.limb(last)),
        Trace::new("remainder", product.limb(last)),
    ];

    let start = mark();
    let context = context();
    let (public, plaintext) = make(&context);
    let mut space = EncryptionSpace::new();
    let x = encrypt(&context, &public, &plaintext, &mut space);
    drop(space);
    assert!(found(start, &traces).is_empty(), "{:?}", found(start, &traces));
    drop(x);
}

#[test]
fn decryption_leaves_neither_message_nor_flooding() {
    let make = |context: &Context| {
        let mut source = rng(7);
        let mut generator = KeyGenerator::new(context, &mut source);
        let secret = generator.secret_key();
        let public = generator.public_key(&secret).expect("a key");
        let plaintext = Encoder::new(context).encode_complex(&[Complex64::new(0.5, 0.25)]).expect("encodes");
        let x = Encryptor::new(context, &public).encrypt(&plaintext, &mut source).expect("encrypts");
        (secret, x)
    };
    let publish = |context: &Context, secret: &SecretKey, x: &Ciphertext| {
        let flooding = Flooding::new(x.noise_bound());
        Decryptor::new(context, secret).decrypt_public(x, &flooding, &mut rng(8)).expect("room for noise")
    };
    let learnt = context();
    let (secret, x) = make(&learnt);
    let private = Decryptor::new(&learnt, &secret).decrypt(&x).unwrap();
    let public = publish(&learnt, &secret, &x);
    let one = |values: &[u64]| {
        RnsPoly::<Ntt>::from_words(&private.poly().basis().slice(0..1).unwrap(), values).unwrap()
    };
    let (message, flooded) = (one(private.poly().limb(0)), one(public.poly().limb(0)));
    let mut noise = flooded.clone();
    noise.sub_assign(&message).unwrap();
    let traces = [
        Trace::new("decrypted", message.limb(0)),
        Trace::new("decrypted coefficients", message.clone().into_coeff().limb(0)),
        Trace::new("flooding", noise.limb(0)),
        Trace::new("coefficients of the flooding", noise.clone().into_coeff().limb(0)),
        Trace::new("published", flooded.limb(0)),
    ];

    let start = mark();
    let context = context();
    let (secret, x) = make(&context);
    let private = Decryptor::new(&context, &secret).decrypt(&x).unwrap();
    assert_eq!(found(start, &traces), ["decrypted"]);
    let public = publish(&context, &secret, &x);
    assert_eq!(found(start, &traces), ["decrypted", "published"]);
    let copy = private.clone();
    let slots = Encoder::new(&context).decode_complex(&private).unwrap();
    drop((private, public, copy));
    assert!(found(start, &traces).is_empty(), "{:?}", found(start, &traces));
    assert!((slots[0] - Complex64::new(0.5, 0.25)).norm() < 1e-9);
}

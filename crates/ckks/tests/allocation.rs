//! Operations into buffers of the caller's allocate nothing once everything has grown.

mod common;

use ckks::{
    Ciphertext, Decryptor, EncoderScratch, EncryptionSpace, Encryptor, KeyRequest, Plaintext, Workspace,
    params::presets,
};
use common::{Kit, in_square, random, rng};
use ring_math::parallel::Threads;

/// Runs `f` a few times to let buffers grow, then counts its allocations, on one thread.
fn allocations(threads: &Threads, mut f: impl FnMut() + Send) -> u64 {
    threads.install(|| {
        for _ in 0..3 {
            f();
        }
        allocation_counter::measure(f).count_total
    })
}

#[test]
fn the_counter_counts() {
    let threads = Threads::new(1).expect("a thread");
    assert!(allocations(&threads, || drop(std::hint::black_box(vec![1u8; 100]))) > 0);
}

#[test]
fn nothing_is_allocated_in_steady_state() {
    let kit =
        Kit::new(&presets::medium(), &KeyRequest::new().relinearization().conjugation().rotations([1, 2]));
    let (eval, values) = (kit.evaluator(), random(kit.context.max_slots(), 1));
    let (x, y) = (kit.encrypt_random(&values, 2), kit.encrypt_random(&values, 3));
    let packing = kit.encoder.packing();
    let plaintext = in_square(kit.encoder.encode_complex(&values).unwrap());
    let threads = Threads::new(1).expect("a thread");
    let raw = eval.mul_unrelinearized(&x, &y).unwrap();
    let empty = || Ciphertext::empty(&kit.context).unwrap();
    let (mut out, mut three, mut work) = (empty(), empty(), Workspace::new());
    let mut assert_none = |what: &str, f: &mut (dyn FnMut(&mut Ciphertext, &mut Workspace) + Send)| {
        assert_eq!(allocations(&threads, || f(&mut out, &mut work)), 0, "{what} allocates");
    };
    assert_none("addition", &mut |out, _| eval.add_into(out, &x, &y).unwrap());
    assert_none("subtraction", &mut |out, _| eval.sub_into(out, &x, &y).unwrap());
    assert_none("plain product", &mut |out, _| eval.mul_plain_into(out, &x, &plaintext).unwrap());
    assert_none("plain product, rescaled", &mut |out, work| {
        eval.mul_plain_rescale_into(out, &x, &plaintext, work).unwrap();
    });
    assert_none("number", &mut |out, work| eval.mul_scalar_into(out, &x, 0.5, work).unwrap());
    assert_none("rescaling", &mut |out, work| eval.rescale_into(out, &x, work).unwrap());
    assert_none("product", &mut |out, work| eval.mul_into(out, &x, &y, work).unwrap());
    assert_none("product, rescaled", &mut |out, work| eval.mul_rescale_into(out, &x, &y, work).unwrap());
    assert_none("square, rescaled", &mut |out, work| eval.square_rescale_into(out, &x, work).unwrap());
    assert_none("relinearisation", &mut |out, work| eval.relinearize_into(out, &raw, work).unwrap());
    assert_none("product of three parts", &mut |_, _| {
        eval.mul_unrelinearized_into(&mut three, &x, &y).unwrap();
    });
    assert_none("sum of products", &mut |out, work| {
        eval.sum_of_products_rescale_into(out, &[(&x, &y), (&y, &y)], work).unwrap();
    });
    assert_none("rotation", &mut |out, work| eval.rotate_into(out, &x, 1, work).unwrap());
    assert_none("conjugation", &mut |out, work| eval.conjugate_into(out, &x, work).unwrap());
    let mut hoisted = eval.hoist(&x, &mut Workspace::new()).unwrap();
    assert_none("hoisted rotations", &mut |out, work| {
        hoisted.replace(&x, work).unwrap();
        hoisted.rotate_into(out, 1, work).unwrap();
        hoisted.rotate_into(out, 2, work).unwrap();
    });
    let mut sum = x.clone();
    assert_none("addition in place", &mut |_, _| eval.add_assign(&mut sum, &y).unwrap());
    let mut turned = x.clone();
    assert_none("rotation in place", &mut |_, work| eval.rotate_assign(&mut turned, 1, work).unwrap());
    let (mut space, mut source) = (EncryptionSpace::new(), rng(4));
    let public = Encryptor::new(&kit.context, &kit.public);
    assert_none("public-key encryption", &mut |out, _| {
        public.encrypt_into(out, &plaintext, &mut source, &mut space).unwrap();
    });
    let owner = Encryptor::new(&kit.context, &kit.secret);
    assert_none("symmetric encryption", &mut |out, _| {
        owner.encrypt_into(out, &plaintext, &mut source, &mut space).unwrap();
    });
    let (mut encoded, mut scratch) = (Plaintext::empty(&kit.context).unwrap(), EncoderScratch::new());
    assert_none("encoding", &mut |_, _| {
        kit.encoder.encode_into(&mut encoded, &values, &packing, &mut scratch).unwrap();
    });
    let decryptor = Decryptor::new(&kit.context, &kit.secret);
    let (mut decrypted, mut slots) = (Plaintext::empty(&kit.context).unwrap(), values.clone());
    assert_none("decryption and decoding", &mut |_, _| {
        decryptor.decrypt_into(&mut decrypted, &x).unwrap();
        kit.encoder.decode_into(&mut slots, &decrypted, &mut scratch).unwrap();
    });
}

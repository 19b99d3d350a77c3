//! The first path through the library: encrypt, multiply, rotate, decrypt.

mod common;

use ckks::{KeyRequest, params::presets};
use common::{Kit, distance, random, rotated};

#[test]
fn encrypt_multiply_rotate_decrypt() {
    let kit =
        Kit::new(&presets::small(), &KeyRequest::new().relinearization().rotations([1, -3]).conjugation());
    let eval = kit.evaluator();
    let (a, b) = (random(4096, 2), random(4096, 3));
    let (x, y) = (kit.encrypt(&a, 4), kit.encrypt(&b, 5));
    println!("fresh: {:.2} bits", -distance(&kit.decrypt(&x), &a).log2());
    let product: Vec<_> = a.iter().zip(&b).map(|(x, y)| x * y).collect();
    let z = eval.mul_rescale(&x, &y).unwrap();
    println!("mul_rescale: {:.2} bits", -distance(&kit.decrypt(&z), &product).log2());
    let z2 = eval.rescale(&eval.mul(&x, &y).unwrap()).unwrap();
    println!("mul, rescale: {:.2} bits", -distance(&kit.decrypt(&z2), &product).log2());
    for steps in [1, -3] {
        let r = eval.rotate(&x, steps).unwrap();
        println!("rotate {steps}: {:.2} bits", -distance(&kit.decrypt(&r), &rotated(&a, steps)).log2());
    }
    let conjugate: Vec<_> = a.iter().map(|x| x.conj()).collect();
    let c = eval.conjugate(&x).unwrap();
    println!("conjugate: {:.2} bits", -distance(&kit.decrypt(&c), &conjugate).log2());
    for (name, ct, expected) in
        [("fresh", &x, &a), ("mul", &z, &product), ("mul2", &z2, &product), ("conj", &c, &conjugate)]
    {
        println!(
            "{name}: noise std measured 2^{:.2} tracked 2^{:.2} bound 2^{:.2}",
            kit.measured_std(ct, expected).log2(),
            ct.noise_std().log2(),
            ct.noise_bound().log2()
        );
    }
}

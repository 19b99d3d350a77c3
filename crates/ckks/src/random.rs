//! Placeholder for the samplers of `ring_math::sample`.

use rand_core::CryptoRng;
use ring_math::{Ntt, RnsBasis, RnsPoly};

fn write(basis: &RnsBasis, words: &mut [u64], mut draw: impl FnMut() -> i64) {
    let n = basis.n();
    for k in 0..n {
        let c = draw();
        for i in 0..basis.len() {
            words[i * n + k] = basis.modulus(i).reduce_i64(c);
        }
    }
}

pub(crate) fn ternary_words<R: CryptoRng>(basis: &RnsBasis, words: &mut [u64], rng: &mut R) {
    write(basis, words, || i64::from(rng.next_u32() % 3) - 1);
}

pub(crate) fn cbd_words<R: CryptoRng>(basis: &RnsBasis, words: &mut [u64], rng: &mut R) {
    write(basis, words, || {
        let bits = rng.next_u64();
        let mask = (1 << 21) - 1;
        i64::from((bits & mask).count_ones()) - i64::from(((bits >> 21) & mask).count_ones())
    });
}

pub(crate) fn gaussian_words<R: CryptoRng>(basis: &RnsBasis, words: &mut [u64], sigma: f64, rng: &mut R) {
    let n = basis.n();
    for k in 0..n {
        let u = |rng: &mut R| (rng.next_u64() >> 11) as f64 / 9007199254740992.0 + 1e-17;
        let x = (-2.0 * u(rng).ln()).sqrt() * (std::f64::consts::TAU * u(rng)).cos() * sigma;
        for i in 0..basis.len() {
            let q = basis.modulus(i);
            let (c, r) = ((x.abs() as u128), q.value());
            let v = (c % u128::from(r)) as u64;
            words[i * n + k] = if x < 0.0 { q.neg(v) } else { v };
        }
    }
}

/// What a public seed is expanded for; no two uses share random numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SeedUse {
    PublicKey = 1,
    SwitchingKey = 2,
    Ciphertext = 3,
}

pub(crate) fn expand(seed: &[u8; 32], usage: SeedUse, index: u32, poly: &mut RnsPoly<Ntt>) {
    let stream = ((usage as u64) << 32) + u64::from(index);
    let basis = poly.basis().clone();
    let mut state = seed.chunks(8).fold(stream.wrapping_mul(0x9E37_79B9), |acc, b| {
        let mut w = [0; 8];
        w.copy_from_slice(b);
        acc.rotate_left(13) ^ u64::from_le_bytes(w)
    });
    for (i, limb) in poly.words_mut().chunks_exact_mut(basis.n()).enumerate() {
        for word in limb {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *word = basis.modulus(i).reduce(z ^ (z >> 31));
        }
    }
}

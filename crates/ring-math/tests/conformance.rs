//! The ring against its definition, for every kernel this machine has.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first failure")]

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use ring_math::{
    Automorphism, BasisConverter, Coeff, Kernel, Lift, Modulus, Ntt, Rescaler, ResidueRing, RnsBasis,
    RnsPoly, Scratch, ntt::reference, ntt_primes,
};

fn random_limb(ring: &ResidueRing, rng: &mut ChaCha20Rng) -> Vec<u64> {
    (0..ring.n()).map(|_| ring.modulus().reduce(rng.next_u64())).collect()
}

/// Primes at the edges of each arithmetic range that exist for this ring degree.
fn edge_primes(log_n: u32) -> Vec<u64> {
    let mut primes = Vec::new();
    for bits in [30, 47, 48, 49, 50, 51, 60, 61] {
        primes.extend(ntt_primes(bits, log_n, 1, &[]).unwrap());
    }
    primes.extend(ring_math::ntt_primes_near(40, 41, log_n, 2, &[]).unwrap());
    primes
}

#[test]
fn transforms_match_the_quadratic_definition() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for kernel in Kernel::available() {
        for log_n in 3..=11 {
            for p in edge_primes(log_n) {
                let q = Modulus::new(p).unwrap();
                let ring = ResidueRing::new(q, log_n, kernel).unwrap();
                let a = if log_n % 2 == 0 { random_limb(&ring, &mut rng) } else { vec![p - 1; ring.n()] };
                let mut fast = a.clone();
                ring.forward(&mut fast).unwrap();
                assert_eq!(fast, reference::forward(&q, log_n, &a).unwrap(), "{kernel:?} N=2^{log_n} p={p}");
                ring.inverse(&mut fast).unwrap();
                assert_eq!(fast, a, "{kernel:?} inverse N=2^{log_n} p={p}");
            }
        }
    }
}

/// Says which kernels could not run, for the reader of a log.
#[test]
fn kernels_that_cannot_run_are_named() {
    for name in Kernel::known_names() {
        match Kernel::by_name(name) {
            Ok(kernel) => println!("kernel {name} runs here as {kernel:?}"),
            Err(error) => println!("NOT RUN: {error}"),
        }
    }
    assert!(Kernel::by_name("scalar").is_ok());
    assert!(Kernel::by_name("mmx").unwrap_err().to_string().contains("available: "));
}

/// Beyond the reach of the quadratic definition: X^i * a is a shifted by i with the wrapped part negated.
#[test]
fn large_products_with_monomials_are_negacyclic_shifts() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    for kernel in Kernel::available() {
        for log_n in 12..=17 {
            for p in edge_primes(log_n) {
                let q = Modulus::new(p).unwrap();
                let ring = ResidueRing::new(q, log_n, kernel).unwrap();
                let (n, a) = (ring.n(), random_limb(&ring, &mut rng));
                let shift = 1 + (rng.next_u64() as usize) % (n - 1);
                let mut monomial = vec![0; n];
                monomial[shift] = 1;
                let mut values = a.clone();
                ring.forward(&mut values).unwrap();
                ring.forward(&mut monomial).unwrap();
                ring.mul_assign(&mut values, &monomial).unwrap();
                ring.inverse(&mut values).unwrap();
                let (wrapped, moved) = values.split_at(shift);
                assert!(moved == &a[..n - shift], "{kernel:?} N=2^{log_n} p={p}");
                let negated = a[n - shift..].iter().zip(wrapped).all(|(&x, &y)| q.neg(x) == y);
                assert!(negated, "{kernel:?} N=2^{log_n} p={p}");
            }
        }
    }
}

#[test]
fn large_transforms_agree_and_return() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    for log_n in 12..=17 {
        for p in edge_primes(log_n) {
            let q = Modulus::new(p).unwrap();
            let scalar = ResidueRing::new(q, log_n, Kernel::scalar()).unwrap();
            let a = random_limb(&scalar, &mut rng);
            let mut expected = a.clone();
            scalar.forward(&mut expected).unwrap();
            for kernel in Kernel::available() {
                let ring = ResidueRing::new(q, log_n, kernel).unwrap();
                let mut values = a.clone();
                ring.forward(&mut values).unwrap();
                assert!(values == expected, "{kernel:?} N=2^{log_n} p={p}");
                let c = 12345 % p;
                ring.inverse_scaled(&mut values, &ring.inverse_scale(c)).unwrap();
                assert!(
                    values.iter().zip(&a).all(|(&v, &x)| v == q.mul(x, c)),
                    "{kernel:?} N=2^{log_n} p={p}"
                );
            }
        }
    }
}

#[test]
fn products_are_negacyclic() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    for kernel in Kernel::available() {
        for log_n in [3, 6, 8] {
            let basis =
                RnsBasis::with_kernel(log_n, &ntt_primes(48, log_n, 2, &[]).unwrap(), kernel).unwrap();
            let mut random = || -> RnsPoly<Coeff> {
                let words: Vec<u64> = basis.rings().iter().flat_map(|r| random_limb(r, &mut rng)).collect();
                RnsPoly::from_words(&basis, &words).unwrap()
            };
            let (a, b) = (random(), random());
            let mut product = a.clone().into_ntt();
            product.mul_assign(&b.clone().into_ntt()).unwrap();
            let product = product.into_coeff();
            for i in 0..2 {
                let expected = reference::negacyclic_product(basis.modulus(i), a.limb(i), b.limb(i));
                assert_eq!(product.limb(i), expected);
            }
        }
    }
}

/// x mod p for x given as a small signed integer.
fn residues(basis: &RnsBasis, x: &[i128]) -> Vec<u64> {
    basis.primes().flat_map(|p| x.iter().map(move |&v| v.rem_euclid(i128::from(p)) as u64)).collect()
}

#[test]
fn conversion_and_rescaling_are_exact_on_integers() {
    for kernel in Kernel::available() {
        for (log_n, bits, count) in [(3, 30, 3), (6, 40, 3), (7, 48, 2), (6, 50, 2), (6, 61, 2)] {
            let n = 1usize << log_n;
            let source_primes = ntt_primes(bits, log_n, count, &[]).unwrap();
            let target_primes = ntt_primes(44, log_n, 3, &source_primes).unwrap();
            let source = RnsBasis::with_kernel(log_n, &source_primes, kernel).unwrap();
            let target = RnsBasis::with_kernel(log_n, &target_primes, kernel).unwrap();
            let product: i128 = source_primes.iter().map(|&p| i128::from(p)).product();
            let converter = BasisConverter::new(&source, &target).unwrap();
            let mut rng = ChaCha20Rng::seed_from_u64(4);
            let mut x: Vec<i128> = (0..n)
                .map(|_| {
                    let wide = i128::from(rng.next_u64()) << 62 | i128::from(rng.next_u64() >> 2);
                    wide.rem_euclid(product) - product / 2
                })
                .collect();
            x[0] = 0;
            x[1] = 1;
            x[2] = -1;
            x[3] = product / 2 - (product >> 38);
            x[4] = -product / 2 + (product >> 38);
            for lift in [Lift::Centred, Lift::Exact] {
                let x: Vec<i128> =
                    x.iter().map(|&v| if lift == Lift::Exact { v.rem_euclid(product) } else { v }).collect();
                if lift == Lift::Exact {
                    // values just below Q are documented to come out as x - Q
                    assert_eq!(x[2], product - 1);
                }
                let mut scaled = residues(&source, &x);
                converter.scale(&mut scaled).unwrap();
                let (mut quotients, mut out) = (vec![0; n], vec![0; n * target.len()]);
                converter.convert(lift, &scaled, &mut quotients, &mut out).unwrap();
                let mut expected = x.clone();
                if lift == Lift::Exact {
                    expected[2] -= product;
                }
                assert_eq!(out, residues(&target, &expected), "{kernel:?} {bits} bits {lift:?}");
            }
            // Division of x (over target * source) by the source product, rounding to nearest.
            let basis = target.concat(&source).unwrap();
            let wide: Vec<i128> =
                x.iter().enumerate().map(|(i, &v)| v + product * (i as i128 % 7 - 3)).collect();
            let poly = RnsPoly::<Coeff>::from_words(&basis, &residues(&basis, &wide)).unwrap();
            let mut poly: RnsPoly<Ntt> = poly.into_ntt();
            let rescaler = Rescaler::new(&basis, source.len()).unwrap();
            rescaler.rescale(&mut poly, &mut Scratch::new()).unwrap();
            let expected: Vec<i128> = (0..n).map(|i| i as i128 % 7 - 3).collect();
            assert_eq!(poly.into_coeff().words(), residues(&target, &expected), "{kernel:?} {bits} bits");
        }
    }
}

#[test]
fn a_source_limb_can_be_prepared_alone() {
    let log_n = 6;
    let primes = ntt_primes(40, log_n, 4, &[]).unwrap();
    let source = RnsBasis::new(log_n, &primes[..3]).unwrap();
    let target = RnsBasis::new(log_n, &primes[3..]).unwrap();
    let converter = BasisConverter::new(&source, &target).unwrap();
    let x: Vec<i64> = (0..1 << log_n).map(|i| i * i * 7919 - 50_000).collect();
    let words = RnsPoly::<Coeff>::from_i64(&source, &x).unwrap().into_ntt().words().to_vec();
    let (mut together, mut alone) = (words.clone(), words);
    converter.inverse_and_scale(&mut together).unwrap();
    for (j, limb) in alone.chunks_exact_mut(1 << log_n).enumerate() {
        let mut beside = vec![7; limb.len()];
        converter.inverse_and_scale_limb_into(j, &mut beside, limb).unwrap();
        converter.inverse_and_scale_limb(j, limb).unwrap();
        assert_eq!(beside, limb);
    }
    assert_eq!(alone, together);
    let (limb, rest) = alone.split_at_mut(1 << log_n);
    assert!(converter.inverse_and_scale_limb(3, limb).is_err());
    assert!(converter.inverse_and_scale_limb_into(3, limb, &rest[..1 << log_n]).is_err());
    assert!(converter.inverse_and_scale_limb_into(0, limb, &rest[1..1 << log_n]).is_err());
}

#[test]
fn automorphisms_agree_between_representations() {
    for kernel in Kernel::available() {
        for log_n in [3, 4, 6, 9] {
            let basis =
                RnsBasis::with_kernel(log_n, &ntt_primes(45, log_n, 2, &[]).unwrap(), kernel).unwrap();
            let a =
                RnsPoly::<Coeff>::from_i64(&basis, &(0..1 << log_n).map(|i| i * i - 5).collect::<Vec<_>>())
                    .unwrap();
            for galois in [1, 3, 5, 25, (2 << log_n) - 1] {
                let galois = galois % (2 << log_n);
                let automorphism = Automorphism::new(galois, log_n).unwrap();
                let mut by_coefficients = RnsPoly::zero(&basis);
                a.automorphism_into(&mut by_coefficients, &automorphism).unwrap();
                let mut by_values = RnsPoly::zero(&basis);
                a.clone().into_ntt().automorphism_into(&mut by_values, &automorphism).unwrap();
                assert_eq!(by_values.into_coeff(), by_coefficients, "g = {galois}, N = 2^{log_n}");
            }
        }
    }
}

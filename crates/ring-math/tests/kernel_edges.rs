//! Every vector kernel against the portable one where its arithmetic has least room: primes next to powers of two,
//! operands at the ends of their ranges, as many terms as a sum may have.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first error as tests do")]
#![expect(clippy::print_stdout, reason = "a kernel that could not run is named in the log")]

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use ring_math::{
    Automorphism, BasisConverter, Kernel, Lift, MAX_TERMS, Modulus, ResidueRing, RnsBasis, is_prime,
    ntt_primes,
};

/// The vector kernels of this processor; says which ones it lacks.
fn vector_kernels() -> Vec<Kernel> {
    let vector = Kernel::known_names().iter().filter(|&&name| name != "scalar");
    vector
        .filter_map(|name| match Kernel::by_name(name) {
            Ok(kernel) => Some(kernel),
            Err(error) => {
                println!("NOT RUN: {error}");
                None
            }
        })
        .collect()
}

/// The first prime above 2^bits that is 1 modulo 2N.
fn prime_above(bits: u32, log_n: u32) -> u64 {
    let step = 2u64 << log_n;
    (1..).map(|k| (1u64 << bits) + 1 + k * step).find(|&p| is_prime(p)).unwrap()
}

/// The primes nearest to powers of two, from both sides, in all lengths up to 50 bits that leave a choice.
fn edge_primes(log_n: u32) -> Vec<u64> {
    let mut primes: Vec<u64> = (30..50).map(|bits| prime_above(bits, log_n)).collect();
    for bits in 30..=50 {
        primes.extend(ntt_primes(bits, log_n, 1, &[]).unwrap());
    }
    // The smallest primes there are: quotients are as large as the words.
    primes.push(prime_above(log_n + 1, log_n));
    primes
}

/// Rings of the same prime on the portable kernel and on `kernel`.
fn rings(p: u64, log_n: u32, kernel: Kernel) -> [ResidueRing; 2] {
    let q = Modulus::new(p).unwrap();
    let ring = ResidueRing::new(q, log_n, kernel).unwrap();
    assert_eq!(ring.kernel(), kernel);
    [ResidueRing::new(q, log_n, Kernel::scalar()).unwrap(), ring]
}

/// Canonical limbs at the ends of the range, around p/2, and random.
fn patterns(p: u64, n: usize, rng: &mut ChaCha20Rng) -> Vec<Vec<u64>> {
    let alternating = |values: &[u64]| (0..n).map(|i| values[i % values.len()]).collect();
    vec![
        alternating(&[p - 1]),
        alternating(&[0, p - 1]),
        alternating(&[p - 1, p - 1, 0, 0, 0]),
        alternating(&[p / 2, p / 2 + 1]),
        alternating(&[0]),
        alternating(&[1, p - 2, p / 2, 0, p - 1]),
        (0..n).map(|_| rng.next_u64() % p).collect(),
        (0..n).map(|_| if rng.next_u64() & 1 == 0 { 0 } else { p - 1 }).collect(),
    ]
}

#[test]
fn transforms_agree_at_the_edges() {
    vector_kernels().into_iter().for_each(transforms_agree_at_the_edges_on);
}

fn transforms_agree_at_the_edges_on(kernel: Kernel) {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    for log_n in [6, 7, 8, 9, 12, 13] {
        for p in edge_primes(log_n) {
            let [scalar, ring] = rings(p, log_n, kernel);
            for a in patterns(p, ring.n(), &mut rng) {
                let [mut expected, mut values] = [a.clone(), a.clone()];
                scalar.forward(&mut expected).unwrap();
                ring.forward(&mut values).unwrap();
                assert!(values == expected, "forward, N = 2^{log_n}, p = {p}");
                ring.inverse(&mut values).unwrap();
                assert!(values == a, "round trip, N = 2^{log_n}, p = {p}");
                for c in [1, p - 1, p / 2 + 1] {
                    let [mut expected, mut values] = [a.clone(), a.clone()];
                    scalar.inverse_scaled(&mut expected, &scalar.inverse_scale(c)).unwrap();
                    ring.inverse_scaled(&mut values, &ring.inverse_scale(c)).unwrap();
                    assert!(values == expected, "inverse times {c}, N = 2^{log_n}, p = {p}");
                }
            }
        }
    }
}

/// The largest prime of 50 bits for the ring degree where rounding errors pile up longest.
#[test]
fn the_longest_transforms_agree_at_fifty_bits() {
    vector_kernels().into_iter().for_each(the_longest_transforms_agree_at_fifty_bits_on);
}

fn the_longest_transforms_agree_at_fifty_bits_on(kernel: Kernel) {
    let mut rng = ChaCha20Rng::seed_from_u64(12);
    for (bits, log_n) in [(50, 16), (50, 17), (49, 17), (48, 17)] {
        let p = ntt_primes(bits, log_n, 1, &[]).unwrap()[0];
        let [scalar, ring] = rings(p, log_n, kernel);
        for a in patterns(p, ring.n(), &mut rng) {
            let [mut expected, mut values] = [a.clone(), a.clone()];
            scalar.forward(&mut expected).unwrap();
            ring.forward(&mut values).unwrap();
            assert!(values == expected, "forward, N = 2^{log_n}, p = {p}");
            let [mut expected, mut values] = [a.clone(), a];
            scalar.inverse(&mut expected).unwrap();
            ring.inverse(&mut values).unwrap();
            assert!(values == expected, "inverse, N = 2^{log_n}, p = {p}");
        }
    }
}

#[test]
fn word_by_word_operations_agree_at_the_edges() {
    vector_kernels().into_iter().for_each(word_by_word_operations_agree_at_the_edges_on);
}

fn word_by_word_operations_agree_at_the_edges_on(kernel: Kernel) {
    type Operation<'a> = &'a dyn Fn(&ResidueRing, &mut [u64], &[u64], &[u64]);
    let operations: [(&str, Operation<'_>); 9] = [
        ("add_into", &|r, o, a, b| r.add_into(o, a, b).unwrap()),
        ("add_assign", &|r, o, a, _| r.add_assign(o, a).unwrap()),
        ("sub_into", &|r, o, a, b| r.sub_into(o, a, b).unwrap()),
        ("sub_assign", &|r, o, a, _| r.sub_assign(o, a).unwrap()),
        ("neg_assign", &|r, o, _, _| r.neg_assign(o).unwrap()),
        ("mul_into", &|r, o, a, b| r.mul_into(o, a, b).unwrap()),
        ("mul_assign", &|r, o, a, _| r.mul_assign(o, a).unwrap()),
        ("mul_add_assign", &|r, o, a, b| r.mul_add_assign(o, a, b).unwrap()),
        ("permute", &|r, o, a, _| r.permute(o, a, &Automorphism::new(77, 6).unwrap()).unwrap()),
    ];
    let mut rng = ChaCha20Rng::seed_from_u64(13);
    for p in edge_primes(6) {
        let [scalar, ring] = rings(p, 6, kernel);
        let limbs = patterns(p, ring.n(), &mut rng);
        for (name, operation) in operations {
            for (a, b, start) in limbs
                .iter()
                .flat_map(|a| limbs.iter().map(move |b| (a, b)))
                .zip(&limbs)
                .map(|((a, b), s)| (a, b, s))
            {
                let [mut expected, mut out] = [start.clone(), start.clone()];
                operation(&scalar, &mut expected, a, b);
                operation(&ring, &mut out, a, b);
                assert_eq!(out, expected, "{name}, p = {p}");
            }
        }
    }
}

#[test]
fn products_by_constants_agree_at_the_edges() {
    vector_kernels().into_iter().for_each(products_by_constants_agree_at_the_edges_on);
}

fn products_by_constants_agree_at_the_edges_on(kernel: Kernel) {
    let mut rng = ChaCha20Rng::seed_from_u64(14);
    for p in edge_primes(6) {
        let [scalar, ring] = rings(p, 6, kernel);
        let limbs = patterns(p, ring.n(), &mut rng);
        for c in [0, 1, 2, p / 2, p / 2 + 1, p - 1] {
            let c = ring.modulus().prepare(c);
            // Any word below 2^52 may be multiplied by a constant.
            let wide: Vec<u64> = (0..64).map(|i| ((1 << 52) - 1) ^ ((1 << i) - 1) >> 12).collect();
            for a in limbs.iter().chain([&wide]) {
                let [mut expected, mut out] = [a.clone(), a.clone()];
                scalar.mul_scalar_assign(&mut expected, &c).unwrap();
                ring.mul_scalar_assign(&mut out, &c).unwrap();
                assert_eq!(out, expected, "mul_scalar_assign, p = {p}, c = {c:?}");
            }
            for (a, b) in limbs.iter().flat_map(|a| limbs.iter().map(move |b| (a, b))) {
                let [mut expected, mut out] = [a.clone(), a.clone()];
                scalar.mul_scalar_add_assign(&mut expected, b, &c).unwrap();
                ring.mul_scalar_add_assign(&mut out, b, &c).unwrap();
                assert_eq!(out, expected, "mul_scalar_add_assign, p = {p}, c = {c:?}");
                let [mut expected, mut out] = [a.clone(), a.clone()];
                scalar.sub_mul_scalar_assign(&mut expected, b, &c).unwrap();
                ring.sub_mul_scalar_assign(&mut out, b, &c).unwrap();
                assert_eq!(out, expected, "sub_mul_scalar_assign, p = {p}, c = {c:?}");
            }
        }
    }
}

#[test]
fn divisions_agree_after_unreduced_transforms() {
    vector_kernels().into_iter().for_each(divisions_agree_after_unreduced_transforms_on);
}

/// Transforms of several lengths leave unreduced values with different shares of their room used up.
fn divisions_agree_after_unreduced_transforms_on(kernel: Kernel) {
    let mut rng = ChaCha20Rng::seed_from_u64(18);
    for log_n in [6, 8, 9, 12, 13] {
        for p in edge_primes(log_n) {
            let [scalar, ring] = rings(p, log_n, kernel);
            let limbs = patterns(p, ring.n(), &mut rng);
            for (c, (a, b)) in [1, p / 2 + 1, p - 1].into_iter().cycle().zip(limbs.iter().zip(&limbs[1..])) {
                let c = ring.modulus().prepare(c);
                let [mut expected, mut in_place] = [a.clone(), a.clone()];
                let [mut canonical, mut unreduced, mut out] = [b.clone(), b.clone(), b.clone()];
                scalar.forward(&mut canonical).unwrap();
                scalar.sub_mul_scalar_assign(&mut expected, &canonical, &c).unwrap();
                ring.forward_unreduced(&mut unreduced).unwrap();
                ring.sub_mul_scalar_assign(&mut in_place, &unreduced, &c).unwrap();
                assert!(in_place == expected, "in place, N = 2^{log_n}, p = {p}");
                ring.sub_mul_scalar_into(&mut out, a, &unreduced, &c).unwrap();
                assert!(out == expected, "N = 2^{log_n}, p = {p}");
                scalar.sub_mul_scalar_into(&mut out, a, &canonical, &c).unwrap();
                assert!(out == expected, "portable, N = 2^{log_n}, p = {p}");
            }
        }
    }
}

#[test]
fn inner_products_agree_at_every_number_of_terms() {
    vector_kernels().into_iter().for_each(inner_products_agree_at_every_number_of_terms_on);
}

fn inner_products_agree_at_every_number_of_terms_on(kernel: Kernel) {
    let mut rng = ChaCha20Rng::seed_from_u64(15);
    for p in edge_primes(6) {
        let [scalar, ring] = rings(p, 6, kernel);
        let limbs = patterns(p, ring.n(), &mut rng);
        for count in [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, MAX_TERMS] {
            for shift in 0..limbs.len() {
                // Shift 0 has only the largest operands; the others mix the patterns.
                let pick = |j: usize| &limbs[(shift * (j + 1)) % limbs.len()][..];
                let pairs: Vec<_> = (0..count).map(|j| (pick(j), pick(j + 1))).collect();
                let [mut expected, mut out] = [vec![7; ring.n()], vec![9; ring.n()]];
                scalar.inner_product(&mut expected, &pairs).unwrap();
                ring.inner_product(&mut out, &pairs).unwrap();
                assert_eq!(out, expected, "{count} terms, p = {p}");
                let triples: Vec<_> = (0..count).map(|j| (pick(j), pick(j + 1), pick(j + 3))).collect();
                let mut expected = [vec![7; ring.n()], vec![7; ring.n()]];
                let mut out = [vec![9; ring.n()], vec![9; ring.n()]];
                let [first, second] = &mut expected;
                scalar.inner_product_pair(first, second, &triples).unwrap();
                let [first, second] = &mut out;
                ring.inner_product_pair(first, second, &triples).unwrap();
                assert_eq!(out, expected, "pair of {count} terms, p = {p}");
            }
        }
    }
}

#[test]
fn lifts_agree_around_half() {
    vector_kernels().into_iter().for_each(lifts_agree_around_half_on);
}

fn lifts_agree_around_half_on(kernel: Kernel) {
    let mut rng = ChaCha20Rng::seed_from_u64(16);
    let primes = edge_primes(6);
    for (&from, &p) in primes.iter().flat_map(|from| primes.iter().map(move |p| (from, p))) {
        let [scalar, ring] = rings(p, 6, kernel);
        let source = Modulus::new(from).unwrap();
        for a in patterns(from, ring.n(), &mut rng) {
            let [mut expected, mut out] = [vec![7; ring.n()], vec![9; ring.n()]];
            scalar.lift_centred(&mut expected, &a, &source).unwrap();
            ring.lift_centred(&mut out, &a, &source).unwrap();
            assert_eq!(out, expected, "from {from} to {p}");
        }
    }
}

/// Scaled source residues at the ends of their ranges, also those that no number has.
#[test]
fn conversions_agree_at_every_number_of_sources() {
    vector_kernels().into_iter().for_each(conversions_agree_at_every_number_of_sources_on);
}

fn conversions_agree_at_every_number_of_sources_on(kernel: Kernel) {
    let log_n = 6;
    let targets: Vec<u64> = [30, 40, 48, 49, 50].map(|bits| prime_above(bits - 1, log_n)).to_vec();
    for bits in [30, 44, 47, 48, 49, 50] {
        let sources = ntt_primes(bits, log_n, MAX_TERMS, &targets).unwrap();
        for count in [1, 2, 8, 9, 17, 33, MAX_TERMS] {
            let primes = &sources[..count];
            let converters = [Kernel::scalar(), kernel].map(|kernel| {
                let source = RnsBasis::with_kernel(log_n, primes, kernel).unwrap();
                let target = RnsBasis::with_kernel(log_n, &targets, kernel).unwrap();
                BasisConverter::new(&source, &target).unwrap()
            });
            let mut rng = ChaCha20Rng::seed_from_u64(17);
            let limbs: Vec<_> = primes.iter().map(|&p| patterns(p, 1 << log_n, &mut rng)).collect();
            for pattern in 0..limbs[0].len() {
                let scaled: Vec<u64> = limbs.iter().flat_map(|patterns| patterns[pattern].clone()).collect();
                for lift in [Lift::Fast, Lift::Exact, Lift::Centred] {
                    let [expected, out] = [&converters[0], &converters[1]].map(|converter| {
                        let mut quotients = vec![0; 1 << log_n];
                        let mut out = vec![0; targets.len() << log_n];
                        converter.convert(lift, &scaled, &mut quotients, &mut out).unwrap();
                        // From any limb on, together.
                        for first in 0..targets.len() {
                            let mut some = vec![7; (targets.len() - first) << log_n];
                            converter.convert_limbs(lift, first, &scaled, &mut some).unwrap();
                            assert!(
                                some == out[first << log_n..],
                                "{count} sources of {bits} bits, {lift:?}"
                            );
                        }
                        (quotients, out)
                    });
                    assert!(out == expected, "{count} sources of {bits} bits, {lift:?}");
                }
            }
        }
    }
}

/// More limbs than a kernel computes from one reading of the sources.
#[test]
fn conversions_to_many_limbs_agree() {
    let log_n = 7;
    let primes = ntt_primes(48, log_n, 23, &[]).unwrap();
    for count in [3, 6, 11] {
        let (sources, targets) = primes.split_at(count);
        let convert = |kernel: Kernel| {
            let source = RnsBasis::with_kernel(log_n, sources, kernel).unwrap();
            let target = RnsBasis::with_kernel(log_n, targets, kernel).unwrap();
            let converter = BasisConverter::new(&source, &target).unwrap();
            let mut rng = ChaCha20Rng::seed_from_u64(23);
            let limbs = sources.iter().map(|&p| patterns(p, 1 << log_n, &mut rng).pop().unwrap());
            let scaled: Vec<u64> = limbs.flatten().collect();
            let mut out = vec![0; targets.len() << log_n];
            converter.convert_limbs(Lift::Centred, 0, &scaled, &mut out).unwrap();
            out
        };
        let expected = convert(Kernel::scalar());
        for kernel in vector_kernels() {
            assert!(convert(kernel) == expected, "{count} sources on {}", kernel.name());
        }
    }
}

//! Every error that a caller can provoke.

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use ring_math::{
    Automorphism, BasisConverter, Coeff, Kernel, Lift, MAX_LOG_N, MAX_TERMS, Modulus, Ntt, Rescaler,
    ResidueRing, RingError, RnsBasis, RnsPoly, Scratch, ntt::reference, ntt_primes, ntt_primes_near,
    primitive_root, sample,
};

fn small_basis() -> RnsBasis {
    RnsBasis::new(3, &[17, 97, 113]).unwrap()
}

fn message<T>(result: Result<T, RingError>) -> String {
    result.err().expect("an error").to_string()
}

#[test]
fn impossible_moduli_and_degrees_are_refused() {
    assert_eq!(message(Modulus::new(91)), "modulus 91 is not prime; choose one with `ntt_primes`");
    for value in [0, 1, 2, 1 << 61, u64::MAX] {
        assert_eq!(
            message(Modulus::new(value)),
            format!("modulus {value} is out of range; expected a prime from 3 to 2305843009213693951")
        );
    }
    let q = Modulus::new(97).unwrap();
    assert_eq!(
        message(ResidueRing::new(q, 5, Kernel::scalar())),
        "prime 97 is not 1 modulo 2N = 64; choose one with `ntt_primes`"
    );
    assert!(matches!(primitive_root(&q, 5), Err(RingError::NotNttFriendly { modulus: 97, ring_degree: 32 })));
    for log_n in [0, 2, MAX_LOG_N + 1, 64, u32::MAX] {
        let expected = format!("log2 of the ring degree is {log_n}; expected 3 to 17");
        assert_eq!(message(ResidueRing::new(q, log_n, Kernel::scalar())), expected);
        assert_eq!(message(RnsBasis::new(log_n, &[97])), expected);
        assert_eq!(message(Automorphism::new(5, log_n)), expected);
    }
    for log_n in [MAX_LOG_N + 1, 63, 64, u32::MAX] {
        let expected = format!("log2 of the ring degree is {log_n}; expected 3 to 17");
        assert_eq!(message(primitive_root(&q, log_n)), expected);
    }
    assert_eq!(message(q.inv(97 * 5)), "485 has no inverse modulo 97");
}

#[test]
fn searches_for_primes_that_do_not_exist_end() {
    assert_eq!(
        message(ntt_primes(20, 15, 100, &[])),
        "found 1 primes of 20 bits that are 1 modulo 2N = 65536, wanted 100"
    );
    assert!(matches!(ntt_primes(20, 15, usize::MAX, &[]), Err(RingError::NotEnoughPrimes { found: 1, .. })));
    assert!(matches!(ntt_primes(10, 17, 1, &[]), Err(RingError::NotEnoughPrimes { found: 0, .. })));
    assert!(matches!(ntt_primes_near(10, 11, 17, 1, &[]), Err(RingError::NotEnoughPrimes { found: 0, .. })));
    assert!(matches!(
        ntt_primes_near(20, 21, 15, usize::MAX, &[]),
        Err(RingError::NotEnoughPrimes { wanted: usize::MAX, .. })
    ));
    for (bits, log_n) in [(0, 3), (1, 3), (62, 3), (64, 3), (u32::MAX, 3), (30, 61), (30, 64), (30, u32::MAX)]
    {
        assert!(matches!(ntt_primes(bits, log_n, 1, &[]), Err(RingError::ModulusOutOfRange { .. })));
        assert!(matches!(ntt_primes_near(bits, 61, log_n, 1, &[]), Err(RingError::ModulusOutOfRange { .. })));
    }
    // No prime found is above the bound that was given, even when the target is.
    for max_bits in [37, 38, 39, 40] {
        if let Ok(found) = ntt_primes_near(40, max_bits, 10, 3, &[]) {
            assert!(found.iter().all(|p| *p < 1 << max_bits), "{found:?} below 2^{max_bits}");
        }
    }
}

#[test]
fn impossible_bases_are_refused() {
    assert_eq!(message(RnsBasis::new(3, &[17, 97, 17])), "prime 17 occurs more than once in the basis");
    assert_eq!(message(RnsBasis::new(3, &[])), "new basis: a basis needs at least one prime");
    let basis = small_basis();
    assert_eq!(message(basis.slice(1..1)), "slice of a basis: a basis needs at least one prime");
    #[expect(clippy::reversed_empty_ranges, reason = "a caller may compute one")]
    let reversed = basis.slice(2..1);
    assert_eq!(message(reversed), "slice of a basis: a basis needs at least one prime");
    assert_eq!(message(basis.slice(1..4)), "end of a basis range: length 4, expected 3");
    assert_eq!(message(basis.slice(5..6)), "end of a basis range: length 6, expected 3");
    assert_eq!(message(basis.concat(&basis)), "prime 17 occurs more than once in the basis");
    let larger = RnsBasis::new(4, &[97]).unwrap();
    let mismatch = "operands have different bases: N = 8, primes [17, 97, 113] and N = 16, primes [97]; bring both to \
                    one basis first";
    assert_eq!(message(basis.concat(&larger)), mismatch);
    assert_eq!(message(BasisConverter::new(&basis, &larger)), mismatch);
    assert!(matches!(BasisConverter::new(&basis, &basis), Err(RingError::RepeatedPrime { modulus: 17 })));
    let many = RnsBasis::new(3, &ntt_primes(30, 3, MAX_TERMS + 1, &[]).unwrap()).unwrap();
    assert_eq!(
        message(BasisConverter::new(&many, &basis)),
        "source primes of a conversion: length 65, expected 64"
    );
    for count in [0, 3, 4, usize::MAX] {
        assert_eq!(
            message(Rescaler::new(&basis, count)),
            "division by the last primes: a basis needs at least one prime"
        );
    }
}

#[test]
fn operands_that_do_not_match_are_refused() {
    let (basis, part) = (small_basis(), small_basis().slice(0..2).unwrap());
    let (mut a, b) = (RnsPoly::<Ntt>::zero(&basis), RnsPoly::<Ntt>::zero(&part));
    let expected = RingError::BasisMismatch {
        left: "N = 8, primes [17, 97, 113]".to_owned(),
        right: "N = 8, primes [17, 97]".to_owned(),
    };
    let c = a.clone();
    for result in [
        a.add_assign(&b),
        a.sub_assign(&b),
        a.mul_assign(&b),
        a.mul_add_assign(&b, &b),
        a.mul_add_assign(&c, &b),
        a.add_into(&c, &b),
        a.sub_into(&c, &b),
        a.mul_into(&c, &b),
    ] {
        assert_eq!(result, Err(expected.clone()));
    }
    assert!(matches!(a.drop_to_basis(&basis.slice(1..2).unwrap()), Err(RingError::BasisMismatch { .. })));
    assert!(matches!(a.copy_prefix_from(&b, &basis), Err(RingError::BasisMismatch { .. })));
    assert!(matches!(a.drop_to(0), Err(RingError::EmptyBasis { .. })));
    assert!(matches!(a.drop_to(4), Err(RingError::LengthMismatch { found: 4, expected: 3, .. })));
    let prepared = [basis.modulus(0).prepare(1)];
    assert_eq!(message(a.mul_scalars_assign(&prepared)), "scalar factors: length 1, expected 3");
    let rescaler = Rescaler::new(&basis, 1).unwrap();
    let mut short = b.clone();
    assert_eq!(rescaler.rescale(&mut short, &mut Scratch::new()), Err(expected));
    assert_eq!(short, b);

    let other = Automorphism::new(5, 4).unwrap();
    let mut out = a.clone();
    assert_eq!(message(a.automorphism_into(&mut out, &other)), "automorphism: length 16, expected 8");
    let coefficients = RnsPoly::<Coeff>::zero(&basis);
    assert!(coefficients.automorphism_into(&mut coefficients.clone(), &other).is_err());
    for galois in [0, 2, 16, 17, u64::MAX] {
        assert_eq!(
            message(Automorphism::new(galois, 3)),
            format!("Galois element {galois} is not odd and below 2N = 16")
        );
    }
}

#[test]
fn words_of_the_wrong_number_or_size_are_refused() {
    let basis = small_basis();
    assert_eq!(message(RnsPoly::<Ntt>::from_words(&basis, &[0; 23])), "words: length 23, expected 24");
    let mut words = [0; 24];
    words[13] = 97;
    assert_eq!(
        message(RnsPoly::<Coeff>::from_words(&basis, &words)),
        "coefficient 97 at limb 1, index 5 is not below its prime 97"
    );
    assert_eq!(message(RnsPoly::from_i64(&basis, &[1; 9])), "coefficients: length 9, expected 8");
    let q = basis.modulus(0);
    assert_eq!(message(reference::forward(q, 3, &[0; 7])), "coefficients: length 7, expected 8");
    assert!(matches!(reference::forward(q, 4, &[0; 16]), Err(RingError::NotNttFriendly { .. })));
}

#[test]
fn limbs_of_the_wrong_length_are_refused() {
    let basis = small_basis();
    let (ring, q) = (basis.ring(0), basis.modulus(0));
    let (mut good, mut short, one) = ([0; 8], [0; 7], q.prepare(1));
    let (good2, short2) = ([0; 8], [0; 7]);
    let scale = ring.inverse_scale(1);
    let too_many = [(&good2[..], &good2[..]); MAX_TERMS + 1];
    let too_many_pairs = [(&good2[..], &good2[..], &good2[..]); MAX_TERMS + 1];
    let map = Automorphism::new(3, 4).unwrap();
    let results = [
        ring.forward(&mut short),
        ring.forward_unreduced(&mut short),
        ring.inverse(&mut short),
        ring.inverse_scaled(&mut short, &scale),
        ring.add_assign(&mut short, &good2),
        ring.add_assign(&mut good, &short2),
        ring.add_into(&mut good, &good2, &short2),
        ring.sub_assign(&mut good, &short2),
        ring.sub_into(&mut short, &good2, &good2),
        ring.neg_assign(&mut short),
        ring.mul_into(&mut good, &short2, &good2),
        ring.mul_assign(&mut good, &short2),
        ring.mul_add_assign(&mut short, &good2, &good2),
        ring.mul_scalar_assign(&mut short, &one),
        ring.mul_scalar_add_assign(&mut good, &short2, &one),
        ring.sub_mul_scalar_assign(&mut good, &short2, &one),
        ring.sub_mul_scalar_into(&mut short, &good2, &good2, &one),
        ring.sub_mul_scalar_into(&mut good, &good2, &short2, &one),
        ring.inner_product(&mut short, &[]),
        ring.inner_product(&mut good, &[(&good2, &short2)]),
        ring.inner_product(&mut good, &too_many),
        ring.inner_product_pair(&mut good, &mut short, &[]),
        ring.inner_product_pair(&mut [], &mut [], &[]),
        ring.inner_product_pair(&mut good, &mut [0; 8], &[(&good2, &good2, &short2)]),
        ring.inner_product_pair(&mut good, &mut [0; 8], &too_many_pairs),
        ring.lift_centred(&mut good, &short2, q),
        ring.forward_lifted(&mut good, &short2, q),
        ring.forward_lifted(&mut short, &good2, q),
        ring.inverse_scaled_into(&mut good, &short2, &ring.inverse_scale(1)),
        ring.inverse_scaled_into(&mut short, &good2, &ring.inverse_scale(1)),
        ring.permute(&mut short, &good2, &Automorphism::new(3, 3).unwrap()),
        ring.permute(&mut good, &good2, &map),
    ];
    for (i, result) in results.into_iter().enumerate() {
        assert!(matches!(result, Err(RingError::LengthMismatch { .. })), "call {i}: {result:?}");
    }
    assert_eq!(message(ring.forward(&mut short)), "limb: length 7, expected 8");
}

#[test]
fn conversions_of_the_wrong_length_are_refused() {
    let (source, target) = (small_basis(), RnsBasis::new(3, &[193, 241]).unwrap());
    let converter = BasisConverter::new(&source, &target).unwrap();
    let (mut good, mut short, mut limb, mut out) = ([0; 24], [0; 23], [0; 8], [0; 16]);
    let results = [
        converter.scale(&mut short),
        converter.inverse_and_scale(&mut short),
        converter.quotients(Lift::Exact, &short, &mut limb),
        converter.quotients(Lift::Fast, &good, &mut [0; 7]),
        converter.convert_limb(0, &short, None, &mut limb),
        converter.convert_limb(0, &good, None, &mut [0; 7]),
        converter.convert_limb(0, &good, Some(&[0; 7]), &mut limb),
        converter.convert_limb(2, &good, None, &mut limb),
        converter.convert_limbs(Lift::Fast, 0, &short, &mut limb),
        converter.convert_limbs(Lift::Fast, 0, &good, &mut out[..15]),
        converter.convert_limbs(Lift::Centred, 1, &good, &mut out),
        converter.convert_limbs(Lift::Centred, 3, &good, &mut out),
        converter.convert(Lift::Centred, &good, &mut limb, &mut out[..15]),
        converter.convert(Lift::Centred, &good, &mut [0; 9], &mut out),
        converter.convert(Lift::Centred, &short, &mut limb, &mut out),
    ];
    for (i, result) in results.into_iter().enumerate() {
        assert!(matches!(result, Err(RingError::LengthMismatch { .. })), "call {i}: {result:?}");
    }
    for count in [1, 2] {
        let rescaler = Rescaler::new(&source, count).unwrap();
        let dropped = &mut good[..8 * count];
        let mut lifted = [0; 8];
        let mut results = vec![
            rescaler.prepare_dropped(&mut short[..7], &mut limb),
            rescaler.finish_limb(0, &mut [0; 7], dropped, &limb, &mut lifted),
            rescaler.finish_limb(0, &mut out[..8], &dropped[..7], &limb, &mut lifted),
            rescaler.finish_limb(0, &mut out[..8], dropped, &limb, &mut [0; 7]),
            rescaler.finish_limb(3 - count, &mut out[..8], dropped, &limb, &mut lifted),
        ];
        results.extend([
            rescaler.prepare_limb(count, &mut limb),
            rescaler.prepare_limb(0, &mut short[..7]),
            rescaler.prepare_limb_into(0, &mut limb, &dropped[..7]),
            rescaler.prepare_limb_into(count, &mut limb, &dropped[..8]),
            rescaler.lift(0, &dropped[..7], &mut limb),
            rescaler.lift(0, dropped, &mut out[..7]),
            rescaler.lift(3 - count, dropped, &mut limb),
            rescaler.finish(3 - count, &mut [0; 8], &limb, &mut lifted),
            rescaler.finish(0, &mut [0; 7], &limb, &mut lifted),
            rescaler.finish_assign(0, &mut limb, &mut [0; 7]),
            rescaler.finish_assign(3 - count, &mut limb, &mut lifted),
        ]);
        if count == 2 {
            results.push(rescaler.prepare_dropped(dropped, &mut [0; 7]));
            results.push(rescaler.finish_limb(0, &mut out[..8], dropped, &[0; 7], &mut lifted));
        }
        for (i, result) in results.into_iter().enumerate() {
            assert!(
                matches!(result, Err(RingError::LengthMismatch { .. })),
                "call {i} of {count}: {result:?}"
            );
        }
    }
}

#[test]
fn unknown_kernels_are_refused_by_name() {
    let names: Vec<&str> = Kernel::available().iter().map(Kernel::name).collect();
    assert_eq!(
        message(Kernel::by_name("quantum")),
        format!("kernel `quantum` cannot run here; available: {}", names.join(", "))
    );
    assert_eq!(Kernel::by_name("scalar"), Ok(Kernel::scalar()));
    for name in Kernel::known_names() {
        assert_eq!(Kernel::by_name(name).is_ok(), names.contains(name));
    }
}

#[test]
fn sampler_parameters_are_refused_with_their_range() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    assert_eq!(
        message(sample::gaussian(&small_basis(), -1.0, &mut rng)),
        "Gaussian: parameter sigma = -1 is out of range; expected a standard deviation above 0 and at most 2^100"
    );
}

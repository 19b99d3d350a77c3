//! The ways to call a sampler, and what it refuses.

use ring_math::{
    Coeff, RingError, RnsPoly, ntt_primes,
    sample::{self, EXPANSION_VERSION, ExpansionDomain, MAX_GAUSSIAN_SIGMA, SeedExpander},
};

use super::{basis, rng};

#[test]
fn the_three_forms_of_a_sampler_agree() {
    let basis = basis(6, &ntt_primes(40, 6, 3, &[]).unwrap());
    let mut words = vec![1; 3 * 64];
    let mut poly = RnsPoly::<Coeff>::from_words(&basis, &words).unwrap();

    let expected: RnsPoly<Coeff> = sample::uniform(&basis, &mut rng(1));
    sample::uniform_into(&mut poly, &mut rng(1));
    sample::uniform_words(&basis, &mut words, &mut rng(1)).unwrap();
    assert!(poly == expected && words == expected.words());

    let expected = sample::ternary(&basis, &mut rng(2));
    sample::ternary_into(&mut poly, &mut rng(2));
    sample::ternary_words(&basis, &mut words, &mut rng(2)).unwrap();
    assert!(poly == expected && words == expected.words());

    let expected = sample::ternary_of_weight(&basis, 9, &mut rng(3)).unwrap();
    sample::ternary_of_weight_into(&mut poly, 9, &mut rng(3)).unwrap();
    sample::ternary_of_weight_words(&basis, &mut words, 9, &mut rng(3)).unwrap();
    assert!(poly == expected && words == expected.words());

    let expected = sample::cbd(&basis, &mut rng(4));
    sample::cbd_into(&mut poly, &mut rng(4));
    sample::cbd_words(&basis, &mut words, &mut rng(4)).unwrap();
    assert!(poly == expected && words == expected.words());

    let expected = sample::gaussian(&basis, 1e9, &mut rng(5)).unwrap();
    sample::gaussian_into(&mut poly, 1e9, &mut rng(5)).unwrap();
    sample::gaussian_words(&basis, &mut words, 1e9, &mut rng(5)).unwrap();
    assert!(poly == expected && words == expected.words());
}

#[test]
fn a_generator_behind_a_pointer_will_do() {
    let basis = basis(3, &[17]);
    let mut by_pointer = rng(1);
    let pointer: &mut dyn rand_chacha::rand_core::CryptoRng = &mut by_pointer;
    assert_eq!(sample::cbd(&basis, pointer), sample::cbd(&basis, &mut rng(1)));
}

#[test]
fn parameters_out_of_range_are_refused() {
    let basis = basis(3, &[17, 97]);
    for sigma in [0.0, -1.0, f64::NAN, f64::INFINITY, 1.5 * MAX_GAUSSIAN_SIGMA] {
        let error = sample::gaussian(&basis, sigma, &mut rng(1)).unwrap_err();
        assert!(matches!(error, RingError::SamplerParameter { distribution: "Gaussian", .. }), "{error}");
        assert_eq!(sample::gaussian_integers(&mut [0], sigma, &mut rng(1)), Err(error));
    }
    let error = sample::ternary_of_weight(&basis, 9, &mut rng(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ternary of fixed weight: parameter 9 is out of range; expected a weight of at most the ring degree"
    );
    let error = SeedExpander::with_version(&[0; 32], EXPANSION_VERSION + 1).unwrap_err();
    assert_eq!(error.to_string(), "seed expansion: parameter version 2 is out of range; expected version 1");
    let expected = RingError::LengthMismatch { what: "limbs to sample", found: 15, expected: 16 };
    let (mut words, mut rng) = ([0; 15], rng(1));
    let domain = ExpansionDomain { object: 0, part: 0 };
    for result in [
        sample::uniform_words(&basis, &mut words, &mut rng),
        sample::ternary_words(&basis, &mut words, &mut rng),
        sample::ternary_of_weight_words(&basis, &mut words, 1, &mut rng),
        sample::cbd_words(&basis, &mut words, &mut rng),
        sample::gaussian_words(&basis, &mut words, 1.0, &mut rng),
        SeedExpander::new(&[0; 32]).expand_words(domain, &basis, &mut words),
    ] {
        assert_eq!(result, Err(expected.clone()));
    }
}

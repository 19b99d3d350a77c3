//! Primes and roots of unity.

use ring_math::{Modulus, is_prime, ntt_primes, ntt_primes_near, primitive_root};

#[test]
fn small_numbers_are_prime_exactly_when_nothing_divides_them() {
    let by_division = |n: u64| n >= 2 && (2..n).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
    for n in 0..20_000 {
        assert_eq!(is_prime(n), by_division(n), "{n}");
    }
    // Carmichael numbers, strong pseudoprimes to the first bases, squares, and the ends of the range.
    for n in [561, 41041, 825_265, 3_215_031_751, 3_825_123_056_546_413_051, 4_294_967_291 * 4_294_967_291] {
        assert!(!is_prime(n), "{n}");
    }
    for n in [4_294_967_291, (1 << 61) - 1, 18_446_744_073_709_551_557] {
        assert!(is_prime(n), "{n}");
    }
    assert!(!is_prime(u64::MAX));
}

#[test]
fn primes_found_are_the_largest_of_their_shape() {
    for (bits, log_n) in [(20, 3), (30, 10), (48, 13), (61, 16)] {
        let found = ntt_primes(bits, log_n, 5, &[]).unwrap();
        let step = 2u64 << log_n;
        let mut expected = Vec::new();
        let mut candidate = (((1u64 << bits) - 1) / step) * step + 1;
        while expected.len() < 5 {
            if candidate < 1 << bits && is_prime(candidate) {
                expected.push(candidate);
            }
            candidate -= step;
        }
        assert_eq!(found, expected);
        let others = ntt_primes(bits, log_n, 3, &found[..2]).unwrap();
        assert_eq!(others, found[2..]);
    }
    let near = ntt_primes_near(40, 41, 12, 12, &[]).unwrap();
    assert!(near.iter().all(|&p| is_prime(p) && p % (2 << 12) == 1 && p < 1 << 41));
    for length in 1..=12 {
        let log2: f64 = near[..length].iter().map(|&p| (p as f64).log2() - 40.0).sum();
        assert!(log2.abs() < 1e-5, "the product of {length} is 2^{log2} off");
    }
}

#[test]
fn roots_are_primitive() {
    for log_n in [3, 10, 17] {
        let q = Modulus::new(ntt_primes(50, log_n, 1, &[]).unwrap()[0]).unwrap();
        let root = primitive_root(&q, log_n).unwrap();
        assert_eq!(q.pow(root, 1 << log_n), q.value() - 1);
    }
}

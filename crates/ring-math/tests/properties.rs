//! Laws of the ring, of conversion and division against integers of any size, and of the automorphisms, on drawn
//! operands; and every error that a caller can provoke.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which the lint does not recognise")]
#![expect(clippy::expect_used, reason = "helpers of tests stop at the first failure")]

use num_bigint::{BigInt, Sign};
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use ring_math::{
    Automorphism, BasisConverter, Coeff, Kernel, Lift, MAX_LOG_N, MAX_TERMS, Modulus, Ntt, PART_WORDS,
    Representation, Rescaler, ResidueRing, RingError, RnsBasis, RnsPoly, Scratch, is_prime, ntt::reference,
    ntt_primes, ntt_primes_near, primitive_root, sample,
};

/// A ring to draw operands from: any kernel of this machine, small degrees, primes of every regime.
#[derive(Clone, Debug)]
struct Setting {
    log_n: u32,
    primes: Vec<u64>,
    kernel: Kernel,
    seed: u64,
}

fn setting(most_primes: usize) -> impl Strategy<Value = Setting> {
    let kernels = Kernel::available();
    let bits = prop_oneof![20u32..=30, 38u32..=48, 47u32..=51, 59u32..=61];
    (3u32..=8, prop::collection::vec(bits, 1..=most_primes), 0..kernels.len(), any::<u64>()).prop_map(
        move |(log_n, bits, kernel, seed)| {
            let mut primes = Vec::new();
            for bits in bits {
                primes.extend(ntt_primes(bits, log_n, 1, &primes).unwrap());
            }
            Setting { log_n, primes, kernel: kernels[kernel], seed }
        },
    )
}

impl Setting {
    fn basis(&self) -> RnsBasis {
        RnsBasis::with_kernel(self.log_n, &self.primes, self.kernel).unwrap()
    }

    /// Polynomials whose words are random, all zero, all p - 1, or either end at random.
    fn polys<R: Representation, const K: usize>(&self) -> [RnsPoly<R>; K] {
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        std::array::from_fn(|k| {
            let mut poly: RnsPoly<R> = sample::uniform(&self.basis(), &mut rng);
            let basis = poly.basis().clone();
            for (i, p) in basis.primes().enumerate() {
                for word in poly.limb_mut(i) {
                    *word = match (self.seed >> (4 * k)) % 8 {
                        0 => 0,
                        1 => p - 1,
                        2 => [0, p - 1][(*word % 2) as usize],
                        _ => *word,
                    };
                }
            }
            poly
        })
    }
}

fn sum<R: Representation>(a: &RnsPoly<R>, b: &RnsPoly<R>) -> RnsPoly<R> {
    let mut out = a.clone();
    out.add_assign(b).unwrap();
    out
}

fn product(a: &RnsPoly<Ntt>, b: &RnsPoly<Ntt>) -> RnsPoly<Ntt> {
    let mut out = a.clone();
    out.mul_assign(b).unwrap();
    out
}

fn constant(basis: &RnsBasis, c: i64) -> RnsPoly<Ntt> {
    RnsPoly::from_i64(basis, &[c]).unwrap().into_ntt()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn polynomials_form_a_commutative_ring(s in setting(4)) {
        let [a, b, c] = s.polys::<Ntt, 3>();
        let basis = s.basis();
        prop_assert_eq!(sum(&a, &b), sum(&b, &a));
        prop_assert_eq!(sum(&sum(&a, &b), &c), sum(&a, &sum(&b, &c)));
        prop_assert_eq!(product(&a, &b), product(&b, &a));
        prop_assert_eq!(product(&product(&a, &b), &c), product(&a, &product(&b, &c)));
        prop_assert_eq!(product(&a, &sum(&b, &c)), sum(&product(&a, &b), &product(&a, &c)));
        prop_assert_eq!(&product(&a, &constant(&basis, 1)), &a);
        let mut negated = a.clone();
        negated.neg_assign();
        prop_assert_eq!(&sum(&a, &negated), &RnsPoly::zero(&basis));
        prop_assert_eq!(product(&a, &constant(&basis, -1)), negated);
    }

    #[test]
    fn the_forms_of_an_operation_agree(s in setting(4), factor in any::<i64>()) {
        let [a, b, c] = s.polys::<Ntt, 3>();
        let basis = s.basis();
        let mut out = RnsPoly::<Ntt>::zero(&basis.slice(0..1).unwrap());
        out.add_into(&a, &b).unwrap();
        prop_assert_eq!(&out, &sum(&a, &b));
        out.sub_into(&a, &b).unwrap();
        prop_assert_eq!(&sum(&out, &b), &a);
        out.add_assign(&b).unwrap();
        out.sub_assign(&a).unwrap();
        prop_assert_eq!(&out, &RnsPoly::zero(&basis));
        out.mul_into(&a, &b).unwrap();
        prop_assert_eq!(&out, &product(&a, &b));
        out.mul_add_assign(&b, &c).unwrap();
        prop_assert_eq!(&out, &sum(&product(&a, &b), &product(&b, &c)));
        let mut scaled = a.clone();
        scaled.mul_i64_assign(factor);
        prop_assert_eq!(&scaled, &product(&a, &constant(&basis, factor)));
        let factors: Vec<_> = basis.rings().iter().map(|ring| {
            ring.modulus().prepare(ring.modulus().reduce_i64(factor))
        }).collect();
        out = a.clone();
        out.mul_scalars_assign(&factors).unwrap();
        prop_assert_eq!(out, scaled);
    }

    #[test]
    fn products_are_those_of_the_definition(s in setting(2)) {
        let [a, b] = s.polys::<Coeff, 2>();
        let fast = product(&a.clone().into_ntt(), &b.clone().into_ntt()).into_coeff();
        for i in 0..a.len() {
            let slow = reference::negacyclic_product(a.basis().modulus(i), a.limb(i), b.limb(i));
            prop_assert_eq!(fast.limb(i), slow);
        }
    }

    #[test]
    fn transforms_are_linear_and_return(s in setting(3), factor in any::<i64>()) {
        let [a, b] = s.polys::<Coeff, 2>();
        let mut combined = a.clone();
        combined.mul_i64_assign(factor);
        combined.add_assign(&b).unwrap();
        let mut values = a.clone().into_ntt();
        values.mul_i64_assign(factor);
        values.add_assign(&b.clone().into_ntt()).unwrap();
        prop_assert_eq!(&combined.clone().into_ntt(), &values);
        prop_assert_eq!(values.into_coeff(), combined);
        // An inverse transform with a factor is the inverse transform, times the factor.
        for (i, ring) in a.basis().rings().iter().enumerate() {
            let mut scaled = a.limb(i).to_vec();
            ring.forward(&mut scaled).unwrap();
            ring.inverse_scaled(&mut scaled, &ring.inverse_scale(factor.cast_unsigned())).unwrap();
            let mut expected = a.limb(i).to_vec();
            ring.mul_scalar_assign(&mut expected, &ring.modulus().prepare(factor.cast_unsigned())).unwrap();
            prop_assert_eq!(scaled, expected);
        }
    }

    #[test]
    fn inner_products_are_sums_of_products(s in setting(2), count in 0..=MAX_TERMS) {
        let [a, b, c] = s.polys::<Ntt, 3>();
        let digits = s.polys::<Coeff, 1>()[0].clone();
        let mut long = RnsPoly::<Ntt>::zero(&s.basis());
        for (i, ring) in a.basis().rings().iter().enumerate() {
            let (mut unreduced, mut canonical) = (digits.limb(i).to_vec(), digits.limb(i).to_vec());
            ring.forward_unreduced(&mut unreduced).unwrap();
            ring.forward(&mut canonical).unwrap();
            let (lefts, rights) = ([a.limb(i), b.limb(i), c.limb(i)], [c.limb(i), a.limb(i)]);
            let (mut out0, mut out1, mut out) = (vec![7; ring.n()], vec![7; ring.n()], vec![7; ring.n()]);
            let pairs: Vec<_> = (0..count).map(|j| (lefts[j % 3], rights[j % 2])).collect();
            let (mut sum0, mut sum1) = (vec![0; ring.n()], vec![0; ring.n()]);
            pairs.iter().for_each(|(x, y)| ring.mul_add_assign(&mut sum0, x, y).unwrap());
            ring.inner_product(&mut out, &pairs).unwrap();
            prop_assert_eq!(&out, &sum0);
            let triples: Vec<_> =
                (0..count).map(|j| (&unreduced[..], lefts[j % 3], rights[j % 2])).collect();
            ring.inner_product_pair(&mut out0, &mut out1, &triples).unwrap();
            sum0.fill(0);
            for (_, x, y) in &triples {
                ring.mul_add_assign(&mut sum0, &canonical, x).unwrap();
                ring.mul_add_assign(&mut sum1, &canonical, y).unwrap();
            }
            prop_assert_eq!((&out0, &out1), (&sum0, &sum1));
            if let Some(at) = ring.n().checked_sub(PART_WORDS) {
                let part: Vec<_> = triples.iter().map(|(x, y, z)| (&x[at..], &y[at..], &z[at..])).collect();
                let (mut part0, mut part1) = ([7; PART_WORDS], [7; PART_WORDS]);
                ring.inner_product_pair(&mut part0, &mut part1, &part).unwrap();
                prop_assert_eq!((&part0[..], &part1[..]), (&sum0[at..], &sum1[at..]));
            }
            long.limb_mut(i).copy_from_slice(&out0);
        }
        // What comes out is canonical.
        prop_assert!(RnsPoly::<Ntt>::from_words(&s.basis(), long.words()).is_ok());
    }

    #[test]
    fn automorphisms_compose_like_their_elements(
        s in setting(2), g in any::<u64>(), h in any::<u64>(),
    ) {
        let two_n = 2u64 << s.log_n;
        let (g, h) = ((g % two_n) | 1, (h % two_n) | 1);
        let map = |poly: &RnsPoly<Ntt>, galois: u64| {
            let mut out = RnsPoly::zero(poly.basis());
            poly.automorphism_into(&mut out, &Automorphism::new(galois, s.log_n).unwrap()).unwrap();
            out
        };
        let [a, b] = s.polys::<Ntt, 2>();
        prop_assert_eq!(map(&map(&a, g), h), map(&a, g * h % two_n));
        prop_assert_eq!(&map(&a, 1), &a);
        // g has an odd order that divides N, so its inverse is a power of it.
        let inverse = (1..two_n).step_by(2).find(|x| x * g % two_n == 1).unwrap();
        prop_assert_eq!(&map(&map(&a, g), inverse), &a);
        prop_assert_eq!(map(&product(&a, &b), g), product(&map(&a, g), &map(&b, g)));
        prop_assert_eq!(map(&sum(&a, &b), g), sum(&map(&a, g), &map(&b, g)));
        let coefficients = a.clone().into_coeff();
        let mut out = RnsPoly::zero(coefficients.basis());
        coefficients.automorphism_into(&mut out, &Automorphism::new(g, s.log_n).unwrap()).unwrap();
        prop_assert_eq!(out.into_ntt(), map(&a, g));
    }

    #[test]
    fn scalars_are_integers_modulo_p(
        p in prop_oneof![Just(3u64), Just(5), Just(97), Just(12289), Just((1 << 61) - 1),
            (20u32..=61).prop_map(|bits| ntt_primes(bits, 4, 1, &[]).unwrap()[0])],
        a in any::<u64>(), b in any::<u64>(), wide in any::<u128>(), signed in any::<i64>(),
    ) {
        let q = Modulus::new(p).unwrap();
        let (x, y, wide_p) = (a % p, b % p, u128::from(p));
        prop_assert_eq!(q.reduce(a), x);
        prop_assert_eq!(u128::from(q.reduce_u128(wide)), wide % wide_p);
        prop_assert_eq!(q.reduce_u128(u128::MAX - u128::from(a)), ((u128::MAX - u128::from(a)) % wide_p) as u64);
        prop_assert_eq!(i128::from(q.reduce_i64(signed)), i128::from(signed).rem_euclid(i128::from(p)));
        prop_assert_eq!(i128::from(q.reduce_i64(i64::MIN)), i128::from(i64::MIN).rem_euclid(i128::from(p)));
        prop_assert_eq!(u128::from(q.add(x, y)), (u128::from(x) + u128::from(y)) % wide_p);
        prop_assert_eq!(q.add(q.sub(x, y), y), x);
        prop_assert_eq!(q.add(q.neg(x), x), 0);
        let xy = (u128::from(x) * u128::from(y) % wide_p) as u64;
        prop_assert_eq!(q.mul(x, y), xy);
        // One factor may be any word.
        prop_assert_eq!(q.mul_prepared(a, &q.prepare(b)), xy);
        prop_assert_eq!(q.prepare(b).value(), y);
        let centred = q.centre(x);
        prop_assert!(i128::from(centred).abs() <= i128::from(p / 2));
        prop_assert_eq!(q.reduce_i64(centred), x);
        if x != 0 {
            prop_assert_eq!(q.mul(q.inv(a).unwrap(), x), 1);
            prop_assert_eq!(q.pow(a, p - 1), 1);
        }
        prop_assert_eq!(q.mul(q.pow(x, b >> 32), q.pow(x, b & 0xffff_ffff)), q.pow(x, (b >> 32) + (b & 0xffff_ffff)));
    }

    #[test]
    fn limbs_keep_their_values_when_others_go(s in setting(5), cut in any::<u64>()) {
        let [a, b] = s.polys::<Ntt, 2>();
        let basis = s.basis();
        let kept = 1 + (cut % basis.len() as u64) as usize;
        let mut dropped = a.clone();
        dropped.drop_to(kept).unwrap();
        prop_assert_eq!(dropped.words(), &a.words()[..kept * basis.n()]);
        let mut by_basis = a.clone();
        by_basis.drop_to_basis(&basis.slice(0..kept).unwrap()).unwrap();
        prop_assert_eq!(&by_basis, &dropped);
        let mut copied = b;
        copied.copy_prefix_from(&a, dropped.basis()).unwrap();
        prop_assert_eq!(&copied, &dropped);
        if kept < basis.len() {
            let rest = basis.slice(kept..basis.len()).unwrap();
            prop_assert_eq!(dropped.basis().concat(&rest).unwrap(), basis);
        }
        prop_assert_eq!(&RnsPoly::<Ntt>::from_words(dropped.basis(), dropped.words()).unwrap(), &dropped);
    }
}

/// The integer in `[0, Q)` with the given residues.
fn recombine(primes: &[u64], residues: impl Iterator<Item = u64>) -> BigInt {
    let mut x = BigInt::ZERO;
    let mut product = BigInt::from(1);
    for (&p, residue) in primes.iter().zip(residues) {
        // x + product * t = residue modulo p
        let q = Modulus::new(p).unwrap();
        let inverse = q.inv(residue_of(&product, p)).unwrap();
        let t = q.mul(q.sub(residue, residue_of(&x, p)), inverse);
        x += &product * t;
        product *= p;
    }
    x
}

fn residue_of(x: &BigInt, p: u64) -> u64 {
    let r = ((x % p) + p) % p;
    u64::try_from(r).unwrap()
}

fn product_of(primes: &[u64]) -> BigInt {
    primes.iter().map(|&p| BigInt::from(p)).product()
}

fn column<'a>(words: &'a [u64], n: usize, i: usize) -> impl Iterator<Item = u64> + 'a {
    words.iter().skip(i).step_by(n).copied()
}

/// The representative in [-m/2, m/2).
fn centre(x: &BigInt, m: &BigInt) -> BigInt {
    let r = ((x % m) + m) % m;
    if &r * 2 >= *m { r - m } else { r }
}

/// Two settings over one ring with no prime in common: their primes, first and last.
fn two_bases(s: &Setting, split: u64) -> Option<(RnsBasis, RnsBasis)> {
    let basis = s.basis();
    if basis.len() < 2 {
        return None;
    }
    let split = 1 + (split % (basis.len() as u64 - 1)) as usize;
    Some((basis.slice(0..split).unwrap(), basis.slice(split..basis.len()).unwrap()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conversion_carries_the_documented_representative(s in setting(6), split in any::<u64>()) {
        let Some((source, target)) = two_bases(&s, split) else { return Ok(()) };
        let (from, to): (Vec<u64>, Vec<u64>) = (source.primes().collect(), target.primes().collect());
        let (n, q) = (source.n(), product_of(&from));
        let [a] = s.polys::<Coeff, 1>();
        let mut words = a.words()[..n * source.len()].to_vec();
        // Small integers of either sign, and the neighbourhood of Q/2, beside what was drawn.
        let chosen: [BigInt; 6] =
            [BigInt::ZERO, 1.into(), &q - 1, &q - 5, &q / 2 - (&q >> 39), &q / 2 + (&q >> 39)];
        for (i, x) in chosen.iter().enumerate() {
            for (j, &p) in from.iter().enumerate() {
                words[j * n + i] = residue_of(x, p);
            }
        }
        let converter = BasisConverter::new(&source, &target).unwrap();
        let mut scaled = words.clone();
        converter.scale(&mut scaled).unwrap();
        // Transform values arrive at the same scaled coefficients.
        let mut values = words.clone();
        for (limb, ring) in values.chunks_exact_mut(n).zip(source.rings()) {
            ring.forward(limb).unwrap();
        }
        converter.inverse_and_scale(&mut values).unwrap();
        prop_assert_eq!(&values, &scaled);
        let narrow: BigInt = &q >> 41; // how far from a boundary the quotient may be wrong
        for lift in [Lift::Fast, Lift::Exact, Lift::Centred] {
            let (mut quotients, mut out) = (vec![0; n], vec![0; n * target.len()]);
            converter.convert(lift, &scaled, &mut quotients, &mut out).unwrap();
            for i in 0..n {
                let x = recombine(&from, column(&words, n, i));
                let found: Vec<u64> = column(&out, n, i).collect();
                let is = |y: &BigInt| to.iter().zip(&found).all(|(&p, &r)| residue_of(y, p) == r);
                let fits = match lift {
                    Lift::Fast => (0..source.len()).any(|e| is(&(&x + &q * e))),
                    Lift::Exact if &q - &x <= narrow => is(&x) || is(&(&x - &q)),
                    Lift::Exact => is(&x),
                    Lift::Centred if near_half(&x, &q, &narrow) => is(&x) || is(&(&x - &q)),
                    Lift::Centred => is(&centre(&x, &q)),
                };
                prop_assert!(fits, "{:?} of {} from {:?} to {:?}", lift, x, &source, &target);
            }
            // One limb at a time gives the same words.
            let correction = (lift != Lift::Fast).then_some(&quotients[..]);
            let mut limb = vec![0; n];
            for k in 0..target.len() {
                converter.convert_limb(k, &scaled, correction, &mut limb).unwrap();
                prop_assert_eq!(&limb[..], &out[k * n..(k + 1) * n]);
                let mut rest = vec![0; n * (target.len() - k)];
                converter.convert_limbs(lift, k, &scaled, &mut rest).unwrap();
                prop_assert_eq!(&rest[..], &out[k * n..]);
            }
        }
    }

    #[test]
    fn rescaling_divides_and_rounds_to_nearest(s in setting(6), count in any::<u64>()) {
        let basis = s.basis();
        if basis.len() < 2 {
            return Ok(());
        }
        let count = 1 + (count % (basis.len() as u64 - 1)) as usize;
        let primes: Vec<u64> = basis.primes().collect();
        let (kept, dropped) = primes.split_at(primes.len() - count);
        let (all, divisor) = (product_of(&primes), product_of(dropped));
        let mut poly = s.polys::<Coeff, 1>()[0].clone();
        let n = basis.n();
        // An exact multiple, and multiples plus and minus not quite half the divisor.
        let less_than_half: BigInt = &divisor / 2 - (&divisor >> 39) - 1;
        for (i, rest) in [BigInt::ZERO, less_than_half.clone(), -less_than_half].iter().enumerate() {
            for (j, &p) in primes.iter().enumerate() {
                poly.limb_mut(j)[i] = residue_of(&(&divisor * 3 + rest), p);
            }
        }
        let rescaler = Rescaler::new(&basis, count).unwrap();
        let mut divided = poly.clone().into_ntt();
        rescaler.rescale(&mut divided, &mut Scratch::with_words(rescaler.scratch_words())).unwrap();
        prop_assert_eq!(divided.basis(), rescaler.kept());
        // Limbs of the caller's, all carried over together or one by one, give the same words.
        let values = poly.clone().into_ntt();
        let (limbs, dropped) = values.words().split_at(n * kept.len());
        let mut dropped = dropped.to_vec();
        for (j, limb) in dropped.chunks_exact_mut(n).enumerate() {
            rescaler.prepare_limb(j, limb).unwrap();
        }
        let (mut lifted, mut out) = (vec![0; limbs.len()], vec![0; n]);
        rescaler.lift(0, &dropped, &mut lifted).unwrap();
        for (k, limb) in limbs.chunks_exact(n).enumerate() {
            let mut alone = vec![0; n];
            rescaler.lift(k, &dropped, &mut alone).unwrap();
            rescaler.finish(k, &mut out, limb, &mut lifted[n * k..n * (k + 1)]).unwrap();
            prop_assert_eq!(&out[..], divided.limb(k));
            let mut in_place = limb.to_vec();
            rescaler.finish_assign(k, &mut in_place, &mut alone).unwrap();
            prop_assert_eq!(&in_place[..], divided.limb(k));
        }
        let divided = divided.into_coeff();
        prop_assert!(divided.words().chunks(n).zip(kept).all(|(limb, p)| limb.iter().all(|word| word < p)));
        for i in 0..n {
            let x = recombine(&primes, column(poly.words(), n, i));
            let y = recombine(kept, column(divided.words(), n, i));
            if i < 3 {
                prop_assert_eq!(&y, &(BigInt::from(3) % product_of(kept)));
            }
            // x = D y + r with |r| at most D/2, up to the documented neighbourhood.
            let r = centre(&(x - &divisor * y), &all);
            let most: BigInt = &divisor + (&divisor >> 39);
            prop_assert!(BigInt::from(r.magnitude() * 2u32) <= most, "{}", r);
        }
    }

    #[test]
    fn centred_lifts_keep_the_integer(s in setting(2)) {
        let basis = s.basis();
        let [a] = s.polys::<Coeff, 1>();
        let from = basis.modulus(basis.len() - 1);
        let mut words = a.limb(basis.len() - 1).to_vec();
        words[..4].copy_from_slice(&[0, from.value() - 1, from.value() / 2, from.value() / 2 + 1]);
        let mut out = vec![0; basis.n()];
        basis.ring(0).lift_centred(&mut out, &words, from).unwrap();
        for (word, lifted) in words.iter().zip(out) {
            prop_assert_eq!(lifted, basis.modulus(0).reduce_i64(from.centre(*word)));
        }
    }
}

fn near_half(x: &BigInt, q: &BigInt, narrow: &BigInt) -> bool {
    let distance: BigInt = x * 2 - q;
    BigInt::from_biguint(Sign::Plus, distance.magnitude().clone()) <= narrow * 2
}

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

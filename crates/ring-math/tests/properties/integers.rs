//! Conversion between bases, division and centred lifts, against integers of any size.

use num_bigint::{BigInt, Sign};
use proptest::prelude::*;
use ring_math::{BasisConverter, Coeff, Lift, Modulus, Rescaler, RnsBasis, Scratch};

use super::{Setting, setting};

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

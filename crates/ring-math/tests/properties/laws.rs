//! Laws of the ring, its transforms, its automorphisms and its scalars.

use proptest::prelude::*;
use ring_math::{
    Automorphism, Coeff, MAX_TERMS, Modulus, Ntt, PART_WORDS, Representation, RnsBasis, RnsPoly,
    ntt::reference, ntt_primes,
};

use super::setting;

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

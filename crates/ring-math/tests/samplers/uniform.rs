//! Uniform words: drawn, and expanded from a seed.

use std::collections::HashMap;

use ring_math::{
    Coeff, Modulus, Ntt, RnsPoly, ntt_primes, ntt_primes_near,
    sample::{self, EXPANSION_VERSION, ExpansionDomain, SeedExpander},
};

use super::{assert_distribution, basis, rng};

/// Chi-squared on the position in [0, p), on the low bits, and on pairs of neighbours.
fn assert_uniform(what: &str, words: &[u64], p: u64) {
    assert!(words.iter().all(|&word| word < p), "{what}: canonical");
    let cells = p.min(256);
    let cell = |word: u64, cells: u64| (u128::from(word) * u128::from(cells) / u128::from(p)) as usize;
    // Cell c holds the words from ceil(c p / cells) to ceil((c + 1) p / cells).
    let probability = |cells: u64| -> Vec<f64> {
        let bound = |c: u64| (u128::from(c) * u128::from(p)).div_ceil(u128::from(cells));
        (0..cells).map(|c| (bound(c + 1) - bound(c)) as f64 / p as f64).collect()
    };
    let mut counts = vec![0; cells as usize];
    words.iter().for_each(|&word| counts[cell(word, cells)] += 1);
    assert_distribution(&format!("{what}, position"), &counts, &probability(cells));

    let mut low = [0; 16];
    words.iter().for_each(|&word| low[(word % 16) as usize] += 1);
    let low_probability: Vec<f64> = (0..16).map(|r| (p - r).div_ceil(16) as f64 / p as f64).collect();
    assert_distribution(&format!("{what}, low bits"), &low, &low_probability);

    let mut pairs = [0; 256];
    words.as_chunks().0.iter().for_each(|&[a, b]| pairs[16 * cell(a, 16) + cell(b, 16)] += 1);
    let single = probability(16);
    let joint: Vec<f64> = single.iter().flat_map(|x| single.iter().map(move |y| x * y)).collect();
    assert_distribution(&format!("{what}, pairs"), &pairs, &joint);
}

#[test]
fn uniform_is_uniform_modulo_each_prime() {
    // 17 and the primes just above a power of two reject about half of all candidates.
    let cases = [
        (3, vec![17]),
        (11, vec![12289]),
        (13, ntt_primes(48, 13, 1, &[]).unwrap()),
        (13, ntt_primes_near(45, 46, 13, 1, &[]).unwrap()),
        (13, ntt_primes(61, 13, 1, &[]).unwrap()),
    ];
    for (log_n, primes) in cases {
        let (basis, p) = (basis(log_n, &primes), primes[0]);
        let mut rng = rng(11);
        let mut words = Vec::new();
        while words.len() < 1 << 17 {
            let poly: RnsPoly<Ntt> = sample::uniform(&basis, &mut rng);
            words.extend_from_slice(poly.words());
        }
        assert_uniform(&format!("uniform modulo {p}"), &words, p);
    }
}

fn seed_from_hex(hex: &str) -> [u8; 32] {
    std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
}

#[test]
fn expansion_has_the_words_of_another_implementation() {
    let mut limbs: HashMap<&str, Vec<u64>> = HashMap::new();
    let rows = include_str!("../data/seed_expansion.csv").lines().skip(2);
    let mut checked = 0;
    for row in rows {
        let (limb, expected) = row.rsplit_once(',').unwrap();
        let (limb, index) = limb.rsplit_once(',').unwrap();
        let words = limbs.entry(limb).or_insert_with(|| {
            let [seed, object, part, prime] = limb.split(',').collect::<Vec<_>>().try_into().unwrap();
            let expander = SeedExpander::with_version(&seed_from_hex(seed), EXPANSION_VERSION).unwrap();
            let domain = ExpansionDomain { object: object.parse().unwrap(), part: part.parse().unwrap() };
            let mut words = vec![0; 4096];
            let prime = prime.parse().unwrap();
            expander.expand_limb(domain, &Modulus::new(prime).unwrap(), &mut words);
            words
        });
        assert_eq!(words[index.parse::<usize>().unwrap()], expected.parse::<u64>().unwrap(), "{row}");
        checked += 1;
    }
    assert_eq!((checked, limbs.len()), (270, 45));
}

#[test]
fn expansion_is_uniform() {
    let primes = [ntt_primes(48, 13, 8, &[]).unwrap(), ntt_primes_near(45, 46, 13, 8, &[]).unwrap()].concat();
    let basis = basis(13, &primes);
    let expander = SeedExpander::new(&[9; 32]);
    let poly: RnsPoly<Ntt> = expander.expand(ExpansionDomain { object: 1, part: 2 }, &basis);
    for (i, p) in basis.primes().enumerate() {
        assert_uniform(&format!("expansion modulo {p}"), poly.limb(i), p);
    }
}

#[test]
fn expansion_does_not_depend_on_what_else_is_expanded() {
    let primes = ntt_primes_near(45, 46, 12, 5, &[]).unwrap();
    let (all, domain) = (basis(12, &primes), ExpansionDomain { object: 77, part: 3 });
    let expander = SeedExpander::new(&[4; 32]);
    let poly: RnsPoly<Ntt> = expander.expand(domain, &all);
    // A level-limited basis (fewer ciphertext primes, then the special prime), in another order, over a smaller ring.
    let some = basis(11, &[primes[4], primes[0], primes[1]]);
    let part: RnsPoly<Coeff> = expander.expand(domain, &some);
    for (i, j) in [(0, 4), (1, 0), (2, 1)] {
        assert_eq!(part.limb(i), &poly.limb(j)[..2048]);
    }
    for length in [0, 1, 7, 511, 513, 4096] {
        let mut prefix = vec![0; length];
        expander.expand_limb(domain, all.modulus(2), &mut prefix);
        assert_eq!(prefix, poly.limb(2)[..length]);
    }
    let mut into = RnsPoly::<Ntt>::zero(&all);
    expander.expand_into(domain, &mut into);
    assert_eq!(into, poly);
}

#[test]
fn expansion_domains_are_separate() {
    let q = Modulus::new((1 << 61) - 1).unwrap();
    let other_prime = Modulus::new(ntt_primes(61, 3, 1, &[]).unwrap()[0]).unwrap();
    let mut seen: HashMap<u64, String> = HashMap::new();
    let mut check = |name: String, expander: &SeedExpander, object: u64, part: u32, q: &Modulus| {
        let mut words = [0; 256];
        expander.expand_limb(ExpansionDomain { object, part }, q, &mut words);
        for word in words {
            // Some 2^15 words of 61 bits collide with probability 2^-32.
            if let Some(other) = seen.insert(word, name.clone()) {
                assert_eq!(other, name, "the streams share {word}");
            }
        }
    };
    for seed in [[0; 32], [1; 32], std::array::from_fn(|i| u8::from(i == 31))] {
        let expander = SeedExpander::new(&seed);
        for object in [0, 1, 2, 1 << 32, 1 << 56, u64::MAX] {
            for part in [0, 1, 1 << 24, u32::MAX] {
                check(format!("{seed:?} {object} {part}"), &expander, object, part, &q);
            }
        }
        check(format!("{seed:?} other prime"), &expander, 0, 0, &other_prime);
    }
}

#[test]
fn an_expander_does_not_show_its_seed() {
    assert_eq!(format!("{:?}", SeedExpander::new(&[1; 32])), "SeedExpander(version 1)");
}

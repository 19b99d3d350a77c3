//! The same seed gives the same bytes: on every kernel, with one thread and with two, today and in later versions.
//!
//! Each stage of a fixed computation is hashed. The hashes in `data/known_answers.csv` were computed with the portable
//! kernel on one thread; a change of any of them breaks keys and ciphertexts that exist.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which the lint does not recognise")]
#![expect(clippy::expect_used, reason = "helpers of tests stop at the first failure")]

use std::fmt::Write as _;

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use ring_math::{
    Automorphism, BasisConverter, Coeff, Kernel, Lift, MAX_TERMS, Ntt, Rescaler, RnsBasis, RnsPoly, Scratch,
    ntt_primes, ntt_primes_near,
    parallel::Threads,
    sample::{self, ExpansionDomain, SeedExpander},
};

const SEED: [u8; 32] = *b"known answers of ring-math, no 1";

/// Ciphertext primes and special primes of one row of the table.
struct Case {
    name: &'static str,
    log_n: u32,
    q: Vec<u64>,
    p: Vec<u64>,
}

fn case(name: &'static str, log_n: u32, q: Vec<u64>, p_bits: u32, p_count: usize) -> Case {
    let p = ntt_primes(p_bits, log_n, p_count, &q).unwrap();
    Case { name, log_n, q, p }
}

/// One case for each regime of a kernel: every prime at most 48 bits, primes of 49 and 50 bits, wide primes that only
/// the portable loops can take, both kinds in one basis, and rings below the size of a vector block.
fn cases() -> Vec<Case> {
    let top = |bits, log_n, count| ntt_primes(bits, log_n, count, &[]).unwrap();
    vec![
        case("tiny", 3, top(20, 3, 3), 30, 2),
        case("below a vector block", 5, top(40, 5, 3), 48, 2),
        case("one vector block", 6, top(48, 6, 3), 50, 2),
        case("narrow", 9, top(27, 9, 6), 30, 2),
        case("near a power of two", 10, ntt_primes_near(40, 41, 10, 6, &[]).unwrap(), 48, 2),
        case("50 bits", 11, top(50, 11, 4), 50, 3),
        case("mixed", 12, [top(49, 12, 1), top(45, 12, 3), top(60, 12, 1)].concat(), 48, 2),
        case("wide", 11, top(60, 11, 3), 61, 2),
        case("48 bits", 13, top(48, 13, 5), 48, 2),
        case("large", 15, ntt_primes_near(45, 46, 15, 4, &[]).unwrap(), 48, 2),
    ]
}

/// The hashes of the stages of one run.
#[derive(Default)]
struct Stages(Vec<(&'static str, blake3::Hasher)>);

impl Stages {
    fn stage(&mut self, name: &'static str) {
        self.0.push((name, blake3::Hasher::new()));
    }

    fn words(&mut self, words: &[u64]) {
        let (_, hasher) = self.0.last_mut().expect("a stage has begun");
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        hasher.update(&bytes);
    }
}

struct Operands {
    basis: RnsBasis,
    q_len: usize,
    a: RnsPoly<Ntt>,
    b: RnsPoly<Ntt>,
    c: RnsPoly<Coeff>,
}

fn expand(case: &Case, kernel: Kernel, stages: &mut Stages) -> Operands {
    let primes = [case.q.clone(), case.p.clone()].concat();
    let basis = RnsBasis::with_kernel(case.log_n, &primes, kernel).unwrap();
    let expander = SeedExpander::new(&SEED);
    let domain = |part| ExpansionDomain { object: 1, part };
    stages.stage("expand");
    let (a, b) = (expander.expand(domain(0), &basis), expander.expand(domain(1), &basis));
    let mut c: RnsPoly<Coeff> = expander.expand(domain(2), &basis);
    for (i, p) in primes.iter().enumerate() {
        // the ends of the range and the places where a centred lift turns over
        c.limb_mut(i)[..5].copy_from_slice(&[0, p - 1, 1, p / 2, p / 2 + 1]);
    }
    stages.words(a.words());
    stages.words(b.words());
    stages.words(c.words());
    Operands { basis, q_len: case.q.len(), a, b, c }
}

fn samplers(o: &Operands, stages: &mut Stages) {
    stages.stage("samplers");
    let mut rng = ChaCha20Rng::from_seed(SEED);
    stages.words(sample::uniform::<Ntt>(&o.basis, &mut rng).words());
    stages.words(sample::ternary(&o.basis, &mut rng).words());
    stages.words(sample::ternary_of_weight(&o.basis, o.basis.n() / 2, &mut rng).unwrap().words());
    stages.words(sample::cbd(&o.basis, &mut rng).words());
}

fn transforms(o: &Operands, stages: &mut Stages) {
    stages.stage("forward");
    stages.words(o.c.clone().into_ntt().words());
    stages.stage("inverse");
    stages.words(o.a.clone().into_coeff().words());
    for (i, ring) in o.basis.rings().iter().enumerate() {
        let mut limb = o.b.limb(i).to_vec();
        ring.inverse_scaled(&mut limb, &ring.inverse_scale(0x0123_4567_89ab_cdef)).unwrap();
        stages.words(&limb);
    }
}

fn word_operations(o: &Operands, stages: &mut Stages) {
    stages.stage("sums");
    let mut x = o.a.clone();
    x.add_assign(&o.b).unwrap();
    stages.words(x.words());
    x.sub_into(&o.a, &o.b).unwrap();
    stages.words(x.words());
    x.neg_assign();
    x.add_into(&x.clone(), &o.b).unwrap();
    x.sub_assign(&o.a).unwrap();
    stages.words(x.words());
    stages.stage("products");
    x.mul_into(&o.a, &o.b).unwrap();
    stages.words(x.words());
    x.mul_assign(&o.b).unwrap();
    x.mul_add_assign(&o.a, &o.b).unwrap();
    stages.words(x.words());
    x.mul_i64_assign(-0x1234_5678_9abc);
    stages.words(x.words());
    for (i, ring) in o.basis.rings().iter().enumerate() {
        let (mut acc, c) = (o.c.limb(i).to_vec(), ring.modulus().prepare(u64::MAX - 5));
        ring.mul_scalar_add_assign(&mut acc, o.a.limb(i), &c).unwrap();
        stages.words(&acc);
        ring.sub_mul_scalar_assign(&mut acc, o.b.limb(i), &c).unwrap();
        stages.words(&acc);
    }
}

fn inner_products(o: &Operands, stages: &mut Stages) {
    stages.stage("inner products");
    let n = o.basis.n();
    for (i, ring) in o.basis.rings().iter().enumerate() {
        let limbs = [o.a.limb(i), o.b.limb(i), o.c.limb(i)];
        let term = |j: usize| (limbs[j % 3], limbs[(j / 3) % 3], limbs[(j / 9) % 3]);
        let mut digits = [o.c.limb(i).to_vec(), o.a.limb(i).to_vec()];
        digits.iter_mut().for_each(|digit| ring.forward_unreduced(digit).unwrap());
        let (mut out0, mut out1) = (vec![0; n], vec![0; n]);
        for count in [1, 2, 5, MAX_TERMS] {
            let pairs: Vec<_> = (0..count).map(|j| (term(j).0, term(j).1)).collect();
            ring.inner_product(&mut out0, &pairs).unwrap();
            stages.words(&out0);
            let mut triples: Vec<_> = (0..count).map(term).collect();
            for (triple, digit) in triples.iter_mut().zip(digits.iter().cycle()) {
                triple.0 = digit;
            }
            ring.inner_product_pair(&mut out0, &mut out1, &triples).unwrap();
            stages.words(&out0);
            stages.words(&out1);
        }
    }
}

fn conversions(o: &Operands, stages: &mut Stages) {
    let n = o.basis.n();
    let (q, p) = (o.basis.slice(0..o.q_len).unwrap(), o.basis.slice(o.q_len..o.basis.len()).unwrap());
    let converter = BasisConverter::new(&q, &p).unwrap();
    let (source, values) = (&o.c.words()[..n * q.len()], &o.a.words()[..n * q.len()]);
    for (name, lift) in
        [("convert fast", Lift::Fast), ("convert exact", Lift::Exact), ("convert centred", Lift::Centred)]
    {
        stages.stage(name);
        let (mut quotients, mut out) = (vec![0; n], vec![0; n * p.len()]);
        let mut scaled = source.to_vec();
        converter.scale(&mut scaled).unwrap();
        converter.convert(lift, &scaled, &mut quotients, &mut out).unwrap();
        stages.words(&scaled);
        stages.words(&quotients);
        stages.words(&out);
        scaled.copy_from_slice(values);
        converter.inverse_and_scale(&mut scaled).unwrap();
        converter.convert(lift, &scaled, &mut quotients, &mut out).unwrap();
        stages.words(&scaled);
        stages.words(&out);
    }
    stages.stage("lift centred");
    let mut lifted = vec![0; n];
    for (i, ring) in o.basis.rings().iter().enumerate() {
        let j = (i + 1) % o.basis.len();
        ring.lift_centred(&mut lifted, o.c.limb(j), o.basis.modulus(j)).unwrap();
        stages.words(&lifted);
    }
}

fn divisions(o: &Operands, stages: &mut Stages) {
    stages.stage("rescale");
    let mut scratch = Scratch::new();
    for count in 1..o.basis.len() {
        let mut x = o.a.clone();
        Rescaler::new(&o.basis, count).unwrap().rescale(&mut x, &mut scratch).unwrap();
        stages.words(x.words());
    }
}

fn automorphisms(o: &Operands, stages: &mut Stages) {
    stages.stage("automorphisms");
    let log_n = o.basis.log_n();
    let (mut values, mut coefficients) = (RnsPoly::zero(&o.basis), RnsPoly::zero(&o.basis));
    for galois in [1, 3, 5, 25, 2 * (2 << log_n) / 4 + 1, (2 << log_n) - 1] {
        let automorphism = Automorphism::new(galois % (2 << log_n), log_n).unwrap();
        o.a.automorphism_into(&mut values, &automorphism).unwrap();
        o.c.automorphism_into(&mut coefficients, &automorphism).unwrap();
        stages.words(values.words());
        stages.words(coefficients.words());
    }
}

/// The table's lines for one run.
fn run(case: &Case, kernel: Kernel) -> String {
    let mut stages = Stages::default();
    let o = expand(case, kernel, &mut stages);
    samplers(&o, &mut stages);
    transforms(&o, &mut stages);
    word_operations(&o, &mut stages);
    inner_products(&o, &mut stages);
    conversions(&o, &mut stages);
    divisions(&o, &mut stages);
    automorphisms(&o, &mut stages);
    let mut lines = String::new();
    for (stage, hasher) in stages.0 {
        writeln!(lines, "{},{},{stage},{}", case.name, case.log_n, hasher.finalize()).expect("a string");
    }
    lines
}

/// Fails with the lines that differ, as the table would have them.
fn assert_committed(who: &str, found: &str) {
    let table = include_str!("data/known_answers.csv");
    let committed: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
    let found: Vec<&str> = found.lines().collect();
    let missing = |from: &[&str], other: &[&str], mark: char| -> String {
        from.iter().filter(|line| !other.contains(line)).map(|line| format!("{mark} {line}\n")).collect()
    };
    assert!(
        found == committed,
        "{who} differs from the table:\n{}{}",
        missing(&committed, &found, '-'),
        missing(&found, &committed, '+')
    );
}

#[test]
fn every_kernel_and_thread_count_gives_the_committed_bytes() {
    let available: Vec<&str> = Kernel::available().iter().map(Kernel::name).collect();
    for name in Kernel::known_names() {
        if !available.contains(name) {
            println!("kernel `{name}` cannot run on this processor: NOT checked");
        }
    }
    // The portable kernel first: where it differs, the table is at fault and not the other kernels.
    for kernel in Kernel::available().into_iter().rev() {
        for threads in [1, 2] {
            let pool = Threads::new(threads).expect("threads start");
            let found: String = pool.install(|| cases().iter().map(|case| run(case, kernel)).collect());
            assert_committed(&format!("kernel `{}`, {threads} threads", kernel.name()), &found);
            println!("kernel `{}`, {threads} threads: as committed", kernel.name());
        }
    }
}

//! The operations that are measured, ours and the peer's.

use ring_math::{
    Automorphism, BasisConverter, Kernel, Lift, Modulus, ResidueRing, RnsBasis, WordBuffer, ntt_primes,
};
use std::sync::Arc;
use tfhe_ntt::prime64::Plan;

/// Digits summed by the measured inner product, two outputs each: a key switch with four digits.
pub(crate) const MAC_TERMS: usize = 4;

/// Source limbs of the measured basis conversion.
pub(crate) const CONVERT_SOURCES: usize = 4;

/// The measured operations.
pub(crate) const OPS: [&str; 7] =
    ["ntt_forward", "ntt_inverse", "mac", "base_convert", "convert_group", "rescale", "automorphism"];

/// Target limbs that `convert_group` computes together, of 35.
const GROUP: usize = 7;

/// Source limbs of `convert_group`: those of the digits of a key switch at 2^15 and 2^16.
fn group_sources(log_n: u32) -> usize {
    match log_n {
        15 => 5,
        16 => 9,
        _ => CONVERT_SOURCES,
    }
}

/// Something that is called again and again, on the next limb each time.
pub(crate) type Action = Box<dyn FnMut()>;

/// An operation on one limb, with the peer's version where it has one.
pub(crate) struct Case {
    pub(crate) op: &'static str,
    pub(crate) kernel: &'static str,
    pub(crate) ours: Action,
    pub(crate) peer: Option<Action>,
}

/// Rings and limbs of one (log N, prime size, number of limbs).
pub(crate) struct Bench {
    log_n: u32,
    limbs: usize,
    rings: Vec<Arc<ResidueRing>>,
    kernel: Kernel,
    primes: Vec<u64>,
}

fn random_limbs(primes: &[u64], n: usize) -> Vec<WordBuffer> {
    let mut state = 1u64;
    primes
        .iter()
        .map(|&p| {
            let mut buffer = WordBuffer::zeroed(n);
            for word in buffer.as_mut_slice() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *word = (state >> 3) % p;
            }
            buffer
        })
        .collect()
}

/// A counter that walks over `limbs` limbs.
fn rotation(limbs: usize) -> impl FnMut() -> usize {
    let mut i = 0;
    move || {
        i = (i + 1) % limbs;
        i
    }
}

impl Bench {
    pub(crate) fn new(log_n: u32, bits: u32, limbs: usize, kernel: Kernel) -> Self {
        let primes = ntt_primes(bits, log_n, limbs, &[]).expect("enough primes");
        let rings = primes
            .iter()
            .map(|&p| {
                Arc::new(ResidueRing::new(Modulus::new(p).expect("prime"), log_n, kernel).expect("friendly"))
            })
            .collect();
        Self { log_n, limbs, rings, kernel, primes }
    }

    fn n(&self) -> usize {
        1 << self.log_n
    }

    /// The case called `op`, one of [`OPS`].
    pub(crate) fn case(&self, op: &'static str) -> Case {
        let (ours, peer) = match op {
            "ntt_forward" => self.transform(true),
            "ntt_inverse" => self.transform(false),
            "mac" => self.mac(),
            "base_convert" => (self.convert(), None),
            "convert_group" => (self.convert_group(), None),
            "rescale" => (self.rescale(), None),
            _ => (self.automorphism(), None),
        };
        Case { op, kernel: self.rings[0].kernel().name(), ours, peer }
    }

    fn plans(&self) -> Vec<Plan> {
        self.primes.iter().map(|&p| Plan::try_new(self.n(), p).expect("the peer takes this prime")).collect()
    }

    fn transform(&self, forward: bool) -> (Action, Option<Action>) {
        let (rings, mut data, mut next) =
            (self.rings.clone(), random_limbs(&self.primes, self.n()), rotation(self.limbs));
        let ours: Action = Box::new(move || {
            let i = next();
            let limb = data[i].as_mut_slice();
            let result = if forward { rings[i].forward(limb) } else { rings[i].inverse(limb) };
            result.expect("one limb");
        });
        let (plans, mut data, mut next) =
            (self.plans(), random_limbs(&self.primes, self.n()), rotation(self.limbs));
        let peer: Action = Box::new(move || {
            let i = next();
            let limb = data[i].as_mut_slice();
            if forward { plans[i].fwd(limb) } else { plans[i].inv(limb) }
        });
        (ours, Some(peer))
    }

    /// Two sums of [`MAC_TERMS`] products; the peer needs as many of its multiply-accumulates.
    fn mac(&self) -> (Action, Option<Action>) {
        let n = self.n();
        let rings = self.rings.clone();
        let digits: Vec<Vec<WordBuffer>> = (0..MAC_TERMS).map(|_| random_limbs(&self.primes, n)).collect();
        let keys: Vec<Vec<WordBuffer>> = (0..2 * MAC_TERMS).map(|_| random_limbs(&self.primes, n)).collect();
        let (mut out0, mut out1) = (random_limbs(&self.primes, n), random_limbs(&self.primes, n));
        let plans = self.plans();
        let (peer_digits, peer_keys) = (digits.clone(), keys.clone());
        let (mut peer_out0, mut peer_out1) = (out0.clone(), out1.clone());
        let (mut next, mut peer_next) = (rotation(self.limbs), rotation(self.limbs));
        let ours: Action = Box::new(move || {
            let i = next();
            let terms: [_; MAC_TERMS] = std::array::from_fn(|j| {
                (digits[j][i].as_slice(), keys[2 * j][i].as_slice(), keys[2 * j + 1][i].as_slice())
            });
            let (out0, out1) = (out0[i].as_mut_slice(), out1[i].as_mut_slice());
            rings[i].inner_product_pair(out0, out1, &terms).expect("one limb");
        });
        let peer: Action = Box::new(move || {
            let i = peer_next();
            for j in 0..MAC_TERMS {
                let digit = peer_digits[j][i].as_slice();
                plans[i].mul_accumulate(peer_out0[i].as_mut_slice(), digit, peer_keys[2 * j][i].as_slice());
                plans[i].mul_accumulate(
                    peer_out1[i].as_mut_slice(),
                    digit,
                    peer_keys[2 * j + 1][i].as_slice(),
                );
            }
        });
        (ours, Some(peer))
    }

    /// One target limb from [`CONVERT_SOURCES`] source limbs, with the centring correction.
    fn convert(&self) -> Action {
        let bits = self.rings[0].modulus().bits();
        let sources = ntt_primes(bits, self.log_n, CONVERT_SOURCES, &self.primes).expect("enough primes");
        let source = RnsBasis::with_kernel(self.log_n, &sources, self.kernel).expect("basis");
        let target = RnsBasis::with_kernel(self.log_n, &self.primes, self.kernel).expect("basis");
        let converter = BasisConverter::new(&source, &target).expect("converter");
        let n = self.n();
        let mut scaled = WordBuffer::zeroed(n * CONVERT_SOURCES);
        for (limb, from) in scaled.as_mut_slice().chunks_exact_mut(n).zip(random_limbs(&sources, n)) {
            limb.copy_from_slice(from.as_slice());
        }
        let mut quotients = WordBuffer::zeroed(n);
        converter.quotients(Lift::Centred, scaled.as_slice(), quotients.as_mut_slice()).expect("lengths");
        let (mut out, mut next) = (random_limbs(&self.primes, n), rotation(self.limbs));
        Box::new(move || {
            let i = next();
            let correction = Some(quotients.as_slice());
            converter.convert_limb(i, scaled.as_slice(), correction, out[i].as_mut_slice()).expect("lengths");
        })
    }

    /// Target limbs in groups, with their quotients, as a key switch has them carried over; the first limb of a group pays for
    /// all of it.
    fn convert_group(&self) -> Action {
        let (n, count) = (self.n(), group_sources(self.log_n));
        let bits = self.rings[0].modulus().bits();
        let sources = ntt_primes(bits, self.log_n, count, &self.primes).expect("enough primes");
        let source = RnsBasis::with_kernel(self.log_n, &sources, self.kernel).expect("basis");
        let target = RnsBasis::with_kernel(self.log_n, &self.primes, self.kernel).expect("basis");
        let converter = BasisConverter::new(&source, &target).expect("converter");
        let mut scaled = WordBuffer::zeroed(n * count);
        for (limb, from) in scaled.as_mut_slice().chunks_exact_mut(n).zip(random_limbs(&sources, n)) {
            limb.copy_from_slice(from.as_slice());
        }
        let (mut out, mut next) = (WordBuffer::zeroed(n * self.limbs), rotation(self.limbs));
        Box::new(move || {
            let i = next();
            if i.is_multiple_of(GROUP) {
                let out = out.as_mut_slice().chunks_mut(n * GROUP).nth(i / GROUP).expect("a group");
                converter.convert_limbs(Lift::Centred, i, scaled.as_slice(), out).expect("lengths");
            }
        })
    }

    /// The tail of a rescaling: (a - b) * w.
    fn rescale(&self) -> Action {
        let n = self.n();
        let rings = self.rings.clone();
        let factors: Vec<_> = rings.iter().map(|ring| ring.modulus().prepare(0x1234_5678)).collect();
        let (mut a, b, mut next) =
            (random_limbs(&self.primes, n), random_limbs(&self.primes, n), rotation(self.limbs));
        Box::new(move || {
            let i = next();
            rings[i]
                .sub_mul_scalar_assign(a[i].as_mut_slice(), b[i].as_slice(), &factors[i])
                .expect("one limb");
        })
    }

    fn automorphism(&self) -> Action {
        let n = self.n();
        let rings = self.rings.clone();
        let automorphism = Automorphism::new(5, self.log_n).expect("5 is odd");
        let (mut out, a, mut next) =
            (random_limbs(&self.primes, n), random_limbs(&self.primes, n), rotation(self.limbs));
        Box::new(move || {
            let i = next();
            rings[i].permute(out[i].as_mut_slice(), a[i].as_slice(), &automorphism).expect("one limb");
        })
    }
}

//! Public uniform polynomials from a 32-byte seed, so that half of a key or of a symmetric ciphertext need not be kept.

use aes::{
    Aes256, Block,
    cipher::{BlockCipherEncrypt, InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper},
};
use ctr::{CtrCore, flavors::Ctr64LE};

use super::{
    uniform::fill_uniform,
    words::{check_limbs, from_little_endian},
};
use crate::{
    error::RingError,
    modulus::Modulus,
    parallel,
    poly::{Representation, RnsPoly},
    rns::RnsBasis,
};

/// Version of the expansion, to be kept beside each seed. It changes when any word would.
pub const EXPANSION_VERSION: u8 = 1;

/// Bytes in a seed.
pub const SEED_BYTES: usize = 32;

/// Which of the polynomials that one seed expands to: their streams are independent for different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExpansionDomain {
    /// The object, for instance a Galois element or a number that stands for a kind of key.
    pub object: u64,
    /// The polynomial within the object, for instance the digit of a switching key.
    pub part: u32,
}

/// Expands a public, uniformly random 32-byte seed to uniform polynomials. Not for secrets.
///
/// # Construction (version 1)
///
/// For an object with identifier `object` and part number `part`, a subkey of 32 bytes is AES-256 under the seed
/// applied to two blocks: byte 0 is the version, byte 1 the half (0 or 1), bytes 2 and 3 are zero, bytes 4 to 7 are
/// `part` and bytes 8 to 15 are `object`, little-endian. The limb modulo p is read from AES-256 in counter mode under
/// the subkey, whose blocks are a 64-bit counter from zero followed by p, both little-endian. The stream is cut into
/// little-endian words, each word into its low bits(p) bits, and words of p or more are left out.
///
/// A limb therefore depends on the seed, the domain and its prime, and on nothing else: limbs can be expanded in any
/// order, on any thread; the same key over fewer primes, or over the same primes in another order, has the same limbs;
/// and the first words of a limb do not depend on how many are asked for.
///
/// # Why a block cipher
///
/// The seed is published with what it expands to, so that pseudorandomness under a secret key is not the question. What
/// is needed is that Ring-LWE with these polynomials in place of uniform ones stays hard for somebody who knows the seed.
/// With AES-256 modelled as an ideal cipher and a seed drawn uniformly by an honest party, each stream is a random
/// function of its counter up to the absence of repeated 128-bit blocks (a statistical distance of about b^2 / 2^129 for
/// b blocks, 2^-89 for the 2^20 blocks of a 16 MiB object), and an attacker who queries the cipher at most t times has
/// met a subkey beforehand with probability about t / 2^256. FrodoKEM expands its public matrix on the same argument
/// (Bos et al., ACM CCS 2016; its specification, section on pseudorandom matrix generation). The known related-key
/// attacks on AES-256 (Biryukov and Khovratovich, ASIACRYPT 2009) need keys whose differences the attacker chooses;
/// seeds and subkeys are independent.
///
/// The argument fails where the attacker chooses the seed. Whoever makes a key or a symmetric ciphertext has to draw its
/// seed from the operating system, one for each, and a protocol in which one party supplies randomness for another's
/// secret has to hash all contributions first. This expansion is no source of secrets: those come from a generator of
/// the caller's.
///
/// # Example
/// ```
/// use ring_math::{Ntt, RnsBasis, RnsPoly, ntt_primes, sample::{ExpansionDomain, SeedExpander}};
/// let basis = RnsBasis::new(4, &ntt_primes(40, 4, 3, &[])?)?;
/// let expander = SeedExpander::new(&[7; 32]); // a real seed comes from the operating system
/// let domain = ExpansionDomain { object: 5, part: 0 };
/// let a: RnsPoly<Ntt> = expander.expand(domain, &basis);
/// let prefix: RnsPoly<Ntt> = expander.expand(domain, &basis.slice(0..2)?);
/// assert_eq!(prefix.limb(1), a.limb(1)); // fewer primes, same limbs
/// # Ok::<(), ring_math::RingError>(())
/// ```
#[derive(Clone)]
pub struct SeedExpander {
    cipher: Aes256,
}

impl SeedExpander {
    /// The expansion of `seed` in the current version.
    #[must_use]
    pub fn new(seed: &[u8; SEED_BYTES]) -> Self {
        Self { cipher: Aes256::new(seed.into()) }
    }

    /// The expansion of `seed` in the version that was kept beside it.
    ///
    /// # Errors
    /// [`RingError::SamplerParameter`] for a version other than [`EXPANSION_VERSION`].
    pub fn with_version(seed: &[u8; SEED_BYTES], version: u8) -> Result<Self, RingError> {
        if version == EXPANSION_VERSION {
            return Ok(Self::new(seed));
        }
        Err(RingError::SamplerParameter {
            distribution: "seed expansion",
            value: format!("version {version}"),
            expected: "version 1",
        })
    }

    /// The polynomial of `domain` over `basis`. The words are the same in either representation: a uniform polynomial is
    /// as well given by its transform.
    #[must_use]
    pub fn expand<R: Representation>(&self, domain: ExpansionDomain, basis: &RnsBasis) -> RnsPoly<R> {
        let mut poly = RnsPoly::zero(basis);
        self.expand_into(domain, &mut poly);
        poly
    }

    /// As [`Self::expand`], over the basis that `out` has, without allocation.
    pub fn expand_into<R: Representation>(&self, domain: ExpansionDomain, out: &mut RnsPoly<R>) {
        let basis = out.basis().clone();
        self.expand_limbs(domain, &basis, out.words_mut());
    }

    /// As [`Self::expand`], limb after limb into `words`.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`] unless there are N words for each prime.
    pub fn expand_words(
        &self,
        domain: ExpansionDomain,
        basis: &RnsBasis,
        words: &mut [u64],
    ) -> Result<(), RingError> {
        check_limbs(basis, words.len())?;
        self.expand_limbs(domain, basis, words);
        Ok(())
    }

    /// One limb of [`Self::expand`], or the beginning of it.
    pub fn expand_limb(&self, domain: ExpansionDomain, modulus: &Modulus, out: &mut [u64]) {
        fill_limb(&self.subkey(domain), modulus, out);
    }

    fn expand_limbs(&self, domain: ExpansionDomain, basis: &RnsBasis, words: &mut [u64]) {
        let cipher = self.subkey(domain);
        parallel::for_each_limb(words, basis.n(), |i, limb| fill_limb(&cipher, basis.modulus(i), limb));
    }

    /// The cipher under the subkey of one domain.
    fn subkey(&self, domain: ExpansionDomain) -> Aes256 {
        let mut halves = [0, 1].map(|half| {
            let mut block = Block::default();
            block[0] = EXPANSION_VERSION;
            block[1] = half;
            block[4..8].copy_from_slice(&domain.part.to_le_bytes());
            block[8..16].copy_from_slice(&domain.object.to_le_bytes());
            block
        });
        self.cipher.encrypt_blocks(&mut halves);
        let [low, high] = halves;
        Aes256::new(&low.concat(high))
    }
}

fn fill_limb(cipher: &Aes256, modulus: &Modulus, out: &mut [u64]) {
    let mut first = Block::default();
    first[8..16].copy_from_slice(&modulus.value().to_le_bytes());
    let core: CtrCore<Aes256, Ctr64LE> = CtrCore::inner_iv_init(cipher.clone(), &first);
    let mut stream = StreamCipherCoreWrapper::from_core(core);
    fill_uniform(modulus, out, |candidates| {
        stream.write_keystream(bytemuck::cast_slice_mut(candidates));
        from_little_endian(candidates);
    });
}

/// Shows the version only.
impl std::fmt::Debug for SeedExpander {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SeedExpander(version {EXPANSION_VERSION})")
    }
}

//! Polynomials as packed limbs.

use std::{
    io::{Read, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use ring_math::{
    Ntt, RnsBasis, RnsPoly, parallel,
    sample::{EXPANSION_VERSION, ExpansionDomain, SEED_BYTES, SeedExpander},
};

use super::{
    pack::{pack, packed_bytes, unpack},
    stream::{Fields, Sink, Source, malformed},
};
use crate::error::CkksError;

/// Bytes of a seed with the version of its expansion.
pub(super) const SEED_FIELD_BYTES: usize = 1 + SEED_BYTES;

pub(super) fn write_seed(seed: &[u8; SEED_BYTES], out: &mut Vec<u8>) {
    out.push(EXPANSION_VERSION);
    out.extend_from_slice(seed);
}

pub(super) fn read_seed(fields: &mut Fields<'_>) -> Result<[u8; SEED_BYTES], CkksError> {
    let version = fields.u8()?;
    if version != EXPANSION_VERSION {
        return Err(malformed(
            fields.object(),
            "version of the seed's expansion",
            version,
            EXPANSION_VERSION,
        ));
    }
    fields.take()
}

/// log2 of a power of two that a modulus is below.
fn bits(prime: u64) -> u32 {
    u64::BITS - prime.leading_zeros()
}

/// Bytes of a polynomial over these primes as stored.
pub(super) fn poly_bytes(n: usize, primes: impl Iterator<Item = u64>) -> u64 {
    primes.map(|prime| packed_bytes(n, bits(prime)) as u64).sum()
}

/// Bytes of a polynomial over `basis` as stored.
pub(super) fn stored_bytes(basis: &RnsBasis) -> u64 {
    poly_bytes(basis.n(), basis.primes())
}

/// Bytes that reading `polys` polynomials over `basis` allocates, `stored` of which come from bytes: the polynomials
/// and a buffer for the bytes of one.
pub(super) fn memory_bytes(basis: &RnsBasis, polys: usize) -> u64 {
    8 * (polys * basis.n() * basis.len()) as u64 + stored_bytes(basis)
}

pub(super) fn write_poly<W: Write>(poly: &RnsPoly<Ntt>, out: &mut Sink<W>) -> Result<(), CkksError> {
    for (i, prime) in poly.basis().primes().enumerate() {
        out.put_packed(|packed| pack(poly.limb(i), bits(prime), packed))?;
    }
    Ok(())
}

/// Reads polynomials over one basis.
pub(super) struct PolyReader<'a> {
    basis: &'a RnsBasis,
    /// Packed bytes of one polynomial.
    packed: Vec<u8>,
    /// Where the bytes of each limb start in it.
    starts: Vec<usize>,
}

impl<'a> PolyReader<'a> {
    pub(super) fn new(basis: &'a RnsBasis) -> Self {
        let mut end = 0;
        let mut start = |prime| {
            let start = end;
            end += packed_bytes(basis.n(), bits(prime));
            start
        };
        let starts = basis.primes().map(&mut start).collect();
        Self { basis, packed: vec![0; end], starts }
    }

    /// The next polynomial.
    pub(super) fn read<R: Read>(&mut self, source: &mut Source<R>) -> Result<RnsPoly<Ntt>, CkksError> {
        source.fill(&mut self.packed)?;
        let mut poly = RnsPoly::zero(self.basis);
        let within = AtomicBool::new(true);
        parallel::for_each_limb(poly.words_mut(), self.basis.n(), |i, limb| {
            within.fetch_and(self.unpack(i, limb), Ordering::Relaxed);
        });
        self.expect_within(within, &poly, source.object())?;
        Ok(poly)
    }

    /// The next polynomial and, beside it, one from the seed of `expander`.
    pub(super) fn read_with_mask<R: Read>(
        &mut self,
        source: &mut Source<R>,
        expander: &SeedExpander,
        domain: ExpansionDomain,
    ) -> Result<[RnsPoly<Ntt>; 2], CkksError> {
        source.fill(&mut self.packed)?;
        let (mut body, mut mask) = (RnsPoly::zero(self.basis), RnsPoly::zero(self.basis));
        let within = AtomicBool::new(true);
        parallel::for_each_limb_pair(
            body.words_mut(),
            mask.words_mut(),
            self.basis.n(),
            |i, body_limb, mask_limb| {
                within.fetch_and(self.unpack(i, body_limb), Ordering::Relaxed);
                expander.expand_limb(domain, self.basis.modulus(i), mask_limb);
            },
        );
        self.expect_within(within, &body, source.object())?;
        Ok([body, mask])
    }

    /// Whether all words of limb `i` are below its prime.
    fn unpack(&self, i: usize, limb: &mut [u64]) -> bool {
        let modulus = self.basis.modulus(i);
        unpack(&self.packed[self.starts[i]..], modulus.bits(), modulus.value(), limb)
    }

    fn expect_within(
        &self,
        within: AtomicBool,
        poly: &RnsPoly<Ntt>,
        object: &'static str,
    ) -> Result<(), CkksError> {
        if within.into_inner() {
            return Ok(());
        }
        let first = self.basis.primes().enumerate().find_map(|(limb, prime)| {
            let index = poly.limb(limb).iter().position(|&word| word >= prime)?;
            Some((format!("{} at {index} of limb {limb}", poly.limb(limb)[index]), prime))
        });
        let (found, prime) = first.unwrap_or_default();
        Err(malformed(object, "word", found, format!("below {prime}")))
    }
}

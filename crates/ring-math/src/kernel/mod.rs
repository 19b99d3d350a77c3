//! Inner loops over words, in one version per instruction set, chosen at run time.
//!
//! This folder is the only place with `unsafe`, and every use is the call of a function compiled for an instruction
//! set that a token proves to be present. Loops take whole limbs (or runs of them), check nothing, and are reached
//! only through [`crate::ResidueRing`] and [`crate::rns`], which check lengths once. All kernels return the same
//! canonical words.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512ifma;
mod body;
pub(crate) mod scalar;

use crate::{
    error::RingError,
    modulus::{Modulus, PreparedScalar},
    ntt::{NttPlan, roots::RootTable},
};

/// Forces a kernel by name when set: `scalar`, `avx2` or `avx512ifma`.
pub const KERNEL_VARIABLE: &str = "CIPHERFIT_KERNEL";

/// Upper bound on the number of limbs one inner product or one basis conversion may sum.
pub const MAX_TERMS: usize = 64;

/// The instruction set the inner loops use. A value of this type proves that the processor has it.
#[derive(Clone, Copy)]
pub struct Kernel(&'static dyn KernelOps);

impl Kernel {
    /// The portable loops, for every processor and every prime.
    #[must_use]
    pub fn scalar() -> Self {
        Self(&scalar::Scalar)
    }

    /// Every kernel this processor can run, fastest first; the last is `scalar`.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let mut kernels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            kernels.extend(avx512ifma::Avx512Ifma::detect().map(Self));
            kernels.extend(avx2::Avx2::detect().map(Self));
        }
        kernels.push(Self::scalar());
        kernels
    }

    /// The names of all kernels, also of those this processor lacks, fastest first.
    #[must_use]
    pub fn known_names() -> &'static [&'static str] {
        &["avx512ifma", "avx2", "scalar"]
    }

    /// The kernel called `name`.
    ///
    /// # Errors
    /// [`RingError::KernelUnavailable`] when there is none of that name or this processor cannot run it.
    pub fn by_name(name: &str) -> Result<Self, RingError> {
        let available = Self::available();
        available.iter().copied().find(|kernel| kernel.name() == name).ok_or_else(|| {
            let names: Vec<&str> = available.iter().map(Self::name).collect();
            RingError::KernelUnavailable { name: name.to_owned(), available: names.join(", ") }
        })
    }

    /// The kernel named by the environment variable `CIPHERFIT_KERNEL`, or else the fastest one.
    ///
    /// # Errors
    /// [`RingError::KernelUnavailable`] when the variable names a kernel that cannot run here.
    pub fn select() -> Result<Self, RingError> {
        match std::env::var(KERNEL_VARIABLE) {
            Ok(name) if !name.is_empty() => Self::by_name(&name),
            _ => Ok(Self::available()[0]),
        }
    }

    /// `avx512ifma`, `avx2` or `scalar`; results record it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    pub(crate) fn ops(self) -> &'static dyn KernelOps {
        self.0
    }
}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kernel({})", self.name())
    }
}

impl PartialEq for Kernel {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Kernel {}

/// Fractional bits of the sum of y_j / q_j that gives a conversion's quotient.
pub(crate) const FRACTION_BITS: u32 = 49;

/// Corrections below this number are looked up by the kernels that can.
pub(crate) const LISTED_CORRECTIONS: usize = 16;

/// One output limb of a basis conversion: sum over j of `source_j * factor_j`, plus `correction * correction_factor`.
pub(crate) struct ConvertRow<'a> {
    /// The target prime.
    pub(crate) modulus: &'a Modulus,
    /// One factor per source limb.
    pub(crate) factors: &'a [PreparedScalar],
    /// Multiplies the correction words, when there are any.
    pub(crate) correction_factor: &'a PreparedScalar,
    /// The products, not reduced, of the small corrections and the factor's Montgomery word. No correction exceeds the number
    /// of source limbs.
    pub(crate) corrections: &'a [[u64; 8]; LISTED_CORRECTIONS / 8],
    /// Bit length of the largest source prime.
    pub(crate) source_bits: u32,
}

/// Words that will be wanted after a conversion's row: vector kernels ask for them meanwhile, so that they come from memory
/// while the multipliers work.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ahead<'a> {
    /// Limbs of `n` words each.
    pub(crate) limbs: &'a [u64],
    pub(crate) n: usize,
    /// The first of them that is wanted, and how many lie from one such limb to the next.
    pub(crate) first: usize,
    pub(crate) step: usize,
    /// Where in each limb; as many words as the row has.
    pub(crate) at: usize,
}

/// How a residue modulo one source prime becomes a fixed-point fraction of that prime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FractionScale {
    /// The residue is shifted left by this much first,
    pub(crate) shift_left: u32,
    /// or right by this much (one of the two is zero),
    pub(crate) shift_right: u32,
    /// then multiplied by this word below 2^52, and the low 52 bits of the product are dropped.
    pub(crate) reciprocal: u64,
}

/// The loops a kernel provides. Slices of one call have equal lengths, a multiple of eight; inputs are canonical
/// and so are outputs, unless a method says otherwise. The defaults are the portable loops.
pub(crate) trait KernelOps: Sync + Send {
    /// See [`Kernel::name`].
    fn name(&self) -> &'static str;

    /// Tables for the transforms modulo one prime.
    fn plan_ntt(&self, roots: &RootTable) -> Box<dyn NttPlan>;

    /// a += b.
    fn add_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64]) {
        body::add_assign(q.value(), a, b);
    }

    /// out = a + b.
    fn add_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64]) {
        body::add_into(q.value(), out, a, b);
    }

    /// a -= b.
    fn sub_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64]) {
        body::sub_assign(q.value(), a, b);
    }

    /// out = a - b.
    fn sub_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64]) {
        body::sub_into(q.value(), out, a, b);
    }

    /// a = -a.
    fn neg_assign(&self, q: &Modulus, a: &mut [u64]) {
        body::neg_assign(q.value(), a);
    }

    /// out = a * b.
    fn mul_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64]) {
        scalar::mul_into(q, out, a, b);
    }

    /// a *= b.
    fn mul_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64]) {
        scalar::mul_assign(q, a, b);
    }

    /// acc += a * b.
    fn mul_add_assign(&self, q: &Modulus, acc: &mut [u64], a: &[u64], b: &[u64]) {
        scalar::mul_add_assign(q, acc, a, b);
    }

    /// a *= c, for any words `a` below 2^52 when the kernel is a vector one.
    fn mul_scalar_assign(&self, q: &Modulus, a: &mut [u64], c: &PreparedScalar) {
        scalar::mul_scalar_assign(q, a, c);
    }

    /// acc += a * c.
    fn mul_scalar_add_assign(&self, q: &Modulus, acc: &mut [u64], a: &[u64], c: &PreparedScalar) {
        scalar::mul_scalar_add_assign(q, acc, a, c);
    }

    /// a = (a - b) * c, the tail of a division by a prime; `b` is what [`NttPlan::forward_lazy`] of the same kernel may
    /// leave.
    fn sub_mul_scalar_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64], c: &PreparedScalar) {
        scalar::sub_mul_scalar_assign(q, a, b, c);
    }

    /// out = (a - b) * c, for `b` as in [`Self::sub_mul_scalar_assign`].
    fn sub_mul_scalar_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64], c: &PreparedScalar) {
        scalar::sub_mul_scalar_into(q, out, a, b, c);
    }

    /// out = sum over j of a_j * b_j, at most [`MAX_TERMS`] terms, reduced once.
    fn inner_product(&self, q: &Modulus, out: &mut [u64], terms: &[(&[u64], &[u64])]) {
        scalar::inner_product(q, out, terms);
    }

    /// out0 = sum a_j * b_j and out1 = sum a_j * c_j for terms (a, b, c): one pass over the digits of a key switch.
    fn inner_product_pair(
        &self,
        q: &Modulus,
        out0: &mut [u64],
        out1: &mut [u64],
        terms: &[(&[u64], &[u64], &[u64])],
    ) {
        scalar::inner_product_pair(q, out0, out1, terms);
    }

    /// One output limb of a basis conversion; `sources` are the scaled source limbs, each as long as `out`.
    fn convert_row(
        &self,
        row: &ConvertRow<'_>,
        sources: &[&[u64]],
        correction: Option<&[u64]>,
        _ahead: Ahead<'_>,
        out: &mut [u64],
    ) {
        scalar::convert_row(row, sources, correction, out);
    }

    /// Several output limbs of a basis conversion, with the quotients from `scales` and `start` as their corrections, where
    /// the kernel has a loop for that many sources; says whether it has. `sources` and `out` hold whole limbs.
    fn convert_rows(
        &self,
        _rows: &[ConvertRow<'_>],
        _sources: &[u64],
        _scales: &[FractionScale],
        _start: u64,
        _out: &mut [u64],
    ) -> bool {
        false
    }

    /// out = (start + sum over j of the fraction of source_j) >> [`FRACTION_BITS`]; `sources` are one limb, as long as
    /// `out`, for each of `scales`.
    fn quotients(&self, out: &mut [u64], sources: &[&[u64]], scales: &[FractionScale], start: u64) {
        scalar::quotients(out, sources, scales, start);
    }

    /// out = a, lifted from `[0, from)` to the representative in (-from/2, from/2) and reduced modulo q.
    fn lift_centred(&self, q: &Modulus, from: &Modulus, out: &mut [u64], a: &[u64]) {
        scalar::lift_centred(q, from, out, a);
    }

    /// out[8b + lane] = a[8 * (m >> 3) + patterns[m & 7][lane]] with m = map[b].
    fn permute_blocks(&self, out: &mut [u64], a: &[u64], map: &[u32], patterns: &[[u64; 8]; 8]) {
        body::permute_blocks(out, a, map, patterns);
    }
}

//! AVX-512 IFMA: eight 52-bit multiply-adds at a time, for primes up to 50 bits.
//!
//! Two products of any y below 2^52 with a constant w, three multiplications each:
//!
//! - Shoup's, from w and floor(w * 2^52 / p): right in the low 52 bits, with noise above, which a multiplier ignores.
//! - Montgomery's, from w' = w * 2^52 mod p and w' * p^-1 mod 2^52: clean, since y * w' and the multiple of p that is
//!   subtracted agree in their low 52 bits, but one subtraction longer.
//!
//! Only a multiplier's input has to be non-negative and below 2^52; sums may run free until then.
//!
//! Transforms have two regimes, by the room a prime leaves in 52 bits. *Lazy* (p < 2^48, Shoup): values are offset by kp,
//! k >= 8, and may grow by p on either side for k - 1 stages, since 2kp <= 2^52. *Strict* (p < 2^50, Montgomery): values
//! stay clean and below 4p <= 2^52, and every stage folds one operand.

#[macro_use]
mod macros;
mod columns;
mod convert;
mod forward;
mod inverse;
mod lazy;
mod plan;
mod tables;
mod vector;

use super::{Ahead, ConvertRow, FractionScale, KernelOps};
use crate::{
    modulus::{Modulus, PreparedScalar},
    ntt::{NttPlan, roots::RootTable},
};

/// Proof that the processor has AVX-512 F, VL, DQ and IFMA.
#[derive(Clone, Copy)]
pub(super) struct Avx512Ifma(());

impl Avx512Ifma {
    /// The kernel, on a processor that can run it.
    pub(super) fn detect() -> Option<&'static dyn KernelOps> {
        static TOKEN: Avx512Ifma = Avx512Ifma(());
        let present = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512ifma");
        present.then_some(&TOKEN)
    }
}

/// Calls functions compiled for the instruction sets that `self` proves to be present.
macro_rules! with_features {
    ($call:expr) => {{
        #[expect(unsafe_code, reason = "calls a function compiled for AVX-512 IFMA")]
        // SAFETY: a value of type `Avx512Ifma` exists only where `detect` found every feature the callee needs.
        unsafe {
            $call
        }
    }};
}

impl KernelOps for Avx512Ifma {
    fn name(&self) -> &'static str {
        "avx512ifma"
    }

    fn plan_ntt(&self, roots: &RootTable) -> Box<dyn NttPlan> {
        Box::new(plan::IfmaPlan::new(*self, roots))
    }

    fn add_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64]) {
        with_features!(vector::add_assign(q.value(), a, b));
    }

    fn add_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64]) {
        with_features!(vector::add_into(q.value(), out, a, b));
    }

    fn sub_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64]) {
        with_features!(vector::sub_assign(q.value(), a, b));
    }

    fn sub_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64]) {
        with_features!(vector::sub_into(q.value(), out, a, b));
    }

    fn neg_assign(&self, q: &Modulus, a: &mut [u64]) {
        with_features!(vector::neg_assign(q.value(), a));
    }

    fn mul_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64]) {
        with_features!(vector::mul_into(q, out, a, b));
    }

    fn mul_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64]) {
        with_features!(vector::mul_assign(q, a, b));
    }

    fn mul_add_assign(&self, q: &Modulus, acc: &mut [u64], a: &[u64], b: &[u64]) {
        with_features!(vector::mul_add_assign(q, acc, a, b));
    }

    fn mul_scalar_assign(&self, q: &Modulus, a: &mut [u64], c: &PreparedScalar) {
        with_features!(vector::mul_scalar_assign(q, a, c));
    }

    fn mul_scalar_add_assign(&self, q: &Modulus, acc: &mut [u64], a: &[u64], c: &PreparedScalar) {
        with_features!(vector::mul_scalar_add_assign(q, acc, a, c));
    }

    fn sub_mul_scalar_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64], c: &PreparedScalar) {
        with_features!(vector::sub_mul_scalar_assign(q, a, b, c));
    }

    fn sub_mul_scalar_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64], c: &PreparedScalar) {
        with_features!(vector::sub_mul_scalar_into(q, out, a, b, c));
    }

    fn inner_product(&self, q: &Modulus, out: &mut [u64], terms: &[(&[u64], &[u64])]) {
        with_features!(vector::inner_product(q, out, terms));
    }

    fn inner_product_pair(
        &self,
        q: &Modulus,
        out0: &mut [u64],
        out1: &mut [u64],
        terms: &[(&[u64], &[u64], &[u64])],
    ) {
        with_features!(vector::inner_product_pair(q, out0, out1, terms));
    }

    fn convert_row(
        &self,
        row: &ConvertRow<'_>,
        sources: &[&[u64]],
        correction: Option<&[u64]>,
        ahead: Ahead<'_>,
        out: &mut [u64],
    ) {
        with_features!(convert::convert_row(row, sources, correction, ahead, out));
    }

    fn convert_rows(
        &self,
        rows: &[ConvertRow<'_>],
        sources: &[u64],
        scales: &[FractionScale],
        start: u64,
        out: &mut [u64],
    ) -> bool {
        with_features!(columns::convert_rows(rows, sources, scales, start, out))
    }

    fn quotients(&self, out: &mut [u64], sources: &[&[u64]], scales: &[FractionScale], start: u64) {
        with_features!(convert::quotients(out, sources, scales, start));
    }

    fn lift_centred(&self, q: &Modulus, from: &Modulus, out: &mut [u64], a: &[u64]) {
        with_features!(convert::lift_centred(q, from, out, a));
    }

    fn permute_blocks(&self, out: &mut [u64], a: &[u64], map: &[u32], patterns: &[[u64; 8]; 8]) {
        with_features!(vector::permute_blocks(out, a, map, patterns));
    }
}

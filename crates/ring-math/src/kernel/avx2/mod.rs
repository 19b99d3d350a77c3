//! AVX2 with fused multiply-add: residues as integers in floats, for primes below 2^50.

mod elementwise;
mod lanes;
mod ntt;
mod ntt_forward;
mod ntt_inverse;
mod sums;

use self::{
    elementwise::{Binary, ByScalar},
    lanes::Field,
};
use super::{Ahead, ConvertRow, FractionScale, KernelOps};
use crate::{
    modulus::{Modulus, PreparedScalar},
    ntt::{NttPlan, roots::RootTable},
};

/// Proof that the processor has AVX2 and FMA: only [`Avx2::detect`] makes one.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    /// The kernel, when this processor can run it.
    pub(super) fn detect() -> Option<&'static dyn KernelOps> {
        static KERNEL: Avx2 = Avx2(());
        let present = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        if present { Some(&KERNEL) } else { None }
    }
}

#[expect(unsafe_code, reason = "calls of functions compiled for AVX2 and FMA")]
impl Avx2 {
    fn binary(self, op: Binary, q: &Modulus, out: &mut [u64], operands: [&[u64]; 2]) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { elementwise::binary(op, q, out, operands) }
    }

    fn binary_assign(self, op: Binary, q: &Modulus, a: &mut [u64], b: &[u64]) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { elementwise::binary_assign(op, q, a, b) }
    }

    fn by_scalar(self, op: ByScalar, q: &Modulus, a: &mut [u64], b: &[u64], c: &PreparedScalar) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { elementwise::by_scalar(op, q, a, b, c) }
    }

    fn forward(self, q: &Modulus, table: &ntt::Table, a: &mut [u64]) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { ntt_forward::forward(&Field::new(q), table, a) }
    }

    fn inverse(self, q: &Modulus, table: &ntt::Table, scale: [f64; 2], a: &mut [u64]) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { ntt_inverse::inverse(&Field::new(q), table, scale, a) }
    }
}

#[expect(unsafe_code, reason = "calls of functions compiled for AVX2 and FMA")]
impl KernelOps for Avx2 {
    fn name(&self) -> &'static str {
        "avx2"
    }

    fn plan_ntt(&self, roots: &RootTable) -> Box<dyn NttPlan> {
        Box::new(ntt::Plan::new(*self, roots))
    }

    fn add_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64]) {
        self.binary_assign(Binary::Add, q, a, b);
    }

    fn add_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64]) {
        self.binary(Binary::Add, q, out, [a, b]);
    }

    fn sub_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64]) {
        self.binary_assign(Binary::Sub, q, a, b);
    }

    fn sub_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64]) {
        self.binary(Binary::Sub, q, out, [a, b]);
    }

    fn neg_assign(&self, q: &Modulus, a: &mut [u64]) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { elementwise::neg_assign(q, a) }
    }

    fn mul_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64]) {
        self.binary(Binary::Mul, q, out, [a, b]);
    }

    fn mul_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64]) {
        self.binary_assign(Binary::Mul, q, a, b);
    }

    fn mul_add_assign(&self, q: &Modulus, acc: &mut [u64], a: &[u64], b: &[u64]) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { elementwise::mul_add_assign(q, acc, a, b) }
    }

    fn mul_scalar_assign(&self, q: &Modulus, a: &mut [u64], c: &PreparedScalar) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { elementwise::mul_scalar_assign(q, a, c) }
    }

    fn mul_scalar_add_assign(&self, q: &Modulus, acc: &mut [u64], a: &[u64], c: &PreparedScalar) {
        self.by_scalar(ByScalar::Add, q, acc, a, c);
    }

    fn sub_mul_scalar_assign(&self, q: &Modulus, a: &mut [u64], b: &[u64], c: &PreparedScalar) {
        self.by_scalar(ByScalar::SubMul, q, a, b, c);
    }

    fn sub_mul_scalar_into(&self, q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64], c: &PreparedScalar) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { elementwise::sub_mul_scalar_into(q, out, a, b, c) }
    }

    fn inner_product(&self, q: &Modulus, out: &mut [u64], terms: &[(&[u64], &[u64])]) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { sums::inner_product(q, out, terms) }
    }

    fn inner_product_pair(
        &self,
        q: &Modulus,
        out0: &mut [u64],
        out1: &mut [u64],
        terms: &[(&[u64], &[u64], &[u64])],
    ) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { sums::inner_product_pair(q, out0, out1, terms) }
    }

    fn convert_row(
        &self,
        row: &ConvertRow<'_>,
        sources: &[&[u64]],
        correction: Option<&[u64]>,
        _ahead: Ahead<'_>,
        out: &mut [u64],
    ) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { sums::convert_row(row, sources, correction, out) }
    }

    fn quotients(&self, out: &mut [u64], sources: &[&[u64]], scales: &[FractionScale], start: u64) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { sums::quotients(out, sources, scales, start) }
    }

    fn lift_centred(&self, q: &Modulus, from: &Modulus, out: &mut [u64], a: &[u64]) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { elementwise::lift_centred(q, from, out, a) }
    }

    fn permute_blocks(&self, out: &mut [u64], a: &[u64], map: &[u32], patterns: &[[u64; 8]; 8]) {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { elementwise::permute_blocks(out, a, map, patterns) }
    }
}

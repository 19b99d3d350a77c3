//! The negacyclic number-theoretic transform modulo one prime.
//!
//! Forward takes coefficients in natural order to values in bit-reversed order: word i of the result is the
//! polynomial at psi^(2 brv(i) + 1), where psi is the primitive 2N-th root of [`crate::primitive_root`] and brv
//! reverses log2(N) bits. Inputs and outputs are canonical. Algorithms: Longa and Naehrig, CANS 2016, algorithms 1
//! and 2, with Harvey's lazy butterflies (J. Symb. Comput. 60, 2014); each kernel regroups the stages as it likes.

pub mod reference;
pub(crate) mod roots;
pub(crate) mod scalar;

use crate::modulus::{Modulus, PreparedScalar};

/// A constant to multiply by at the end of an inverse transform, folded into the constants of its last pass.
#[derive(Clone, Debug)]
pub struct InverseScale {
    /// The factors of the last pass, in the order the plan that made them wants.
    pub(crate) factors: Vec<PreparedScalar>,
}

/// Transforms of one kernel for one prime and one ring degree.
pub(crate) trait NttPlan: Send + Sync {
    /// Coefficients to values, in place; canonical in and out.
    fn forward(&self, a: &mut [u64]);

    /// As [`NttPlan::forward`], but the outputs may be any representatives the same kernel's products accept.
    fn forward_lazy(&self, a: &mut [u64]) {
        self.forward(a);
    }

    /// As [`NttPlan::forward_lazy`] of the centred representatives of residues modulo `from`, a prime the vector kernels take,
    /// where the plan has a loop that need not write these first; says whether it has.
    fn forward_lifted(&self, _out: &mut [u64], _residues: &[u64], _from: &Modulus) -> bool {
        false
    }

    /// Values to coefficients times the constant in `scale`, in place; canonical in and out.
    fn inverse(&self, a: &mut [u64], scale: &InverseScale);

    /// As [`NttPlan::inverse`], of values that stay where they are.
    fn inverse_into(&self, out: &mut [u64], values: &[u64], scale: &InverseScale) {
        out.copy_from_slice(values);
        self.inverse(out, scale);
    }

    /// Prepares an inverse transform that also multiplies by `c`; `c = 1` gives the plain inverse.
    fn scale(&self, c: u64) -> InverseScale;
}

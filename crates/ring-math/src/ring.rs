//! The ring `Z_p[X]/(X^N+1)` for one prime: everything that happens to a single limb.

use crate::{
    automorphism::Automorphism,
    error::RingError,
    kernel::{Kernel, KernelOps, MAX_TERMS},
    modulus::{Modulus, PreparedScalar},
    ntt::{InverseScale, NttPlan, roots::RootTable},
};

/// Smallest supported log2(N).
pub const MIN_LOG_N: u32 = 3;

/// Largest supported log2(N).
pub const MAX_LOG_N: u32 = 17;

/// Words of which a part of a limb has to be a multiple, where an operation takes parts: no kernel takes more at a time.
pub const PART_WORDS: usize = 64;

/// `Z_p[X]/(X^N+1)` for one prime p that is 1 modulo 2N, with its transform tables and the kernel that runs it.
///
/// A limb is a slice of N words in `[0, p)`: coefficients in natural order, or transform values in bit-reversed
/// order (see [`crate::ntt`]). Every method checks lengths once and then runs without allocation.
pub struct ResidueRing {
    modulus: Modulus,
    log_n: u32,
    kernel: Kernel,
    plan: Box<dyn NttPlan>,
    unit_scale: InverseScale,
}

impl ResidueRing {
    /// Builds the ring for N = 2^`log_n` modulo `modulus`. A prime of more than 50 bits, and any ring below N = 64,
    /// takes the portable kernel whatever `kernel` says.
    ///
    /// # Errors
    /// [`RingError::RingDegree`] or [`RingError::NotNttFriendly`].
    pub fn new(modulus: Modulus, log_n: u32, kernel: Kernel) -> Result<Self, RingError> {
        if !(MIN_LOG_N..=MAX_LOG_N).contains(&log_n) {
            return Err(RingError::RingDegree { found: log_n, min: MIN_LOG_N, max: MAX_LOG_N });
        }
        /// The vector transforms handle blocks of 64 coefficients in registers.
        const MIN_VECTOR_LOG_N: u32 = 6;
        let kernel = if modulus.fits_vector_kernels() && log_n >= MIN_VECTOR_LOG_N {
            kernel
        } else {
            Kernel::scalar()
        };
        let roots = RootTable::new(modulus, log_n)?;
        let plan = kernel.ops().plan_ntt(&roots);
        let unit_scale = plan.scale(1);
        Ok(Self { modulus, log_n, kernel, plan, unit_scale })
    }

    /// The prime.
    #[must_use]
    pub fn modulus(&self) -> &Modulus {
        &self.modulus
    }

    /// The ring degree N, which is the number of words in a limb.
    #[must_use]
    pub fn n(&self) -> usize {
        1 << self.log_n
    }

    /// log2(N).
    #[must_use]
    pub fn log_n(&self) -> u32 {
        self.log_n
    }

    /// The kernel that runs this ring's loops.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    pub(crate) fn ops(&self) -> &'static dyn KernelOps {
        self.kernel.ops()
    }

    fn check(&self, what: &'static str, found: usize) -> Result<(), RingError> {
        if found == self.n() {
            return Ok(());
        }
        Err(RingError::LengthMismatch { what, found, expected: self.n() })
    }

    /// Coefficients to transform values, in place.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`] when the slice is not one limb, as for every method here.
    pub fn forward(&self, a: &mut [u64]) -> Result<(), RingError> {
        self.check("limb", a.len())?;
        self.plan.forward(a);
        Ok(())
    }

    /// As [`Self::forward`], but the values may be left unreduced. They may only be handed to
    /// [`Self::inner_product_pair`], [`Self::sub_mul_scalar_assign`] and [`Self::sub_mul_scalar_into`] of the same ring,
    /// where these say so.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn forward_unreduced(&self, a: &mut [u64]) -> Result<(), RingError> {
        self.check("limb", a.len())?;
        self.plan.forward_lazy(a);
        Ok(())
    }

    /// [`Self::lift_centred`] and then [`Self::forward_unreduced`], in one pass less over the words where a kernel can.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn forward_lifted(&self, out: &mut [u64], a: &[u64], from: &Modulus) -> Result<(), RingError> {
        self.check("output", out.len())?;
        self.check("operand", a.len())?;
        if from.fits_vector_kernels() && self.plan.forward_lifted(out, a, from) {
            return Ok(());
        }
        self.lift_centred(out, a, from)?;
        self.forward_unreduced(out)
    }

    /// Transform values to coefficients, in place.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn inverse(&self, a: &mut [u64]) -> Result<(), RingError> {
        self.inverse_scaled(a, &self.unit_scale)
    }

    /// Prepares [`Self::inverse_scaled`] for the constant `c`.
    #[must_use]
    pub fn inverse_scale(&self, c: u64) -> InverseScale {
        self.plan.scale(c)
    }

    /// Transform values to coefficients times a constant, at the cost of [`Self::inverse`] alone. The scale has to
    /// come from [`Self::inverse_scale`] of this ring.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`], also for a scale that some other kernel prepared.
    pub fn inverse_scaled(&self, a: &mut [u64], scale: &InverseScale) -> Result<(), RingError> {
        self.check("limb", a.len())?;
        self.check_scale(scale)?;
        self.plan.inverse(a, scale);
        Ok(())
    }

    /// As [`Self::inverse_scaled`], of values that stay where they are: faster than a copy and the transform.
    ///
    /// # Errors
    /// As [`Self::inverse_scaled`].
    pub fn inverse_scaled_into(
        &self,
        out: &mut [u64],
        values: &[u64],
        scale: &InverseScale,
    ) -> Result<(), RingError> {
        self.check("output", out.len())?;
        self.check("values", values.len())?;
        self.check_scale(scale)?;
        self.plan.inverse_into(out, values, scale);
        Ok(())
    }

    fn check_scale(&self, scale: &InverseScale) -> Result<(), RingError> {
        let (found, expected) = (scale.factors.len(), self.unit_scale.factors.len());
        if found == expected {
            return Ok(());
        }
        Err(RingError::LengthMismatch { what: "scale", found, expected })
    }

    /// a += b.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn add_assign(&self, a: &mut [u64], b: &[u64]) -> Result<(), RingError> {
        self.check("left operand", a.len())?;
        self.check("right operand", b.len())?;
        self.ops().add_assign(&self.modulus, a, b);
        Ok(())
    }

    /// out = a + b.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn add_into(&self, out: &mut [u64], a: &[u64], b: &[u64]) -> Result<(), RingError> {
        self.check_three(out.len(), a.len(), b.len())?;
        self.ops().add_into(&self.modulus, out, a, b);
        Ok(())
    }

    /// a -= b.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn sub_assign(&self, a: &mut [u64], b: &[u64]) -> Result<(), RingError> {
        self.check("left operand", a.len())?;
        self.check("right operand", b.len())?;
        self.ops().sub_assign(&self.modulus, a, b);
        Ok(())
    }

    /// out = a - b.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn sub_into(&self, out: &mut [u64], a: &[u64], b: &[u64]) -> Result<(), RingError> {
        self.check_three(out.len(), a.len(), b.len())?;
        self.ops().sub_into(&self.modulus, out, a, b);
        Ok(())
    }

    /// a = -a.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn neg_assign(&self, a: &mut [u64]) -> Result<(), RingError> {
        self.check("limb", a.len())?;
        self.ops().neg_assign(&self.modulus, a);
        Ok(())
    }

    fn check_three(&self, out: usize, a: usize, b: usize) -> Result<(), RingError> {
        self.check("output", out)?;
        self.check("left operand", a)?;
        self.check("right operand", b)
    }

    /// out = a * b word by word, which is the ring product of transform values.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn mul_into(&self, out: &mut [u64], a: &[u64], b: &[u64]) -> Result<(), RingError> {
        self.check_three(out.len(), a.len(), b.len())?;
        self.ops().mul_into(&self.modulus, out, a, b);
        Ok(())
    }

    /// a *= b word by word.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn mul_assign(&self, a: &mut [u64], b: &[u64]) -> Result<(), RingError> {
        self.check("left operand", a.len())?;
        self.check("right operand", b.len())?;
        self.ops().mul_assign(&self.modulus, a, b);
        Ok(())
    }

    /// acc += a * b word by word.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn mul_add_assign(&self, acc: &mut [u64], a: &[u64], b: &[u64]) -> Result<(), RingError> {
        self.check_three(acc.len(), a.len(), b.len())?;
        self.ops().mul_add_assign(&self.modulus, acc, a, b);
        Ok(())
    }

    /// a *= c.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn mul_scalar_assign(&self, a: &mut [u64], c: &PreparedScalar) -> Result<(), RingError> {
        self.check("limb", a.len())?;
        self.ops().mul_scalar_assign(&self.modulus, a, c);
        Ok(())
    }

    /// acc += a * c.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn mul_scalar_add_assign(
        &self,
        acc: &mut [u64],
        a: &[u64],
        c: &PreparedScalar,
    ) -> Result<(), RingError> {
        self.check("accumulator", acc.len())?;
        self.check("operand", a.len())?;
        self.ops().mul_scalar_add_assign(&self.modulus, acc, a, c);
        Ok(())
    }

    /// a = (a - b) * c, the tail of every division by a prime. The `b` may come from [`Self::forward_unreduced`].
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn sub_mul_scalar_assign(
        &self,
        a: &mut [u64],
        b: &[u64],
        c: &PreparedScalar,
    ) -> Result<(), RingError> {
        self.check("left operand", a.len())?;
        self.check("right operand", b.len())?;
        self.ops().sub_mul_scalar_assign(&self.modulus, a, b, c);
        Ok(())
    }

    /// out = (a - b) * c, for `b` as in [`Self::sub_mul_scalar_assign`].
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn sub_mul_scalar_into(
        &self,
        out: &mut [u64],
        a: &[u64],
        b: &[u64],
        c: &PreparedScalar,
    ) -> Result<(), RingError> {
        self.check_three(out.len(), a.len(), b.len())?;
        self.ops().sub_mul_scalar_into(&self.modulus, out, a, b, c);
        Ok(())
    }

    /// out = sum of a_j * b_j word by word, with one reduction at the end.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`], also for more than [`MAX_TERMS`] terms.
    pub fn inner_product(&self, out: &mut [u64], terms: &[(&[u64], &[u64])]) -> Result<(), RingError> {
        self.check("output", out.len())?;
        self.check_terms(terms.len())?;
        for (a, b) in terms {
            self.check("left operand", a.len())?;
            self.check("right operand", b.len())?;
        }
        self.ops().inner_product(&self.modulus, out, terms);
        Ok(())
    }

    /// out0 = sum of a_j * b_j and out1 = sum of a_j * c_j for the terms (a, b, c): the inner product of key
    /// switching. The `a_j` may come from [`Self::forward_unreduced`]. All may be the same part of their limbs: a multiple of
    /// [`PART_WORDS`] words.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`], also for more than [`MAX_TERMS`] terms.
    pub fn inner_product_pair(
        &self,
        out0: &mut [u64],
        out1: &mut [u64],
        terms: &[(&[u64], &[u64], &[u64])],
    ) -> Result<(), RingError> {
        let words = out0.len();
        if words == 0 || words > self.n() || !words.is_multiple_of(PART_WORDS) {
            self.check("output", words)?;
        }
        let check = |what, found| match found == words {
            true => Ok(()),
            false => Err(RingError::LengthMismatch { what, found, expected: words }),
        };
        check("second output", out1.len())?;
        self.check_terms(terms.len())?;
        for (a, b, c) in terms {
            check("left operand", a.len())?;
            check("right operand", b.len())?;
            check("second right operand", c.len())?;
        }
        self.ops().inner_product_pair(&self.modulus, out0, out1, terms);
        Ok(())
    }

    fn check_terms(&self, found: usize) -> Result<(), RingError> {
        if found <= MAX_TERMS {
            return Ok(());
        }
        Err(RingError::LengthMismatch { what: "terms of an inner product", found, expected: MAX_TERMS })
    }

    /// out = the representative of `a` in (-from/2, from/2), reduced modulo this ring's prime.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn lift_centred(&self, out: &mut [u64], a: &[u64], from: &Modulus) -> Result<(), RingError> {
        self.check("output", out.len())?;
        self.check("operand", a.len())?;
        // The vector loops take words below 2^52 only.
        let ops = if from.fits_vector_kernels() { self.ops() } else { Kernel::scalar().ops() };
        ops.lift_centred(&self.modulus, from, out, a);
        Ok(())
    }

    /// out = a(X^g) for transform values, a pure permutation.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`], also when the automorphism belongs to another ring degree.
    pub fn permute(&self, out: &mut [u64], a: &[u64], automorphism: &Automorphism) -> Result<(), RingError> {
        self.check("output", out.len())?;
        self.check("operand", a.len())?;
        self.check("automorphism", automorphism.n())?;
        self.ops().permute_blocks(out, a, automorphism.map(), automorphism.patterns());
        Ok(())
    }
}

impl std::fmt::Debug for ResidueRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ResidueRing(N = {}, p = {}, {})", self.n(), self.modulus, self.kernel.name())
    }
}

//! Operations on whole polynomials, limb by limb, spread over the threads at hand.

use crate::{
    automorphism::Automorphism,
    error::RingError,
    modulus::PreparedScalar,
    parallel,
    poly::{Coeff, Ntt, Representation, RnsPoly},
    ring::ResidueRing,
    rns::RnsBasis,
};

impl<R: Representation> RnsPoly<R> {
    /// self += other.
    ///
    /// # Errors
    /// [`RingError::BasisMismatch`], as for every binary operation here.
    pub fn add_assign(&mut self, other: &Self) -> Result<(), RingError> {
        self.zip_limbs(other, |ring, a, b| ring.ops().add_assign(ring.modulus(), a, b))
    }

    /// self -= other.
    ///
    /// # Errors
    /// [`RingError::BasisMismatch`].
    pub fn sub_assign(&mut self, other: &Self) -> Result<(), RingError> {
        self.zip_limbs(other, |ring, a, b| ring.ops().sub_assign(ring.modulus(), a, b))
    }

    /// self = a + b, in the buffer `self` has.
    ///
    /// # Errors
    /// [`RingError::BasisMismatch`].
    pub fn add_into(&mut self, a: &Self, b: &Self) -> Result<(), RingError> {
        self.combine(a, b, |ring, out, a, b| ring.ops().add_into(ring.modulus(), out, a, b))
    }

    /// self = a - b, in the buffer `self` has.
    ///
    /// # Errors
    /// [`RingError::BasisMismatch`].
    pub fn sub_into(&mut self, a: &Self, b: &Self) -> Result<(), RingError> {
        self.combine(a, b, |ring, out, a, b| ring.ops().sub_into(ring.modulus(), out, a, b))
    }

    /// self = -self.
    pub fn neg_assign(&mut self) {
        self.map_limbs(|ring, a| ring.ops().neg_assign(ring.modulus(), a));
    }

    /// Multiplies limb i by `factors[i]`, prepared by that limb's prime.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`] unless there is a factor for each limb.
    pub fn mul_scalars_assign(&mut self, factors: &[PreparedScalar]) -> Result<(), RingError> {
        if factors.len() != self.len() {
            let expected = self.len();
            return Err(RingError::LengthMismatch { what: "scalar factors", found: factors.len(), expected });
        }
        let basis = self.basis.clone();
        parallel::for_each_limb(self.words_mut(), basis.n(), |i, limb| {
            let ring = basis.ring(i);
            ring.ops().mul_scalar_assign(ring.modulus(), limb, &factors[i]);
        });
        Ok(())
    }

    /// Multiplies by a signed integer.
    pub fn mul_i64_assign(&mut self, c: i64) {
        self.map_limbs(|ring, a| {
            let q = ring.modulus();
            ring.ops().mul_scalar_assign(q, a, &q.prepare(q.reduce_i64(c)));
        });
    }

    fn map_limbs(&mut self, f: impl Fn(&ResidueRing, &mut [u64]) + Sync + Send) {
        let basis = self.basis.clone();
        parallel::for_each_limb(self.words_mut(), basis.n(), |i, limb| f(basis.ring(i), limb));
    }

    fn zip_limbs(
        &mut self,
        other: &Self,
        f: impl Fn(&ResidueRing, &mut [u64], &[u64]) + Sync + Send,
    ) -> Result<(), RingError> {
        self.basis.check_same(&other.basis)?;
        parallel::for_each_limb(self.data.as_mut_slice(), other.n(), |i, limb| {
            f(other.basis.ring(i), limb, other.limb(i));
        });
        Ok(())
    }

    fn combine(
        &mut self,
        a: &Self,
        b: &Self,
        f: impl Fn(&ResidueRing, &mut [u64], &[u64], &[u64]) + Sync + Send,
    ) -> Result<(), RingError> {
        a.basis.check_same(&b.basis)?;
        self.resize_to(&a.basis);
        parallel::for_each_limb(self.data.as_mut_slice(), a.n(), |i, limb| {
            f(a.basis.ring(i), limb, a.limb(i), b.limb(i));
        });
        Ok(())
    }
}

impl RnsPoly<Coeff> {
    /// The polynomial with the given small signed coefficients; missing ones are zero.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`] for more than N coefficients.
    pub fn from_i64(basis: &RnsBasis, coefficients: &[i64]) -> Result<Self, RingError> {
        let n = basis.n();
        if coefficients.len() > n {
            let found = coefficients.len();
            return Err(RingError::LengthMismatch { what: "coefficients", found, expected: n });
        }
        let mut poly = Self::zero(basis);
        parallel::for_each_limb(poly.words_mut(), n, |i, limb| {
            let q = basis.modulus(i);
            for (word, &c) in limb.iter_mut().zip(coefficients) {
                *word = q.reduce_i64(c);
            }
        });
        Ok(poly)
    }

    /// Transforms every limb, in place.
    #[must_use]
    pub fn into_ntt(mut self) -> RnsPoly<Ntt> {
        // A limb has the ring's length by construction, which is all a transform can object to.
        self.map_limbs(|ring, limb| drop(ring.forward(limb)));
        self.retype()
    }

    /// a(X^g), in the buffer `out` has.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`] when the automorphism belongs to another ring degree.
    pub fn automorphism_into(&self, out: &mut Self, automorphism: &Automorphism) -> Result<(), RingError> {
        let n = self.n();
        if automorphism.n() != n {
            let found = automorphism.n();
            return Err(RingError::LengthMismatch { what: "automorphism", found, expected: n });
        }
        out.resize_to(&self.basis);
        parallel::for_each_limb(out.data.as_mut_slice(), n, |k, limb| {
            let q = self.basis.modulus(k);
            for (i, &word) in self.limb(k).iter().enumerate() {
                let (target, negate) = automorphism.coefficient_target(i);
                limb[target] = if negate { q.neg(word) } else { word };
            }
        });
        Ok(())
    }
}

impl RnsPoly<Ntt> {
    /// Transforms every limb back, in place.
    #[must_use]
    pub fn into_coeff(mut self) -> RnsPoly<Coeff> {
        // As in `into_ntt`: nothing can fail.
        self.map_limbs(|ring, limb| drop(ring.inverse(limb)));
        self.retype()
    }

    /// self *= other.
    ///
    /// # Errors
    /// [`RingError::BasisMismatch`].
    pub fn mul_assign(&mut self, other: &Self) -> Result<(), RingError> {
        self.zip_limbs(other, |ring, a, b| ring.ops().mul_assign(ring.modulus(), a, b))
    }

    /// self = a * b, in the buffer `self` has.
    ///
    /// # Errors
    /// [`RingError::BasisMismatch`].
    pub fn mul_into(&mut self, a: &Self, b: &Self) -> Result<(), RingError> {
        self.combine(a, b, |ring, out, a, b| ring.ops().mul_into(ring.modulus(), out, a, b))
    }

    /// self += a * b.
    ///
    /// # Errors
    /// [`RingError::BasisMismatch`].
    pub fn mul_add_assign(&mut self, a: &Self, b: &Self) -> Result<(), RingError> {
        self.basis.check_same(&a.basis)?;
        self.basis.check_same(&b.basis)?;
        parallel::for_each_limb(self.data.as_mut_slice(), a.n(), |i, limb| {
            let ring = a.basis.ring(i);
            ring.ops().mul_add_assign(ring.modulus(), limb, a.limb(i), b.limb(i));
        });
        Ok(())
    }

    /// a(X^g), in the buffer `out` has: a permutation of words.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`] when the automorphism belongs to another ring degree.
    pub fn automorphism_into(&self, out: &mut Self, automorphism: &Automorphism) -> Result<(), RingError> {
        let n = self.n();
        if automorphism.n() != n {
            let found = automorphism.n();
            return Err(RingError::LengthMismatch { what: "automorphism", found, expected: n });
        }
        out.resize_to(&self.basis);
        parallel::for_each_limb(out.data.as_mut_slice(), n, |i, limb| {
            let ops = self.basis.ring(i).ops();
            ops.permute_blocks(limb, self.limb(i), automorphism.map(), automorphism.patterns());
        });
        Ok(())
    }
}

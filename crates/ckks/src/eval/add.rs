//! Sums, differences and negatives of ciphertexts.

use ring_math::{ResidueRing, RingError, RnsPoly, parallel};

use super::{Evaluator, check_scales};
use crate::{ciphertext::Ciphertext, error::CkksError, keyswitch::by_construction};

/// What to do with one limb of both operands: `Some` of two, or of the only one there is.
#[derive(Clone, Copy)]
enum Combine {
    Add,
    Subtract,
}

impl Combine {
    fn into(self, ring: &ResidueRing, out: &mut [u64], a: &[u64], b: &[u64]) -> Result<(), RingError> {
        match self {
            Self::Add => ring.add_into(out, a, b),
            Self::Subtract => ring.sub_into(out, a, b),
        }
    }

    fn assign(self, ring: &ResidueRing, a: &mut [u64], b: &[u64]) -> Result<(), RingError> {
        match self {
            Self::Add => ring.add_assign(a, b),
            Self::Subtract => ring.sub_assign(a, b),
        }
    }

    /// The same with nothing on the left.
    fn alone(self, ring: &ResidueRing, out: &mut [u64], b: &[u64]) -> Result<(), RingError> {
        out.copy_from_slice(b);
        match self {
            Self::Add => Ok(()),
            Self::Subtract => ring.neg_assign(out),
        }
    }
}

impl Evaluator<'_> {
    /// a + b, slot by slot.
    ///
    /// # Errors
    /// [`CkksError::ScaleMismatch`], [`CkksError::SlotMismatch`], [`CkksError::ContextMismatch`].
    pub fn add(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh(|out| self.add_into(out, a, b))
    }

    /// a += b.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_assign(&self, a: &mut Ciphertext, b: &Ciphertext) -> Result<(), CkksError> {
        self.combine_assign("addition", Combine::Add, a, b)
    }

    /// out = a + b.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_into(&self, out: &mut Ciphertext, a: &Ciphertext, b: &Ciphertext) -> Result<(), CkksError> {
        self.combine_into("addition", Combine::Add, out, a, b)
    }

    /// a - b, slot by slot.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn sub(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh(|out| self.sub_into(out, a, b))
    }

    /// a -= b.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn sub_assign(&self, a: &mut Ciphertext, b: &Ciphertext) -> Result<(), CkksError> {
        self.combine_assign("subtraction", Combine::Subtract, a, b)
    }

    /// out = a - b.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn sub_into(&self, out: &mut Ciphertext, a: &Ciphertext, b: &Ciphertext) -> Result<(), CkksError> {
        self.combine_into("subtraction", Combine::Subtract, out, a, b)
    }

    /// -a.
    ///
    /// # Errors
    /// [`CkksError::ContextMismatch`].
    pub fn neg(&self, a: &Ciphertext) -> Result<Ciphertext, CkksError> {
        let mut out = a.clone();
        self.neg_assign(&mut out)?;
        Ok(out)
    }

    /// a = -a.
    ///
    /// # Errors
    /// [`CkksError::ContextMismatch`].
    pub fn neg_assign(&self, a: &mut Ciphertext) -> Result<(), CkksError> {
        a.check("negation", self.context)?;
        for part in &mut a.parts {
            part.neg_assign();
        }
        Ok(())
    }

    fn combine_into(
        &self,
        op: &'static str,
        combine: Combine,
        out: &mut Ciphertext,
        a: &Ciphertext,
        b: &Ciphertext,
    ) -> Result<(), CkksError> {
        let level = self.check_pair(op, a, b)?;
        check_scales(op, a.scale, b.scale)?;
        let basis = self.context.q_basis(level)?;
        out.reshape(basis, a.parts.len().max(b.parts.len()));
        for (k, part) in out.parts.iter_mut().enumerate() {
            let (left, right) = (a.parts.get(k), b.parts.get(k));
            parallel::for_each_limb(part.words_mut(), basis.n(), |i, limb| {
                by_construction(match (left, right) {
                    (Some(a), Some(b)) => combine.into(basis.ring(i), limb, a.limb(i), b.limb(i)),
                    (None, Some(b)) => combine.alone(basis.ring(i), limb, b.limb(i)),
                    (Some(a), None) => Combine::Add.alone(basis.ring(i), limb, a.limb(i)),
                    (None, None) => Ok(()),
                });
            });
        }
        (out.level, out.scale, out.slots) = (level, a.scale, a.slots);
        out.noise = a.noise.add(&b.noise);
        Ok(())
    }

    fn combine_assign(
        &self,
        op: &'static str,
        combine: Combine,
        a: &mut Ciphertext,
        b: &Ciphertext,
    ) -> Result<(), CkksError> {
        let level = self.check_pair(op, a, b)?;
        check_scales(op, a.scale, b.scale)?;
        let basis = self.context.q_basis(level)?;
        let shared = a.parts.len().min(b.parts.len());
        for part in &mut a.parts {
            part.drop_to_basis(basis)?;
        }
        let count = a.parts.len().max(b.parts.len());
        a.parts.resize_with(count, || RnsPoly::zero(basis));
        for (k, (part, other)) in a.parts.iter_mut().zip(&b.parts).enumerate() {
            parallel::for_each_limb(part.words_mut(), basis.n(), |i, limb| {
                by_construction(if k < shared {
                    combine.assign(basis.ring(i), limb, other.limb(i))
                } else {
                    combine.alone(basis.ring(i), limb, other.limb(i))
                });
            });
        }
        a.level = level;
        a.noise = a.noise.add(&b.noise);
        Ok(())
    }
}

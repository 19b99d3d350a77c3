//! What the caller knows of a message and no bookkeeping can find out.

use super::Evaluator;
use crate::{ciphertext::Ciphertext, error::CkksError};

impl Evaluator<'_> {
    /// The same ciphertext with `bound` as the bound on the slots of its message, on the caller's word. The tracked bound
    /// allows for the worst at every step and soon says nothing: eight squarings of values up to 2 give 2^256, although
    /// the polynomial they are part of may stay within [-1, 1].
    ///
    /// The worst case of the noise follows from the same steps; it is forgotten with the bound and counts as infinite from
    /// here on. So the result cannot be published any more ([`crate::Decryptor::decrypt_public`] refuses it); its owner
    /// can decrypt it. The average case is kept.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] for a bound that is not a positive number, [`CkksError::ContextMismatch`].
    pub fn declare_bound(&self, a: &Ciphertext, bound: f64) -> Result<Ciphertext, CkksError> {
        a.check("declaration of a bound", self.context)?;
        Ok(Ciphertext { noise: a.noise.declared(bound)?, ..a.clone() })
    }
}

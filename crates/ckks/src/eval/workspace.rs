//! Buffers that operations reuse.

use ring_math::Scratch;

use crate::{ciphertext::Ciphertext, context::Context, error::CkksError};

/// Work space of an [`crate::Evaluator`], owned by the caller. It grows to what the largest operation needs and is then
/// reused: `_into` and `_assign` operations allocate nothing in steady state. Wiped when dropped.
#[derive(Debug, Default)]
pub struct Workspace {
    pub(crate) scratch: Scratch,
    spare: Option<Ciphertext>,
}

impl Workspace {
    /// Empty work space.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `f` with a ciphertext to write to and this work space, then exchanges that ciphertext with `target`.
    pub(crate) fn replace(
        &mut self,
        context: &Context,
        target: &mut Ciphertext,
        f: impl FnOnce(&mut Ciphertext, &Ciphertext, &mut Self) -> Result<(), CkksError>,
    ) -> Result<(), CkksError> {
        let mut out = match self.spare.take() {
            Some(out) => out,
            None => Ciphertext::empty(context)?,
        };
        let result = f(&mut out, target, self);
        if result.is_ok() {
            std::mem::swap(&mut out, target);
        }
        self.spare = Some(out);
        result
    }
}

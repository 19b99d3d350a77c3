//! Buffers that operations reuse.

use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// Work spaces that nobody uses at the moment, for operations whose callers bring none. There are as many as operations ran
/// at once; each is as large as the largest operation that used it.
#[derive(Debug, Default)]
pub(crate) struct WorkspacePool(Mutex<Vec<Workspace>>);

impl WorkspacePool {
    fn idle(&self) -> MutexGuard<'_, Vec<Workspace>> {
        // A list of buffers is whole whatever its holder did.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `f` with a work space that nobody else has meanwhile.
    pub(crate) fn lend<R>(&self, f: impl FnOnce(&mut Workspace) -> R) -> R {
        let idle = self.idle().pop();
        let mut work = idle.unwrap_or_default();
        let result = f(&mut work);
        self.idle().push(work);
        result
    }

    /// Gives the memory back to the system.
    pub(crate) fn clear(&self) {
        let idle = std::mem::take(&mut *self.idle());
        drop(idle);
    }
}

#[cfg(test)]
mod tests {
    use super::WorkspacePool;

    #[test]
    fn work_space_is_lent_to_one_at_a_time_and_comes_back() {
        let pool = WorkspacePool::default();
        let sizes = |pool: &WorkspacePool| {
            pool.idle().iter().map(|work| format!("{:?}", work.scratch)).collect::<Vec<_>>()
        };
        pool.lend(|outer| {
            outer.scratch.words(8).fill(1);
            pool.lend(|inner| inner.scratch.words(16).fill(2));
            assert_eq!(outer.scratch.words(8), [1; 8]);
        });
        assert_eq!(sizes(&pool), ["Scratch(16 words)", "Scratch(8 words)"]);
        pool.lend(|work| assert_eq!(work.scratch.words(8), [1; 8]));
        pool.clear();
        assert!(sizes(&pool).is_empty());
    }
}

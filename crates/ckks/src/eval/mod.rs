//! Computing on ciphertexts.
//!
//! One file for each family of operations. Every operation comes as `op`, which returns a new ciphertext, `op_assign`,
//! which replaces its first operand, and `op_into`, which writes to a ciphertext of the caller's; the latter two take a
//! [`Workspace`] where they need one and allocate nothing once everything has grown to its size.
//!
//! Operands may be at different levels; the result is at the lower one (dropping primes changes no value). Scales have to
//! agree wherever messages are added, and are never repaired: see [`Evaluator::align`].

mod add;
mod align;
pub(crate) mod combination;
mod declare;
mod hoist;
pub(crate) mod inner_sum;
mod mul;
mod plain;
mod products;
pub(crate) mod raise;
mod relinearize;
mod rescale;
mod rotate;
mod rotation_digits;
mod rotation_steps;
pub(crate) mod rotation_sum;
pub(crate) mod scalar;
mod switch;
mod workspace;

pub use hoist::Hoisted;
pub use inner_sum::inner_sum_rotations;
pub use rotation_sum::RotationGroup;
pub(crate) use rotation_sum::{EncodedGroup, horner, horner_order};
pub use workspace::Workspace;
pub(crate) use workspace::WorkspacePool;

use ring_math::{ResidueRing, RnsBasis};

use crate::{
    ciphertext::Ciphertext,
    context::Context,
    error::CkksError,
    keys::{EvaluationKeys, SwitchingKey},
    keyswitch::by_construction,
    plaintext::Plaintext,
    scale::{Level, Scale},
};

/// Evaluates on ciphertexts of one context with one set of keys, from any number of threads. Holds no state of its own:
/// operations that are given no [`Workspace`] borrow one that the context keeps ([`Context::release_work_space`]).
#[derive(Clone, Copy, Debug)]
pub struct Evaluator<'a> {
    pub(crate) context: &'a Context,
    pub(crate) keys: &'a EvaluationKeys,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for data of `context` with `keys`.
    #[must_use]
    pub fn new(context: &'a Context, keys: &'a EvaluationKeys) -> Self {
        Self { context, keys }
    }

    /// The context.
    #[must_use]
    pub fn context(&self) -> &'a Context {
        self.context
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &'a EvaluationKeys {
        self.keys
    }

    /// Checks two operands of one operation and gives the level of the result.
    fn check_pair(&self, op: &'static str, a: &Ciphertext, b: &Ciphertext) -> Result<Level, CkksError> {
        a.check(op, self.context)?;
        b.check(op, self.context)?;
        check_slots(op, a.slots, b.slots)?;
        Ok(a.level.min(b.level))
    }

    /// Checks a ciphertext and a plaintext of one operation and gives the level of the result.
    fn check_plain(&self, op: &'static str, a: &Ciphertext, b: &Plaintext) -> Result<Level, CkksError> {
        a.check(op, self.context)?;
        b.check(op, self.context)?;
        check_slots(op, a.slots, b.slots())?;
        Ok(a.level.min(b.level()))
    }

    /// Checks that a switching key belongs to this context and serves `level`.
    fn check_key(
        &self,
        op: &'static str,
        name: impl Fn() -> String,
        key: &SwitchingKey,
        level: Level,
    ) -> Result<(), CkksError> {
        if key.level() < level {
            let kind = format!("{} for level {level} (there is one for level {} only)", name(), key.level());
            return Err(CkksError::MissingKey { op, kind });
        }
        let basis = self.context.qp_basis(key.level()).ok();
        if basis.is_none() || key.basis() != basis {
            return Err(CkksError::ContextMismatch { op });
        }
        Ok(())
    }

    /// Runs `f` on a new ciphertext.
    fn fresh(
        &self,
        f: impl FnOnce(&mut Ciphertext) -> Result<(), CkksError>,
    ) -> Result<Ciphertext, CkksError> {
        let mut out = Ciphertext::unwritten(self.context)?;
        f(&mut out)?;
        Ok(out)
    }

    /// Runs `f` on a new ciphertext, with work space.
    fn fresh_with(
        &self,
        f: impl FnOnce(&mut Ciphertext, &mut Workspace) -> Result<(), CkksError>,
    ) -> Result<Ciphertext, CkksError> {
        self.fresh(|out| self.context.work_spaces().lend(|work| f(out, work)))
    }
}

/// out += a times the product of the primes of `special`.
fn add_scaled_residue(ring: &ResidueRing, out: &mut [u64], a: &[u64], special: &RnsBasis) {
    let modulus = ring.modulus();
    let product = special.primes().fold(1, |product, p| modulus.mul(product, modulus.reduce(p)));
    by_construction(ring.mul_scalar_add_assign(out, a, &modulus.prepare(product)));
}

fn check_slots(op: &'static str, left: usize, right: usize) -> Result<(), CkksError> {
    if left == right { Ok(()) } else { Err(CkksError::SlotMismatch { op, left, right }) }
}

fn check_scales(op: &'static str, left: Scale, right: Scale) -> Result<(), CkksError> {
    if left == right { Ok(()) } else { Err(CkksError::ScaleMismatch { op, left, right }) }
}

//! AVX2.
use super::{KernelOps, scalar::Scalar};
use crate::ntt::{NttPlan, roots::RootTable};
pub(super) struct Avx2;
impl Avx2 {
    pub(super) fn detect() -> Option<&'static dyn KernelOps> {
        None
    }
}

//! AVX-512 IFMA.
use super::KernelOps;
pub(super) struct Avx512Ifma;
impl Avx512Ifma {
    pub(super) fn detect() -> Option<&'static dyn KernelOps> {
        None
    }
}

//! One file per workload; `registry` lists them.

mod accuracy;
pub mod boston_moments;
mod ckks_setup;
pub mod depth;
pub mod external;
pub mod ops;

use harness::Registry;
use ring_math::Kernel;

/// Every workload of the `sweep` program: adding one is a file beside this one and a line here.
#[must_use]
pub fn registry() -> Registry {
    Registry::new("sweep")
        .simd(|| Kernel::select().map_or_else(|_| String::new(), |kernel| kernel.name().to_owned()))
        .with(&ops::Ops)
        .with(&depth::Depth)
        .with(&boston_moments::BostonMoments)
        .with(&external::External)
}

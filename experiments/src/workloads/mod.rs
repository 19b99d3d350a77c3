//! One file per workload; `registry` lists them.

mod accuracy;
pub mod bootstrap;
pub mod boston_moments;
mod ckks_setup;
pub mod depth;
pub mod descent;
pub mod external;
pub mod knn;
mod learning;
pub mod linear_algebra;
pub mod linreg;
pub mod mlp;
pub mod ops;
pub mod precision;

use cap::Cap;
use harness::Registry;
use ring_math::Kernel;
use std::alloc::System;

/// Counts the live heap on its way to the system's allocator: some additions per allocation, and steady-state
/// operations allocate nothing.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Every workload of the `sweep` program: adding one is a file beside this one and a line here.
#[must_use]
pub fn registry() -> Registry {
    Registry::new("sweep")
        .simd(|| Kernel::select().map_or_else(|_| String::new(), |kernel| kernel.name().to_owned()))
        .peak_heap(|| HEAP.max_allocated() as u64)
        .next_step(
            "run configs/ops.toml --dry-run",
            "what a sweep of every operation over ring degree, scale and depth would do",
        )
        .next_step(
            "configs/quick.toml --set workload.boston_moments.dataset=diabetes",
            "the same with other data",
        )
        .with(&ops::Ops)
        .with(&depth::Depth)
        .with(&precision::Precision)
        .with(&bootstrap::Bootstrap)
        .with(&boston_moments::BostonMoments)
        .with(&linear_algebra::LinearAlgebra)
        .with(&linreg::Linreg)
        .with(&descent::Descent)
        .with(&knn::Knn)
        .with(&mlp::Mlp)
        .with(&external::External)
}

//! One file per workload; `registry` lists them.

pub mod external;

use harness::Registry;

/// Every workload of the `sweep` program: adding one is a file beside this one and a line here.
#[must_use]
pub fn registry() -> Registry {
    Registry::new("sweep").with(&external::External)
}

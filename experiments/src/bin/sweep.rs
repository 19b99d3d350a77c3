//! The `sweep` program: plans, runs, resumes and reports parameter sweeps over the workloads of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::main(experiments::workloads::registry())
}

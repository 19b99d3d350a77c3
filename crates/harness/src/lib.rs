//! A generic engine for parameter sweeps: plan, run, resume, record, report.
//!
//! A *workload* declares the keys it accepts and the columns it fills ([`Workload`]). A *configuration* in TOML names
//! one workload and gives every key a value or an axis of values. The engine turns the product of the axes into
//! points, runs each in a process of its own under limits, keeps one file per point, and derives tables and figures
//! from those files alone. It knows nothing of what is measured: names, units and meanings come from the workload.
//!
//! A program is a [`Registry`] of workloads handed to [`main`]:
//!
//! ```no_run
//! # struct Sum;
//! # impl harness::Workload for Sum {
//! #     fn name(&self) -> &'static str { "sum" }
//! #     fn about(&self) -> &'static str { "" }
//! #     fn version(&self) -> u32 { 1 }
//! #     fn keys(&self) -> Vec<harness::Key> { vec![] }
//! #     fn columns(&self) -> Vec<harness::Column> { vec![] }
//! #     fn resolve(&self, p: &harness::Params, _: u32) -> Result<harness::Resolved, harness::Rejection> {
//! #         Ok(harness::Resolved::new(p.clone()))
//! #     }
//! #     fn run(&self, _: &harness::Params, _: &mut harness::Recorder<'_>) -> Result<(), harness::Failure> { Ok(()) }
//! # }
//! fn main() -> std::process::ExitCode {
//!     harness::main(harness::Registry::new("sweep").with(&Sum))
//! }
//! ```

mod child;
mod cli;
mod column;
mod compare;
mod config;
mod console;
mod diagnostic;
mod doctor;
mod environment;
mod error;
mod estimate;
mod figure;
mod filter;
mod interrupt;
mod key;
mod measure;
mod merge;
mod plan;
mod progress;
mod publish;
mod record;
mod recorder;
mod report;
mod run;
mod schema;
mod stats;
mod status;
mod store;
mod summary;
mod supervisor;
mod table;
mod units;
mod value;
mod workload;

pub use cli::main;
pub use column::{Column, ColumnKind, Role};
pub use error::{HarnessError, Problem};
pub use key::{Key, Kind, Place};
pub use recorder::{Measured, Recorder, Stage, StageId};
pub use value::{ParamError, Params, Value};
pub use workload::{Failure, Registry, Rejection, Resolved, Verdict, Workload};

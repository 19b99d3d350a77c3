#![doc = include_str!("../README.md")]

mod checksum;
mod dataset;
mod embedded;
mod error;
mod matrix;
mod provenance;
mod random;
mod read;
mod registry;
mod scale;
mod split;
pub mod synthetic;

pub use checksum::sha256_hex;
pub use dataset::{Dataset, TrainTest};
pub use error::{DatasetError, Place};
pub use matrix::Matrix;
pub use provenance::Provenance;
pub use read::{Categorical, Missing, ReadOptions, Table, read_dataset, read_split, read_table};
pub use registry::{Entry, Task, entries, find, load, load_split};
pub use scale::{ColumnScale, ScaleMethod, Scaler, TargetScaler};
pub use split::{Split, SplitSpec};

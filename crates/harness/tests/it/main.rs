//! The engine from outside: the `sleep-sweep` program on configurations in temporary folders.

mod common;
mod config_errors;
mod configs;
mod faults;
mod merging;
mod overhead;
mod reports;

//! The `sweep` program.
fn main() {}

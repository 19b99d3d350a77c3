//! Data sets. Nothing is implemented yet.

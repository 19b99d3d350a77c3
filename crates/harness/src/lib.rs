//! Sweep engine. Nothing is implemented yet.

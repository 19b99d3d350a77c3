//! Learning under encryption. Nothing is implemented yet.

//! RNS-CKKS. Nothing is implemented yet.

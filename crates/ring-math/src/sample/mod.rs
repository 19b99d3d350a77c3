//! Distributions over polynomials.

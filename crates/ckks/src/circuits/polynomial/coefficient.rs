//! Coefficients: numbers, vectors with a number for each slot, or only whether there is one.

use super::Basis;

/// What the splitting of a polynomial needs of its coefficients.
pub(super) trait Coefficient: Clone {
    /// Whether it contributes nothing.
    fn is_zero(&self) -> bool;
    /// self += factor * other, for a `factor` that is not zero.
    fn add_scaled(&mut self, other: &Self, factor: f64);
    /// factor * self, for a `factor` that is not zero.
    fn scaled(&self, factor: f64) -> Self;
    /// The largest absolute value.
    fn bound(&self) -> f64;
}

impl Coefficient for f64 {
    fn is_zero(&self) -> bool {
        *self == 0.0
    }

    fn add_scaled(&mut self, other: &Self, factor: f64) {
        *self += factor * other;
    }

    fn scaled(&self, factor: f64) -> Self {
        factor * self
    }

    fn bound(&self) -> f64 {
        self.abs()
    }
}

/// One number for each slot.
impl Coefficient for Vec<f64> {
    fn is_zero(&self) -> bool {
        self.iter().all(|value| *value == 0.0)
    }

    fn add_scaled(&mut self, other: &Self, factor: f64) {
        if self.len() < other.len() {
            self.resize(other.len(), 0.0);
        }
        for (value, other) in self.iter_mut().zip(other) {
            *value += factor * other;
        }
    }

    fn scaled(&self, factor: f64) -> Self {
        self.iter().map(|value| factor * value).collect()
    }

    fn bound(&self) -> f64 {
        self.iter().fold(0.0, |bound, value| bound.max(value.abs()))
    }
}

/// Whether there is a coefficient: enough to count operations.
impl Coefficient for bool {
    fn is_zero(&self) -> bool {
        !self
    }

    fn add_scaled(&mut self, other: &Self, _: f64) {
        *self |= other;
    }

    fn scaled(&self, _: f64) -> Self {
        *self
    }

    fn bound(&self) -> f64 {
        f64::from(u8::from(*self))
    }
}

/// Index of the last coefficient that is not zero; `None` without one.
pub(super) fn degree<C: Coefficient>(p: &[C]) -> Option<usize> {
    p.iter().rposition(|c| !c.is_zero())
}

/// Splits p into (q, r) with p = q B_g + r, B_g being the basis polynomial of degree `g` and r of a lower degree. The
/// degree of p has to be at least g and below 2g.
pub(super) fn divide<C: Coefficient>(basis: Basis, mut p: Vec<C>, g: usize) -> (Vec<C>, Vec<C>) {
    let mut q = p.split_off(g);
    if basis == Basis::Chebyshev {
        // T_(g+j) = 2 T_g T_j - T_(g-j).
        for (j, c) in q.iter_mut().enumerate().skip(1) {
            if !c.is_zero() {
                p[g - j].add_scaled(c, -1.0);
                *c = c.scaled(2.0);
            }
        }
    }
    (q, p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_keeps_the_value() {
        let p: Vec<f64> = (0..8).map(|i| f64::from(i * i % 5) - 1.5).collect();
        for basis in [Basis::Power, Basis::Chebyshev] {
            for g in 4..8 {
                let (q, r) = divide(basis, p.clone(), g);
                assert_eq!((q.len(), r.len()), (8 - g, g));
                for x in [-1.0, -0.3, 0.2, 0.9] {
                    let found = basis.eval(&q, x) * basis.element(g, x) + basis.eval(&r, x);
                    assert!((found - basis.eval(&p, x)).abs() < 1e-12);
                }
            }
        }
    }
}

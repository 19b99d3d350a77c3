//! Coefficients: numbers, vectors with a number for each slot, or only whether there is one.

use std::f64::consts::PI;

use super::{Basis, squares::Squares};

/// What the splitting of a polynomial needs of its coefficients. The default is zero.
pub(super) trait Coefficient: Clone + Default {
    /// Whether it contributes nothing.
    fn is_zero(&self) -> bool;
    /// self += factor * other, for a `factor` that is not zero.
    fn add_scaled(&mut self, other: &Self, factor: f64);
    /// self += factor * a * b, for a `factor` that is not zero.
    fn add_product(&mut self, a: &Self, b: &Self, factor: f64);
    /// The number `value` wherever `self` has one.
    fn constant(&self, value: f64) -> Self;
    /// factor * self, for a `factor` that is not zero.
    fn scaled(&self, factor: f64) -> Self;
    /// The largest absolute value.
    fn bound(&self) -> f64;
    /// p as a difference of squares with the giant step `g`, where that is possible: see [`Squares`].
    fn squares(basis: Basis, p: &[Self], g: usize) -> Option<Squares<Self>> {
        Squares::solve(basis, p, g)
    }
    /// The coefficients where each is one number.
    fn numbers(_: &[Self]) -> Option<Vec<f64>> {
        None
    }
    /// A bound of the derivative on [-1, 1] of the sum of these coefficients times Chebyshev polynomials.
    fn slope(p: &[Self]) -> f64 {
        // |T_k'| is at most k^2 (Markov).
        p.iter().enumerate().map(|(k, c)| (k * k) as f64 * c.bound()).sum()
    }
}

impl Coefficient for f64 {
    fn is_zero(&self) -> bool {
        *self == 0.0
    }

    fn add_scaled(&mut self, other: &Self, factor: f64) {
        *self += factor * other;
    }

    fn add_product(&mut self, a: &Self, b: &Self, factor: f64) {
        *self += factor * a * b;
    }

    fn constant(&self, value: f64) -> Self {
        value
    }

    fn scaled(&self, factor: f64) -> Self {
        factor * self
    }

    fn bound(&self) -> f64 {
        self.abs()
    }

    fn numbers(p: &[Self]) -> Option<Vec<f64>> {
        Some(p.to_vec())
    }

    /// The largest value on a Chebyshev grid of m points bounds a polynomial of degree d everywhere, up to the factor
    /// 1 / cos(pi d / (2 m)) (Ehlich, Zeller, Math. Z. 1964).
    fn slope(p: &[Self]) -> f64 {
        const POINTS_PER_DEGREE: usize = 16;
        let d = p.len().saturating_sub(1);
        let mut derivative = vec![0.0; d + 2];
        for k in (1..=d).rev() {
            derivative[k - 1] = derivative[k + 1] + 2.0 * k as f64 * p[k];
        }
        derivative[0] /= 2.0;
        let points = POINTS_PER_DEGREE * (d + 1);
        let angle = |k: usize| PI * (k as f64 + 0.5) / points as f64;
        let value = |k: usize| Basis::Chebyshev.eval(&derivative, angle(k).cos()).abs();
        let largest = (0..points).map(value).fold(0.0, f64::max);
        largest / (PI * d as f64 / (2.0 * points as f64)).cos()
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

    fn add_product(&mut self, a: &Self, b: &Self, factor: f64) {
        let len = a.len().min(b.len());
        if self.len() < len {
            self.resize(len, 0.0);
        }
        for (value, (a, b)) in self.iter_mut().zip(a.iter().zip(b)) {
            *value += factor * a * b;
        }
    }

    fn constant(&self, value: f64) -> Self {
        vec![value; self.len()]
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

    fn add_product(&mut self, a: &Self, b: &Self, _: f64) {
        *self |= a & b;
    }

    fn constant(&self, _: f64) -> Self {
        true
    }

    fn squares(_: Basis, p: &[Self], g: usize) -> Option<Squares<Self>> {
        Squares::counted(p, g)
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
    fn slopes_are_bounded() {
        // T_5' is 25 at the ends, and 25 is its largest value.
        let p = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        let slope = f64::slope(&p);
        assert!((25.0..25.3).contains(&slope), "{slope}");
        assert_eq!(Vec::<f64>::slope(&p.map(|c| vec![c, -c / 2.0])), 25.0);
        assert_eq!(f64::slope(&[3.0]), 0.0);
        assert!((f64::slope(&[1.0, -2.0]) - 2.0).abs() < 1e-2);
    }

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

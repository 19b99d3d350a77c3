//! The polynomial that stands for the inverse of a matrix.

use std::f64::consts::PI;

/// A polynomial q of degree 2^m - 1 with q(x) close to 1/x on an interval of positive numbers, written in products of
/// T_1, T_2, T_4, ..., T_{2^(m-1)} of the variable mapped to [-1, 1].
///
/// It is the interpolant at the roots of T_{2^m}, which is also the q for which the residual polynomial 1 - x q(x) is
/// T_{2^m} divided by its value at x = 0: of all polynomials of this degree the one with the smallest residual on the
/// interval. (Flanders and Shortley, J. Appl. Phys. 21 (1950) 1326-1332.)
#[derive(Clone, Debug, PartialEq)]
pub(super) struct InversePolynomial {
    #[cfg(test)]
    interval: (f64, f64),
    coefficients: Vec<f64>,
}

impl InversePolynomial {
    /// The polynomial of degree 2^`log_degree` - 1 for the given interval.
    pub(super) fn new(log_degree: u32, interval: (f64, f64)) -> Self {
        let n = 1usize << log_degree;
        let angle = |node: usize| PI * (node as f64 + 0.5) / n as f64;
        let (low, high) = interval;
        let value = |node: usize| 2.0 / (low + high + (high - low) * angle(node).cos());
        let coefficient = |k: usize| {
            let sum: f64 = (0..n).map(|node| value(node) * (k as f64 * angle(node)).cos()).sum();
            if k == 0 { sum / n as f64 } else { 2.0 * sum / n as f64 }
        };
        let mut coefficients: Vec<f64> = (0..n).map(coefficient).collect();
        to_products(&mut coefficients);
        Self {
            #[cfg(test)]
            interval,
            coefficients,
        }
    }

    /// The coefficient of the product of those T_{2^s} whose bit s is set in `index`.
    pub(super) fn coefficient(&self, index: usize) -> f64 {
        self.coefficients[index]
    }

    /// q(x).
    #[cfg(test)]
    fn eval(&self, x: f64) -> f64 {
        let (low, high) = self.interval;
        let mut t = (2.0 * x - (low + high)) / (high - low);
        let mut values = self.coefficients.clone();
        while values.len() > 1 {
            values = values.chunks_exact(2).map(|pair| pair[0] + t * pair[1]).collect();
            t = 2.0 * t * t - 1.0;
        }
        values[0]
    }
}

/// From coefficients of T_0, T_1, ... to those of products, in place, by T_{h+k} = 2 T_h T_k - T_{h-k}.
fn to_products(coefficients: &mut [f64]) {
    let half = coefficients.len() / 2;
    if half == 0 {
        return;
    }
    let (low, high) = coefficients.split_at_mut(half);
    for k in 1..half {
        low[half - k] -= high[k];
        high[k] *= 2.0;
    }
    to_products(low);
    to_products(high);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_residual_is_the_chebyshev_polynomial_scaled_to_one_at_zero() {
        for (log_degree, interval) in [(1, (0.5, 2.0)), (4, (0.1, 3.0)), (6, (0.05, 13.0)), (7, (0.01, 10.0))]
        {
            let q = InversePolynomial::new(log_degree, interval);
            let n = f64::from(1u32 << log_degree);
            let (low, high) = interval;
            let at_zero = (n * ((low + high) / (high - low)).acosh()).cosh();
            for step in 0..=100 {
                let x = low + (high - low) * f64::from(step) / 100.0;
                let t = (n * ((2.0 * x - low - high) / (high - low)).clamp(-1.0, 1.0).acos()).cos();
                let residual = 1.0 - x * q.eval(x);
                assert!((residual - t / at_zero).abs() < 1e-9, "{log_degree} {interval:?} {x}: {residual}");
            }
        }
    }

    #[test]
    fn coefficients_of_products_are_small() {
        let q = InversePolynomial::new(6, (0.05, 13.0));
        let largest = (0..64).map(|index| q.coefficient(index).abs()).fold(0.0, f64::max);
        assert!(largest < 1.25, "{largest}");
    }
}

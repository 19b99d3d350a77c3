//! Interpolation, least squares, and the measuring of errors, on [-1, 1].

use std::f64::consts::PI;

use super::finite;
use crate::error::CkksError;

/// Places at which an error is measured, for each degree.
const SAMPLES_PER_DEGREE: usize = 40;

/// Points of the quadrature in each panel, and panels for each degree, of the least-squares integrals.
const QUADRATURE_POINTS: usize = 12;

/// Steps of a search for a peak: each divides its width by 1.6.
const PEAK_STEPS: usize = 40;

/// Chebyshev coefficients of the polynomial that agrees with `f` in the `degree` + 1 zeros of the next Chebyshev
/// polynomial.
pub(super) fn interpolate(f: &impl Fn(f64) -> f64, degree: usize) -> Result<Vec<f64>, CkksError> {
    let n = degree + 1;
    let angle = |k: usize| PI * (k as f64 + 0.5) / n as f64;
    let values = (0..n).map(|k| finite(k, f(angle(k).cos()))).collect::<Result<Vec<_>, _>>()?;
    let coefficient = |j: usize| {
        let terms = values.iter().enumerate().map(|(k, value)| value * (j as f64 * angle(k)).cos());
        terms.sum::<f64>() * if j == 0 { 1.0 } else { 2.0 } / n as f64
    };
    Ok((0..n).map(coefficient).collect())
}

/// Chebyshev coefficients of the polynomial of `degree` with the least integral of the squared error: the projection on the
/// Legendre polynomials.
pub(super) fn least_squares(f: &impl Fn(f64) -> f64, degree: usize) -> Result<Vec<f64>, CkksError> {
    // Panels of equal width, an even number so that a corner at 0 falls between two of them.
    let panels = 2 * (degree + 4);
    let (nodes, weights) = gauss_legendre(QUADRATURE_POINTS);
    let width = 2.0 / panels as f64;
    let mut projection = vec![0.0; degree + 1];
    let mut legendre = vec![0.0; degree + 1];
    for panel in 0..panels {
        for (k, (node, weight)) in nodes.iter().zip(&weights).enumerate() {
            let x = -1.0 + width * (panel as f64 + 0.5 * (node + 1.0));
            let value = finite(panel * QUADRATURE_POINTS + k, f(x))? * weight * width / 2.0;
            legendre_values(x, &mut legendre);
            for (j, (sum, p)) in projection.iter_mut().zip(&legendre).enumerate() {
                *sum += value * p * (j as f64 + 0.5);
            }
        }
    }
    let polynomial = |x: f64| {
        let mut legendre = vec![0.0; degree + 1];
        legendre_values(x, &mut legendre);
        projection.iter().zip(&legendre).map(|(c, p)| c * p).sum()
    };
    interpolate(&polynomial, degree)
}

/// P_0(x), P_1(x), ...
fn legendre_values(x: f64, out: &mut [f64]) {
    for j in 0..out.len() {
        let k = j as f64;
        out[j] = match j {
            0 => 1.0,
            1 => x,
            _ => ((2.0 * k - 1.0) * x * out[j - 1] - (k - 1.0) * out[j - 2]) / k,
        };
    }
}

/// Nodes and weights of the Gauss-Legendre quadrature with `n` points: zeros of P_n by Newton's iteration.
fn gauss_legendre(n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut values = vec![0.0; n + 1];
    let mut derivative = |x: f64| {
        legendre_values(x, &mut values);
        let slope = n as f64 * (x * values[n] - values[n - 1]) / (x * x - 1.0);
        (values[n], slope)
    };
    let mut nodes = Vec::with_capacity(n);
    let mut weights = Vec::with_capacity(n);
    for k in 0..n {
        let mut x = (PI * (k as f64 + 0.75) / (n as f64 + 0.5)).cos();
        for _ in 0..8 {
            let (value, slope) = derivative(x);
            x -= value / slope;
        }
        let (_, slope) = derivative(x);
        nodes.push(x);
        weights.push(2.0 / ((1.0 - x * x) * slope * slope));
    }
    (nodes, weights)
}

/// The largest |error(y)| for y in [-1, 1]: on a grid that is denser towards the ends, then refined around the highest
/// places.
pub(super) fn worst(degree: usize, error: impl Fn(f64) -> f64) -> f64 {
    let count = SAMPLES_PER_DEGREE * (degree + 2);
    let grid: Vec<f64> = (0..=count).map(|k| -(PI * k as f64 / count as f64).cos()).collect();
    let size = |y: f64| error(y).abs();
    let values: Vec<f64> = grid.iter().map(|&y| size(y)).collect();
    let mut worst = values.iter().fold(0.0f64, |worst, v| worst.max(*v));
    for k in 1..count {
        if values[k] >= values[k - 1] && values[k] >= values[k + 1] {
            worst = worst.max(peak(grid[k - 1], grid[k + 1], size).1);
        }
    }
    worst
}

/// The highest place of `f` between `low` and `high`, where it has one peak: golden section.
pub(in crate::circuits) fn peak(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> (f64, f64) {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut a, mut b) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut fa, mut fb) = (f(a), f(b));
    for _ in 0..PEAK_STEPS {
        if fa > fb {
            (high, b, fb) = (b, a, fa);
            a = high - ratio * (high - low);
            fa = f(a);
        } else {
            (low, a, fa) = (a, b, fb);
            b = low + ratio * (high - low);
            fb = f(b);
        }
    }
    if fa > fb { (a, fa) } else { (b, fb) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuits::polynomial::Basis;

    #[test]
    fn polynomials_come_back() {
        let c = [0.5, -1.0, 0.25, 2.0];
        let f = |x: f64| Basis::Chebyshev.eval(&c, x);
        for found in [interpolate(&f, 3), least_squares(&f, 3), interpolate(&f, 9), least_squares(&f, 9)] {
            let found = found.unwrap();
            for (i, value) in found.iter().enumerate() {
                assert!((value - c.get(i).unwrap_or(&0.0)).abs() < 1e-13, "{found:?}");
            }
        }
    }

    #[test]
    fn quadrature_is_exact_for_polynomials() {
        let (nodes, weights) = gauss_legendre(12);
        for power in 0..24 {
            let sum: f64 = nodes.iter().zip(&weights).map(|(x, w)| w * x.powi(power)).sum();
            let exact = if power % 2 == 0 { 2.0 / f64::from(power + 1) } else { 0.0 };
            assert!((sum - exact).abs() < 1e-14, "{power}: {sum}");
        }
    }

    #[test]
    fn peaks_are_found() {
        assert!((worst(3, |y| (1.0 - (y - 0.123).powi(2)) * 3.0) - 3.0).abs() < 1e-12);
        assert!((worst(0, |y| y) - 1.0).abs() < 1e-15);
    }
}

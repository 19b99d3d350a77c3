//! Minimax polynomials by the exchange algorithm (Remez, 1934; for odd targets as in Lee, Lee, No, Kim, IEEE TDSC 2021).

use std::f64::consts::PI;

use super::{finite, fit::peak};
use crate::{circuits::polynomial::Basis, error::CkksError};

/// Exchanges after which the best polynomial so far is taken.
const MAX_EXCHANGES: usize = 60;

/// The part by which the largest error may exceed the levelled one.
const LEVELLED: f64 = 1e-6;

/// Grid points for each unknown.
const GRID_PER_UNKNOWN: usize = 24;

/// Differences of symmetric values up to this part of the largest value are rounding.
const SYMMETRIC: f64 = 1e-13;

/// What to approximate: a target on an interval inside [-1, 1], by a combination of some Chebyshev polynomials.
pub(crate) struct Problem<'a> {
    /// The target.
    pub(crate) target: &'a dyn Fn(f64) -> f64,
    /// What errors are multiplied by before they are compared.
    pub(crate) weight: &'a dyn Fn(f64) -> f64,
    /// Degrees of the Chebyshev polynomials, which have to form a Chebyshev system on the interval.
    pub(crate) degrees: &'a [usize],
    /// The interval.
    pub(crate) interval: (f64, f64),
}

/// Coefficients of the Chebyshev polynomials, and the largest weighted error.
pub(crate) struct Solution {
    /// By degree, zeros where there is no polynomial.
    pub(crate) coefficients: Vec<f64>,
    /// The largest weighted error on the interval.
    pub(crate) error: f64,
}

/// Chebyshev coefficients of the polynomial of `degree` closest to `f` on [-1, 1]. Parts of f that are odd up to a constant
/// or even up to a linear part are approximated as such.
pub(super) fn minimax(f: &impl Fn(f64) -> f64, degree: usize) -> Result<Vec<f64>, CkksError> {
    let count = 8 * (degree + 8);
    let points: Vec<f64> = (1..=count).map(|k| k as f64 / count as f64).collect();
    let mut largest = finite(0, f(0.0))?.abs();
    for (k, &y) in points.iter().enumerate() {
        largest = largest.max(finite(k, f(y))?.abs()).max(finite(k, f(-y))?.abs());
    }
    let odd = |y: f64| (f(y) - f(-y)) / 2.0;
    let even = |y: f64| (f(y) + f(-y)) / 2.0;
    let (constant, slope) = (even(0.0), odd(1.0));
    let all = |property: &dyn Fn(f64) -> f64| {
        points.iter().all(|&y| property(y).abs() <= SYMMETRIC * largest.max(f64::MIN_POSITIVE))
    };
    let one = |_: f64| 1.0;
    let solved = |target: &dyn Fn(f64) -> f64, degrees: &[usize], start: f64| {
        solve(&Problem { target, weight: &one, degrees, interval: (start, 1.0) })
    };
    if all(&|y| even(y) - constant) {
        let degrees: Vec<usize> = (1..=degree).step_by(2).collect();
        let mut coefficients = solved(&odd, &degrees, 0.0)?.coefficients;
        coefficients[0] = constant;
        return Ok(coefficients);
    }
    if degree > 0 && all(&|y| odd(y) - slope * y) {
        let degrees: Vec<usize> = (0..=degree).step_by(2).collect();
        let mut coefficients = solved(&even, &degrees, 0.0)?.coefficients;
        coefficients.resize(coefficients.len().max(2), 0.0);
        coefficients[1] += slope;
        return Ok(coefficients);
    }
    let degrees: Vec<usize> = (0..=degree).collect();
    Ok(solved(f, &degrees, -1.0)?.coefficients)
}

/// Solves `problem`.
pub(crate) fn solve(problem: &Problem<'_>) -> Result<Solution, CkksError> {
    let unknowns = problem.degrees.len();
    let top = problem.degrees.last().copied().unwrap_or(0);
    let (low, high) = problem.interval;
    // Polynomials of one parity are polynomials of the square, whose extremes lie like those of a Chebyshev polynomial.
    let symmetric = low >= 0.0 && problem.degrees.iter().all(|d| d % 2 == top % 2);
    let place = |t: f64| {
        let part = (1.0 - (PI * t).cos()) / 2.0;
        if symmetric {
            (low * low + (high * high - low * low) * part).sqrt()
        } else {
            low + (high - low) * part
        }
    };
    let grid_size = GRID_PER_UNKNOWN * (unknowns + 2);
    let grid: Vec<f64> = (0..=grid_size).map(|k| place(k as f64 / grid_size as f64)).collect();
    // Odd polynomials vanish at 0, which is no place for a reference.
    let shift = if symmetric && low == 0.0 && top % 2 == 1 { 0.5 } else { 0.0 };
    let mut reference: Vec<f64> =
        (0..=unknowns).map(|k| place((k as f64 + shift) / (unknowns as f64 + shift))).collect();
    let mut best = Solution { coefficients: vec![0.0; top + 1], error: f64::INFINITY };
    for _ in 0..MAX_EXCHANGES {
        let Some((coefficients, levelled)) = level(problem, &reference, top)? else { break };
        let error =
            |y: f64| (problem.weight)(y) * ((problem.target)(y) - Basis::Chebyshev.eval(&coefficients, y));
        let extremes = extremes(&grid, &error);
        let largest = extremes.iter().map(|(_, e)| e.abs()).fold(0.0, f64::max);
        if largest < best.error {
            best = Solution { coefficients: coefficients.clone(), error: largest };
        }
        if largest <= levelled.abs() * (1.0 + LEVELLED) || extremes.len() < reference.len() {
            break;
        }
        reference = alternating(extremes, reference.len());
    }
    finite(0, best.error)?;
    Ok(best)
}

/// The coefficients whose weighted errors in `reference` are equal with alternating signs, and that error; `None` when the
/// equations have no solution in floating point.
fn level(problem: &Problem<'_>, reference: &[f64], top: usize) -> Result<Option<(Vec<f64>, f64)>, CkksError> {
    let n = reference.len();
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(n);
    for (k, &y) in reference.iter().enumerate() {
        let angle = y.clamp(-1.0, 1.0).acos();
        let mut row: Vec<f64> = problem.degrees.iter().map(|&d| (d as f64 * angle).cos()).collect();
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        row.push(sign / finite(k, (problem.weight)(y))?);
        row.push(finite(k, (problem.target)(y))?);
        rows.push(row);
    }
    let Some(solution) = eliminate(rows) else { return Ok(None) };
    let mut coefficients = vec![0.0; top + 1];
    for (&d, c) in problem.degrees.iter().zip(&solution) {
        coefficients[d] = *c;
    }
    Ok(Some((coefficients, solution[n - 1])))
}

/// Solves a square system with its right side as last column: Gaussian elimination with row pivots.
fn eliminate(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let n = rows.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| rows[i][k].abs().total_cmp(&rows[j][k].abs()))?;
        rows.swap(k, pivot);
        let (done, rest) = rows.split_at_mut(k + 1);
        let lead = &done[k];
        if lead[k] == 0.0 {
            return None;
        }
        for row in rest {
            let factor = row[k] / lead[k];
            for (x, l) in row.iter_mut().zip(lead).skip(k) {
                *x -= factor * l;
            }
        }
    }
    let mut solution = vec![0.0; n];
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| rows[k][j] * solution[j]).sum();
        solution[k] = (rows[k][n] - known) / rows[k][k];
    }
    solution.iter().all(|x| x.is_finite()).then_some(solution)
}

/// The place and value of the largest error in each run of errors of one sign.
fn extremes(grid: &[f64], error: &dyn Fn(f64) -> f64) -> Vec<(f64, f64)> {
    let values: Vec<f64> = grid.iter().map(|&y| error(y)).collect();
    let mut found: Vec<(f64, f64)> = Vec::new();
    for k in 0..grid.len() {
        let size = values[k].abs();
        let (before, after) = (k.saturating_sub(1), (k + 1).min(grid.len() - 1));
        if size == 0.0 || size < values[before].abs() && values[k] * values[before] > 0.0 {
            continue;
        }
        if size < values[after].abs() && values[k] * values[after] > 0.0 {
            continue;
        }
        let sign = values[k].signum();
        let (mut place, mut value) = peak(grid[before], grid[after], |y| sign * error(y));
        if value < size {
            (place, value) = (grid[k], size);
        }
        match found.last_mut() {
            Some(last) if last.1 * sign > 0.0 => {
                if value > last.1.abs() {
                    *last = (place, sign * value);
                }
            }
            _ => found.push((place, sign * value)),
        }
    }
    found
}

/// `count` of the alternating `extremes`, the largest among them: ends are dropped while there are too many, or two
/// neighbours in between when that loses less.
fn alternating(mut extremes: Vec<(f64, f64)>, count: usize) -> Vec<f64> {
    while extremes.len() > count {
        let size = |k: usize| extremes[k].1.abs();
        let last = extremes.len() - 1;
        if extremes.len() == count + 1 {
            extremes.remove(if size(0) < size(last) { 0 } else { last });
            continue;
        }
        // Dropping two neighbours keeps the signs alternating.
        let pair = (0..last).min_by(|&i, &j| size(i).max(size(i + 1)).total_cmp(&size(j).max(size(j + 1))));
        let Some(pair) = pair else { break };
        extremes.drain(pair..pair + 2);
    }
    extremes.into_iter().map(|(y, _)| y).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_best_approximations_are_found() {
        // |x| by 1/8 + x^2 with error 1/8, on degree 2 and 3 alike.
        for degree in [2, 3] {
            let c = minimax(&|x: f64| x.abs(), degree).unwrap();
            assert!((c[0] - 0.625).abs() < 1e-6 && (c[2] - 0.5).abs() < 1e-6, "{c:?}");
        }
        // x^4 by x^2 - 1/8 with error 1/8: T_4 is what is left.
        let c = minimax(&|x: f64| x.powi(4), 3).unwrap();
        assert!((c[0] - 0.375).abs() < 1e-9 && (c[2] - 0.5).abs() < 1e-9, "{c:?}");
        // exp by degree 1 on [-1, 1]: slope sinh(1).
        let c = minimax(&f64::exp, 1).unwrap();
        assert!((c[1] - 1f64.sinh()).abs() < 1e-6, "{c:?}");
    }

    #[test]
    fn errors_level_out() {
        let f = |x: f64| 1.0 / (1.0 + (-6.0 * x).exp()) + 0.1 * (3.0 * x).cos();
        let c = minimax(&f, 12).unwrap();
        let error = |y: f64| f(y) - Basis::Chebyshev.eval(&c, y);
        let grid: Vec<f64> = (0..=2000).map(|k| -1.0 + f64::from(k) / 1000.0).collect();
        let peaks = extremes(&grid, &error);
        assert!(peaks.len() >= 14);
        let (low, high) =
            peaks.iter().fold((f64::MAX, 0.0f64), |(l, h), (_, e)| (l.min(e.abs()), h.max(e.abs())));
        assert!(high / low < 1.0 + 1e-4, "{low} to {high}");
    }

    #[test]
    fn weights_are_respected() {
        let (target, weight) = (|x: f64| x.recip(), |x: f64| x);
        let problem =
            Problem { target: &target, weight: &weight, degrees: &[0, 1, 2, 3], interval: (0.25, 1.0) };
        let solution = solve(&problem).unwrap();
        // The relative error of the best polynomial for 1/x has the closed form 1/T_4 at the image of 0.
        let image: f64 = (0.25 + 1.0) / (1.0 - 0.25);
        let expected = (4.0 * image.acosh()).cosh().recip();
        assert!((solution.error / expected - 1.0).abs() < 1e-5, "{} {expected}", solution.error);
    }
}

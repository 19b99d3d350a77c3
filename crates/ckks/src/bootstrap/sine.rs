//! The remainder modulo one: a scaled cosine, doublings of its angle, an arcsine.
//!
//! For y = I + r with a whole number I, sin(2 pi y) is sin(2 pi r). With x = (y - 1/4) / K in [-1, 1] the sine is the cosine
//! of 2 pi K x; a polynomial approximates cos(2 pi K x / 2^d), which is even, and cos(2 a) = 2 cos(a)^2 - 1 doubles the angle
//! d times (Han, Ki, CT-RSA 2020). An odd polynomial close to the arcsine (Lee, Lee, Lee, Kim, No, EUROCRYPT 2021) makes 2 pi r
//! of that for all |r| up to a bound that is far from 1/4.

use std::f64::consts::{PI, TAU};

use crate::{
    circuits::{Approximation, Polynomial},
    error::CkksError,
    operations::Operations,
};

/// Points at which errors and slopes are looked for.
const GRID: usize = 1 << 12;
/// More of them for polynomials of high degrees: less than a hundredth is added then for what lies between.
const STEPS_PER_DEGREE: f64 = 16.0;
/// arcsin(s) / s and its inverse are no more than rounding away from polynomials of this degree in s^2, for |r| below 0.2 of a
/// turn: the ellipse around [0, 0.905] that ends at their singularity 1 has half axes that add up to 1.9, to the power -64.
const ARCSINE_SMOOTH_DEGREE: f64 = 64.0;
/// Standard deviations that a normal distribution is followed to: what is beyond, 2e-9, takes no part in a mean.
const NORMAL_TAIL: f64 = 6.0;

/// y modulo one for values near whole numbers.
#[derive(Clone, Debug)]
pub(super) struct Remainder {
    /// K: |y - 1/4| is at most this.
    half_width: f64,
    cosine: Polynomial,
    doublings: usize,
    arcsine: Option<Polynomial>,
    /// |r| is at most this.
    reach: f64,
    /// Largest error of the sine.
    sine_error: f64,
    /// Largest relative error of the arcsine of the sine for 2 pi r.
    relative_error: f64,
}

impl Remainder {
    /// For |y| up to `interval` with |r| up to `reach`, by a cosine of this degree, so many doublings, and an arcsine of this
    /// odd degree, 1 for none.
    pub(super) fn new(
        interval: f64,
        reach: f64,
        degree: usize,
        doublings: usize,
        arcsine_degree: usize,
    ) -> Result<Self, CkksError> {
        // sin is increasing up to 1/4 of a turn, where its inverse is no polynomial any more.
        if !(reach > 0.0 && reach < 0.2) {
            return Err(CkksError::Parameter {
                name: "largest message over q0",
                found: reach.to_string(),
                expected:
                    "a number above 0 and below 0.2: q0 more than 5 times the message bound times the scale"
                        .to_owned(),
            });
        }
        let half_width = interval + 0.25;
        let angle = TAU * half_width / (doublings as f64).exp2();
        let approximation = Approximation::interpolate(|x| (angle * x).cos(), -1.0..=1.0, degree)?;
        // The odd coefficients are roundings of zero.
        let coefficients = approximation.polynomial().coefficients().iter().enumerate();
        let even: Vec<f64> = coefficients.map(|(k, c)| if k % 2 == 0 { *c } else { 0.0 }).collect();
        let cosine = Polynomial::chebyshev(-1.0..=1.0, even)?.without_squares();
        // The derivative of T_(2^d) is at most 4^d on [-1, 1].
        let distance = |y: f64| (angle * y).cos() - cosine.eval(y);
        // The Chebyshev coefficient of degree k of cos(a y) is at most 2 (e a / 2k)^k (Bessel functions): nothing from here on.
        let smooth = (2.0 * angle + 64.0).max(degree as f64);
        let sine_error = largest_on_grid(&distance, smooth) * (2.0 * doublings as f64).exp2();
        let (arcsine, relative_error) = arcsine(reach, arcsine_degree)?;
        Ok(Self { half_width, cosine, doublings, arcsine, reach, sine_error, relative_error })
    }

    /// K: what y - 1/4 has to be divided by.
    pub(super) fn half_width(&self) -> f64 {
        self.half_width
    }

    /// The largest |r|.
    pub(super) fn reach(&self) -> f64 {
        self.reach
    }

    /// Levels that [`Self::evaluate`] takes.
    pub(super) fn depth(&self) -> usize {
        self.cosine.depth() + self.doublings + self.arcsine.as_ref().map_or(0, Polynomial::depth)
    }

    /// Largest error of the sine, in units of the sine.
    pub(super) fn sine_error(&self) -> f64 {
        self.sine_error
    }

    /// Largest relative error of what stands for the arcsine of the sine.
    pub(super) fn relative_error(&self) -> f64 {
        self.relative_error
    }

    /// The root mean square of the error over that of r, where r is normally distributed with this deviation: coefficients of
    /// a message are sums of all its slots.
    pub(super) fn relative_error_for(&self, deviation: f64) -> f64 {
        if deviation == 0.0 {
            return 0.0;
        }
        let step = NORMAL_TAIL / GRID as f64;
        let (mut squares, mut total) = (0.0, 0.0);
        for k in 0..GRID {
            let t = (k as f64 + 0.5) * step;
            let (weight, r) = ((-t * t / 2.0).exp(), (deviation * t).min(self.reach));
            squares += weight * (self.finish((TAU * r).sin()) / TAU - r).powi(2);
            total += weight * r * r;
        }
        (squares / total).sqrt()
    }

    /// An upper bound of the derivative of the result with respect to 2 pi r, near whole numbers. A chord of a fine grid has the
    /// mean slope of the curve, and nowhere on its step does the slope differ from that by more than the second derivative times
    /// half the step.
    pub(super) fn slope(&self) -> f64 {
        let value = |r: f64| self.finish((TAU * r).sin());
        let step = self.reach / GRID as f64;
        let chord = |k: usize| {
            let r = k as f64 * step;
            (value(r + step) - value(r)).abs() / (TAU * step)
        };
        let steepest = (0..GRID).map(chord).fold(0.0, f64::max);
        // For p(sin t): |p''| cos^2 + |p'| sin, each at most what the absolute coefficients give at the largest sine.
        let largest = (TAU * self.reach).sin();
        let terms = self.arcsine.as_ref().map_or(&[0.0, 1.0][..], Polynomial::coefficients);
        let derivative = |order: i32| -> f64 {
            let term = |(k, c): (i32, &f64)| match order {
                1 => f64::from(k) * c.abs() * largest.powi(k - 1),
                _ => f64::from(k * (k - 1)) * c.abs() * largest.powi(k - 2),
            };
            (0..).zip(terms).skip(order as usize).map(term).sum()
        };
        steepest + TAU * step / 2.0 * (derivative(2) + derivative(1) * largest)
    }

    fn finish(&self, sine: f64) -> f64 {
        self.arcsine.as_ref().map_or(sine, |arcsine| arcsine.eval(sine))
    }

    /// 2 pi r for y, in floating point.
    #[cfg(test)]
    pub(super) fn eval(&self, y: f64) -> f64 {
        let first = self.cosine.eval((y - 0.25) / self.half_width);
        self.finish((0..self.doublings).fold(first, |c, _| 2.0 * c * c - 1.0))
    }

    /// 2 pi r in every slot, for y / K.
    pub(super) fn evaluate<O: Operations>(
        &self,
        ops: &O,
        y: &O::Ciphertext,
    ) -> Result<O::Ciphertext, CkksError> {
        let x = ops.assume_bound(&ops.add_scalar(y, -0.25 / self.half_width)?, 1.0)?;
        let mut value = ops.assume_bound(&self.cosine.evaluate(ops, &x)?, 1.0 + self.sine_error)?;
        for _ in 0..self.doublings {
            let square = ops.mul_rescale(&value, &ops.mul_integer(&value, 2)?)?;
            value = ops.assume_bound(&ops.add_scalar(&square, -1.0)?, 1.0 + self.sine_error)?;
        }
        let sine = ops.assume_bound(&value, (TAU * self.reach).sin() + self.sine_error)?;
        match &self.arcsine {
            None => Ok(sine),
            Some(arcsine) => {
                let bound = TAU * self.reach * (1.0 + self.relative_error) + 2.0 * self.sine_error;
                ops.assume_bound(&arcsine.evaluate(ops, &sine)?, bound)
            }
        }
    }
}

/// An upper bound of |f| on [-1, 1], for what is no more than rounding away from a polynomial of degree d: its largest value on a
/// Chebyshev grid of m steps is at least cos(pi d / (2 m)) times the largest of all (Ehlich, Zeller, Math. Z. 1964).
fn largest_on_grid(f: &impl Fn(f64) -> f64, degree: f64) -> f64 {
    let count = (STEPS_PER_DEGREE * degree).max(GRID as f64);
    let angle = PI / count;
    let largest = (0..=count as usize).map(|k| f((angle * k as f64).cos()).abs()).fold(0.0, f64::max);
    largest / (angle * degree / 2.0).cos()
}

/// An odd polynomial of this degree for arcsin(s), |s| up to sin(2 pi reach), and its largest relative error. `None` for
/// degree 1: the sine as it is. The relative error is nothing at 0, where the coefficients of most messages are.
fn arcsine(reach: f64, degree: usize) -> Result<(Option<Polynomial>, f64), CkksError> {
    if degree.is_multiple_of(2) || degree > 15 {
        return Err(CkksError::Parameter {
            name: "degree of the arcsine",
            found: degree.to_string(),
            expected: "an odd number up to 15, 1 for none".to_owned(),
        });
    }
    let largest = (TAU * reach).sin();
    let quotient = |u: f64| if u < 1e-12 { 1.0 + u / 6.0 } else { u.sqrt().asin() / u.sqrt() };
    let even =
        if degree == 1 { vec![1.0] } else { interpolated(&quotient, largest * largest, degree.div_ceil(2)) };
    let value = |u: f64| even.iter().rev().fold(0.0, |sum, c| sum * u + c);
    let relative = largest_on_grid(
        &|y: f64| {
            let u = largest * largest * (1.0 + y) / 2.0;
            value(u) / quotient(u) - 1.0
        },
        ARCSINE_SMOOTH_DEGREE,
    );
    if degree == 1 {
        return Ok((None, relative));
    }
    let mut coefficients = vec![0.0; degree + 1];
    even.iter().enumerate().for_each(|(k, c)| coefficients[2 * k + 1] = *c);
    Ok((Some(Polynomial::power(coefficients)?), relative))
}

/// The polynomial with `count` coefficients that equals `f` at the Chebyshev nodes of the interval up to `end` whose lowest
/// node is 0: Newton's form, multiplied out.
fn interpolated(f: &impl Fn(f64) -> f64, end: f64, count: usize) -> Vec<f64> {
    let cosine = |k: usize| ((2 * k + 1) as f64 * TAU / (4 * count) as f64).cos();
    let node = |k: usize| end * (cosine(k) + cosine(0)) / (1.0 + cosine(0));
    let nodes: Vec<f64> = (0..count).map(node).collect();
    let mut differences: Vec<f64> = nodes.iter().map(|&u| f(u)).collect();
    for order in 1..count {
        for k in (order..count).rev() {
            differences[k] = (differences[k] - differences[k - 1]) / (nodes[k] - nodes[k - order]);
        }
    }
    let mut polynomial = vec![0.0; count];
    for k in (0..count).rev() {
        // p(u) (u - node) + difference.
        for i in (1..count).rev() {
            polynomial[i] = polynomial[i - 1] - nodes[k] * polynomial[i];
        }
        polynomial[0] = differences[k] - nodes[k] * polynomial[0];
    }
    polynomial
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_are_those_modulo_one() {
        for (degree, doublings, arcsine_degree, tolerance) in
            [(30, 3, 1, 3e-3), (30, 3, 3, 1e-5), (38, 3, 7, 2e-9), (62, 2, 7, 2e-9)]
        {
            let remainder = Remainder::new(16.5, 1.0 / 32.0, degree, doublings, arcsine_degree).unwrap();
            let mut worst = 0.0f64;
            for whole in -16..=16 {
                for k in -53..=53 {
                    let r = f64::from(k) / 53.0 / 32.0;
                    worst = worst.max((remainder.eval(f64::from(whole) + r) - TAU * r).abs());
                }
            }
            let promised =
                remainder.sine_error() * remainder.slope() + remainder.relative_error() * TAU / 32.0;
            assert!(worst <= promised + 1e-12, "{worst} > {promised}");
            assert!(worst < tolerance, "{degree}, {doublings}, {arcsine_degree}: {worst}");
        }
        for (reach, arcsine_degree) in [(0.19, 1), (0.19, 3), (0.19, 7), (0.1, 15)] {
            let remainder = Remainder::new(16.5, reach, 30, 3, arcsine_degree).unwrap();
            let value = |r: f64| remainder.finish((TAU * r).sin());
            // Chords that start where the grid has no point.
            let step = reach / 1e5;
            let chord = |k: i32| (value(step * f64::from(k + 1)) - value(step * f64::from(k))) / (TAU * step);
            let steepest = (0..100_000).map(chord).fold(0.0, |most: f64, chord| most.max(chord.abs()));
            assert!((steepest..1.01 * steepest).contains(&remainder.slope()), "{}", remainder.slope());
        }
        assert!(Remainder::new(16.5, 0.3, 30, 3, 1).is_err());
        assert!(Remainder::new(16.5, 0.01, 30, 3, 4).is_err());
    }
}

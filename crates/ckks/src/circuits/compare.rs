//! Signs, comparisons, maxima and minima.
//!
//! The sign of x with epsilon <= |x| <= 1 is approximated by a composition of odd polynomials, each of which moves the values
//! closer to -1 and 1:
//!
//! - [`Sign::minimax`]: each the minimax polynomial on what the one before leaves (Lee, Lee, No, Kim, IEEE TDSC 2021), with
//!   the degrees that take the fewest levels and, among those, the fewest products, found by exhaustive search.
//! - [`Sign::cheon_kim_kim`]: the polynomials g_n and then f_n of Cheon, Kim, Kim (ASIACRYPT 2020), which are the same for
//!   every epsilon.
//!
//! Levels and products of ciphertexts:
//!
#![doc = include_str!("sign_costs.md")]
//!
//! Steep polynomials one after the other magnify worst cases: for a small epsilon the tracked
//! [`crate::Noise::bound`] may come to exceed the message although the noise itself does not, and a decryption then asks
//! for a level or two to spare, or the parameters for a larger scale. Where the tracked bound of a message, or of the difference
//! of two that are compared, is above 1, that worst case counts as infinite: the result can be decrypted and not published.
//!
//! The first rows are the composition that is best in the sense of Lee et al., so no composition of odd minimax polynomials
//! takes fewer levels; their count of products is that of this crate's [`super::polynomial`]. With the products of Lee et
//! al., 10 at degree 27 and 12 at degree 31, three polynomials of degree 27 take 30.

use super::{
    approx::{Problem, peak, solve},
    polynomial::{Polynomial, PolynomialCost},
    without_bound,
};
use crate::{error::CkksError, operations::Operations};

/// The largest degree of one polynomial of a composition: five levels.
const MAX_STAGE_DEGREE: usize = 31;

/// Levels after which a search gives up.
const MAX_DEPTH: usize = 40;

/// The largest sum of absolute coefficients of a useful polynomial: more would cost precision.
const MAX_COEFFICIENTS: f64 = 64.0;

/// Places at which a polynomial's range is measured, for each degree.
const SAMPLES_PER_DEGREE: usize = 64;

/// The same for an upper bound, which is less than a millionth above the largest value.
const BOUND_SAMPLES_PER_DEGREE: usize = 1024;

/// Bounds that were computed on two paths differ by this much.
const BOUND_TOLERANCE: f64 = 1e-9;

/// An approximation of the sign on epsilon <= |x| <= 1.
///
/// ```
/// use ckks::circuits::Sign;
/// let sign = Sign::minimax(1.0 / 64.0, 1.0 / 64.0)?;
/// assert!((sign.eval(0.02) - 1.0).abs() <= sign.worst_error());
/// assert!((sign.eval(-1.0) + 1.0).abs() <= sign.worst_error() && sign.worst_error() <= 1.0 / 64.0);
/// assert!(sign.depth() <= 10);
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    stages: Vec<Polynomial>,
    epsilon: f64,
    worst_error: f64,
}

/// One way to reach a state of the search.
#[derive(Clone)]
struct Path {
    products: usize,
    /// The smallest value left, where the largest is 1.
    smallest: f64,
    degrees: Vec<usize>,
}

impl Sign {
    /// The composition of odd minimax polynomials that is off by at most `error`, with the fewest levels, and the fewest
    /// products among those.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] unless epsilon and the error lie between 2^-40 and 1.
    pub fn minimax(epsilon: f64, error: f64) -> Result<Self, CkksError> {
        check_unit("epsilon", epsilon)?;
        check_unit("error", error)?;
        let options: Vec<(usize, PolynomialCost)> = (3..=MAX_STAGE_DEGREE)
            .step_by(2)
            .map(|degree| Ok((degree, odd_cost(degree)?)))
            .collect::<Result<_, CkksError>>()?;
        let start = Path { products: 0, smallest: epsilon, degrees: Vec::new() };
        let mut by_depth: Vec<Vec<Path>> = vec![vec![start]];
        for depth in 1..=MAX_DEPTH {
            let mut reached: Vec<Path> = Vec::new();
            for (degree, cost) in options.iter().filter(|(_, cost)| cost.depth <= depth) {
                for path in &by_depth[depth - cost.depth] {
                    let Some((_, smallest)) = stage(*degree, path.smallest)? else { continue };
                    let mut degrees = path.degrees.clone();
                    degrees.push(*degree);
                    reached.push(Path { products: path.products + cost.products, smallest, degrees });
                }
            }
            reached.sort_by(|a, b| a.products.cmp(&b.products).then(b.smallest.total_cmp(&a.smallest)));
            let done = reached.iter().find(|path| (1.0 - path.smallest) / (1.0 + path.smallest) <= error);
            if let Some(path) = done {
                return Self::composite(epsilon, &path.degrees);
            }
            let mut frontier: Vec<Path> = Vec::new();
            for path in reached {
                if frontier.last().is_none_or(|last| path.smallest > last.smallest) {
                    frontier.push(path);
                }
            }
            by_depth.push(frontier);
        }
        Err(CkksError::Parameter {
            name: "error",
            found: error.to_string(),
            expected: format!("what {MAX_DEPTH} levels can reach from an epsilon of {epsilon}"),
        })
    }

    /// The composition of odd minimax polynomials of these degrees.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] unless epsilon lies between 2^-40 and 1 and there are degrees, all of them odd, from 3 to 31,
    /// none of which has nothing left to do.
    pub fn composite(epsilon: f64, degrees: &[usize]) -> Result<Self, CkksError> {
        check_unit("epsilon", epsilon)?;
        let bad = |found: String| CkksError::Parameter {
            name: "degrees",
            found,
            expected: format!(
                "odd numbers from 3 to {MAX_STAGE_DEGREE}, as long as a polynomial improves on the last"
            ),
        };
        if degrees.is_empty() {
            return Err(bad("none".to_owned()));
        }
        let mut stages = Vec::with_capacity(degrees.len());
        let mut smallest = epsilon;
        for (k, &degree) in degrees.iter().enumerate() {
            if degree % 2 == 0 || !(3..=MAX_STAGE_DEGREE).contains(&degree) {
                return Err(bad(degree.to_string()));
            }
            let (coefficients, next) =
                stage(degree, smallest)?.ok_or_else(|| bad(format!("{degree} at position {k}")))?;
            // All but the last end in [smallest, 1], so that the next needs no map; the last around 1.
            let centred = 2.0 / (1.0 + next);
            let factor = if k + 1 == degrees.len() { centred } else { 1.0 };
            let coefficients: Vec<f64> = coefficients.iter().map(|c| factor * c).collect();
            stages.push(Polynomial::chebyshev(-1.0..=1.0, coefficients)?);
            smallest = next;
        }
        Ok(Self::measured(epsilon, stages))
    }

    /// The polynomials g_n, as many as bring all values above 3/4 or to where they stay, then f_n until the error is
    /// reached; n from 1 to 4.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] unless epsilon and the error lie between 2^-40 and 1 and `n` is from 1 to 4.
    pub fn cheon_kim_kim(n: usize, epsilon: f64, error: f64) -> Result<Self, CkksError> {
        check_unit("epsilon", epsilon)?;
        check_unit("error", error)?;
        let Some(coarse) = n.checked_sub(1).and_then(|k| COARSE.get(k)) else {
            let found = n.to_string();
            return Err(CkksError::Parameter { name: "n", found, expected: "from 1 to 4".to_owned() });
        };
        let odd = |coefficients: &[f64]| {
            Polynomial::power(coefficients.iter().flat_map(|c| [0.0, *c]).collect::<Vec<f64>>())
        };
        let (g, f) = (odd(&coarse.map(|c| c / 1024.0)[..=n])?, odd(&fine(n))?);
        let (mut stages, mut low, mut high) = (Vec::new(), epsilon, 1.0);
        while (1.0 - low).max(high - 1.0) > error {
            // Within the reach of f_n, whose error falls with the power n + 1 there.
            let stage = if low < 0.7 { &g } else { &f };
            let (next, top) = range(stage, low, high);
            if next <= low && stage == &f || stages.len() > MAX_DEPTH {
                return Err(CkksError::Parameter {
                    name: "error",
                    found: error.to_string(),
                    expected: format!("what {MAX_DEPTH} polynomials can reach from an epsilon of {epsilon}"),
                });
            }
            (low, high) = (next, top);
            stages.push(stage.clone());
        }
        Ok(Self::measured(epsilon, stages))
    }

    fn measured(epsilon: f64, stages: Vec<Polynomial>) -> Self {
        let (low, high) = stages.iter().fold((epsilon, 1.0), |(low, high), stage| range(stage, low, high));
        Self { stages, epsilon, worst_error: (1.0 - low).max(high - 1.0) }
    }

    /// The polynomials, the first to be applied first.
    #[must_use]
    pub fn stages(&self) -> &[Polynomial] {
        &self.stages
    }

    /// Values of smaller size have results between -1 and 1 of no meaning.
    #[must_use]
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// The largest error where epsilon <= |x| <= 1, as measured.
    #[must_use]
    pub fn worst_error(&self) -> f64 {
        self.worst_error
    }

    /// Levels of [`Self::evaluate`], [`Self::step`] and [`Self::compare`]; [`Self::max`] and [`Self::min`] take one more.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.stages.iter().map(Polynomial::depth).sum()
    }

    /// Products of ciphertexts.
    #[must_use]
    pub fn products(&self) -> usize {
        self.stages.iter().map(|stage| stage.cost().products).sum()
    }

    /// The same in floating point.
    #[must_use]
    pub fn eval(&self, x: f64) -> f64 {
        self.stages.iter().fold(x, |x, stage| stage.eval(x))
    }

    /// The sign of every slot of `x`, whose values have to lie in [-1, 1]. Where its message bound does not say so, the
    /// worst-case noise of the result is infinite.
    ///
    /// # Errors
    /// As [`Polynomial::evaluate`].
    pub fn evaluate<O: Operations>(&self, ops: &O, x: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
        self.run(ops, x, &self.stages)
    }

    /// 1 where `x` is positive and 0 where it is negative: (1 + sign(x)) / 2, at no further cost.
    ///
    /// # Errors
    /// As [`Polynomial::evaluate`].
    pub fn step<O: Operations>(&self, ops: &O, x: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
        let mut stages = self.stages.clone();
        if let Some(last) = stages.last_mut() {
            *last = last.affine(0.5, 0.5)?;
        }
        let largest = self.largest_values(1.0 + BOUND_TOLERANCE).last().copied().unwrap_or(1.0);
        ops.assume_bound(&self.run(ops, x, &stages)?, 0.5 + 0.5 * largest)
    }

    /// 1 where a > b and 0 where a < b, for |a - b| up to 1; what is tracked is that of [`Self::evaluate`] for the difference.
    ///
    /// # Errors
    /// As [`Polynomial::evaluate`], and those of a subtraction.
    pub fn compare<O: Operations>(
        &self,
        ops: &O,
        a: &O::Ciphertext,
        b: &O::Ciphertext,
    ) -> Result<O::Ciphertext, CkksError> {
        self.step(ops, &ops.sub(a, b)?)
    }

    /// The larger of a and b, for |a - b| up to 1: b + (a - b) step(a - b). Off by at most epsilon where they are closer
    /// than that, and by the sign's error elsewhere.
    ///
    /// # Errors
    /// As [`Self::compare`], needing one more level.
    pub fn max<O: Operations>(
        &self,
        ops: &O,
        a: &O::Ciphertext,
        b: &O::Ciphertext,
    ) -> Result<O::Ciphertext, CkksError> {
        let (base, product) = self.select(ops, (a, b), b)?;
        ops.add(&base, &product)
    }

    /// The smaller of a and b, for |a - b| up to 1: a - (a - b) step(a - b).
    ///
    /// # Errors
    /// As [`Self::max`].
    pub fn min<O: Operations>(
        &self,
        ops: &O,
        a: &O::Ciphertext,
        b: &O::Ciphertext,
    ) -> Result<O::Ciphertext, CkksError> {
        let (base, product) = self.select(ops, (a, b), a)?;
        ops.sub(&base, &product)
    }

    /// `base`, and (a - b) step(a - b) at its level and scale.
    fn select<O: Operations>(
        &self,
        ops: &O,
        (a, b): (&O::Ciphertext, &O::Ciphertext),
        base: &O::Ciphertext,
    ) -> Result<(O::Ciphertext, O::Ciphertext), CkksError> {
        for operand in [a, b] {
            super::inverse::check_levels(ops, "maximum or minimum", operand, self.depth() + 1)?;
        }
        let difference = ops.sub(a, b)?;
        let step = self.step(ops, &difference)?;
        let difference = ops.assume_bound(&difference, 1.0 + BOUND_TOLERANCE)?;
        let lowered = ops.align_to(&difference, ops.level(&step), ops.scale(&step))?;
        let product = ops.mul_rescale(&lowered, &step)?;
        let base = ops.align_to(base, ops.level(&product), ops.scale(&product))?;
        Ok((base, product))
    }

    fn run<O: Operations>(
        &self,
        ops: &O,
        x: &O::Ciphertext,
        stages: &[Polynomial],
    ) -> Result<O::Ciphertext, CkksError> {
        super::inverse::check_levels(ops, "sign", x, self.depth())?;
        let within = ops.noise(x).message_bound() <= 1.0 + BOUND_TOLERANCE;
        let first = ops.assume_bound(x, 1.0 + BOUND_TOLERANCE)?;
        let last = stages.len().saturating_sub(1);
        let largest = self.largest_values(1.0 + BOUND_TOLERANCE);
        let result = stages.iter().enumerate().try_fold(first, |x, (k, stage)| {
            let y = stage.evaluate(ops, &x)?;
            if k < last { ops.assume_bound(&y, largest[k]) } else { Ok(y) }
        })?;
        if within { Ok(result) } else { without_bound(ops, &result) }
    }

    /// A bound of what each polynomial makes of values up to `largest` in size: each keeps what is in [-1, 1] there, but for
    /// its own overshoot.
    fn largest_values(&self, largest: f64) -> Vec<f64> {
        let next = |largest: &mut f64, stage: &Polynomial| {
            *largest = bound(stage, *largest);
            Some(*largest)
        };
        self.stages.iter().scan(largest, next).collect()
    }
}

/// The coefficients of g_1 to g_4 at x, x^3, ..., times 1024 (Cheon, Kim, Kim, section 4.2).
const COARSE: [[f64; 5]; 4] = [
    [2126.0, -1359.0, 0.0, 0.0, 0.0],
    [3334.0, -6108.0, 3796.0, 0.0, 0.0],
    [4589.0, -16577.0, 25614.0, -12860.0, 0.0],
    [5850.0, -34974.0, 97015.0, -113_492.0, 46_623.0],
];

/// The coefficients of f_n at x, x^3, ...: the sum over i up to n of binomial(2i, i) / 4^i x (1 - x^2)^i.
fn fine(n: usize) -> Vec<f64> {
    let mut sum = vec![0.0; n + 1];
    // (1 - z)^i, and binomial(2i, i) / 4^i.
    let (mut power, mut weight) = (vec![1.0], 1.0);
    for i in 0..=n {
        for (s, p) in sum.iter_mut().zip(&power) {
            *s += weight * p;
        }
        let mut next = power.clone();
        next.push(0.0);
        for (k, p) in power.iter().enumerate() {
            next[k + 1] -= p;
        }
        power = next;
        weight *= (2 * i + 1) as f64 / (2 * i + 2) as f64;
    }
    sum
}

/// The odd minimax polynomial of `degree` for the sign on [smallest, 1], scaled so that its largest value is 1, and its
/// smallest value there. `None` when it is of no use.
fn stage(degree: usize, smallest: f64) -> Result<Option<(Vec<f64>, f64)>, CkksError> {
    let one = |_: f64| 1.0;
    let degrees: Vec<usize> = (1..=degree).step_by(2).collect();
    let problem = Problem { target: &one, weight: &one, degrees: &degrees, interval: (smallest, 1.0) };
    let Ok(solution) = solve(&problem) else { return Ok(None) };
    let size: f64 = solution.coefficients.iter().map(|c| c.abs()).sum();
    let next = (1.0 - solution.error) / (1.0 + solution.error);
    if size > MAX_COEFFICIENTS || next <= smallest {
        return Ok(None);
    }
    let coefficients = solution.coefficients.iter().map(|c| c / (1.0 + solution.error)).collect();
    Ok(Some((coefficients, next)))
}

/// The cost of an odd polynomial without further zeros.
fn odd_cost(degree: usize) -> Result<PolynomialCost, CkksError> {
    let generic = |i: usize| if i % 2 == 1 { (i as f64 + 2.0).ln() } else { 0.0 };
    Ok(Polynomial::chebyshev(-1.0..=1.0, (0..=degree).map(generic).collect::<Vec<f64>>())?.cost())
}

/// The smallest and the largest value of `p` on [low, high].
fn range(p: &Polynomial, low: f64, high: f64) -> (f64, f64) {
    let count = SAMPLES_PER_DEGREE * (p.degree() + 1);
    // Dense at both ends, in the square as well: extremes crowd where the interval comes close to 0.
    let place = |k: usize| {
        let part = (1.0 - (std::f64::consts::PI * k as f64 / count as f64).cos()) / 2.0;
        (low * low + (high * high - low * low) * part).sqrt()
    };
    let grid: Vec<f64> = (0..=count).map(place).collect();
    let values: Vec<f64> = grid.iter().map(|&x| p.eval(x)).collect();
    let mut smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let mut largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for k in 1..count {
        if values[k] >= values[k - 1] && values[k] >= values[k + 1] {
            largest = largest.max(peak(grid[k - 1], grid[k + 1], |x| p.eval(x)).1);
        }
        if values[k] <= values[k - 1] && values[k] <= values[k + 1] {
            smallest = smallest.min(-peak(grid[k - 1], grid[k + 1], |x| -p.eval(x)).1);
        }
    }
    (smallest, largest)
}

/// An upper bound of the odd polynomial `p` on [-high, high]. Its square is a polynomial of the same degree d in x^2, and the
/// largest value of one of those on a Chebyshev grid of m steps is at least cos(pi d / (2 m)) times the largest of all (Ehlich,
/// Zeller, Math. Z. 1964).
fn bound(p: &Polynomial, high: f64) -> f64 {
    let count = BOUND_SAMPLES_PER_DEGREE * (p.degree() + 1);
    let angle = std::f64::consts::PI / count as f64;
    let value = |k: usize| p.eval(high * ((1.0 - (angle * k as f64).cos()) / 2.0).sqrt()).abs();
    let largest = (0..=count).map(value).fold(0.0, f64::max);
    largest / (angle * p.degree() as f64 / 2.0).cos().sqrt()
}

fn check_unit(name: &'static str, value: f64) -> Result<(), CkksError> {
    if (-40f64).exp2() <= value && value < 1.0 {
        return Ok(());
    }
    let expected = "at least 2^-40 and below 1".to_owned();
    Err(CkksError::Parameter { name, found: value.to_string(), expected })
}

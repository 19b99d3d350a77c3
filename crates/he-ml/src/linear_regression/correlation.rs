//! From moments of raw columns to the normal equations of standardised ones, under encryption.

use ckks::circuits::{InverseSqrt, Polynomial};

use super::{
    moments::{Entry, Moments, Wanted},
    system::{Columns, Unfinished},
};
use crate::{
    arithmetic::{SlotArithmetic, doubling},
    error::MlError,
};

/// Values are brought to [-1/2, 1/2] by public ranges: no variance is larger than this (Popoviciu, 1935).
pub(super) const LARGEST_VARIANCE: f64 = 0.25;

/// How exact a standard deviation has to be. Deviations only set the scale on which the equations are solved, and the
/// same ones take the solution back: what they are off by costs condition, and no exactness.
const TOLERANCE: f64 = 0.02;

/// Degrees that are tried in turn: one less than powers of two, the best value for their levels.
const DEGREES: [usize; 6] = [3, 7, 15, 31, 63, 127];

/// A polynomial close to 1/sqrt(v) for the variances v of columns.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct InverseDeviation {
    polynomial: Polynomial,
    floor: f64,
    /// The largest relative error.
    pub(super) error: f64,
}

impl InverseDeviation {
    /// For variances from `floor` to [`LARGEST_VARIANCE`].
    pub(super) fn new(floor: f64) -> Result<Self, MlError> {
        let refused = |why: &str| MlError::Hyperparameter {
            name: "variance_floor",
            value: floor.to_string(),
            why: why.to_owned(),
        };
        if !(floor.is_finite() && 0.0 < floor && floor < LARGEST_VARIANCE) {
            return Err(refused("it is a share of a squared range, above 0 and below 1/4"));
        }
        for degree in DEGREES {
            let found = InverseSqrt::new(floor..=LARGEST_VARIANCE, degree, 0)?;
            if found.worst_error() <= TOLERANCE {
                return Ok(Self { polynomial: found.seed().clone(), floor, error: found.worst_error() });
            }
        }
        Err(refused("it is so small that no polynomial is close to 1/sqrt(v) above it; take a larger one"))
    }

    /// No value is larger.
    fn largest(&self) -> f64 {
        (1.0 + self.error) / self.floor.sqrt()
    }
}

/// Means, and what the columns are divided by, for the way back to raw columns.
#[derive(Clone, Debug)]
pub(super) struct Scales<V> {
    /// (j, i, k): the inverse deviation of column i.
    inverse_deviations: V,
    /// (j, i, k): the mean of column i.
    means: V,
    /// (j, i, k): the mean of the target where k is its column, else zero.
    target_mean: V,
    /// By how much the right-hand side was multiplied.
    factor: f64,
}

/// The correlation matrix in flat form, with the covariances of target and standardised features in the target's column,
/// times a number: [`Self::rhs`] undoes a part of it, so that no entry is larger than one.
#[derive(Clone, Debug)]
pub(super) struct Correlation<V> {
    pub(super) flat: V,
    pub(super) rhs: f64,
    pub(super) scales: Scales<V>,
}

/// Moments laid out for the covariances.
struct Laid<V> {
    /// (j, i, k): the mean product of columns i and k.
    products: V,
    /// (j, i, k): the mean of column i.
    by_row: V,
    /// (j, i, k): the mean of column k, the target's left out.
    by_column: V,
    /// The mean of the target in its column.
    target_mean: V,
    /// (j, i, k): the mean square of column k.
    squares: V,
}

fn lay_out<A: SlotArithmetic>(
    on: &A,
    moments: &Moments<A::Vector>,
    columns: Columns,
) -> Result<Laid<A::Vector>, MlError> {
    let (p, target, constant) = (columns.features, columns.target(), columns.constant());
    let factor = 1.0 / columns.rows as f64;
    let entry = |named: bool, row, column| named.then_some(Entry { row, column, factor });
    let products = |_, i, k| entry(i < p && (k < p || k == target), i, k);
    let by_row = |_, i, k| entry(i < p && k == constant, i, constant);
    let by_column = |_, i, k| entry(i == constant && k < p, constant, k);
    let target_mean = |_, _, k| entry(k == target, target, constant);
    let squares = |_, _, k| entry(k < p, k, k);
    let wanted: [&dyn Fn(usize, usize, usize) -> Option<Entry>; 5] =
        [&products, &by_row, &by_column, &target_mean, &squares];
    let gathered = moments.gather(on, &wanted.map(|entry| Wanted { part: 0, entry }))?;
    let [products, by_row, by_column, target_mean, squares] =
        <[A::Vector; 5]>::try_from(gathered).map_err(|found| MlError::Shape {
            what: "vectors of moments",
            found: found.len().to_string(),
            expected: "5".to_owned(),
        })?;
    // Values lie in [-1/2, 1/2]: no mean is larger than 1/2.
    let spread = |seeds: &A::Vector, stride: usize| {
        let width = stride * columns.cube.width;
        let all = on.add_rotations(seeds, doubling(stride, width).chain([-(width as i64)]))?;
        on.promise("mean of a column", &all, 0.5)
    };
    Ok(Laid {
        by_row: spread(&by_row, 1)?,
        by_column: spread(&by_column, columns.cube.stride_row())?,
        products: on.promise("mean product of two columns", &products, LARGEST_VARIANCE)?,
        target_mean: on.promise("mean of the target", &target_mean, 0.5)?,
        squares: on.promise("mean square of a column", &squares, LARGEST_VARIANCE)?,
    })
}

/// Covariances are mean products less products of means; divided by the deviations of both columns they are
/// correlations. Seven levels and those of the polynomial, less four that are taken side by side with it.
pub(super) fn correlate<A: SlotArithmetic>(
    on: &A,
    moments: &Moments<A::Vector>,
    columns: Columns,
    inverse: &InverseDeviation,
) -> Result<Correlation<A::Vector>, MlError> {
    let (p, target, cube) = (columns.features, columns.target(), columns.cube);
    let laid = lay_out(on, moments, columns)?;
    let all_means = on.add(&laid.by_column, &laid.target_mean)?;
    let covariances = on.sub(&laid.products, &on.mul(&laid.by_row, &all_means)?)?;
    let covariances = on.promise("covariance", &covariances, LARGEST_VARIANCE)?;

    // Where there is no feature a variance that the polynomial takes stands in: the target is divided by that.
    let filler = cube.mask(on.slots(), 0, |_, _, k| if k < p { 0.0 } else { LARGEST_VARIANCE });
    let variances = on.sub(&laid.squares, &on.square(&laid.by_column)?)?;
    let variances =
        on.promise("variance of a column", &on.add_mask(&variances, &filler)?, LARGEST_VARIANCE)?;
    let by_column = on.polynomial(&variances, &inverse.polynomial)?;
    let by_column = on.promise("inverse deviation", &by_column, inverse.largest())?;

    let at_row = cube.mask(on.slots(), 0, |_, i, k| if i < p && i == k { 1.0 } else { 0.0 });
    let by_row = on.mul_mask(&by_column, &at_row)?;
    let back = -(cube.width as i64);
    let by_row = on.add_rotations(&by_row, doubling(1, cube.width).chain([back]))?;
    let by_row = on.promise("inverse deviation", &by_row, inverse.largest())?;

    // One deviation of a column in place of a variance: at most 1/2.
    let halves = on.mul(&covariances, &by_column)?;
    let halves = on.promise("covariance over a deviation", &halves, 1.0 + inverse.error)?;
    let flat = on.mul(&halves, &by_row)?;
    let flat = on.promise("correlation", &flat, (1.0 + inverse.error).powi(2))?;

    let at_filler = inverse.polynomial.eval(LARGEST_VARIANCE);
    let factor = 2.0 / (1.0 + inverse.error);
    debug_assert_eq!(target + 1, cube.width);
    let scales =
        Scales { inverse_deviations: by_row, means: laid.by_row, target_mean: laid.target_mean, factor };
    Ok(Correlation { flat, rhs: factor / at_filler, scales })
}

impl<V: Clone> Scales<V> {
    /// From weights on standardised features to those on the columns as they came, as real parts of the slots, with the
    /// intercept as imaginary part of all slots of the target's column, and nothing anywhere else.
    pub(super) fn undo<A: SlotArithmetic<Vector = V>>(
        &self,
        on: &A,
        columns: Columns,
        solution: &Unfinished<V>,
        largest: f64,
    ) -> Result<V, MlError> {
        let (slots, factor) = (on.slots(), self.factor.recip());
        let times = |vector: &V, masks: &[crate::arithmetic::Mask]| -> Result<V, MlError> {
            let factors =
                masks.iter().map(|mask| on.mul_mask(vector, mask)).collect::<Result<Vec<_>, _>>()?;
            on.sum_of_products(&solution.vectors.iter().zip(&factors).collect::<Vec<_>>())
        };
        let masks = columns.elements(slots, solution.form, factor * solution.divisor);
        let weights = times(&self.inverse_deviations, &masks)?;
        // A vector that repeats the cube counts every element as often.
        let copies = columns.cube.copies(slots) as f64;
        let masks: Vec<_> = masks.iter().map(|mask| mask.times(-1.0 / copies)).collect();
        let explained = times(&on.mul(&self.inverse_deviations, &self.means)?, &masks)?;
        let explained = on.cyclic_sum(&explained, columns.cube.stride_row())?;
        let intercept = on.add(&self.target_mean, &explained)?;
        on.promise("weights", &on.add(&weights, &on.mul_i(&intercept)?)?, largest)
    }
}

//! Solving by one polynomial in the matrix.

use super::{
    LARGEST_WEIGHT,
    chebyshev::InversePolynomial,
    system::{Affine, Columns, Form, System, Unfinished},
};
use crate::{
    arithmetic::{Mask, SlotArithmetic},
    error::MlError,
};

/// w = q(A) r for the q of [`InversePolynomial`], in the matrix powers T_1, T_2, T_4, ...: about twice as many levels as
/// there are powers.
///
/// The columns r, T_1 r, T_2 r, T_2 T_1 r, ... double in number with each of the first powers. A public map turns them
/// into as many columns as there are products of the other powers, by which they are then folded into one.
#[derive(Clone, Debug)]
pub(super) struct Residual {
    log_degree: u32,
    /// Doublings of the columns; the other powers fold them.
    doublings: u32,
    interval: (f64, f64),
    polynomial: InversePolynomial,
}

impl Residual {
    /// For a polynomial of degree 2^`log_degree` - 1 and eigenvalues in `interval`.
    pub(super) fn new(log_degree: u32, interval: (f64, f64)) -> Self {
        let polynomial = InversePolynomial::new(log_degree, interval);
        Self { log_degree, doublings: log_degree.div_ceil(2), interval, polynomial }
    }

    /// The map of A + `ridge` I that [`Self::solve`] expects: the interval to [-1, 1].
    pub(super) fn affine(&self, ridge: f64) -> Affine {
        let (low, high) = self.interval;
        let scale = 2.0 / (high - low);
        Affine { scale, shift: scale * ridge - (low + high) / (high - low), rhs: 1.0, bound: self.bound(0) }
    }

    /// A bound on the entries of T_{2^s} for a matrix with eigenvalues from zero up to the end of the interval.
    fn bound(&self, s: u32) -> f64 {
        let (low, high) = self.interval;
        (f64::from(1u32 << s) * ((low + high) / (high - low)).acosh()).cosh()
    }

    pub(super) fn solve<A: SlotArithmetic>(
        &self,
        on: &A,
        system: System<A::Vector>,
    ) -> Result<Unfinished<A::Vector>, MlError> {
        let System { columns, left, right, rhs_right, rhs_flat } = system;
        let (cube, target) = (columns.cube, columns.target());
        let (mut power, mut square_of) = (left, Some(right));
        let (mut flat, mut vectors) = (rhs_flat, rhs_right);
        // The right-hand side's Euclidean norm is at most the root of the number of features.
        let mut largest = (columns.features as f64).sqrt();
        for s in 0..self.log_degree {
            largest = if s < self.doublings { largest * self.bound(s) } else { LARGEST_WEIGHT };
            let product = cube.product(on, &power, &vectors, largest)?;
            if s < self.doublings {
                let beside = on.rotate(&product, 1 << s)?;
                flat = on.add(&flat, &beside)?;
                let new = move |k: usize| (1 << s..2 << s).contains(&(target.wrapping_sub(k)));
                vectors = if s + 1 < self.doublings {
                    columns.add(on, &vectors, &columns.right(on, &beside, new, largest)?)?
                } else {
                    self.map(on, columns, &flat)?
                };
            } else {
                let kept = 1 << (self.log_degree - 1 - s);
                let above = on.rotate(&product, -(kept as i64))?;
                if s + 1 == self.log_degree {
                    // A flat form is as good as a right one where i = j.
                    let sum = |part| on.add(part, &above);
                    vectors = vectors.iter().map(sum).collect::<Result<_, _>>()?;
                    break;
                }
                let first = move |k: usize| target.wrapping_sub(k) < kept;
                vectors = columns.add(on, &vectors, &columns.right(on, &above, first, largest)?)?;
            }
            if let Some(right) = &square_of {
                let square = cube.product(on, &power, right, self.bound(s).powi(2))?;
                let doubled = Affine { scale: 2.0, shift: -1.0, rhs: 0.0, bound: self.bound(s + 1) };
                (power, square_of) = columns.both(on, &square, doubled, s + 2 < self.log_degree)?;
            }
        }
        Ok(Unfinished { vectors, form: Form::Right, divisor: 1.0 })
    }

    /// From the columns of all products of the first powers to those of the polynomials by which the products of the
    /// other powers are multiplied, in the order in which they are folded.
    fn map<A: SlotArithmetic>(
        &self,
        on: &A,
        columns: Columns,
        flat: &A::Vector,
    ) -> Result<Vec<A::Vector>, MlError> {
        let (sources, target) = (1usize << self.doublings, columns.target());
        let log_results = self.log_degree - self.doublings;
        // A second copy, so that the map can be cut into cyclic diagonals.
        let doubled = on.add(flat, &on.rotate(flat, sources as i64)?)?;
        let steps: Vec<i64> = (0..sources as i64).map(|step| -step).collect();
        let turned = on.rotate_each(&doubled, &steps)?;
        let weight = |place: usize, step: usize| {
            let product = place.reverse_bits() >> (usize::BITS - log_results);
            self.polynomial.coefficient((product << self.doublings) | ((place + step) % sources))
        };
        let mask = |part: usize, step: usize| {
            columns.cube.mask(on.slots(), part, |j, i, k| {
                let place = target.wrapping_sub(k);
                let named = j < columns.features && i == j && place < 1 << log_results;
                if named { weight(place, step) } else { 0.0 }
            })
        };
        let part = |part: usize| {
            let masks: Vec<Mask> = (0..sources).map(|step| mask(part, step)).collect();
            let seeds = on.sum_of_masked(&turned.iter().zip(&masks).collect::<Vec<_>>())?;
            columns.cube.spread_right(on, &seeds, LARGEST_WEIGHT)
        };
        columns.parts().map(part).collect()
    }
}

//! Solving step by step: what the polynomial is compared with.

use super::{
    LARGEST_WEIGHT,
    circuit::{Iterate, Observer},
    system::{Affine, Form, System, Unfinished},
};
use crate::{
    arithmetic::{Mask, SlotArithmetic},
    error::MlError,
};

/// Gradient descent, w <- w + step (r - A w), with the step 2 / (low + high) that is best for eigenvalues in an interval;
/// or, with `momentum`, Nesterov's method with the step 1 / high and his constant momentum. Two levels a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gradient {
    steps: usize,
    step: f64,
    momentum: f64,
}

impl Gradient {
    pub(super) fn plain(steps: usize, (low, high): (f64, f64)) -> Self {
        Self { steps, step: 2.0 / (low + high), momentum: 0.0 }
    }

    /// (Nesterov, Introductory Lectures on Convex Optimization, 2004, scheme 2.2.9.)
    pub(super) fn nesterov(steps: usize, (low, high): (f64, f64)) -> Self {
        let root = (low / high).sqrt();
        Self { steps, step: 1.0 / high, momentum: (1.0 - root) / (1.0 + root) }
    }

    /// The matrix I - step (A + ridge I), and step r.
    pub(super) fn affine(self, ridge: f64) -> Affine {
        let rhs = self.step / ITERATE_DIVISOR;
        Affine { scale: -self.step, shift: 1.0 - self.step * ridge, rhs, bound: 1.0 }
    }

    pub(super) fn solve<A: SlotArithmetic>(
        self,
        on: &A,
        system: &System<A::Vector>,
        observe: Observer<'_, A::Vector>,
    ) -> Result<Unfinished<A::Vector>, MlError> {
        let System { columns, left, rhs_right, rhs_flat, .. } = system;
        let (cube, target) = (columns.cube, columns.target());
        let masks = |factor| -> Vec<Mask> {
            let mask = |part| columns.to_right(on.slots(), part, factor, move |k| k == target);
            columns.parts().map(mask).collect()
        };
        let (plus, minus) = (masks(1.0 + self.momentum), masks(-self.momentum));
        let places = columns.places(Form::Flat);
        let mut show = |step: usize, product: &A::Vector| {
            let vector = &on.add(rhs_flat, product)?;
            observe(&Iterate { step, vector, places: places.clone(), divisor: ITERATE_DIVISOR })
        };
        let mut last: Option<A::Vector> = None;
        let mut product = cube.product(on, left, rhs_right, LARGEST_WEIGHT)?;
        for step in 1..self.steps {
            show(step, &product)?;
            (product, last) = self.refresh(on, product, last)?;
            // The right-hand side is in every iterate once, and once in what the momentum makes of two of them.
            let before = last.iter().filter(|_| self.momentum != 0.0);
            let ahead = |part: usize| {
                let mut terms = vec![(&product, &plus[part])];
                terms.extend(before.clone().map(|last| (last, &minus[part])));
                let seeds = on.sum_of_masked(&terms)?;
                on.add(&rhs_right[part], &cube.spread_right(on, &seeds, LARGEST_WEIGHT)?)
            };
            let ahead = columns.parts().map(ahead).collect::<Result<Vec<_>, MlError>>()?;
            last = Some(product);
            product = cube.product(on, left, &ahead, LARGEST_WEIGHT)?;
        }
        show(self.steps, &product)?;
        let vectors = vec![on.add(rhs_flat, &product)?];
        Ok(Unfinished { vectors, form: Form::Flat, divisor: ITERATE_DIVISOR })
    }

    /// Refreshes an iterate, and the one before it where that is needed, when there is no level left for the next step
    /// and for clearing what is not the result.
    fn refresh<A: SlotArithmetic>(
        self,
        on: &A,
        product: A::Vector,
        last: Option<A::Vector>,
    ) -> Result<(A::Vector, Option<A::Vector>), MlError> {
        let enough = on.levels_left(&product).is_none_or(|levels| levels > LEVELS_OF_A_STEP);
        let Some(refreshed) = on.refreshed().filter(|_| !enough) else { return Ok((product, last)) };
        match last.filter(|_| self.momentum != 0.0) {
            None => Ok((on.refresh(&on.promise("iterate", &product, refreshed.bound)?)?, None)),
            Some(last) => {
                let half = refreshed.bound / std::f64::consts::SQRT_2;
                let product = on.promise("iterate", &product, half)?;
                let last = on.promise("iterate", &last, half)?;
                let (product, last) = on.refresh_pair(&product, &last)?;
                Ok((product, Some(last)))
            }
        }
    }
}

/// Levels of a step: one to lay an iterate out, one for the product.
const LEVELS_OF_A_STEP: usize = 2;

/// Iterates are divided by this, so that they may be refreshed two at a time within a bound of 1: weights on standardised
/// columns of up to 5.6.
const ITERATE_DIVISOR: f64 = 8.0;

/// Newton's method for the inverse of a matrix (Schulz, 1933) applied to a vector, in product form: with
/// E = I - step A, the product of I + E^(2^k) over k below the number of steps, times step r. Two levels a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewtonSchulz {
    steps: usize,
    step: f64,
}

impl NewtonSchulz {
    pub(super) fn new(steps: usize, (low, high): (f64, f64)) -> Self {
        Self { steps, step: 2.0 / (low + high) }
    }

    /// The matrix E for A + ridge I, and step r.
    pub(super) fn affine(self, ridge: f64) -> Affine {
        Affine { scale: -self.step, shift: 1.0 - self.step * ridge, rhs: self.step, bound: 1.0 }
    }

    pub(super) fn solve<A: SlotArithmetic>(
        self,
        on: &A,
        system: System<A::Vector>,
    ) -> Result<Unfinished<A::Vector>, MlError> {
        let System { columns, left, right, rhs_right, rhs_flat } = system;
        let (cube, target) = (columns.cube, columns.target());
        let (mut power, mut square_of) = (left, Some(right));
        let (mut flat, mut vector) = (rhs_flat, rhs_right);
        for step in 0..self.steps {
            let product = cube.product(on, &power, &vector, LARGEST_WEIGHT)?;
            flat = on.add(&flat, &product)?;
            if step + 1 == self.steps {
                break;
            }
            let found = columns.right(on, &product, |k| k == target, LARGEST_WEIGHT)?;
            vector = columns.add(on, &vector, &found)?;
            if let Some(right) = &square_of {
                let square = cube.product(on, &power, right, 1.0)?;
                let same = Affine { scale: 1.0, shift: 0.0, rhs: 0.0, bound: 1.0 };
                (power, square_of) = columns.both(on, &square, same, step + 2 < self.steps)?;
            }
        }
        Ok(Unfinished { vectors: vec![flat], form: Form::Flat, divisor: 1.0 })
    }
}

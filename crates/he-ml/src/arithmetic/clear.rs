//! The circuit in `f64`.

use std::{cell::RefCell, rc::Rc};

use ckks::{
    Complex64,
    circuits::{Polynomial, PolynomialCost, PolynomialVector},
};

use super::{Counts, Mask, Refreshed, SlotArithmetic, no_terms};
use crate::error::MlError;

/// Factor by which rounding may carry a value beyond a bound that holds exactly.
const ROUNDING: f64 = 1.0 + 1e-9;

/// By how much slots that repeat may differ, as a share of the largest.
const PERIODIC: f64 = 1e-9;

/// Runs circuits on plain vectors of slots, with the levels and the counts that they would have on ciphertexts.
#[derive(Debug)]
pub struct Clear {
    slots: usize,
    depth: Option<usize>,
    refreshed: Option<Refreshed>,
    counts: RefCell<Counts>,
}

/// A plain vector of slots.
#[derive(Clone, Debug, PartialEq)]
pub struct ClearVector {
    values: Rc<[Complex64]>,
    /// Levels used up.
    used: usize,
}

impl ClearVector {
    /// The slots.
    #[must_use]
    pub fn values(&self) -> &[Complex64] {
        &self.values
    }
}

/// A sum of products that has not been relinearised.
#[derive(Clone, Debug)]
pub struct ClearProducts {
    values: Vec<Complex64>,
    used: usize,
}

impl Clear {
    /// Arithmetic on vectors of `slots` slots with any number of levels.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self { slots, depth: None, refreshed: None, counts: RefCell::default() }
    }

    /// Lets circuits use up `depth` levels and no more: [`MlError::TooFewLevels`] beyond.
    #[must_use]
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.depth = Some(depth);
        self
    }

    /// Lets circuits refresh vectors, which have `refreshed.levels` of the levels of [`Self::with_depth`] left then.
    #[must_use]
    pub fn with_refresh(mut self, refreshed: Refreshed) -> Self {
        self.refreshed = Some(refreshed);
        self
    }

    /// A fresh vector; slots beyond `values` are zero.
    ///
    /// # Errors
    /// [`MlError::TooFewSlots`] for more values than slots.
    pub fn input(&self, values: &[Complex64]) -> Result<ClearVector, MlError> {
        if values.len() > self.slots {
            let (needed, found) = (values.len(), self.slots);
            return Err(MlError::TooFewSlots { what: "clear input", needed, found });
        }
        let zeros = std::iter::repeat_n(Complex64::ZERO, self.slots - values.len());
        Ok(ClearVector { values: values.iter().copied().chain(zeros).collect(), used: 0 })
    }

    /// What has been done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    fn note(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.borrow_mut());
    }

    /// A result, `used` levels below fresh vectors.
    fn result(&self, used: usize, values: impl Iterator<Item = Complex64>) -> Result<ClearVector, MlError> {
        if let Some(found) = self.depth.filter(|&depth| used > depth) {
            return Err(MlError::TooFewLevels { what: "clear circuit", needed: used, found });
        }
        self.note(|counts| counts.depth = counts.depth.max(used));
        Ok(ClearVector { values: values.collect(), used })
    }

    /// The lower level of two, with the product that brings the other vector there.
    fn meet(&self, a: &ClearVector, b: &ClearVector) -> usize {
        if a.used != b.used {
            self.note(|counts| counts.plain_products += 1);
        }
        a.used.max(b.used)
    }

    fn both(
        &self,
        a: &ClearVector,
        b: &ClearVector,
        op: impl Fn(Complex64, Complex64) -> Complex64,
    ) -> Result<ClearVector, MlError> {
        let used = self.meet(a, b);
        self.result(used, a.values.iter().zip(b.values.iter()).map(|(&x, &y)| op(x, y)))
    }

    /// Products of pairs, all brought to one level, summed up.
    fn products(&self, pairs: &[(&ClearVector, &ClearVector)]) -> Result<ClearProducts, MlError> {
        let all = || pairs.iter().flat_map(|(a, b)| [a.used, b.used]);
        let used = all().max().ok_or_else(|| no_terms("sum of products"))?;
        let brought = pairs.iter().map(|(a, b)| brought(a, b, used)).sum::<usize>();
        self.note(|counts| {
            counts.plain_products += brought;
            counts.products += pairs.len();
        });
        let mut values = vec![Complex64::ZERO; self.slots];
        for (a, b) in pairs {
            for (sum, (x, y)) in values.iter_mut().zip(a.values.iter().zip(b.values.iter())) {
                *sum += x * y;
            }
        }
        Ok(ClearProducts { values, used })
    }

    /// What a polynomial of `a` is, `depth` levels below.
    fn evaluated(
        &self,
        a: &ClearVector,
        depth: usize,
        cost: PolynomialCost,
        values: impl Iterator<Item = f64>,
    ) -> Result<ClearVector, MlError> {
        self.note(|counts| counts.note_polynomial(cost));
        self.result(a.used + depth, values.map(Complex64::from))
    }

    /// The vector with `levels` left, once it was checked that nothing is lost by refreshing it.
    fn checked(&self, a: &ClearVector, refreshed: Refreshed, lower: usize) -> Result<ClearVector, MlError> {
        let a = self.promise("vector to refresh", a, refreshed.bound)?;
        // The same sum in another order is rounded otherwise.
        let other =
            |i: usize| (a.values[i] - a.values[i - refreshed.period]).norm() > refreshed.bound * PERIODIC;
        if let Some(slot) = (refreshed.period..self.slots).find(|&i| other(i)) {
            return Err(MlError::Shape {
                what: "slots to refresh",
                found: format!("other values in slots {slot} and {}", slot - refreshed.period),
                expected: format!("slots that repeat after {}", refreshed.period),
            });
        }
        let levels = refreshed.levels.saturating_sub(lower);
        let used = self.depth.map_or(0, |depth| depth.saturating_sub(levels));
        Ok(ClearVector { used, ..a })
    }

    fn rotated(&self, a: &ClearVector, steps: i64, first: &mut bool) -> Result<ClearVector, MlError> {
        let k = steps.rem_euclid(self.slots as i64) as usize;
        if k == 0 {
            return Ok(a.clone());
        }
        self.note(|counts| {
            counts.rotations += 1;
            counts.hoisted += usize::from(!*first);
        });
        *first = false;
        let (head, tail) = a.values.split_at(k);
        self.result(a.used, tail.iter().chain(head).copied())
    }
}

/// The slots as real numbers.
fn real(a: &ClearVector) -> Result<Vec<f64>, MlError> {
    let one = |x: &Complex64| match x.im {
        0.0 => Ok(x.re),
        _ => Err(MlError::Shape {
            what: "slots of a polynomial's argument",
            found: format!("the complex number {x}"),
            expected: "real numbers".to_owned(),
        }),
    };
    a.values.iter().map(one).collect()
}

/// How many of two factors have to be brought to the level at which `used` levels are used up; a square has one factor.
fn brought(a: &ClearVector, b: &ClearVector, used: usize) -> usize {
    let both = usize::from(a.used != used) + usize::from(b.used != used);
    if Rc::ptr_eq(&a.values, &b.values) { both.min(1) } else { both }
}

impl SlotArithmetic for Clear {
    type Vector = ClearVector;
    type Products = ClearProducts;

    fn slots(&self) -> usize {
        self.slots
    }

    fn levels_left(&self, a: &ClearVector) -> Option<usize> {
        self.depth.map(|depth| depth.saturating_sub(a.used))
    }

    fn add(&self, a: &ClearVector, b: &ClearVector) -> Result<ClearVector, MlError> {
        self.both(a, b, |x, y| x + y)
    }

    fn sub(&self, a: &ClearVector, b: &ClearVector) -> Result<ClearVector, MlError> {
        self.both(a, b, |x, y| x - y)
    }

    fn neg(&self, a: &ClearVector) -> Result<ClearVector, MlError> {
        self.result(a.used, a.values.iter().map(|x| -x))
    }

    fn add_number(&self, a: &ClearVector, value: f64) -> Result<ClearVector, MlError> {
        self.result(a.used, a.values.iter().map(|x| x + value))
    }

    fn add_mask(&self, a: &ClearVector, b: &Mask) -> Result<ClearVector, MlError> {
        let b = self.input(b.values())?;
        self.result(a.used, a.values.iter().zip(b.values.iter()).map(|(x, y)| x + y))
    }

    fn mul_integer(&self, a: &ClearVector, factor: i64) -> Result<ClearVector, MlError> {
        self.note(|counts| counts.plain_products += 1);
        self.result(a.used, a.values.iter().map(|x| x * factor as f64))
    }

    fn mul_i(&self, a: &ClearVector) -> Result<ClearVector, MlError> {
        self.note(|counts| counts.plain_products += 1);
        self.result(a.used, a.values.iter().map(|x| x * Complex64::I))
    }

    fn sum_of_scaled(&self, terms: &[(&ClearVector, f64)]) -> Result<ClearVector, MlError> {
        let used = terms.iter().map(|(a, _)| a.used).max().ok_or_else(|| no_terms("sum of vectors"))?;
        self.note(|counts| counts.plain_products += terms.len());
        let slot = |i: usize| terms.iter().map(|(a, factor)| a.values[i] * factor).sum();
        self.result(used + 1, (0..self.slots).map(slot))
    }

    fn sum_of_masked(&self, terms: &[(&ClearVector, &Mask)]) -> Result<ClearVector, MlError> {
        let used = terms.iter().map(|(a, _)| a.used).max().ok_or_else(|| no_terms("sum of vectors"))?;
        self.note(|counts| counts.plain_products += terms.len());
        let masks = terms.iter().map(|(_, mask)| self.input(mask.values())).collect::<Result<Vec<_>, _>>()?;
        let slot = |i: usize| terms.iter().zip(&masks).map(|((a, _), m)| a.values[i] * m.values[i]).sum();
        self.result(used + 1, (0..self.slots).map(slot))
    }

    fn mul(&self, a: &ClearVector, b: &ClearVector) -> Result<ClearVector, MlError> {
        self.sum_of_products(&[(a, b)])
    }

    fn square(&self, a: &ClearVector) -> Result<ClearVector, MlError> {
        self.sum_of_products(&[(a, a)])
    }

    fn sum_of_products(&self, pairs: &[(&ClearVector, &ClearVector)]) -> Result<ClearVector, MlError> {
        self.close(self.products(pairs)?)
    }

    fn accumulate(
        &self,
        sum: Option<ClearProducts>,
        pairs: &[(&ClearVector, &ClearVector)],
    ) -> Result<ClearProducts, MlError> {
        let more = self.products(pairs)?;
        let Some(mut sum) = sum else { return Ok(more) };
        MlError::check_size("levels of a sum of products", more.used, sum.used)?;
        sum.values.iter_mut().zip(&more.values).for_each(|(sum, value)| *sum += value);
        Ok(sum)
    }

    fn close(&self, sum: ClearProducts) -> Result<ClearVector, MlError> {
        self.note(|counts| counts.relinearizations += 1);
        self.result(sum.used + 1, sum.values.into_iter())
    }

    fn polynomial(&self, a: &ClearVector, p: &Polynomial) -> Result<ClearVector, MlError> {
        let values = real(a)?;
        if let Some(interval) = p.interval()
            && let Some(&found) = values.iter().find(|x| !interval.contains(x))
        {
            let function = format!("polynomial of degree {}", p.degree());
            let interval = (*interval.start(), *interval.end());
            return Err(MlError::OutsideApproximation { function, interval, found });
        }
        let values = values.into_iter().map(|x| p.eval(x));
        self.evaluated(a, p.depth(), p.cost(), values)
    }

    fn polynomial_by_slot(&self, a: &ClearVector, p: &PolynomialVector) -> Result<ClearVector, MlError> {
        self.evaluated(a, p.depth(), p.cost(), p.eval(&real(a)?).into_iter())
    }

    fn rotate(&self, a: &ClearVector, steps: i64) -> Result<ClearVector, MlError> {
        self.rotated(a, steps, &mut true)
    }

    fn rotate_each(&self, a: &ClearVector, steps: &[i64]) -> Result<Vec<ClearVector>, MlError> {
        let mut first = true;
        steps.iter().map(|&k| self.rotated(a, k, &mut first)).collect()
    }

    fn conjugate(&self, a: &ClearVector) -> Result<ClearVector, MlError> {
        self.note(|counts| counts.conjugations += 1);
        self.result(a.used, a.values.iter().map(Complex64::conj))
    }

    fn align(&self, a: &ClearVector, b: &ClearVector) -> Result<(ClearVector, ClearVector), MlError> {
        let used = self.meet(a, b);
        Ok((ClearVector { used, ..a.clone() }, ClearVector { used, ..b.clone() }))
    }

    fn refreshed(&self) -> Option<Refreshed> {
        self.refreshed
    }

    fn refresh(&self, a: &ClearVector) -> Result<ClearVector, MlError> {
        self.note(|counts| counts.refreshes += 1);
        self.checked(a, self.refreshed.ok_or(MlError::NoRefresh)?, 0)
    }

    fn refresh_pair(&self, a: &ClearVector, b: &ClearVector) -> Result<(ClearVector, ClearVector), MlError> {
        self.note(|counts| counts.refreshes += 1);
        let refreshed = self.refreshed.ok_or(MlError::NoRefresh)?;
        real(a)?;
        real(b)?;
        let both = |(x, y): (&Complex64, &Complex64)| Complex64::new(x.re, y.re);
        let both = ClearVector { values: a.values.iter().zip(b.values.iter()).map(both).collect(), used: 0 };
        self.promise("pair of vectors to refresh", &both, refreshed.bound)?;
        Ok((self.checked(a, refreshed, 1)?, self.checked(b, refreshed, 1)?))
    }

    fn promise(&self, what: &str, a: &ClearVector, bound: f64) -> Result<ClearVector, MlError> {
        // A NaN is not within any bound.
        match a.values.iter().map(|x| x.norm()).find(|&size| size.is_nan() || size > bound * ROUNDING) {
            None => Ok(a.clone()),
            Some(found) => Err(MlError::OutsideApproximation {
                function: what.to_owned(),
                interval: (-bound, bound),
                found,
            }),
        }
    }
}

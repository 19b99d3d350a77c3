//! Sums over slots.

use super::{Evaluator, Workspace};
use crate::{ciphertext::Ciphertext, error::CkksError};

/// The rotations that [`Evaluator::inner_sum`] needs, for a [`crate::KeyRequest`].
#[must_use]
pub fn inner_sum_rotations(stride: usize, count: usize) -> Vec<i64> {
    let mut steps = Vec::new();
    walk(count, |doubled, placed| {
        steps.extend(doubled.filter(|_| count > 1).map(|k| steps_of(k, stride)));
        steps.extend(placed.filter(|&k| k > 0).map(|k| steps_of(k, stride)));
    });
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// The rotation by `k` strides. Rotations go around the end of a power of two of slots, so that a product beyond 2^64 may
/// lose what is beyond.
pub(crate) fn steps_of(k: usize, stride: usize) -> i64 {
    k.wrapping_mul(stride) as i64
}

/// Walks through the binary digits of `count`, lowest first. At each digit 2^k calls `f(doubled, placed)`: `doubled` is
/// the rotation that turns sums of 2^(k-1) terms into sums of 2^k (`None` at the first digit), `placed` the number of
/// terms summed already where this digit is set.
pub(crate) fn walk(count: usize, mut f: impl FnMut(Option<usize>, Option<usize>)) {
    let mut placed = 0;
    for bit in 0..usize::BITS - count.leading_zeros() {
        let size = 1usize << bit;
        let doubled = (bit > 0).then_some(size / 2);
        f(doubled, (count & size != 0).then_some(placed));
        placed += count & size;
    }
}

impl Evaluator<'_> {
    /// Slot i of the result is the sum over j < `count` of slot i + j * `stride` (around the end), with about
    /// 2 log2(`count`) rotations, log2(`count`) for a power of two: [`inner_sum_rotations`] lists them.
    ///
    /// # Errors
    /// As [`Evaluator::rotate`]; [`CkksError::Parameter`] for a `count` of zero.
    pub fn inner_sum(
        &self,
        a: &Ciphertext,
        stride: usize,
        count: usize,
        work: &mut Workspace,
    ) -> Result<Ciphertext, CkksError> {
        if count == 0 {
            return Err(CkksError::Parameter {
                name: "count of an inner sum",
                found: "0".to_owned(),
                expected: "at least 1".to_owned(),
            });
        }
        let mut power = a.clone();
        let mut rotated = Ciphertext::empty(self.context)?;
        let mut sum: Option<Ciphertext> = None;
        let mut result = Ok(());
        walk(count, |doubled, placed| {
            if result.is_ok() {
                result = self.inner_sum_step(
                    &mut power,
                    &mut rotated,
                    &mut sum,
                    (doubled.map(|k| steps_of(k, stride)), placed.map(|k| steps_of(k, stride))),
                    work,
                );
            }
        });
        result?;
        Ok(sum.unwrap_or(power))
    }

    fn inner_sum_step(
        &self,
        power: &mut Ciphertext,
        rotated: &mut Ciphertext,
        sum: &mut Option<Ciphertext>,
        (doubled, placed): (Option<i64>, Option<i64>),
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        if let Some(steps) = doubled {
            self.rotate_into(rotated, power, steps, work)?;
            self.add_assign(power, rotated)?;
        }
        match (placed, sum.as_mut()) {
            (None, _) => {}
            (Some(_), None) => *sum = Some(power.clone()),
            (Some(steps), Some(sum)) => {
                self.rotate_into(rotated, power, steps, work)?;
                self.add_assign(sum, rotated)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::inner_sum_rotations;

    #[test]
    fn powers_of_two_need_their_logarithm_and_nothing_needs_more_than_twice_that() {
        assert_eq!(inner_sum_rotations(1, 1), Vec::<i64>::new());
        assert_eq!(inner_sum_rotations(3, 8), [3, 6, 12]);
        assert_eq!(inner_sum_rotations(1, 6), [1, 2]);
        assert_eq!(inner_sum_rotations(1, 7), [1, 2, 3]);
        // A stride of -1 as an unsigned number: the other way round.
        assert_eq!(inner_sum_rotations(usize::MAX, 7), [-3, -2, -1]);
        // Whatever is asked for: the steps are right modulo any number of slots.
        let half = 1usize << (usize::BITS - 1);
        assert_eq!(inner_sum_rotations(half | 1, 6), [(half | 1) as i64, 2]);
        assert!(inner_sum_rotations(usize::MAX, usize::MAX).len() <= 2 * 64);
        for count in 1..200usize {
            assert!(inner_sum_rotations(1, count).len() as u32 <= 2 * count.ilog2());
        }
    }
}

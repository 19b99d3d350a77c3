//! The complex transform between slots and coefficients.
//!
//! For a polynomial m of degree below N = 2M with real coefficients put w_k = m_k + i m_{k+M}, and let z be the primitive
//! complex 2N-th root of unity exp(i pi/N). For an exponent e = 4t + 1 the power z^(eM) is i, hence
//!
//! m(z^e) = sum over k < M of w_k z^k exp(2 pi i t k / M):
//!
//! a twist by z^k and one complex transform of M points. The powers of 5 modulo 2N are all the residues that are 1 modulo
//! 4, so slot j is point t = (5^j - 1)/4.

use std::{f64::consts::PI, sync::Arc};

use rustfft::{Fft, FftPlanner, num_complex::Complex64};

/// Transforms for every power-of-two number of slots up to N/2.
pub(crate) struct SlotTransform {
    /// log2(N/2).
    log_slots: u32,
    /// z^k for k < N/2.
    twist: Vec<Complex64>,
    /// (5^j - 1)/4 modulo N/2. Modulo n it is the same table for n slots.
    points: Vec<u32>,
    /// For 2^l points: exponent -1, exponent +1.
    plans: Vec<[Arc<dyn Fft<f64>>; 2]>,
}

impl SlotTransform {
    pub(crate) fn new(log_n: u32) -> Self {
        let (log_slots, slots) = (log_n - 1, 1usize << (log_n - 1));
        let two_n = 2u64 << log_n;
        let twist =
            (0..slots).map(|k| Complex64::from_polar(1.0, PI * k as f64 / (2 * slots) as f64)).collect();
        let powers = std::iter::successors(Some(1u64), |&power| Some(5 * power % two_n));
        let points = powers.take(slots).map(|power| ((power - 1) / 4) as u32).collect();
        let mut planner = FftPlanner::new();
        let plans = (0..=log_slots)
            .map(|log| [planner.plan_fft_forward(1 << log), planner.plan_fft_inverse(1 << log)])
            .collect();
        Self { log_slots, twist, points, plans }
    }

    /// Scratch values for any number of slots.
    pub(crate) fn scratch_len(&self) -> usize {
        self.plans.iter().flatten().map(|plan| plan.get_inplace_scratch_len()).max().unwrap_or(0)
    }

    fn log(&self, slots: usize) -> usize {
        slots.trailing_zeros().min(self.log_slots) as usize
    }

    /// The w_k, times `factor`, of the polynomial in X^(N/2n) whose n slots are `slots` (missing ones are zero). Returns
    /// the largest absolute value of a real or imaginary part.
    pub(crate) fn to_coefficients(
        &self,
        slots: impl Iterator<Item = Complex64>,
        factor: f64,
        values: &mut [Complex64],
        scratch: &mut [Complex64],
    ) -> f64 {
        let n = values.len();
        values.fill(Complex64::ZERO);
        for (slot, &point) in slots.zip(&self.points) {
            values[point as usize & (n - 1)] = slot;
        }
        self.plans[self.log(n)][0].process_with_scratch(values, scratch);
        // A division by the power of two n is exact.
        let factor = factor / n as f64;
        let gap = self.points.len() / n;
        let mut largest = 0.0f64;
        for (value, twist) in values.iter_mut().zip(self.twist.iter().step_by(gap)) {
            *value = *value * twist.conj() * factor;
            for part in [value.re.abs(), value.im.abs()] {
                // Written so that one instruction does it; there are no NaNs.
                largest = if part > largest { part } else { largest };
            }
        }
        largest
    }

    /// The slots, times `factor`, of the polynomial whose w_k are in `values`.
    pub(crate) fn to_slots<'a>(
        &'a self,
        factor: f64,
        values: &'a mut [Complex64],
        scratch: &mut [Complex64],
    ) -> impl Iterator<Item = Complex64> + 'a {
        let n = values.len();
        let gap = self.points.len() / n;
        for (value, twist) in values.iter_mut().zip(self.twist.iter().step_by(gap)) {
            *value = *value * twist * factor;
        }
        self.plans[self.log(n)][1].process_with_scratch(values, scratch);
        self.points.iter().take(n).map(move |&point| values[point as usize & (n - 1)])
    }
}

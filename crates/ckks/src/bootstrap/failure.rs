//! How likely it is that some multiple of q0 leaves the interval that the sine covers.

/// log2 of the probability that any of `n` coefficients of a raised message exceeds `interval` times q0 in absolute value,
/// under a secret with `weight` coefficients that are not zero; minus infinity where that cannot happen.
///
/// Such a coefficient is a sum of m = weight + 1 coefficients of random polynomials, each uniform in [-1/2, 1/2] times q0.
/// With d = m/2 - interval the tail of the Irwin-Hall distribution is
///
/// P(sum > interval) = (1/m!) sum over j <= d of (-1)^j binomial(m, j) (d - j)^m,
///
/// nothing for d <= 0. For d large its terms cancel, and Hoeffding's inequality, P <= exp(-2 interval^2 / m), is taken. The
/// union is over both signs and all coefficients.
#[must_use]
pub fn overflow_log2(weight: u32, interval: f64, n: usize) -> f64 {
    let terms = f64::from(weight) + 1.0;
    let distance = terms / 2.0 - interval;
    if distance <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let tail = if distance <= MAX_DISTANCE { irwin_hall(terms, distance) } else { f64::INFINITY };
    let hoeffding = -2.0 * interval * interval / terms * std::f64::consts::LOG2_E;
    tail.min(hoeffding) + 1.0 + (n as f64).log2()
}

/// Distances up to which the alternating sum loses only a few bits.
const MAX_DISTANCE: f64 = 4.0;

/// log2 of the tail.
fn irwin_hall(terms: f64, distance: f64) -> f64 {
    let log_factorial: f64 = (1..=terms as u32).map(|k| f64::from(k).log2()).sum();
    // Relative to the first term, distance^m.
    let mut binomial = 1.0;
    let mut sum = 0.0;
    for j in 0..=distance as u32 {
        let j = f64::from(j);
        let sign = if j % 2.0 == 0.0 { 1.0 } else { -1.0 };
        sum += sign * binomial * ((distance - j) / distance).powf(terms);
        binomial *= (terms - j) / (j + 1.0);
    }
    terms * distance.log2() - log_factorial + sum.log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_exceeds_what_is_possible() {
        assert_eq!(overflow_log2(32, 16.5, 1 << 16), f64::NEG_INFINITY);
        assert!(overflow_log2(32, 16.49, 1 << 16) < -300.0);
    }

    #[test]
    fn tails_are_those_of_small_sums() {
        // Two uniform numbers: P(sum > 1 - d) = d^2 / 2, and twice that for both signs.
        assert!((overflow_log2(1, 0.5, 1) - 0.25f64.log2()).abs() < 1e-12);
        // Three: P(sum > 1/2) = (1 - 3 (0)^3)/6 = 1/6 at d = 1.
        assert!((overflow_log2(2, 0.5, 1) - (1.0f64 / 3.0).log2()).abs() < 1e-12);
        // Three, d = 5/4: (1.25^3 - 3 * 0.25^3) / 6.
        let exact = (1.25f64.powi(3) - 3.0 * 0.25f64.powi(3)) / 3.0;
        assert!((overflow_log2(2, 0.25, 1) - exact.log2()).abs() < 1e-12);
        // The interval that a failure of 2^-128 needs for h = 32 at N = 2^16: hardly less than all there is.
        let interval =
            (0..1000).map(|k| 14.0 + f64::from(k) / 400.0).find(|&k| overflow_log2(32, k, 1 << 16) <= -128.0);
        assert!(interval.is_some_and(|k| (15.5..16.5).contains(&k)), "{interval:?}");
    }
}

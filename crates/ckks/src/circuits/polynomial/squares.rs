//! Two products of a sum for the price of one, as a difference of squares.
//!
//! Let g = 2h be powers of two and p a polynomial of a degree from g to 2g - 1. Division by B_g and B_h leads to two
//! products, v B_g and w B_h, and a rest below degree h. With a square that is known already, B_g^2, one product does:
//!
//! m (B_g + v) ^ 2 - m (b B_h + d)^2 - m B_g^2 = 2m v B_g - 2mb d B_h + m (v^2 - d^2 - b^2 B_h^2).
//!
//! The left side is m (B_g + v + w) (B_g + v - w) - m B_g^2 with w = b B_h + d. The last bracket is made of products that
//! nobody asked for, but they are known polynomials of a degree below 2g: v, d and the rest are chosen such that
//! everything together is p. The more v and d are scaled down by m and b, the less their squares matter, and the
//! equation is solved by iteration. (The product of an inner product's terms in pairs goes back to Winograd, IEEE Trans.
//! Comput. 1968; that the unwanted terms are absorbed by coefficients is in Paterson and Stockmeyer, SIAM J. Comput.
//! 1973, whose division by what is not a power of x we avoid, because it is unstable.)

use super::{
    Basis,
    coefficient::{Coefficient, degree, divide},
};

/// The iteration is given up when this many steps were not enough: at its slowest it halves the error.
const MAX_STEPS: usize = 80;

/// Relative change of a step that is rounding.
const ROUNDING: f64 = 1e-15;

/// The largest sum of the absolute coefficients of v: with more the iteration need not converge.
const MAX_FIRST: f64 = 0.45;

/// How large d may become beside b, likewise.
const MAX_SECOND: f64 = 0.45;

/// The smallest b, so that it can stand for a polynomial with small d.
const MIN_LEADING: f64 = 1.0 / 64.0;

/// Steps in which b follows what it is to stand beside; afterwards it stays.
const STEPS_OF_LEADING: usize = 6;

/// Attempts with larger and larger m.
const MAX_ATTEMPTS: u32 = 6;

/// p = m ((B_g + `first`)^2 - `second`^2 - B_g^2) + `rest`.
#[derive(Clone, Debug)]
pub(super) struct Squares<C> {
    /// m, a multiple of [`multiplicity`].
    pub(super) factor: u32,
    /// v: of a degree below g, and above 0.
    pub(super) first: Vec<C>,
    /// w: of degree h.
    pub(super) second: Vec<C>,
    /// Of a degree below h.
    pub(super) rest: Vec<C>,
}

/// How often B_g^2 contains B_2g is 1 over this: T_g^2 = (T_2g + 1) / 2.
pub(super) fn multiplicity(basis: Basis) -> u32 {
    match basis {
        Basis::Power => 1,
        Basis::Chebyshev => 2,
    }
}

impl<C: Coefficient> Squares<C> {
    /// With the giant step `g`, a power of two from 4; the degree of p has to be above g and below 2g.
    pub(super) fn solve(basis: Basis, p: &[C], g: usize) -> Option<Self> {
        if !suits(p, g) {
            return None;
        }
        let (quotient, _) = divide(basis, p.to_vec(), g);
        let least = multiplicity(basis);
        // v is about quotient / (2m): 0.4 to start with.
        let wanted = (1.25 * norm(&quotient) / f64::from(least)).ceil().max(1.0);
        let mut factor = least * (wanted <= MAX_FACTOR).then_some(wanted as u32)?;
        for _ in 0..MAX_ATTEMPTS {
            if let Some(found) = Self::iterate(basis, p, g, factor) {
                return Some(found);
            }
            factor *= 2;
        }
        None
    }

    fn iterate(basis: Basis, p: &[C], g: usize, factor: u32) -> Option<Self> {
        let (h, m) = (g / 2, f64::from(factor));
        let slots = p.iter().fold(C::default(), |mut all, c| {
            all.add_scaled(c, 1.0);
            all
        });
        let (mut v, mut d, mut b): (Vec<C>, Vec<C>, f64) = (Vec::new(), Vec::new(), 0.0);
        for step in 0..MAX_STEPS {
            let mut target = p.to_vec();
            target.resize(2 * g, C::default());
            add_square(basis, &mut target, &v, -m);
            add_square(basis, &mut target, &d, m);
            if b > 0.0 {
                let mut leading = vec![C::default(); h + 1];
                leading[h] = slots.constant(b);
                add_square(basis, &mut target, &leading, m);
            }
            let (upper, lower) = divide(basis, target, g);
            let (middle, rest) = divide(basis, lower, h);
            if step < STEPS_OF_LEADING {
                // d is a third of it then.
                b = (1.5 * norm(&middle) / m).sqrt().max(MIN_LEADING);
            }
            let next_v: Vec<C> = upper.iter().map(|c| c.scaled(0.5 / m)).collect();
            let next_d: Vec<C> = middle.iter().map(|c| c.scaled(-0.5 / (m * b))).collect();
            let (size_v, size_d) = (norm(&next_v), norm(&next_d));
            // Larger ones on the way do not come back.
            if !(size_v <= MAX_FIRST && size_d <= MAX_SECOND * b) {
                return None;
            }
            let settled = step > STEPS_OF_LEADING
                && distance(&v, &next_v) <= ROUNDING * size_v.max(ROUNDING)
                && distance(&d, &next_d) <= ROUNDING * size_d.max(ROUNDING);
            (v, d) = (next_v, next_d);
            if settled {
                let mut second = d;
                second.push(slots.constant(b));
                return Some(Self { factor, first: v, second, rest });
            }
        }
        None
    }
}

impl Squares<bool> {
    /// Which coefficients there will be: all, or all of even degree for an even polynomial.
    pub(super) fn counted(p: &[bool], g: usize) -> Option<Self> {
        if !suits(p, g) {
            return None;
        }
        let top = degree(p)?;
        let odd = p.iter().skip(1).step_by(2).any(|&c| c);
        let up_to = |len: usize| (0..len).map(|i| odd || i % 2 == 0).collect::<Vec<_>>();
        let h = g / 2;
        Some(Self { factor: 1, first: up_to(top - g + 1), second: up_to(h + 1), rest: up_to(h) })
    }
}

/// Largest m before the attempts: far above what leaves any precision.
const MAX_FACTOR: f64 = 65_536.0;

fn suits<C: Coefficient>(p: &[C], g: usize) -> bool {
    g >= 4 && g.is_power_of_two() && degree(p).is_some_and(|d| g < d && d < 2 * g)
}

/// A bound of the values on [-1, 1].
fn norm<C: Coefficient>(p: &[C]) -> f64 {
    p.iter().map(Coefficient::bound).sum()
}

fn distance<C: Coefficient>(a: &[C], b: &[C]) -> f64 {
    let mut difference = b.to_vec();
    for (c, a) in difference.iter_mut().zip(a) {
        c.add_scaled(a, -1.0);
    }
    norm(&difference)
}

/// target += factor * p^2.
fn add_square<C: Coefficient>(basis: Basis, target: &mut [C], p: &[C], factor: f64) {
    for (i, a) in p.iter().enumerate().filter(|(_, c)| !c.is_zero()) {
        for (j, b) in p.iter().enumerate().filter(|(_, c)| !c.is_zero()) {
            match basis {
                Basis::Power => target[i + j].add_product(a, b, factor),
                // T_i T_j = (T_(i+j) + T_|i-j|) / 2.
                Basis::Chebyshev => {
                    target[i + j].add_product(a, b, factor / 2.0);
                    target[i.abs_diff(j)].add_product(a, b, factor / 2.0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(basis: Basis, p: &[f64], x: f64) -> f64 {
        basis.eval(p, x)
    }

    /// The identity holds to the last bits, for coefficients small, large and one-sided.
    #[test]
    fn the_pieces_make_up_the_polynomial() {
        for basis in [Basis::Power, Basis::Chebyshev] {
            for (g, top, size, decay) in [
                (4, 6, 1.0, 1.0),
                (8, 15, 1.0, 0.9),
                (8, 9, 1e-9, 1.0),
                (16, 31, 40.0, 1.0),
                (32, 50, 1.0, 0.5),
            ] {
                let p: Vec<f64> = (0..=top)
                    .map(|i| size * f64::powi(decay, i) * f64::from((i * i * 7 + 3) % 11 - 5))
                    .collect();
                let s = f64::squares(basis, &p, g).expect("converges");
                assert_eq!(s.factor % multiplicity(basis), 0);
                assert_eq!((s.second.len(), s.rest.len()), (g / 2 + 1, g / 2));
                for x in [-1.0, -0.7, -0.1, 0.0, 0.3, 0.9, 1.0] {
                    let (v, w) = (value(basis, &s.first, x), value(basis, &s.second, x));
                    let giant = basis.element(g, x);
                    let m = f64::from(s.factor);
                    let found = m * ((giant + v).powi(2) - w * w - giant * giant) + value(basis, &s.rest, x);
                    let expected = value(basis, &p, x);
                    assert!(
                        (found - expected).abs() < 1e-13 * (m + norm(&p)),
                        "{basis:?} {g}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_left_alone() {
        for (degree, g) in [(8, 8), (7, 8), (16, 8), (3, 2), (10, 6)] {
            assert!(f64::squares(Basis::Chebyshev, &vec![1.0; degree + 1], g).is_none());
            assert!(bool::squares(Basis::Chebyshev, &vec![true; degree + 1], g).is_none());
        }
        assert!(f64::squares(Basis::Chebyshev, &[f64::MAX; 16], 8).is_none());
    }

    /// Counting foresees every coefficient that numbers have.
    #[test]
    fn patterns_cover_the_numbers() {
        for step in [1, 2] {
            let p: Vec<f64> =
                (0..31).map(|i| if i % step == 0 { f64::from(i + 2).ln() } else { 0.0 }).collect();
            let present: Vec<bool> = p.iter().map(|c| *c != 0.0).collect();
            let numbers = f64::squares(Basis::Chebyshev, &p, 16).expect("converges");
            let counted = bool::squares(Basis::Chebyshev, &present, 16).expect("fits");
            for (numbers, counted) in [
                (numbers.first, counted.first),
                (numbers.second, counted.second),
                (numbers.rest, counted.rest),
            ] {
                let last = degree(&numbers).expect("not zero");
                assert!(last < counted.len());
                assert!(numbers.iter().zip(&counted).all(|(c, present)| *c == 0.0 || *present));
            }
        }
    }
}

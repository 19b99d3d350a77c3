//! Basis polynomials that need not be computed, because a product on the way to the leading coefficient will do.
//!
//! A polynomial of degree 2^k - 1 in k levels is p = q B_(2^(k-1)) + r with q of degree 2^(k-1) - 1 in one level less, and
//! so on: on the way down there is one polynomial of every degree 2^j - 1, j levels down, where the basis polynomial of
//! that degree would be. It is computed in any case. Every other node may take it instead of the basis polynomial, as long
//! as its leading coefficient is not small: what its noise is multiplied by is the node's coefficient over that one.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Basis,
    coefficient::{Coefficient, degree, divide},
    plan::{Node, factors},
};

/// The largest multiple of a polynomial on the way: three bits of noise more than a basis polynomial of that size would
/// bring, about as much as a fresh ciphertext has more than a product.
const MAX_MULTIPLE: f64 = 8.0;

/// The polynomials that stand for basis polynomials, by their degree 2^j - 1.
#[derive(Clone, Debug, Default)]
pub(super) struct Leads(BTreeMap<usize, Vec<f64>>);

impl Leads {
    /// Those that save a product in the evaluation of `p` with `root`, which ends `depth` levels down and has no differences
    /// of squares.
    pub(super) fn of<C: Coefficient>(basis: Basis, p: &[C], root: &Node<C>, depth: usize) -> Self {
        let mut leads = Self::default();
        let Some(p) = C::numbers(p).filter(|_| Self::are_possible(basis, p)) else { return leads };
        let mut way = BTreeMap::new();
        let mut upper = p;
        for j in (2..depth).rev() {
            upper = divide(basis, upper, 1 << j).0;
            way.insert((1usize << j) - 1, upper.clone());
        }
        let mut used = BTreeSet::new();
        root.collect_used(&mut used);
        for (r, polynomial) in way.into_iter().rev() {
            let mut more = leads.clone();
            more.0.insert(r, polynomial);
            let elements = more.elements(basis, &used);
            let saved = elements.len() < leads.elements(basis, &used).len();
            if saved && more.suits(basis, root, &elements) {
                leads = more;
            }
        }
        leads
    }

    /// Whether the degree is 2^k - 1 from 7 on, in the Chebyshev basis: there every division doubles the leading coefficient,
    /// while in the power basis it stays as small as it is.
    pub(super) fn are_possible<C: Coefficient>(basis: Basis, p: &[C]) -> bool {
        basis == Basis::Chebyshev && degree(p).is_some_and(|d| d >= 7 && (d + 1).is_power_of_two())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, degree: usize) -> bool {
        self.0.contains_key(&degree)
    }

    /// The basis polynomials that have to be computed for those of `used`, and those that others stand for.
    fn needed(&self, basis: Basis, used: &BTreeSet<usize>) -> BTreeSet<usize> {
        let (mut needed, mut open) = (BTreeSet::new(), used.iter().copied().collect::<Vec<_>>());
        while let Some(i) = open.pop() {
            if i == 0 || !needed.insert(i) || i == 1 {
                continue;
            }
            if let Some(lead) = self.0.get(&i) {
                open.extend((1..i).filter(|&k| lead[k] != 0.0));
                continue;
            }
            let (a, b) = factors(i);
            open.extend([a, b]);
            if basis == Basis::Chebyshev {
                open.push(a - b);
            }
        }
        needed
    }

    /// Degrees of the basis polynomials to compute for those of `used`, in increasing order.
    pub(super) fn elements(&self, basis: Basis, used: &BTreeSet<usize>) -> Vec<usize> {
        self.needed(basis, used).into_iter().filter(|&i| i > 1 && !self.contains(i)).collect()
    }

    /// Whether no element is a product with what is not computed, and no node takes a large multiple, by itself or in an element.
    fn suits<C: Coefficient>(&self, basis: Basis, root: &Node<C>, elements: &[usize]) -> bool {
        let is_factor = |degree: usize| {
            elements.iter().any(|&i| {
                let (a, b) = factors(i);
                a == degree || b == degree
            })
        };
        // What one unit of an element brings with it.
        let weight = |i: usize| {
            let (a, b) = factors(i);
            let (terms, _) = self.expand(&[(a - b, 1.0)]);
            let own =
                terms.iter().filter(|(k, _)| self.contains(*k)).map(|(_, c)| c.abs()).fold(0.0, f64::max);
            if basis == Basis::Chebyshev { own } else { 0.0 }
        };
        let lean = |terms: &[(usize, C)]| {
            let (expanded, _) = self.expand(terms);
            expanded.iter().filter(|(i, _)| *i > 1).all(|(i, c)| {
                let multiple = if self.contains(*i) { 1.0 } else { weight(*i) };
                c.bound() * multiple <= MAX_MULTIPLE
            })
        };
        !self.0.keys().any(|&lead| is_factor(lead))
            && elements.iter().filter(|&&i| is_factor(i)).all(|&i| weight(i) <= MAX_MULTIPLE)
            && root.all_terms(&lean)
    }

    /// The linear combination `terms` with what stands for basis polynomials in their place, and what that adds to the
    /// constant.
    pub(super) fn expand<C: Coefficient>(&self, terms: &[(usize, C)]) -> (Vec<(usize, C)>, Option<C>) {
        let mut sum: BTreeMap<usize, C> = terms.iter().cloned().collect();
        for (&r, lead) in self.0.iter().rev() {
            let Some(c) = sum.get(&r).cloned() else { continue };
            for (i, b) in lead[..r].iter().enumerate().filter(|(_, b)| **b != 0.0) {
                let zero = c.constant(0.0);
                sum.entry(i).or_insert(zero).add_scaled(&c, -b / lead[r]);
            }
            sum.insert(r, c.scaled(lead[r].recip()));
        }
        let constant = sum.remove(&0);
        (sum.into_iter().filter(|(_, c)| !c.is_zero()).collect(), constant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuits::polynomial::plan::Planned;

    /// Odd, with coefficients that fall like those of a sign.
    fn odd(degree: usize) -> Vec<f64> {
        (0..=degree).map(|k| if k % 2 == 1 { 1.27 / k as f64 } else { 0.0 }).collect()
    }

    fn planned(p: &[f64]) -> Planned<f64> {
        Planned::new(Basis::Chebyshev, p)
    }

    #[test]
    fn the_next_product_stands_for_a_basis_polynomial() {
        let plan = planned(&odd(63));
        assert_eq!(plan.elements, [2, 4, 5, 8, 16, 32]);
        assert!(plan.leads.contains(3) && plan.leads.contains(7) && !plan.leads.contains(15));
        assert_eq!((plan.cost.depth, plan.cost.products), (6, 15));
        // A last coefficient that is small beside the others.
        let mut small = odd(63);
        small[63] = 1e-6;
        let plan = planned(&small);
        assert!(plan.leads.is_empty());
        assert_eq!(plan.cost.products, 16);
        // Other degrees have nothing of the kind on the way, and powers are left alone.
        assert!(planned(&odd(61)).leads.is_empty());
        assert!(Planned::new(Basis::Power, &odd(63)).leads.is_empty());
    }

    #[test]
    fn expanded_terms_are_the_same_polynomial() {
        let p: Vec<f64> = (0..64).map(|k| f64::from(k * k * 7 % 11 + 1)).collect();
        let plan = planned(&p);
        let leads = &plan.leads;
        assert!(leads.contains(3) && leads.contains(7), "{leads:?}");
        let terms = [(1, 0.5), (3, -2.0), (6, 1.5), (7, 0.25)];
        let (expanded, constant) = leads.expand(&terms);
        for x in [-1.0, -0.4, 0.1, 0.8] {
            let element = |i: usize| Basis::Chebyshev.element(i, x);
            let stand_in =
                |i: usize| leads.0.get(&i).map_or_else(|| element(i), |lead| Basis::Chebyshev.eval(lead, x));
            let expected: f64 = terms.iter().map(|(i, c)| c * element(*i)).sum();
            let found: f64 = expanded.iter().map(|(i, c)| c * stand_in(*i)).sum();
            assert!((found + constant.unwrap_or(0.0) - expected).abs() < 1e-12);
        }
    }
}

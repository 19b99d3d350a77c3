//! Which products a polynomial is evaluated with.

use std::collections::BTreeSet;

use super::{
    Basis,
    coefficient::{Coefficient, degree, divide},
};

/// One sum of products: the basis polynomials of `products` times further nodes, plus a linear combination.
#[derive(Clone, Debug)]
pub(super) struct Node<C> {
    /// Degree of a basis polynomial, and what multiplies it.
    pub(super) products: Vec<(usize, Self)>,
    /// Degree of a basis polynomial, and its coefficient.
    pub(super) terms: Vec<(usize, C)>,
    /// The coefficient of degree 0.
    pub(super) constant: Option<C>,
}

/// Levels down from a ciphertext to its basis polynomial of degree `i`.
pub(super) fn depth_of(i: usize) -> usize {
    i.next_power_of_two().trailing_zeros() as usize
}

/// The two factors of the basis polynomial of degree `i` above 1, at minimal depth.
pub(super) fn factors(i: usize) -> (usize, usize) {
    let large = i.next_power_of_two() / 2;
    (large, i - large)
}

impl<C: Coefficient> Node<C> {
    /// A plan for the polynomial `p` that ends `depth` levels down and takes basis polynomials up to degree `babies`, and
    /// those of powers of two, for granted. The degree of p has to be below 2^`depth`.
    pub(super) fn new(basis: Basis, p: &[C], depth: usize, babies: usize) -> Self {
        let mut node = Self { products: Vec::new(), terms: Vec::new(), constant: None };
        let mut rest = p.to_vec();
        // A basis polynomial can take a coefficient if a level is left for that.
        let at_hand = |i: usize| (i <= babies || i.is_power_of_two()) && depth_of(i) < depth;
        while let Some(d) = degree(&rest) {
            rest.truncate(d + 1);
            let direct = rest.iter().enumerate().skip(1).all(|(i, c)| c.is_zero() || at_hand(i));
            if direct {
                let mut coefficients = rest.into_iter();
                node.constant = coefficients.next().filter(|c| !c.is_zero());
                node.terms.extend((1..).zip(coefficients).filter(|(_, c)| !c.is_zero()));
                return node;
            }
            let giant = (d + 1).next_power_of_two() / 2;
            let (quotient, remainder) = divide(basis, rest, giant);
            rest = remainder;
            match degree(&quotient) {
                Some(0) | None => node.terms.extend(quotient.into_iter().take(1).map(|c| (giant, c))),
                Some(_) => node.products.push((giant, Self::new(basis, &quotient, depth - 1, babies))),
            }
        }
        node
    }

    /// Products of two ciphertexts, and relinearisations, without those of the basis polynomials.
    fn count(&self) -> (usize, usize) {
        let inner = self.products.iter().map(|(_, node)| node.count());
        inner.fold(
            (self.products.len(), usize::from(!self.products.is_empty())),
            |(products, relinearizations), (p, r)| (products + p, relinearizations + r),
        )
    }

    fn collect_elements(&self, basis: Basis, elements: &mut BTreeSet<usize>) {
        for (i, node) in &self.products {
            require(basis, *i, elements);
            node.collect_elements(basis, elements);
        }
        self.terms.iter().for_each(|(i, _)| require(basis, *i, elements));
    }

    /// Degrees of the basis polynomials to compute, each from smaller ones: those above 1 in increasing order.
    pub(super) fn elements(&self, basis: Basis) -> Vec<usize> {
        let mut elements = BTreeSet::new();
        self.collect_elements(basis, &mut elements);
        elements.into_iter().filter(|&i| i > 1).collect()
    }

    /// The largest degree of a basis polynomial that a node is multiplied by, 0 without any.
    pub(super) fn largest_giant(&self) -> usize {
        self.products.iter().map(|(g, node)| node.largest_giant().max(*g)).max().unwrap_or(0)
    }

    /// A bound of the node's value where every basis polynomial is at most 1.
    pub(super) fn bound(&self) -> f64 {
        let terms = self.terms.iter().map(|(_, c)| c.bound()).sum::<f64>();
        let products = self.products.iter().map(|(_, node)| node.bound()).sum::<f64>();
        terms + products + self.constant.as_ref().map_or(0.0, Coefficient::bound)
    }
}

fn require(basis: Basis, i: usize, elements: &mut BTreeSet<usize>) {
    if i == 0 || !elements.insert(i) || i == 1 {
        return;
    }
    let (a, b) = factors(i);
    require(basis, a, elements);
    require(basis, b, elements);
    if basis == Basis::Chebyshev {
        require(basis, a - b, elements);
    }
}

/// What an evaluation costs, the map of the interval not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolynomialCost {
    /// Levels.
    pub depth: usize,
    /// Products of two ciphertexts.
    pub products: usize,
    /// Relinearisations: fewer than products, because sums of products share one.
    pub relinearizations: usize,
}

/// A polynomial with the products it takes.
#[derive(Clone, Debug)]
pub(super) struct Planned<C> {
    pub(super) root: Node<C>,
    pub(super) elements: Vec<usize>,
    pub(super) cost: PolynomialCost,
}

impl<C: Coefficient> Planned<C> {
    /// The plan with the fewest products.
    pub(super) fn new(basis: Basis, p: &[C]) -> Self {
        let present: Vec<bool> = p.iter().map(|c| !c.is_zero()).collect();
        let most = degree(&present).unwrap_or(0).max(1);
        let cost = |babies: &usize| {
            let cost = Planned::with_babies(basis, &present, *babies).cost;
            (cost.products, cost.relinearizations, *babies)
        };
        let babies = (1..=most).min_by_key(cost).unwrap_or(1);
        Self::with_babies(basis, p, babies)
    }

    fn with_babies(basis: Basis, p: &[C], babies: usize) -> Self {
        let depth = degree(p).map_or(0, |d| depth_of(d + 1));
        let root = Node::new(basis, p, depth, babies);
        let elements = root.elements(basis);
        let (products, relinearizations) = root.count();
        let cost = PolynomialCost {
            depth,
            products: products + elements.len(),
            relinearizations: relinearizations + elements.len(),
        };
        Self { root, elements, cost }
    }
}

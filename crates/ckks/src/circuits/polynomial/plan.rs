//! Which products a polynomial is evaluated with.

use std::collections::BTreeSet;

use super::{
    Basis,
    coefficient::{Coefficient, degree, divide},
    leads::Leads,
    squares::Squares,
};

/// More baby steps than this never pay, at degrees that can be fitted.
const MAX_BABIES: usize = 64;

/// One sum of products: the basis polynomials of `products` times further nodes, plus a linear combination.
#[derive(Clone, Debug)]
pub(super) struct Node<C> {
    /// Degree of a basis polynomial, and what multiplies it.
    pub(super) products: Vec<(usize, Self)>,
    /// Degree of a basis polynomial, and its coefficient.
    pub(super) terms: Vec<(usize, C)>,
    /// The coefficient of degree 0.
    pub(super) constant: Option<C>,
    /// Two more products, as one.
    pub(super) squares: Option<Box<SquaresNode<C>>>,
    /// The degree of the basis polynomial that the value stands for elsewhere: see [`Leads`].
    pub(super) lead: Option<usize>,
}

/// m ((B_g + first)^2 - second^2 - B_g^2), see [`Squares`]; B_2g stands for the last square.
#[derive(Clone, Debug)]
pub(super) struct SquaresNode<C> {
    /// g.
    pub(super) giant: usize,
    /// m.
    pub(super) factor: u32,
    pub(super) first: Node<C>,
    pub(super) second: Node<C>,
    /// The polynomial of the whole node.
    whole: Vec<C>,
    depth: usize,
    supply: Supply,
}

impl<C: Coefficient> SquaresNode<C> {
    /// The upper part of `p` and what is left of it, unless one product is enough or the square is not to be had.
    fn new(basis: Basis, p: &[C], depth: usize, supply: Supply) -> Option<(Self, Vec<C>)> {
        let giant = largest_power(degree(p)?);
        if 2 * giant > supply.squares || depth_of(2 * giant) > depth || supply.serves(&p[..giant], depth) {
            return None;
        }
        let Squares { factor, first, second, rest } = C::squares(basis, p, giant)?;
        let node = |p: &[C]| Node::new(basis, p, depth - 1, supply);
        let (first, second) = (node(&first), node(&second));
        Some((Self { giant, factor, first, second, whole: Vec::new(), depth, supply }, rest))
    }

    /// The node with a product for each giant step.
    pub(super) fn without_squares(&self, basis: Basis) -> Node<C> {
        Node::new(basis, &self.whole, self.depth, Supply { squares: 0, ..self.supply })
    }

    /// The node of `ratio` times the polynomial, with products of the same shape.
    pub(super) fn rescaled(&self, basis: Basis, ratio: f64) -> Node<C> {
        let p: Vec<C> = self.whole.iter().map(|c| c.scaled(ratio)).collect();
        Node::new(basis, &p, self.depth, self.supply)
    }
}

/// The largest power of two up to `i`, which is not 0.
fn largest_power(i: usize) -> usize {
    (i + 1).next_power_of_two() / 2
}

/// A polynomial as the product of a basis polynomial of this degree with a quotient, and a remainder.
type Division<C> = (usize, Vec<C>, Vec<C>);

/// The division of `p` that takes the fewest products: by a power of two, or by the largest of the baby steps, which is
/// there anyway, where it is large enough.
fn split<C: Coefficient>(basis: Basis, p: Vec<C>, depth: usize, supply: Supply) -> Division<C> {
    let d = degree(&p).unwrap_or(0);
    let power = largest_power(d);
    let useful = |&g: &usize| 0 < g && g < d && d <= 2 * g && depth_of(g) < depth && g != power;
    let others: Vec<usize> = [power / 2, supply.babies].into_iter().filter(useful).collect();
    if others.is_empty() {
        let (quotient, remainder) = divide(basis, p, power);
        return (power, quotient, remainder);
    }
    let divisions = others.into_iter().chain([power]).map(|g| {
        let (quotient, remainder) = divide(basis, p.clone(), g);
        (g, quotient, remainder)
    });
    let price = |(_, quotient, remainder): &Division<C>| {
        let upper = match degree(quotient) {
            Some(0) | None => 0,
            Some(_) => 1 + Node::new(basis, quotient, depth - 1, supply).count().0,
        };
        upper + Node::new(basis, remainder, depth, supply).count().0
    };
    // The first of the best: a step that is there before one that may have to be computed.
    divisions.min_by_key(price).unwrap_or((power, Vec::new(), p))
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

/// What the splitting of a polynomial may take for granted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Supply {
    /// Basis polynomials up to this degree are there, and those of powers of two.
    babies: usize,
    /// The largest degree of a basis polynomial that may stand for a square; 0 for none.
    squares: usize,
}

impl Supply {
    /// Whether `p` can be a linear combination that ends `depth` levels down: a level is left for each coefficient.
    fn serves<C: Coefficient>(&self, p: &[C], depth: usize) -> bool {
        let at_hand = |i: usize| (i <= self.babies || i.is_power_of_two()) && depth_of(i) < depth;
        p.iter().enumerate().skip(1).all(|(i, c)| c.is_zero() || at_hand(i))
    }
}

impl<C: Coefficient> Node<C> {
    fn empty() -> Self {
        Self { products: Vec::new(), terms: Vec::new(), constant: None, squares: None, lead: None }
    }

    /// A plan for the polynomial `p` that ends `depth` levels down. The degree of p has to be below 2^`depth`.
    pub(super) fn new(basis: Basis, p: &[C], depth: usize, supply: Supply) -> Self {
        let mut node = Self::empty();
        let mut rest = p.to_vec();
        // An even polynomial plus c x: as the even one, because x is there anyway.
        let even = rest.iter().skip(3).step_by(2).all(Coefficient::is_zero) && degree(p) > Some(1);
        if even && !rest[1].is_zero() {
            node.terms.push((1, std::mem::take(&mut rest[1])));
        }
        while let Some(d) = degree(&rest) {
            rest.truncate(d + 1);
            if supply.serves(&rest, depth) {
                let mut coefficients = rest.into_iter();
                node.constant = coefficients.next().filter(|c| !c.is_zero());
                node.terms.extend((1..).zip(coefficients).filter(|(_, c)| !c.is_zero()));
                return node;
            }
            if node.squares.is_none()
                && let Some((squares, lower)) = SquaresNode::new(basis, &rest, depth, supply)
            {
                node.squares = Some(Box::new(SquaresNode { whole: p.to_vec(), ..squares }));
                rest = lower;
                continue;
            }
            let (giant, quotient, remainder) = split(basis, rest, depth, supply);
            rest = remainder;
            match degree(&quotient) {
                Some(0) | None => node.terms.extend(quotient.into_iter().take(1).map(|c| (giant, c))),
                Some(_) => node.products.push((giant, Self::new(basis, &quotient, depth - 1, supply))),
            }
        }
        node
    }

    /// Products of two ciphertexts, and relinearisations, without those of the basis polynomials.
    fn count(&self) -> (usize, usize) {
        let own = self.products.len() + usize::from(self.squares.is_some());
        self.parts()
            .map(Self::count)
            .fold((own, usize::from(own > 0)), |(products, relinearizations), (p, r)| {
                (products + p, relinearizations + r)
            })
    }

    /// The nodes that this one's products are made of.
    fn parts(&self) -> impl Iterator<Item = &Self> {
        let squares = self.squares.iter().flat_map(|squares| [&squares.first, &squares.second]);
        self.products.iter().map(|(_, node)| node).chain(squares)
    }

    /// Degrees of the basis polynomials that something is multiplied by, or that are terms.
    pub(super) fn collect_used(&self, used: &mut BTreeSet<usize>) {
        self.parts().for_each(|node| node.collect_used(used));
        used.extend(self.products.iter().map(|(i, _)| *i));
        used.extend(self.squares.iter().map(|squares| 2 * squares.giant));
        used.extend(self.terms.iter().map(|(i, _)| *i));
    }

    /// Degrees of the basis polynomials to compute, each from smaller ones: those above 1 in increasing order.
    pub(super) fn elements(&self, basis: Basis) -> Vec<usize> {
        let mut used = BTreeSet::new();
        self.collect_used(&mut used);
        Leads::default().elements(basis, &used)
    }

    /// Whether `holds` for the terms of the node and of all its parts.
    pub(super) fn all_terms(&self, holds: &impl Fn(&[(usize, C)]) -> bool) -> bool {
        holds(&self.terms) && self.parts().all(|node| node.all_terms(holds))
    }

    /// Notes which nodes on the way to the leading coefficient, the node being of degree 2^`depth` - 1, are in `leads`.
    fn mark(&mut self, leads: &Leads, depth: usize) {
        let degree = (1 << depth) - 1;
        self.lead = leads.contains(degree).then_some(degree);
        if depth > 0
            && let Some((_, upper)) = self.products.iter_mut().find(|(giant, _)| *giant == 1 << (depth - 1))
        {
            upper.mark(leads, depth - 1);
        }
    }

    /// The largest degree of a basis polynomial that a node is multiplied by, 0 without any.
    pub(super) fn largest_giant(&self) -> usize {
        let squares = self.squares.iter().map(|squares| squares.giant);
        let own = self.products.iter().map(|(g, _)| *g).chain(squares);
        own.chain(self.parts().map(Self::largest_giant)).max().unwrap_or(0)
    }

    /// A bound of the node's value where the basis polynomial of degree i is at most `element(i)`.
    pub(super) fn bound(&self, element: &impl Fn(usize) -> f64) -> f64 {
        if let Some(squares) = &self.squares {
            return squares.whole.iter().enumerate().map(|(i, c)| c.bound() * element(i)).sum();
        }
        let terms = self.terms.iter().map(|(i, c)| c.bound() * element(*i)).sum::<f64>();
        let products = self.products.iter().map(|(i, node)| node.bound(element) * element(*i)).sum::<f64>();
        terms + products + self.constant.as_ref().map_or(0.0, Coefficient::bound)
    }
}

/// What an evaluation costs, the map of the interval not included. On levels of different sizes, where the scales of powers
/// drift upwards, it can take more products.
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
    /// What stands for basis polynomials that are not among the elements.
    pub(super) leads: Leads,
    pub(super) cost: PolynomialCost,
    /// The degree.
    pub(super) degree: usize,
    /// A bound of the derivative on [-1, 1], in the Chebyshev basis.
    pub(super) slope: f64,
}

impl<C: Coefficient> Planned<C> {
    /// The plan with the fewest products, of those the one with the fewest relinearisations, without differences of
    /// squares if they do not help.
    pub(super) fn new(basis: Basis, p: &[C]) -> Self {
        let fewest = Self::fewest(basis, p, true);
        if !Leads::are_possible(basis, p) {
            return fewest;
        }
        let cost = |planned: &Self| (planned.cost.products, planned.cost.relinearizations);
        let with_leads = Self::supplies(p, &[0])
            .map(|supply| Self::with_supply(basis, p, supply).with_leads(basis, p))
            .filter(|planned| !planned.leads.is_empty())
            .min_by_key(cost);
        match with_leads {
            Some(planned) if cost(&planned) < cost(&fewest) => planned,
            _ => fewest,
        }
    }

    /// As [`Self::new`], with a product for each giant step and each basis polynomial.
    pub(super) fn without_squares(basis: Basis, p: &[C]) -> Self {
        Self::fewest(basis, p, false)
    }

    /// What there is to choose from: every number of baby steps, and each of `limits` for squares.
    fn supplies(p: &[C], limits: &[usize]) -> impl Iterator<Item = Supply> {
        let most = degree(p).unwrap_or(0).clamp(1, MAX_BABIES);
        limits.iter().flat_map(move |&squares| (1..=most).map(move |babies| Supply { babies, squares }))
    }

    fn fewest(basis: Basis, p: &[C], squares: bool) -> Self {
        let present: Vec<bool> = p.iter().map(|c| !c.is_zero()).collect();
        let largest = largest_power(degree(&present).unwrap_or(0).max(1));
        let limits: &[usize] = if squares { &[0, largest, 2 * largest] } else { &[0] };
        let cost = |supply: &Supply| {
            let cost = Planned::with_supply(basis, &present, *supply).cost;
            (cost.products, cost.relinearizations)
        };
        let supply = Self::supplies(p, limits).min_by_key(cost).unwrap_or(Supply { babies: 1, squares: 0 });
        Self::with_supply(basis, p, supply)
    }

    fn with_supply(basis: Basis, p: &[C], supply: Supply) -> Self {
        let depth = degree(p).map_or(0, |d| depth_of(d + 1));
        let root = Node::new(basis, p, depth, supply);
        let elements = root.elements(basis);
        let (products, relinearizations) = root.count();
        let cost = PolynomialCost {
            depth,
            products: products + elements.len(),
            relinearizations: relinearizations + elements.len(),
        };
        let (degree, slope) = (degree(p).unwrap_or(0), C::slope(p));
        Self { root, elements, leads: Leads::default(), cost, degree, slope }
    }

    /// The plan with as few elements as possible, see [`Leads`].
    fn with_leads(mut self, basis: Basis, p: &[C]) -> Self {
        let mut used = BTreeSet::new();
        self.root.collect_used(&mut used);
        self.leads = Leads::of(basis, p, &self.root, self.cost.depth);
        self.root.mark(&self.leads, self.cost.depth);
        let elements = self.leads.elements(basis, &used);
        let saved = self.elements.len() - elements.len();
        self.cost.products -= saved;
        self.cost.relinearizations -= saved;
        self.elements = elements;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fewest products of degree 63 over all numbers of baby steps, without stand-ins for basis polynomials.
    fn fewest(step: usize, squares: &[usize]) -> usize {
        let p: Vec<bool> = (0..64).map(|i| (63 - i) % step == 0).collect();
        let supplies =
            (1..64).flat_map(|babies| squares.iter().map(move |&squares| Supply { babies, squares }));
        let products = |supply| Planned::with_supply(Basis::Chebyshev, &p, supply).cost.products;
        supplies.map(products).min().unwrap_or(usize::MAX)
    }

    #[test]
    fn no_number_of_baby_steps_takes_fewer_products() {
        assert_eq!((fewest(1, &[0]), fewest(1, &[0, 32, 64])), (18, 16));
        assert_eq!((fewest(2, &[0]), fewest(2, &[0, 32, 64])), (17, 16));
    }
}

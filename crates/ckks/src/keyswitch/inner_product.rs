//! The sum over the digits of digit times key.

use ring_math::MAX_TERMS;

use super::{Decomposed, by_construction};
use crate::{context::LevelTables, keys::SwitchingKey};

/// Both sums for limb `i` of QP at the level of `tables`. Digits that were not carried over beforehand are in `lifted`, as
/// coefficients: those of digit j for this limb at `slot(j)`, in limbs. `masks` is the work space that the key asks for.
pub(super) fn accumulate(
    tables: &LevelTables,
    (key, masks): (&SwitchingKey, &mut [u64]),
    digits: &Decomposed<'_>,
    i: usize,
    (lifted, slot): (&mut [u64], impl Fn(usize) -> usize),
    [sum0, sum1]: [&mut [u64]; 2],
) {
    let n = tables.q.n();
    let ring = tables.qp.ring(i);
    let all = |j: usize| tables.qp.len() * j + i;
    if let Decomposed::Fresh(_) = digits {
        for (j, _) in tables.digits.iter().enumerate().filter(|(_, digit)| !digit.range.contains(&i)) {
            by_construction(ring.forward_unreduced(&mut lifted[n * slot(j)..n * (slot(j) + 1)]));
        }
    }
    let mut masks = masks.chunks_exact_mut(n);
    let mut terms: [(&[u64], &[u64], &[u64]); MAX_TERMS] = [(&[], &[], &[]); MAX_TERMS];
    for (j, (term, digit)) in terms.iter_mut().zip(&tables.digits).enumerate() {
        let words = match digits {
            _ if digit.range.contains(&i) => &digits.values()[n * i..n * (i + 1)],
            Decomposed::Fresh(_) => &lifted[n * slot(j)..n * (slot(j) + 1)],
            Decomposed::Lifted { lifted, .. } => &lifted[n * all(j)..n * (all(j) + 1)],
        };
        let (body, mask) = key.limbs(tables, j, i, masks.next().unwrap_or_default());
        *term = (words, body, mask);
    }
    by_construction(ring.inner_product_pair(sum0, sum1, &terms[..tables.digits.len()]));
}

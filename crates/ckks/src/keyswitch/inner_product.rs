//! The sum over the digits of digit times key.

use ring_math::MAX_TERMS;

use super::{Decomposed, by_construction, decompose::lift};
use crate::{context::LevelTables, keys::SwitchingKey};

/// Both sums for limb `i` of QP at the level of `tables`. `lifted` is work space of one limb per digit.
pub(crate) fn accumulate(
    tables: &LevelTables,
    key: &SwitchingKey,
    digits: &Decomposed<'_>,
    i: usize,
    lifted: &mut [u64],
    [sum0, sum1]: [&mut [u64]; 2],
) {
    let n = tables.q.n();
    let count = tables.digits.len();
    let (values, lifted) = match digits {
        Decomposed::Fresh(prepared) => {
            for (j, out) in lifted.chunks_exact_mut(n).take(count).enumerate() {
                if !tables.digits[j].range.contains(&i) {
                    lift(tables, prepared, j, i, out);
                }
            }
            (prepared.values, &*lifted)
        }
        Decomposed::Lifted { values, lifted } => (*values, &lifted[n * count * i..n * count * (i + 1)]),
    };
    let mut terms: [(&[u64], &[u64], &[u64]); MAX_TERMS] = [(&[], &[], &[]); MAX_TERMS];
    for (j, (term, digit)) in terms.iter_mut().zip(&tables.digits).enumerate() {
        let words =
            if digit.range.contains(&i) { &values[n * i..n * (i + 1)] } else { &lifted[n * j..n * (j + 1)] };
        let (body, mask) = key.limbs(tables, j, i);
        *term = (words, body, mask);
    }
    by_construction(tables.qp.ring(i).inner_product_pair(sum0, sum1, &terms[..count]));
}

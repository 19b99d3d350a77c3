//! Exact sizes of products.

/// log2 of a product of primes.
pub(super) fn log2_product(primes: &[u64]) -> f64 {
    primes.iter().map(|&p| (p as f64).log2()).sum()
}

/// Exact bit length of a product of words.
pub(super) fn bit_length(factors: impl Iterator<Item = u64>) -> u32 {
    let mut product = vec![1u64];
    for factor in factors {
        let mut carry = 0u128;
        for word in &mut product {
            let wide = u128::from(*word) * u128::from(factor) + carry;
            *word = wide as u64;
            carry = wide >> 64;
        }
        if carry > 0 {
            product.push(carry as u64);
        }
    }
    let top = product.last().copied().unwrap_or(0);
    product.len() as u32 * u64::BITS - top.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_lengths_are_exact_at_powers_of_two() {
        assert_eq!(bit_length([].into_iter()), 1);
        assert_eq!(bit_length([1 << 40, 1 << 40].into_iter()), 81);
        assert_eq!(bit_length([(1 << 40) - 1, 1 << 40].into_iter()), 80);
        assert_eq!(bit_length([1 << 63; 4].into_iter()), 253);
        assert_eq!(bit_length([u64::MAX; 4].into_iter()), 256);
    }
}

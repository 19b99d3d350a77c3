//! Words of `bits` bits each, without gaps.

/// Words that are packed and unpacked together. As a multiple of eight they take whole bytes.
const RUN: usize = 64;

/// The most bits a word may have.
const MAX_BITS: usize = 64;

/// Room behind the packed bytes of a run for loads that start at its last byte.
const OVERHANG: usize = 16;

/// Up to this many bits, a word that starts anywhere in a byte ends within eight bytes of it.
const NARROW_BITS: u32 = 57;

/// Bytes that `words` words take; `words` is a multiple of eight.
pub(super) const fn packed_bytes(words: usize, bits: u32) -> usize {
    words / 8 * bits as usize
}

/// Appends `words`, each below 2^`bits`; their number is a multiple of eight.
pub(super) fn pack(words: &[u64], bits: u32, out: &mut Vec<u8>) {
    let (mut pending, mut filled) = (0u128, 0);
    for &word in words {
        pending |= u128::from(word) << filled;
        filled += bits;
        if filled >= u64::BITS {
            out.extend_from_slice(&(pending as u64).to_le_bytes());
            pending >>= u64::BITS;
            filled -= u64::BITS;
        }
    }
    out.extend_from_slice(&pending.to_le_bytes()[..filled as usize / 8]);
}

/// Fills `out` from the bytes that [`pack`] wrote for as many words.
/// Returns whether all words are below `bound`.
#[must_use]
pub(super) fn unpack(packed: &[u8], bits: u32, bound: u64, out: &mut [u64]) -> bool {
    if bits <= NARROW_BITS {
        unpack_runs(packed, bits, bound, out, |window, start| {
            let (byte, shift) = (start / 8, start % 8);
            let low = window.get(byte..byte + 8).and_then(|bytes| bytes.try_into().ok());
            low.map_or(0, u64::from_le_bytes) >> shift
        })
    } else {
        unpack_runs(packed, bits, bound, out, |window, start| {
            let (byte, shift) = (start / 8, start % 8);
            let low = window.get(byte..byte + 16).and_then(|bytes| bytes.try_into().ok());
            (low.map_or(0, u128::from_le_bytes) >> shift) as u64
        })
    }
}

/// `load` gives the bits of a run from the one it is told on.
#[inline]
fn unpack_runs(
    packed: &[u8],
    bits: u32,
    bound: u64,
    out: &mut [u64],
    load: impl Fn(&[u8; RUN * MAX_BITS / 8 + OVERHANG], usize) -> u64,
) -> bool {
    let mask = u64::MAX >> (u64::BITS - bits);
    let mut window = [0; RUN * MAX_BITS / 8 + OVERHANG];
    let mut within = true;
    for (run, bytes) in out.chunks_mut(RUN).zip(packed.chunks(packed_bytes(RUN, bits))) {
        window[..bytes.len()].copy_from_slice(bytes);
        let mut start = 0;
        for word in run {
            *word = load(&window, start) & mask;
            within &= *word < bound;
            start += bits as usize;
        }
    }
    within
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bit i of word j is bit `j bits + i` of the bytes, taken one at a time.
    fn by_bits(words: &[u64], bits: u32) -> Vec<u8> {
        let mut out = vec![0; packed_bytes(words.len(), bits)];
        for (j, word) in words.iter().enumerate() {
            for i in 0..bits as usize {
                let at = j * bits as usize + i;
                out[at / 8] |= ((word >> i & 1) as u8) << (at % 8);
            }
        }
        out
    }

    proptest! {
        #[test]
        fn packing_is_what_it_says_and_comes_back(
            bits in 1u32..=61,
            groups in 1usize..40,
            seed in any::<u64>(),
        ) {
            let mask = u64::MAX >> (64 - bits);
            let word = |i: usize| (seed ^ i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31) & mask;
            let words: Vec<u64> = (0..8 * groups).map(word).collect();
            let mut packed = Vec::new();
            pack(&words, bits, &mut packed);
            prop_assert_eq!(&packed, &by_bits(&words, bits));
            let mut back = vec![0; words.len()];
            prop_assert!(unpack(&packed, bits, mask + 1, &mut back));
            prop_assert_eq!(&back, &words);
            let largest = words.iter().copied().max().unwrap_or(0);
            prop_assert!(!unpack(&packed, bits, largest, &mut back));
            prop_assert!(unpack(&packed, bits, largest + 1, &mut back));
        }
    }
}

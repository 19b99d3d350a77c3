//! Word buffers aligned to a cache line, which is also the width of the widest vector.

use bytemuck::{Pod, Zeroable};
use zeroize::Zeroize;

/// Words in a cache line and lanes in a 512-bit vector.
pub(crate) const LINE_WORDS: usize = 8;

/// One cache line of words.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(crate) struct Line([u64; LINE_WORDS]);

impl Default for Line {
    fn default() -> Self {
        Self([0; LINE_WORDS])
    }
}

impl zeroize::DefaultIsZeroes for Line {}

/// A growable-once, 64-byte-aligned buffer of words whose length is a multiple of eight.
#[derive(Clone, Default)]
pub struct WordBuffer(Vec<Line>);

impl WordBuffer {
    /// A zeroed buffer of at least `words` words (rounded up to a whole cache line).
    #[must_use]
    pub fn zeroed(words: usize) -> Self {
        Self(vec![Line([0; LINE_WORDS]); words.div_ceil(LINE_WORDS)])
    }

    /// Number of words.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len() * LINE_WORDS
    }

    /// Whether the buffer holds no words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        bytemuck::cast_slice(&self.0)
    }

    /// The words, to be written.
    #[must_use]
    pub fn as_mut_slice(&mut self) -> &mut [u64] {
        bytemuck::cast_slice_mut(&mut self.0)
    }

    /// Keeps the first `words` words (rounded up to a cache line); the allocation stays.
    pub fn truncate(&mut self, words: usize) {
        self.0.truncate(words.div_ceil(LINE_WORDS));
    }

    /// Makes the buffer at least `words` long; new words are zero, old ones keep their values.
    pub fn grow(&mut self, words: usize) {
        let lines = words.div_ceil(LINE_WORDS);
        if self.0.capacity() < lines {
            // A new allocation: the old one is wiped before it goes back, since it may have held a secret.
            let mut larger = Vec::with_capacity(lines);
            larger.extend_from_slice(&self.0);
            self.0.zeroize();
            self.0 = larger;
        }
        if self.0.len() < lines {
            self.0.resize(lines, Line([0; LINE_WORDS]));
        }
    }
}

impl Zeroize for WordBuffer {
    /// Wipes the whole allocation, also words that [`WordBuffer::truncate`] cut off. The length stays.
    fn zeroize(&mut self) {
        let lines = self.0.len();
        self.0.zeroize(); // the vector's own implementation wipes its spare capacity too
        self.0.resize(lines, Line([0; LINE_WORDS]));
    }
}

#[cfg(test)]
mod tests {
    use super::WordBuffer;
    use zeroize::Zeroize;

    #[test]
    fn wiping_keeps_the_length_and_the_allocation() {
        let mut buffer = WordBuffer::zeroed(64);
        buffer.as_mut_slice().fill(7);
        buffer.truncate(16);
        let place = buffer.as_slice().as_ptr();
        buffer.zeroize();
        assert_eq!(buffer.as_slice(), [0; 16]);
        buffer.grow(64);
        assert_eq!(buffer.as_slice(), [0; 64]);
        assert_eq!(buffer.as_slice().as_ptr(), place);
    }

    #[test]
    fn growing_keeps_the_words() {
        let mut buffer = WordBuffer::zeroed(8);
        buffer.as_mut_slice().fill(7);
        buffer.grow(100);
        assert_eq!(buffer.len(), 104);
        assert!(buffer.as_slice()[..8].iter().all(|&word| word == 7));
        assert!(buffer.as_slice()[8..].iter().all(|&word| word == 0));
    }
}

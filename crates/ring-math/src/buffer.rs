//! Word buffers aligned to a cache line, which is also the width of the widest vector.

use bytemuck::{Pod, Zeroable};
use zeroize::Zeroize;

/// Words in a cache line and lanes in a 512-bit vector.
pub(crate) const LINE_WORDS: usize = 8;

/// One cache line of words.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u64; LINE_WORDS]);

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
        if self.0.len() < lines {
            self.0.resize(lines, Line([0; LINE_WORDS]));
        }
    }
}

impl Zeroize for WordBuffer {
    fn zeroize(&mut self) {
        self.as_mut_slice().zeroize();
    }
}

//! Reusable work space owned by the caller.

use crate::buffer::WordBuffer;
use zeroize::Zeroize;

/// Aligned work space that grows to the largest request it has seen and is then reused without allocation.
///
/// Its contents are unspecified between uses, and wiped when it is dropped.
#[derive(Default)]
pub struct Scratch(WordBuffer);

impl Scratch {
    /// Empty work space.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Work space that already holds `words` words.
    #[must_use]
    pub fn with_words(words: usize) -> Self {
        Self(WordBuffer::zeroed(words))
    }

    /// A slice of exactly `words` words with unspecified contents.
    pub fn words(&mut self, words: usize) -> &mut [u64] {
        self.0.grow(words);
        &mut self.0.as_mut_slice()[..words]
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scratch({} words)", self.0.len())
    }
}

//! Work space of encoding and decoding.

use ring_math::Scratch;
use zeroize::Zeroize;

use super::Complex64;

/// Buffers that grow to the largest request and are then reused. Wiped on drop: they have held messages.
#[derive(Default)]
pub struct EncoderScratch {
    complex: Vec<Complex64>,
    fft: Vec<Complex64>,
    words: Scratch,
}

impl EncoderScratch {
    /// Empty work space.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `slots` values, `fft` values of scratch for the transform, and words.
    pub(super) fn parts(
        &mut self,
        slots: usize,
        fft: usize,
    ) -> (&mut [Complex64], &mut [Complex64], &mut Scratch) {
        for (buffer, len) in [(&mut self.complex, slots), (&mut self.fft, fft)] {
            if buffer.len() < len {
                buffer.resize(len, Complex64::ZERO);
            }
        }
        (&mut self.complex[..slots], &mut self.fft[..fft], &mut self.words)
    }
}

impl Drop for EncoderScratch {
    fn drop(&mut self) {
        for value in self.complex.iter_mut().chain(&mut self.fft) {
            value.re.zeroize();
            value.im.zeroize();
        }
    }
}

impl std::fmt::Debug for EncoderScratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EncoderScratch({} values)", self.complex.len())
    }
}

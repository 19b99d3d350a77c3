//! Work space of encoding and decoding.

use std::ops::Deref;

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
                // A new allocation: the old one has held messages and goes back wiped.
                wipe(buffer);
                *buffer = vec![Complex64::ZERO; len];
            }
        }
        (&mut self.complex[..slots], &mut self.fft[..fft], &mut self.words)
    }
}

impl Drop for EncoderScratch {
    fn drop(&mut self) {
        wipe(&mut self.complex);
        wipe(&mut self.fft);
    }
}

/// Decoded slots that are wiped when dropped, and shown by no `Debug`.
pub struct SecretSlots(pub(super) Vec<Complex64>);

impl Deref for SecretSlots {
    type Target = [Complex64];

    fn deref(&self) -> &[Complex64] {
        &self.0
    }
}

impl Drop for SecretSlots {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl std::fmt::Debug for SecretSlots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretSlots({} values)", self.0.len())
    }
}

/// Overwrites slots for good.
fn wipe(values: &mut [Complex64]) {
    for value in values {
        value.re.zeroize();
        value.im.zeroize();
    }
}

impl std::fmt::Debug for EncoderScratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EncoderScratch({} values)", self.complex.len())
    }
}

//! How large a message is: as measured, and as a ciphertext may say.

use crate::{error::CkksError, noise::Noise};

/// What encryption says of a message of which nothing was declared: no slot exceeds 1, and the root mean square is 1. The
/// same for all messages, so that it tells nothing of any; 1 because values are usually normalised to [-1, 1].
pub const UNDECLARED_MESSAGE_BOUND: f64 = 1.0;

/// What a value may exceed its bound by, relative to it: an absolute value computed as the root of a sum of squares may
/// come out a little above the true one (a number on the unit circle above 1).
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// Where the size of a plaintext's message, bound and root mean square, comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SizeSource {
    /// From the values. The evaluator, to whom plaintexts are public, profits from it; it must not reach a ciphertext.
    Measured,
    /// From a declaration, which holds whatever the values are.
    Declared,
    /// From the ciphertext that was decrypted, where it stood in the clear.
    Tracked,
}

impl SizeSource {
    /// Puts a declared size in the place of the one that `noise` has.
    pub(crate) fn declare(self, noise: &Noise, bound: f64, rms: f64) -> Result<(Noise, Self), CkksError> {
        let refused = |name, found: f64, expected: &str| {
            Err(CkksError::Parameter { name, found: found.to_string(), expected: expected.to_owned() })
        };
        if !(bound.is_finite() && bound > 0.0) {
            return refused("message bound", bound, "a finite number above 0");
        }
        if !(rms > 0.0 && rms <= bound) {
            return refused("root mean square of a message", rms, "a number above 0 and at most the bound");
        }
        check_covers("declaring the size of a message", bound, noise)?;
        let source = if self == Self::Tracked { Self::Tracked } else { Self::Declared };
        Ok((Noise { message_rms: rms, message_bound: bound, ..*noise }, source))
    }

    /// What the encryption of a plaintext with `noise` starts from, for everybody to see: a function of nothing but the
    /// declaration, or of the ciphertext that a decrypted one comes from. The rounding of an encoding is that of any
    /// values, also where `noise` knows it better (for constants).
    pub(crate) fn in_the_clear(self, op: &'static str, noise: &Noise, n: usize) -> Result<Noise, CkksError> {
        match self {
            Self::Measured => {
                check_covers(op, UNDECLARED_MESSAGE_BOUND, noise)?;
                Ok(Noise::encoded(n, UNDECLARED_MESSAGE_BOUND, UNDECLARED_MESSAGE_BOUND))
            }
            Self::Declared => Ok(Noise::encoded(n, noise.message_rms, noise.message_bound)),
            Self::Tracked => Ok(*noise),
        }
    }
}

/// No slot of a message with `noise` exceeds `bound`. The error does not tell by how much one does.
fn check_covers(op: &'static str, bound: f64, noise: &Noise) -> Result<(), CkksError> {
    if noise.message_bound <= bound * (1.0 + ROUNDING) {
        return Ok(());
    }
    Err(CkksError::MessageTooLarge { op, bound })
}

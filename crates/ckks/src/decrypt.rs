//! Decryption, private and public.

use std::f64::consts::LOG2_E;

use rand_core::CryptoRng;
use ring_math::{Ntt, RnsPoly, parallel, sample};
use zeroize::Zeroize;

use crate::{
    ciphertext::Ciphertext,
    context::Context,
    error::CkksError,
    keys::SecretKey,
    keyswitch::by_construction,
    message_size::SizeSource,
    noise::{Added, tail},
    plaintext::Plaintext,
    scale::Level,
};

/// Bits by which the modulus that is decrypted from exceeds the scaled message: room for noise and for messages a
/// little above their bound.
pub const DECRYPTION_MARGIN_BITS: f64 = 8.0;

/// How much noise a published decryption is drowned in.
///
/// A CKKS decryption carries noise that depends on the secret: whoever sees it next to the ciphertext can solve for the
/// key (Li, Micciancio, EUROCRYPT 2021). A published one therefore gets Gaussian noise of standard deviation
/// sqrt(12 `queries`) * 2^(`security` / 2) * `noise_bound` on every coefficient (Li, Micciancio, Schultz, Sorrell,
/// CRYPTO 2022), which costs about 36 bits of precision at the defaults: messages that are to be published have to be
/// encrypted at a scale with that much room.
///
/// `noise_bound` is the worst case over everything the circuit could have been given, in the same units as
/// [`crate::Noise::bound`]. It has to come from the circuit that the key owner agreed to, for instance from a dry run,
/// and never from a ciphertext somebody sent. It bounds every slot of the noise, and with it the Euclidean norm of the
/// noise's coefficients, which is what the theorem asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flooding {
    /// Worst-case noise of the circuit, in the integers that the scale produces.
    pub noise_bound: f64,
    /// Statistical security s in bits.
    pub security: u32,
    /// Publications that one key may make in all.
    pub queries: u64,
}

impl Flooding {
    /// Statistical security of [`Self::new`].
    pub const DEFAULT_SECURITY: u32 = 64;

    /// Publications under one key of [`Self::new`].
    pub const DEFAULT_QUERIES: u64 = 16;

    /// Flooding for a circuit with the worst-case noise `noise_bound`: 64 bits of statistical security for 16
    /// publications.
    #[must_use]
    pub fn new(noise_bound: f64) -> Self {
        Self { noise_bound, security: Self::DEFAULT_SECURITY, queries: Self::DEFAULT_QUERIES }
    }

    /// The standard deviation of the noise that is added to each coefficient.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        (12.0 * self.queries as f64).sqrt() * (f64::from(self.security) / 2.0).exp2() * self.noise_bound
    }
}

/// Decrypts with one secret key.
#[derive(Clone, Debug)]
pub struct Decryptor<'a> {
    context: Context,
    secret: &'a SecretKey,
}

impl<'a> Decryptor<'a> {
    /// A decryptor with `secret`.
    #[must_use]
    pub fn new(context: &Context, secret: &'a SecretKey) -> Self {
        Self { context: context.clone(), secret }
    }

    /// Decrypts for the owner of the key. **Never pass the result on**: see [`Flooding`] and [`Self::decrypt_public`].
    ///
    /// The plaintext has as many primes as the message needs, which may be fewer than the ciphertext's.
    ///
    /// # Errors
    /// [`CkksError::PrecisionLost`] when the message may exceed half the modulus, [`CkksError::ContextMismatch`].
    pub fn decrypt(&self, a: &Ciphertext) -> Result<Plaintext, CkksError> {
        let level = self.needed_level("decryption", a, 0.0)?;
        let mut out = Plaintext::empty(&self.context)?;
        self.write(&mut out, a, level)?;
        Ok(out)
    }

    /// As [`Self::decrypt`], into a plaintext of the caller's.
    ///
    /// # Errors
    /// As [`Self::decrypt`].
    pub fn decrypt_into(&self, out: &mut Plaintext, a: &Ciphertext) -> Result<(), CkksError> {
        let level = self.needed_level("decryption", a, 0.0)?;
        self.write(out, a, level)
    }

    /// Decrypts for publication: adds the noise that `flooding` asks for and takes one publication from the budget that
    /// is stored with the secret key. Whoever keeps the key on disk has to write it again afterwards
    /// ([`SecretKey::to_secret_bytes`]).
    ///
    /// # Errors
    /// [`CkksError::QueryBudget`] when the budget is spent; [`CkksError::PrecisionLost`] when the noise leaves nothing of
    /// the message, does not fit the modulus, or when the ciphertext admits to more noise than `flooding` covers;
    /// [`CkksError::Parameter`] for a bound that is not a positive number; otherwise as [`Self::decrypt`].
    pub fn decrypt_public(
        &self,
        a: &Ciphertext,
        flooding: &Flooding,
        rng: &mut impl CryptoRng,
    ) -> Result<Plaintext, CkksError> {
        let op = "public decryption";
        let sigma = flooding.sigma();
        if !(flooding.noise_bound > 0.0 && sigma.is_finite()) {
            return Err(CkksError::Parameter {
                name: "noise bound of a published decryption",
                found: flooding.noise_bound.to_string(),
                expected: "a positive number, from a dry run of the circuit".to_owned(),
            });
        }
        // A bound that is not a number covers nothing either.
        if a.noise.bound().is_nan() || a.noise.bound() > flooding.noise_bound {
            return Err(CkksError::PrecisionLost {
                op,
                log_needed: a.noise.bound().log2(),
                log_available: flooding.noise_bound.log2(),
                remedy: "take the noise bound from a dry run of the circuit that made this ciphertext",
            });
        }
        // What the noise does to a slot, against the scale that a message of one has.
        let slot_noise = sigma * (self.context.n() as f64).sqrt();
        let log_scale = a.scale.log2();
        if slot_noise.log2() >= log_scale {
            return Err(CkksError::PrecisionLost {
                op,
                log_needed: slot_noise.log2(),
                log_available: log_scale,
                remedy: "encode what is to be published at a larger scale",
            });
        }
        let level = self.needed_level(op, a, tail(self.context.n()) * slot_noise)?;
        self.secret.publish(op, flooding.queries)?;
        let mut out = Plaintext::empty(&self.context)?;
        self.write(&mut out, a, level)?;
        let mut noise = sample::gaussian(out.poly.basis(), sigma, rng)?.into_ntt();
        out.poly.add_assign(&noise)?;
        noise.zeroize();
        out.noise = out.noise.plus(Added { std: sigma, bound: tail(self.context.n()) * slot_noise });
        Ok(out)
    }

    /// The lowest level whose modulus holds the message with its noise and a margin; the ciphertext's own when none of
    /// the lower ones does. `extra` is noise that will be added, in every slot.
    fn needed_level(&self, op: &'static str, a: &Ciphertext, extra: f64) -> Result<Level, CkksError> {
        a.check(op, &self.context)?;
        self.secret.check(op, &self.context)?;
        let parameters = self.context.parameters();
        let (worst_message, worst_noise) = (a.noise.message_bound(), a.noise.bound() + extra);
        // The worst case: noise of correlated operands exceeds the average by any factor, and must not wrap around. Where it is
        // not known, somebody's word is all there is of the message too, which may be loose; both are at least the average.
        let known = worst_message.is_finite() && worst_noise.is_finite();
        let (message, noise) =
            if known { (worst_message, worst_noise) } else { (a.noise.message_rms(), a.noise.std() + extra) };
        let (log_message, log_noise) = (message.log2() + a.scale.log2(), noise.log2());
        let log_least = log_of_twice_the_sum(log_message, log_noise);
        let log_available = parameters.log_q(a.level);
        // What is not a number has left every modulus behind.
        if log_least.is_nan() || log_least > log_available {
            return Err(CkksError::PrecisionLost {
                op,
                log_needed: log_least,
                log_available,
                remedy: "keep messages smaller, rescale before the last level, or choose a larger log_q0",
            });
        }
        if !known {
            return Ok(a.level);
        }
        let needed = (log_message + DECRYPTION_MARGIN_BITS).max(log_least);
        let level = (0..a.level.0).map(Level).find(|&level| parameters.log_q(level) > needed);
        Ok(level.unwrap_or(a.level))
    }

    fn write(&self, out: &mut Plaintext, a: &Ciphertext, level: Level) -> Result<(), CkksError> {
        out.source = SizeSource::Tracked;
        (out.level, out.scale, out.slots, out.noise) = (level, a.scale, a.slots, a.noise);
        self.phase_into(&mut out.poly, a, level)
    }

    /// c_0 + c_1 s + c_2 s^2 modulo the primes of `level`.
    fn phase_into(&self, out: &mut RnsPoly<Ntt>, a: &Ciphertext, level: Level) -> Result<(), CkksError> {
        let basis = self.context.q_basis(level)?;
        out.resize_to(basis);
        parallel::for_each_limb(out.words_mut(), basis.n(), |i, limb| {
            let (ring, s) = (basis.ring(i), self.secret.values().limb(i));
            match a.parts.as_slice() {
                [first, second] => {
                    limb.copy_from_slice(first.limb(i));
                    by_construction(ring.mul_add_assign(limb, second.limb(i), s));
                }
                parts => {
                    // Horner's rule, from the highest part.
                    limb.fill(0);
                    for part in parts.iter().rev() {
                        by_construction(ring.mul_assign(limb, s));
                        by_construction(ring.add_assign(limb, part.limb(i)));
                    }
                }
            }
        });
        Ok(())
    }
}

/// log2 of 2 (2^a + 2^b); not a number where one of them is none.
fn log_of_twice_the_sum(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    let (low, high) = (a.min(b), a.max(b));
    // The difference of two infinities would be none.
    if high.is_infinite() { high } else { high + 1.0 + (low - high).exp2().ln_1p() * LOG2_E }
}

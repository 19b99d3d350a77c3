//! From slots to plaintexts and back.

mod carry;
mod decode;
pub(crate) mod fft;
mod scratch;
mod weights;

use std::sync::Arc;

pub use rustfft::num_complex::Complex64;
pub use scratch::{EncoderScratch, SecretSlots};
pub use weights::Weights;

use crate::{
    context::Context,
    error::CkksError,
    message_size::SizeSource,
    noise::Noise,
    plaintext::Plaintext,
    scale::{Level, Scale},
};
use fft::SlotTransform;
use ring_math::parallel;

/// A value that a slot can hold: `f64` or [`Complex64`].
pub trait SlotValue: Copy {
    /// The value as a complex number.
    fn to_complex(self) -> Complex64;
    /// The slot's value in this type: a real one drops the imaginary part.
    fn from_complex(value: Complex64) -> Self;
}

impl SlotValue for f64 {
    fn to_complex(self) -> Complex64 {
        Complex64::new(self, 0.0)
    }
    fn from_complex(value: Complex64) -> Self {
        value.re
    }
}

impl SlotValue for Complex64 {
    fn to_complex(self) -> Complex64 {
        self
    }
    fn from_complex(value: Complex64) -> Self {
        value
    }
}

/// How values become a plaintext.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Packing {
    /// Level of the plaintext.
    pub level: Level,
    /// Scale of the plaintext.
    pub scale: Scale,
    /// Number of slots, a power of two up to N/2. Fewer than N/2 are repeated over all of them: the polynomial is then
    /// one in X^(N/2n).
    pub slots: usize,
}

/// Encodes and decodes for one context, whose tables it shares: cheap to make and to clone.
///
/// ```
/// use ckks::{Context, Encoder, ParameterSpec};
/// let parameters = ParameterSpec::new(12).log_q0(40).log_scale(30).depth(0).check()?;
/// let encoder = Encoder::new(&Context::new(&parameters)?);
/// let plaintext = encoder.encode(&[1.5, -2.0, 3.25])?; // the other 2045 slots are zero
/// let values = encoder.decode(&plaintext)?;
/// assert_eq!(values.len(), 2048);
/// assert!((values[1] + 2.0).abs() < 1e-6);
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone)]
pub struct Encoder {
    context: Context,
    transform: Arc<SlotTransform>,
    carrier: carry::Carrier,
}

impl Encoder {
    /// An encoder for plaintexts of `context`.
    #[must_use]
    pub fn new(context: &Context) -> Self {
        Self {
            context: context.clone(),
            transform: context.slot_transform().clone(),
            carrier: carry::Carrier::new(context),
        }
    }

    /// The context.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The packing of fresh data: all slots, the highest level and its canonical scale.
    #[must_use]
    pub fn packing(&self) -> Packing {
        let level = self.context.max_level();
        let scale = self.context.parameters().default_scale(level);
        Packing { level, scale, slots: self.context.max_slots() }
    }

    /// Encodes real values into the first slots of a plaintext at the highest level and its canonical scale; the other
    /// slots are zero.
    ///
    /// # Errors
    /// [`CkksError::TooManySlots`], [`CkksError::NonFinite`], [`CkksError::Overflow`] when a coefficient would not fit
    /// the modulus, as for every encoding.
    pub fn encode(&self, values: &[f64]) -> Result<Plaintext, CkksError> {
        self.encode_with(values, &self.packing())
    }

    /// As [`Self::encode`] for complex values.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn encode_complex(&self, values: &[Complex64]) -> Result<Plaintext, CkksError> {
        self.encode_with(values, &self.packing())
    }

    /// As [`Self::encode`] at another level and scale.
    ///
    /// # Errors
    /// As [`Self::encode`], and [`CkksError::NoSuchLevel`].
    pub fn encode_at(&self, values: &[f64], level: Level, scale: Scale) -> Result<Plaintext, CkksError> {
        self.encode_with(values, &Packing { level, scale, slots: self.context.max_slots() })
    }

    /// Encodes real or complex values as `packing` says.
    ///
    /// # Errors
    /// As [`Self::encode_at`], and [`CkksError::SlotCount`] for a number of slots that is not a power of two.
    pub fn encode_with<T: SlotValue>(&self, values: &[T], packing: &Packing) -> Result<Plaintext, CkksError> {
        let mut plaintext = Plaintext::empty(&self.context)?;
        self.encode_into(&mut plaintext, values, packing, &mut EncoderScratch::new())?;
        Ok(plaintext)
    }

    /// As [`Self::encode_with`] into a plaintext of the caller's, without allocation once both have grown.
    ///
    /// # Errors
    /// As [`Self::encode_with`]; `out` is left as it was then.
    pub fn encode_into<T: SlotValue>(
        &self,
        out: &mut Plaintext,
        values: &[T],
        packing: &Packing,
        scratch: &mut EncoderScratch,
    ) -> Result<(), CkksError> {
        let op = "encode";
        let Packing { level, scale, slots } = *packing;
        check_slots(op, slots, self.context.max_slots())?;
        check_count(values.len(), slots)?;
        let basis = self.context.tables(op, level)?.q.clone();
        let size = Size::of(op, values)?;
        let (complex, fft, words) = scratch.parts(slots, self.transform.scratch_len());
        let slot_values = values.iter().map(|value| value.to_complex());
        let factor = check_scale(op, scale, basis.log2_product())?;
        let largest = self.transform.to_coefficients(slot_values, factor, complex, fft);
        check_fits(op, largest, basis.log2_product())?;
        out.reshape(&basis);
        self.carrier.write(out.poly.words_mut(), &basis, complex, largest, words);
        out.level = level;
        out.scale = scale;
        out.slots = slots;
        out.noise = size.noise(basis.n(), slots);
        out.source = SizeSource::Measured;
        Ok(())
    }

    /// A plaintext whose slots all hold `value`, without a transform: an integer polynomial of degree 0 (or N/2, for an
    /// imaginary part), `value` times the scale being rounded once, at the exact scale.
    ///
    /// # Errors
    /// As [`Self::encode_with`].
    pub fn encode_constant(&self, value: impl SlotValue, packing: &Packing) -> Result<Plaintext, CkksError> {
        let op = "encode a constant";
        let Packing { level, scale, slots } = *packing;
        check_slots(op, slots, self.context.max_slots())?;
        let value = value.to_complex();
        let basis = &self.context.tables(op, level)?.q;
        let size = Size::of(op, &[value])?;
        let log_modulus = basis.log2_product();
        let factor = check_scale(op, scale, log_modulus)?;
        check_fits(op, factor * value.re.abs().max(value.im.abs()), log_modulus)?;
        let overflow = || CkksError::Overflow { op, log_coefficient: 126.0, log_modulus };
        let real = scale.round_product(value.re).ok_or_else(overflow)?;
        let imaginary = scale.round_product(value.im).ok_or_else(overflow)?;
        let mut out = Plaintext::empty(&self.context)?;
        out.reshape(basis);
        let n = basis.n();
        parallel::for_each_limb(out.poly.words_mut(), n, |i, limb| {
            let modulus = basis.modulus(i);
            let real = carry::reduce_i128(modulus, real);
            if imaginary == 0 {
                limb.fill(real);
                return;
            }
            // X^(N/2) is i in every slot. Its transform is found rather than assumed: one limb of work, rarely done.
            limb.fill(0);
            limb[0] = real;
            limb[n / 2] = carry::reduce_i128(modulus, imaginary);
            // A limb has the ring's length, which is all a transform can object to.
            let _ = basis.ring(i).forward(limb);
        });
        out.level = level;
        out.scale = scale;
        out.slots = slots;
        out.noise = size.noise_of_constant(n, value * factor);
        out.source = SizeSource::Measured;
        Ok(out)
    }

    /// The real parts of all slots.
    ///
    /// # Errors
    /// [`CkksError::PrecisionLost`] when message and noise may exceed half the modulus, so that values might have wrapped
    /// around; [`CkksError::ContextMismatch`].
    pub fn decode(&self, plaintext: &Plaintext) -> Result<Vec<f64>, CkksError> {
        let mut out = vec![0.0; plaintext.slots()];
        self.decode_into(&mut out, plaintext, &mut EncoderScratch::new())?;
        Ok(out)
    }

    /// All slots.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn decode_complex(&self, plaintext: &Plaintext) -> Result<Vec<Complex64>, CkksError> {
        let mut out = vec![Complex64::ZERO; plaintext.slots()];
        self.decode_into(&mut out, plaintext, &mut EncoderScratch::new())?;
        Ok(out)
    }

    /// All slots, wiped when dropped: for what is computed on the way to a result.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn decode_secret(&self, plaintext: &Plaintext) -> Result<SecretSlots, CkksError> {
        self.decode_complex(plaintext).map(SecretSlots)
    }

    /// The first slots, as many as `out` has places, without allocation once `scratch` has grown.
    ///
    /// # Errors
    /// As [`Self::decode`], and [`CkksError::TooManySlots`] when `out` is longer than the plaintext has slots.
    pub fn decode_into<T: SlotValue>(
        &self,
        out: &mut [T],
        plaintext: &Plaintext,
        scratch: &mut EncoderScratch,
    ) -> Result<(), CkksError> {
        let op = "decode";
        plaintext.check(op, &self.context)?;
        let slots = plaintext.slots();
        check_slots(op, slots, self.context.max_slots())?;
        if out.len() > slots {
            return Err(CkksError::TooManySlots { found: out.len(), max: slots });
        }
        let limbs = decode::limbs_needed(plaintext)?;
        let (complex, fft, words) = scratch.parts(slots, self.transform.scratch_len());
        decode::read_coefficients(plaintext, limbs, complex, words)?;
        let factor = (Scale::ONE / plaintext.scale()).to_f64();
        for (place, slot) in out.iter_mut().zip(self.transform.to_slots(factor, complex, fft)) {
            *place = T::from_complex(slot);
        }
        Ok(())
    }
}

/// A number of slots that plaintexts can have, at most `max`.
pub(crate) fn check_slots(op: &'static str, slots: usize, max: usize) -> Result<(), CkksError> {
    if slots > max {
        return Err(CkksError::TooManySlots { found: slots, max });
    }
    if slots.is_power_of_two() { Ok(()) } else { Err(CkksError::SlotCount { op, found: slots, max }) }
}

/// No more values than slots.
pub(crate) fn check_count(values: usize, slots: usize) -> Result<(), CkksError> {
    if values > slots { Err(CkksError::TooManySlots { found: values, max: slots }) } else { Ok(()) }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encoder({} slots)", self.context.max_slots())
    }
}

/// How large the values are.
pub(crate) struct Size {
    largest: f64,
    sum_of_squares: f64,
}

impl Size {
    pub(crate) fn of<T: SlotValue>(op: &'static str, values: &[T]) -> Result<Self, CkksError> {
        let mut size = Self { largest: 0.0, sum_of_squares: 0.0 };
        for value in values {
            let square = value.to_complex().norm_sqr();
            if square > size.largest {
                size.largest = square;
            }
            size.sum_of_squares += square;
        }
        size.largest = size.largest.sqrt();
        if size.sum_of_squares.is_finite() {
            return Ok(size);
        }
        // Something is not finite, or its square is not.
        for (index, value) in values.iter().enumerate() {
            let value = value.to_complex();
            if !value.is_finite() {
                return Err(CkksError::NonFinite { op, index, value: value.to_string() });
            }
            size.largest = size.largest.min(f64::MAX).max(value.norm());
        }
        Ok(size)
    }

    /// The noise of these values encoded in `slots` slots.
    pub(crate) fn noise(&self, n: usize, slots: usize) -> Noise {
        Noise::encoded(n, (self.sum_of_squares / slots as f64).sqrt(), self.largest)
    }

    /// The noise of one value encoded into all slots: one rounding of each of the parts of `scaled`, the value times the
    /// scale, the same in every slot. What is whole already, up to what an f64 tells of that, is not rounded.
    pub(crate) fn noise_of_constant(&self, n: usize, scaled: Complex64) -> Noise {
        const RELATIVE: f64 = 8.0 * f64::EPSILON;
        // The rounding itself where it is known, else uniform below one half.
        let rounding = |part: f64| match (part - part.round()).abs() + RELATIVE * part.abs() {
            known if known < 0.5 => (known, known),
            _ => (0.5, 0.5 / 3f64.sqrt()),
        };
        let ((real, real_std), (imaginary, imaginary_std)) = (rounding(scaled.re), rounding(scaled.im));
        let std = real_std.hypot(imaginary_std) / (n as f64).sqrt();
        Noise { std, bound: real.hypot(imaginary), ..Noise::encoded(n, self.largest, self.largest) }
    }
}

/// The scale as a factor; one that no modulus holds would be infinite, one that keeps nothing of a message zero.
pub(crate) fn check_scale(op: &'static str, scale: Scale, log_modulus: f64) -> Result<f64, CkksError> {
    /// log2 of the extreme scales, well inside the range of an f64; no secure modulus has a quarter of it to spare.
    const LIMIT: f64 = 900.0;
    let log_scale = scale.log2();
    if log_scale > LIMIT {
        return Err(CkksError::Overflow { op, log_coefficient: log_scale, log_modulus });
    }
    if log_scale < -LIMIT {
        let remedy = "take a larger scale";
        return Err(CkksError::PrecisionLost { op, log_needed: 0.0, log_available: log_scale, remedy });
    }
    Ok(scale.to_f64())
}

/// A coefficient needs room on both sides of zero.
pub(crate) fn check_fits(op: &'static str, largest: f64, log_modulus: f64) -> Result<(), CkksError> {
    let log_coefficient = (largest + 1.0).log2();
    if log_coefficient + 1.0 < log_modulus {
        return Ok(());
    }
    Err(CkksError::Overflow { op, log_coefficient, log_modulus })
}

//! Ciphertexts, with two polynomials, three, or one and a seed.

use std::io::{Read, Write};

use ring_math::{Ntt, RnsPoly, sample::SEED_BYTES};

use super::{
    head::Kind,
    object::{Object, Size},
    polys::{PolyReader, SEED_FIELD_BYTES, memory_bytes, read_seed, stored_bytes, write_poly, write_seed},
    stream::{Fields, Sink, Source, malformed},
};
use crate::{
    ciphertext::Ciphertext,
    context::Context,
    encrypt::SeededCiphertext,
    error::CkksError,
    noise::Noise,
    scale::{Level, Scale},
};

/// Bytes of [`Shape`].
const SHAPE_BYTES: usize = 3 * 4 + (4 + 2 * 8) + 4 * 8;

/// Polynomials of a ciphertext after encryption, and before relinearisation.
const PARTS: std::ops::RangeInclusive<usize> = 2..=3;

/// Everything about a ciphertext but its polynomials.
pub struct Shape {
    level: Level,
    parts: usize,
    slots: usize,
    scale: Scale,
    noise: Noise,
}

impl Shape {
    fn of(ciphertext: &Ciphertext) -> Self {
        Self {
            level: ciphertext.level,
            parts: ciphertext.parts.len(),
            slots: ciphertext.slots,
            scale: ciphertext.scale,
            noise: ciphertext.noise,
        }
    }

    fn with_parts(self, parts: Vec<RnsPoly<Ntt>>) -> Ciphertext {
        let Self { level, slots, scale, noise, .. } = self;
        Ciphertext { parts: parts.into(), level, scale, slots, noise }
    }

    fn write(&self, out: &mut Vec<u8>) {
        for number in [self.level.0, self.parts, self.slots] {
            out.extend_from_slice(&(number as u32).to_le_bytes());
        }
        let (high, low, exponent) = self.scale.to_raw();
        out.extend_from_slice(&exponent.to_le_bytes());
        let Noise { std, bound, message_rms, message_bound } = self.noise;
        for number in [high, low, std, bound, message_rms, message_bound] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    fn read(
        context: &Context,
        fields: &mut Fields<'_>,
        parts: std::ops::RangeInclusive<usize>,
    ) -> Result<Self, CkksError> {
        let object = fields.object();
        let level = read_level(context, fields)?;
        let found = fields.u32()? as usize;
        if !parts.contains(&found) {
            let expected = format!("{} to {}", parts.start(), parts.end());
            return Err(malformed(object, "number of polynomials", found, expected));
        }
        let slots = fields.u32()? as usize;
        if !slots.is_power_of_two() || slots > context.max_slots() {
            let expected = format!("a power of two up to {}", context.max_slots());
            return Err(malformed(object, "number of slots", slots, expected));
        }
        let (exponent, high, low) = (fields.i32()?, fields.f64()?, fields.f64()?);
        let scale = Scale::from_raw(high, low, exponent).ok_or_else(|| {
            let found = format!("({high:e} + {low:e}) * 2^{exponent}");
            malformed(object, "scale", found, "a mantissa in [1, 2) and an exponent in range")
        })?;
        check_scale(object, context, level, scale)?;
        let (std, bound) = (fields.f64()?, fields.f64()?);
        let noise = Noise::new(std, bound, fields.f64()?, fields.f64()?).map_err(|_| bad_noise(object))?;
        Ok(Self { level, parts: found, slots, scale, noise })
    }
}

/// A level of the context.
pub(super) fn read_level(context: &Context, fields: &mut Fields<'_>) -> Result<Level, CkksError> {
    let level = Level(fields.u32()? as usize);
    let max = context.max_level();
    if level <= max {
        return Ok(level);
    }
    Err(malformed(fields.object(), "level", level, format!("at most {max}")))
}

/// A scale that operations are asked to work with suits the modulus; one that reading would refuse is not written either.
fn check_scale(object: &'static str, context: &Context, level: Level, scale: Scale) -> Result<(), CkksError> {
    let log_modulus = context.parameters().log_q(level);
    if scale.suits(log_modulus) {
        return Ok(());
    }
    let expected = format!("one that suits a modulus of 2^{log_modulus:.1}");
    Err(malformed(object, "scale", scale, expected))
}

fn bad_noise(object: &'static str) -> CkksError {
    malformed(object, "tracked noise", "negative or not finite", "four finite numbers from 0 on")
}

/// Noise that reading would refuse is not written either.
fn check_noise(object: &'static str, noise: &Noise) -> Result<(), CkksError> {
    let Noise { std, bound, message_rms, message_bound } = *noise;
    Noise::new(std, bound, message_rms, message_bound).map(drop).map_err(|_| bad_noise(object))
}

impl Object for Ciphertext {
    type Shape = Shape;
    const KIND: Kind = Kind::Ciphertext;
    const METADATA_BYTES: usize = SHAPE_BYTES;

    fn check(&self, context: &Context) -> Result<(), CkksError> {
        Ciphertext::check(self, "writing a ciphertext", context)?;
        check_scale(Self::KIND.name(), context, self.level, self.scale)?;
        check_noise(Self::KIND.name(), &self.noise)
    }

    fn payload_bytes(&self) -> u64 {
        self.parts.iter().map(|part| stored_bytes(part.basis())).sum()
    }

    fn write_metadata(&self, out: &mut Vec<u8>) {
        Shape::of(self).write(out);
    }

    fn write_payload<W: Write>(&self, out: &mut Sink<W>) -> Result<(), CkksError> {
        self.parts.iter().try_for_each(|part| write_poly(part, out))
    }

    fn shape(context: &Context, fields: &mut Fields<'_>) -> Result<Shape, CkksError> {
        Shape::read(context, fields, PARTS)
    }

    fn size(context: &Context, shape: &Shape) -> Result<Size, CkksError> {
        let basis = context.q_basis(shape.level)?;
        let payload = shape.parts as u64 * stored_bytes(basis);
        Ok(Size { payload, memory: memory_bytes(basis, shape.parts) })
    }

    fn read_payload<R: Read>(
        context: &Context,
        shape: Shape,
        source: &mut Source<R>,
    ) -> Result<Self, CkksError> {
        let mut reader = PolyReader::new(context.q_basis(shape.level)?);
        let parts = (0..shape.parts).map(|_| reader.read(source)).collect::<Result<_, CkksError>>()?;
        Ok(shape.with_parts(parts))
    }
}

impl Object for SeededCiphertext {
    type Shape = (Shape, [u8; SEED_BYTES]);
    const KIND: Kind = Kind::SeededCiphertext;
    const METADATA_BYTES: usize = SHAPE_BYTES + SEED_FIELD_BYTES;

    fn check(&self, context: &Context) -> Result<(), CkksError> {
        if context.q_basis(self.level()).ok() != Some(self.body().basis()) {
            return Err(CkksError::ContextMismatch { op: "writing a seeded ciphertext" });
        }
        check_scale(Self::KIND.name(), context, self.level(), self.scale())?;
        check_noise(Self::KIND.name(), &self.shell.noise)
    }

    fn payload_bytes(&self) -> u64 {
        stored_bytes(self.body().basis())
    }

    fn write_metadata(&self, out: &mut Vec<u8>) {
        Shape { parts: 1, ..Shape::of(&self.shell) }.write(out);
        write_seed(self.seed(), out);
    }

    fn write_payload<W: Write>(&self, out: &mut Sink<W>) -> Result<(), CkksError> {
        write_poly(self.body(), out)
    }

    fn shape(context: &Context, fields: &mut Fields<'_>) -> Result<Self::Shape, CkksError> {
        Ok((Shape::read(context, fields, 1..=1)?, read_seed(fields)?))
    }

    fn size(context: &Context, (shape, _): &Self::Shape) -> Result<Size, CkksError> {
        let basis = context.q_basis(shape.level)?;
        Ok(Size { payload: stored_bytes(basis), memory: memory_bytes(basis, 1) })
    }

    fn read_payload<R: Read>(
        context: &Context,
        (shape, seed): Self::Shape,
        source: &mut Source<R>,
    ) -> Result<Self, CkksError> {
        let body = PolyReader::new(context.q_basis(shape.level)?).read(source)?;
        Ok(Self { body, seed, shell: shape.with_parts(Vec::new()) })
    }
}

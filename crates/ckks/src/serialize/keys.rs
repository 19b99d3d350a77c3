//! Keys that are public: one half of each pair of polynomials, the other as a seed.

use std::io::{Read, Write};

use ring_math::sample::{SEED_BYTES, SeedExpander};

use super::{
    ciphertext::read_level,
    frame_bytes,
    head::Kind,
    object::{Object, Size},
    polys::{
        PolyReader, SEED_FIELD_BYTES, memory_bytes, poly_bytes, read_seed, stored_bytes, write_poly,
        write_seed,
    },
    stream::{Fields, Sink, Source, malformed},
};
use crate::{
    context::Context,
    error::CkksError,
    keys::{GaloisElement, GaloisKey, PublicKey, RelinearizationKey, SwitchingKey},
    params::Parameters,
    scale::Level,
    seeds,
};

/// Bytes of a stored relinearisation key for `level`, or of a Galois key.
pub(crate) fn switching_key_bytes(parameters: &Parameters, level: Level, galois: bool) -> u64 {
    let q_len = parameters.q_len(level);
    let digits = parameters.digit_ranges().iter().filter(|range| range.start < q_len).count() as u64;
    let q = parameters.q_primes().into_iter().take(q_len);
    let primes = q.chain(parameters.p_primes().iter().copied());
    let frame = if galois { frame_bytes::<GaloisKey>() } else { frame_bytes::<RelinearizationKey>() };
    frame + digits * poly_bytes(parameters.ring_degree(), primes)
}

impl Object for PublicKey {
    type Shape = [u8; SEED_BYTES];
    const KIND: Kind = Kind::PublicKey;
    const METADATA_BYTES: usize = SEED_FIELD_BYTES;

    fn check(&self, context: &Context) -> Result<(), CkksError> {
        if self.parts[0].basis() == &context.top().encryption {
            return Ok(());
        }
        Err(CkksError::ContextMismatch { op: "writing a public key" })
    }

    fn payload_bytes(&self) -> u64 {
        stored_bytes(self.parts[0].basis())
    }

    fn write_metadata(&self, out: &mut Vec<u8>) {
        write_seed(&self.seed, out);
    }

    fn write_payload<W: Write>(&self, out: &mut Sink<W>) -> Result<(), CkksError> {
        write_poly(&self.parts[0], out)
    }

    fn shape(_: &Context, fields: &mut Fields<'_>) -> Result<Self::Shape, CkksError> {
        read_seed(fields)
    }

    fn size(context: &Context, _: &Self::Shape) -> Result<Size, CkksError> {
        let basis = &context.top().encryption;
        Ok(Size { payload: stored_bytes(basis), memory: memory_bytes(basis, 2) })
    }

    fn read_payload<R: Read>(
        context: &Context,
        seed: Self::Shape,
        source: &mut Source<R>,
    ) -> Result<Self, CkksError> {
        let mut reader = PolyReader::new(&context.top().encryption);
        let parts = reader.read_with_mask(source, &SeedExpander::new(&seed), seeds::PUBLIC_KEY)?;
        Ok(Self { seed, parts })
    }
}

/// Level and seed of a switching key.
type KeyShape = (Level, [u8; SEED_BYTES]);

/// Bytes of a [`KeyShape`].
const KEY_SHAPE_BYTES: usize = 4 + SEED_FIELD_BYTES;

impl Object for SwitchingKey {
    type Shape = KeyShape;
    const KIND: Kind = Kind::SwitchingKey;
    const METADATA_BYTES: usize = KEY_SHAPE_BYTES;

    fn check(&self, context: &Context) -> Result<(), CkksError> {
        if self.basis().is_some() && self.basis() == context.qp_basis(self.level).ok() {
            return Ok(());
        }
        Err(CkksError::ContextMismatch { op: "writing a key" })
    }

    fn payload_bytes(&self) -> u64 {
        self.bodies().map(|body| stored_bytes(body.basis())).sum()
    }

    fn write_metadata(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&(self.level.0 as u32).to_le_bytes());
        write_seed(&self.seed, out);
    }

    fn write_payload<W: Write>(&self, out: &mut Sink<W>) -> Result<(), CkksError> {
        self.bodies().try_for_each(|body| write_poly(body, out))
    }

    fn shape(context: &Context, fields: &mut Fields<'_>) -> Result<KeyShape, CkksError> {
        Ok((read_level(context, fields)?, read_seed(fields)?))
    }

    fn size(context: &Context, &(level, _): &KeyShape) -> Result<Size, CkksError> {
        let tables = context.tables(Self::KIND.reading(), level)?;
        let digits = tables.digits.len();
        let payload = digits as u64 * stored_bytes(&tables.qp);
        Ok(Size { payload, memory: memory_bytes(&tables.qp, 2 * digits) })
    }

    fn read_payload<R: Read>(
        context: &Context,
        (level, seed): KeyShape,
        source: &mut Source<R>,
    ) -> Result<Self, CkksError> {
        let tables = context.tables(Self::KIND.reading(), level)?;
        let expander = SeedExpander::new(&seed);
        let mut reader = PolyReader::new(&tables.qp);
        let mut digits = Vec::with_capacity(tables.digits.len());
        for j in 0..tables.digits.len() {
            digits.push(reader.read_with_mask(source, &expander, seeds::switching_key(j))?);
        }
        Ok(Self { level, q_len: tables.q.len(), seed, digits })
    }
}

impl Object for RelinearizationKey {
    type Shape = KeyShape;
    const KIND: Kind = Kind::RelinearizationKey;
    const METADATA_BYTES: usize = KEY_SHAPE_BYTES;

    fn check(&self, context: &Context) -> Result<(), CkksError> {
        self.0.check(context)
    }

    fn payload_bytes(&self) -> u64 {
        self.0.payload_bytes()
    }

    fn write_metadata(&self, out: &mut Vec<u8>) {
        self.0.write_metadata(out);
    }

    fn write_payload<W: Write>(&self, out: &mut Sink<W>) -> Result<(), CkksError> {
        self.0.write_payload(out)
    }

    fn shape(context: &Context, fields: &mut Fields<'_>) -> Result<KeyShape, CkksError> {
        SwitchingKey::shape(context, fields)
    }

    fn size(context: &Context, shape: &KeyShape) -> Result<Size, CkksError> {
        SwitchingKey::size(context, shape)
    }

    fn read_payload<R: Read>(
        context: &Context,
        shape: KeyShape,
        source: &mut Source<R>,
    ) -> Result<Self, CkksError> {
        SwitchingKey::read_payload(context, shape, source).map(Self)
    }
}

impl Object for GaloisKey {
    type Shape = (GaloisElement, KeyShape);
    const KIND: Kind = Kind::GaloisKey;
    const METADATA_BYTES: usize = 8 + KEY_SHAPE_BYTES;

    fn check(&self, context: &Context) -> Result<(), CkksError> {
        self.key.check(context)
    }

    fn payload_bytes(&self) -> u64 {
        self.key.payload_bytes()
    }

    fn write_metadata(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.element.value().to_le_bytes());
        self.key.write_metadata(out);
    }

    fn write_payload<W: Write>(&self, out: &mut Sink<W>) -> Result<(), CkksError> {
        self.key.write_payload(out)
    }

    fn shape(context: &Context, fields: &mut Fields<'_>) -> Result<Self::Shape, CkksError> {
        let value = fields.u64()?;
        let element = GaloisElement::new(value, context.log_n()).ok_or_else(|| {
            malformed(fields.object(), "Galois element", value, format!("odd and below {}", 2 * context.n()))
        })?;
        Ok((element, SwitchingKey::shape(context, fields)?))
    }

    fn size(context: &Context, (_, shape): &Self::Shape) -> Result<Size, CkksError> {
        let Size { payload, memory } = SwitchingKey::size(context, shape)?;
        // The table of the map takes a few bytes for eight coefficients.
        Ok(Size { payload, memory: memory + context.n() as u64 })
    }

    fn read_payload<R: Read>(
        context: &Context,
        (element, shape): Self::Shape,
        source: &mut Source<R>,
    ) -> Result<Self, CkksError> {
        let key = SwitchingKey::read_payload(context, shape, source)?;
        Self::new(element, context.log_n(), key)
    }
}

//! The keys of sparse-secret encapsulation: two switching keys over bases of their own.

use std::io::{Read, Write};

use ring_math::{
    RnsBasis,
    sample::{SEED_BYTES, SeedExpander},
};

use super::{
    frame_bytes,
    head::Kind,
    object::{Object, Size},
    polys::{
        PolyReader, SEED_FIELD_BYTES, memory_bytes, poly_bytes, read_seed, stored_bytes, write_poly,
        write_seed,
    },
    stream::{Fields, Sink, Source},
};
use crate::{
    context::Context,
    error::CkksError,
    keys::{Encapsulation, EncapsulationKey, SwitchingKey},
    params::Parameters,
    scale::Level,
    seeds,
};

/// Bytes of a stored encapsulation key.
pub(crate) fn encapsulation_key_bytes(parameters: &Parameters) -> u64 {
    let n = parameters.ring_degree();
    let base = &parameters.groups()[0].primes;
    let special = &parameters.p_primes()[..parameters.encapsulation_primes()];
    let sparse = poly_bytes(n, base.iter().chain(special).copied());
    let special = &parameters.p_primes()[..parameters.raising_primes()];
    let dense = poly_bytes(n, parameters.q_primes().iter().chain(special).copied());
    frame_bytes::<EncapsulationKey>() + base.len() as u64 * sparse + dense
}

impl Object for EncapsulationKey {
    type Shape = [[u8; SEED_BYTES]; 2];
    const KIND: Kind = Kind::EncapsulationKey;
    const METADATA_BYTES: usize = 2 * SEED_FIELD_BYTES;

    fn check(&self, context: &Context) -> Result<(), CkksError> {
        let tables = Encapsulation::new(context)?;
        let same =
            self.to_sparse.basis() == Some(&tables.base.qp) && self.to_dense.basis() == Some(&tables.top);
        if same { Ok(()) } else { Err(CkksError::ContextMismatch { op: "writing an encapsulation key" }) }
    }

    fn payload_bytes(&self) -> u64 {
        let bodies = self.switching_keys().into_iter().flat_map(SwitchingKey::bodies);
        bodies.map(|body| stored_bytes(body.basis())).sum()
    }

    fn write_metadata(&self, out: &mut Vec<u8>) {
        self.switching_keys().into_iter().for_each(|key| write_seed(key.seed(), out));
    }

    fn write_payload<W: Write>(&self, out: &mut Sink<W>) -> Result<(), CkksError> {
        self.switching_keys()
            .into_iter()
            .flat_map(SwitchingKey::bodies)
            .try_for_each(|body| write_poly(body, out))
    }

    fn shape(_: &Context, fields: &mut Fields<'_>) -> Result<Self::Shape, CkksError> {
        Ok([read_seed(fields)?, read_seed(fields)?])
    }

    fn size(context: &Context, _: &Self::Shape) -> Result<Size, CkksError> {
        let tables = Encapsulation::new(context)?;
        let (sparse, digits) = (&tables.base.qp, tables.base.digits.len());
        let payload = digits as u64 * stored_bytes(sparse) + stored_bytes(&tables.top);
        Ok(Size { payload, memory: memory_bytes(sparse, 2 * digits) + memory_bytes(&tables.top, 2) })
    }

    fn read_payload<R: Read>(
        context: &Context,
        [sparse_seed, dense_seed]: Self::Shape,
        source: &mut Source<R>,
    ) -> Result<Self, CkksError> {
        let tables = Encapsulation::new(context)?;
        let digits = tables.base.digits.len();
        let to_sparse =
            read_key(source, &tables.base.qp, (Level(0), tables.base.q.len(), digits), sparse_seed)?;
        let top = (context.max_level(), context.top().q.len(), 1);
        let to_dense = read_key(source, &tables.top, top, dense_seed)?;
        Ok(Self { to_sparse, to_dense })
    }
}

/// A switching key over `basis`: its level, how many primes are those of Q, and its number of digits.
fn read_key<R: Read>(
    source: &mut Source<R>,
    basis: &RnsBasis,
    (level, q_len, digits): (Level, usize, usize),
    seed: [u8; SEED_BYTES],
) -> Result<SwitchingKey, CkksError> {
    let expander = SeedExpander::new(&seed);
    let mut reader = PolyReader::new(basis);
    let digits = (0..digits).map(|j| reader.read_with_mask(source, &expander, seeds::switching_key(j)));
    Ok(SwitchingKey { level, q_len, seed, digits: digits.collect::<Result<_, _>>()? })
}

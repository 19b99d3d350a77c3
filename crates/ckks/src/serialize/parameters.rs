//! Parameters, and the hash that ties every other object to them.

use std::io::{Read, Write};

use super::{
    head::{CHECKSUM_BYTES, HEAD_BYTES, Head, Kind},
    stream::{Fields, Sink, Source, malformed},
};
use crate::{
    error::CkksError,
    params::{LevelSpec, ParameterSpec, Parameters, SecretDistribution, SecurityLevel},
};

/// More bytes than any parameters take: 256 levels of two primes and as many special primes are below 9 KiB.
const MAX_PAYLOAD_BYTES: u64 = 1 << 14;

/// Sizes are far below 2^16; where a level's group has another size than its scale, that size stands in the upper half.
const LOG_GROUP_SHIFT: u32 = 16;

/// Codes of the secret's distribution.
const UNIFORM_TERNARY: u8 = 0;
const FIXED_WEIGHT: u8 = 1;

fn payload(parameters: &Parameters) -> Vec<u8> {
    let spec = parameters.to_spec();
    let mut out = Vec::new();
    out.extend_from_slice(&spec.log_n.to_le_bytes());
    out.extend_from_slice(&spec.security.bits().to_le_bytes());
    let (code, weight) = match spec.secret {
        SecretDistribution::UniformTernary => (UNIFORM_TERNARY, 0),
        SecretDistribution::FixedWeight(weight) => (FIXED_WEIGHT, weight),
    };
    out.push(code);
    out.extend_from_slice(&weight.to_le_bytes());
    out.extend_from_slice(&spec.log_scale.to_le_bytes());
    put_count(parameters.groups().len(), &mut out);
    for level in &spec.levels {
        let log_group = level.log_group.unwrap_or(0) << LOG_GROUP_SHIFT;
        out.extend_from_slice(&(level.log_scale | log_group).to_le_bytes());
        put_primes(&level.primes, &mut out);
    }
    put_primes(&spec.special_primes, &mut out);
    put_count(parameters.dnum(), &mut out);
    out
}

/// Counts of checked parameters are far below 2^16.
fn put_count(count: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(count as u16).to_le_bytes());
}

fn put_primes(primes: &[u64], out: &mut Vec<u8>) {
    put_count(primes.len(), out);
    primes.iter().for_each(|prime| out.extend_from_slice(&prime.to_le_bytes()));
}

/// A list of primes; their number is bounded by the bytes that are there.
fn take_primes(fields: &mut Fields<'_>) -> Result<Vec<u64>, CkksError> {
    let count = usize::from(fields.u16()?);
    let most = fields.remaining() / 8;
    if count > most {
        return Err(malformed(fields.object(), "number of primes", count, format!("at most {most} here")));
    }
    (0..count).map(|_| fields.u64()).collect()
}

fn take_security(fields: &mut Fields<'_>) -> Result<SecurityLevel, CkksError> {
    let bits = fields.u32()?;
    let level = SecurityLevel::try_from(bits);
    level.map_err(|_| malformed(fields.object(), "security level", bits, "128, 192 or 256"))
}

fn take_secret(fields: &mut Fields<'_>) -> Result<SecretDistribution, CkksError> {
    let (code, weight) = (fields.u8()?, fields.u32()?);
    match code {
        UNIFORM_TERNARY if weight == 0 => Ok(SecretDistribution::UniformTernary),
        FIXED_WEIGHT => Ok(SecretDistribution::FixedWeight(weight)),
        _ => {
            let found = format!("code {code}, weight {weight}");
            Err(malformed(
                fields.object(),
                "distribution of the secret",
                found,
                "code 0, weight 0; or code 1",
            ))
        }
    }
}

fn parse(payload: &[u8]) -> Result<ParameterSpec, CkksError> {
    let mut fields = Fields::new(payload, Kind::Parameters.name());
    let mut spec = ParameterSpec::new(fields.u32()?)
        .security(take_security(&mut fields)?)
        .secret(take_secret(&mut fields)?)
        .log_scale(fields.u32()?);
    // An empty list would stand for a uniform chain of one level whose primes are found.
    let count = usize::from(fields.u16()?);
    if count == 0 {
        return Err(malformed(fields.object(), "number of levels", 0, "at least 1"));
    }
    for _ in 0..count {
        let sizes = fields.u32()?;
        let (log_scale, log_group) = (sizes & ((1 << LOG_GROUP_SHIFT) - 1), sizes >> LOG_GROUP_SHIFT);
        let primes = take_primes(&mut fields)?;
        if primes.is_empty() {
            return Err(malformed(fields.object(), "primes of a level", "none", "one or two"));
        }
        let level = LevelSpec::new(log_scale).primes(primes);
        spec.levels.push(if log_group == 0 { level } else { level.log_group(log_group) });
    }
    spec.special_primes = take_primes(&mut fields)?;
    if spec.special_primes.is_empty() {
        return Err(malformed(fields.object(), "special primes", "none", "at least one"));
    }
    spec.dnum = Some(usize::from(fields.u16()?));
    if fields.remaining() > 0 {
        return Err(malformed(fields.object(), "bytes left over", fields.remaining(), 0));
    }
    Ok(spec)
}

impl Parameters {
    /// The parameter hash that every stored object carries: BLAKE3 over everything that makes these parameters, in the
    /// order of [`Self::to_bytes`]. Equal for equal parameters, on every machine and in every version of this library
    /// that writes the same version of the format.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        blake3::hash(&payload(self)).into()
    }

    /// The parameters as bytes.
    ///
    /// Between the head and the checksum that [`crate::serialize`] describes stand: log2 N (`u32`), bits of security
    /// (`u32`), distribution of the secret (a byte, 0 for uniform ternary and 1 for a fixed weight, and the weight as
    /// `u32`, or 0), log2 of the scale at level 0 (`u32`), the number of levels (`u16`); for each, the base first, log2
    /// of its scale (`u32`; of its modulus for the base; in the upper half log2 of the group's product where that was asked
    /// to be another) and its primes; the special primes; the number of digits
    /// (`u16`). Primes are their number (`u16`) and each as `u64`. The parameter hash in the head is the BLAKE3 hash of
    /// all that.
    ///
    /// # Errors
    /// As [`Self::write_to`], which cannot fail for want of space here.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CkksError> {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes what [`Self::to_bytes`] describes.
    ///
    /// # Errors
    /// [`CkksError::Io`].
    pub fn write_to<W: Write>(&self, writer: W) -> Result<(), CkksError> {
        let payload = payload(self);
        let size = (HEAD_BYTES + payload.len() + CHECKSUM_BYTES) as u64;
        let mut head = Vec::with_capacity(HEAD_BYTES);
        Head { kind: Kind::Parameters, size, fingerprint: self.fingerprint() }.write(&mut head);
        let mut sink = Sink::new(writer, Kind::Parameters.name());
        sink.put(&head)?;
        sink.put(&payload)?;
        sink.finish()
    }
}

impl ParameterSpec {
    /// Reads what [`Parameters::write_to`] wrote, and not a byte more. What comes back names every prime and is
    /// unchecked: [`Self::check`] holds it against the security caps like any other specification. Insecure parameters
    /// come back without the word for it, so that the reader has to say [`Self::allow_insecure`] herself.
    ///
    /// # Errors
    /// [`CkksError::Bytes`] for bytes that are not parameters, [`CkksError::Io`].
    pub fn read_from<R: Read>(reader: R) -> Result<Self, CkksError> {
        Self::read(reader, None)
    }

    /// Reads parameters that fill `bytes` to the last one.
    ///
    /// # Errors
    /// As [`Self::read_from`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CkksError> {
        Self::read(bytes, Some(bytes.len()))
    }

    fn read<R: Read>(reader: R, length: Option<usize>) -> Result<Self, CkksError> {
        let kind = Kind::Parameters;
        let mut source = Source::new(reader, kind.name());
        let head = Head::read(&mut source)?;
        head.expect_kind(kind)?;
        length.map_or(Ok(()), |length| head.expect_length(length))?;
        let frame = (HEAD_BYTES + CHECKSUM_BYTES) as u64;
        let size = head.size.checked_sub(frame).filter(|&size| size <= MAX_PAYLOAD_BYTES);
        let size = size.ok_or_else(|| {
            let expected = format!("{frame} to {}", frame + MAX_PAYLOAD_BYTES);
            malformed(kind.name(), "size in the head", head.size, expected)
        })?;
        let mut payload = vec![0; size as usize];
        source.fill(&mut payload)?;
        source.finish()?;
        let found = blake3::hash(&payload);
        if found != head.fingerprint {
            let head = blake3::Hash::from_bytes(head.fingerprint).to_hex().to_string();
            return Err(malformed(kind.name(), "parameter hash", head, found.to_hex()));
        }
        parse(&payload)
    }
}

//! Objects as bytes, for files and for the wire, read back with every check that bytes from strangers need.
//!
//! # Format, version 1
//!
//! Every object stands for itself, so that large sets of keys can be written, sent and read one key at a time. Numbers
//! are little-endian.
//!
//! | bytes | |
//! |---|---|
//! | 6 | the letters `CFCKKS` |
//! | 1 | version of the format, 1 |
//! | 1 | kind: 1 parameters, 2 ciphertext, 3 seeded ciphertext, 4 public key, 5 switching key, 6 relinearisation key, 7 Galois key, 8 secret key, 9 encapsulation keys |
//! | 8 | size of the whole object, this head and the checksum included |
//! | 32 | parameter hash, [`crate::Parameters::fingerprint`] |
//! | fixed for each kind | what the object says of itself, see below |
//! | the rest | its polynomials |
//! | 32 | checksum: BLAKE3 of everything before |
//!
//! What an object says of itself:
//!
//! | kind | |
//! |---|---|
//! | parameters | nothing; the rest is described at [`crate::Parameters::to_bytes`] |
//! | ciphertext | level, number of polynomials (2 or 3) and slots as three `u32`; the scale as an `i32` exponent and two `f64` mantissa parts, the first in [1, 2); `noise_std`, `noise_bound`, message RMS and message bound as `f64` |
//! | seeded ciphertext | the same with 1 polynomial, then a seed |
//! | public key | a seed |
//! | switching, relinearisation key | level as `u32`, then a seed |
//! | Galois key | Galois element as `u64`, level as `u32`, then a seed |
//! | secret key | number of publications as `u64` |
//! | encapsulation keys | two seeds: of the key to the ephemeral secret, of the one back |
//!
//! A seed is the version of the expansion (one byte, [`ring_math::sample::EXPANSION_VERSION`]) and 32 bytes; it stands
//! for the uniform half of each pair of polynomials, which is never written. A polynomial is its limbs in the order of
//! its basis, each limb N words in the order of [`ring_math::ntt`], each word as many bits as its prime has, packed
//! without gaps from the lowest bit of the first byte on. A secret key has two bits for each coefficient (0, 1, and 2
//! for -1), four coefficients to a byte, the first in the lowest bits.
//!
//! # Bytes from strangers
//!
//! Reading refuses, with an error and without a panic: another format, version, kind or parameter hash; a size that is
//! not exactly what the head implies; levels, slots, scales, degrees, Galois elements and noise out of range; a word
//! that is not below its prime; a wrong checksum; and, for [`Stored::from_bytes`], anything left over. The memory an
//! object takes is known from its first few bytes and held against the caller's limit before anything is allocated, and
//! then allocated polynomial by polynomial as bytes arrive.
//!
//! The checksum finds accidents. It is no signature: whoever can change the bytes can change the checksum. A ciphertext's
//! scale and noise are claims of whoever wrote them, and a key may be any key; encrypted data from a stranger decrypts to
//! whatever the stranger chose. Flooding never relies on such a claim: the bound for [`crate::Decryptor::decrypt_public`]
//! comes from the circuit ([`crate::Flooding`]).
//!
//! ```
//! use ckks::{Ciphertext, Context, Encoder, Encryptor, KeyGenerator, ParameterSpec, serialize::Stored};
//! let context = Context::new(&ParameterSpec::new(12).log_q0(34).log_scale(28).depth(1).check()?)?;
//! let mut rng = rand::rng();
//! let secret = KeyGenerator::new(&context, &mut rng).secret_key();
//! let plaintext = Encoder::new(&context).encode(&[0.25])?;
//! let x = Encryptor::new(&context, &secret).encrypt(&plaintext, &mut rng)?;
//!
//! let bytes = x.to_bytes(&context)?;
//! assert!((bytes.len() as u64) < x.size_bytes()); // 34 or 28 bits a word instead of 64
//! let restored = Ciphertext::from_bytes(&context, &bytes)?;
//! assert_eq!(restored.parts(), x.parts());
//! assert!(Ciphertext::from_bytes(&context, &bytes[1..]).is_err());
//! # Ok::<(), ckks::CkksError>(())
//! ```

mod ciphertext;
mod encapsulation;
mod head;
mod keys;
mod pack;
mod parameters;
mod polys;
mod secret;
mod set;
mod stream;

use std::io::{Read, Write};

use crate::{context::Context, error::CkksError};

pub(crate) use encapsulation::encapsulation_key_bytes;
pub(crate) use keys::switching_key_bytes;

pub use head::FORMAT_VERSION;

use head::{CHECKSUM_BYTES, HEAD_BYTES, Head};
use object::{Object, Size};
use stream::{Fields, Sink, Source};

/// Not to be named outside: what each kind of object adds to the common frame.
mod object {
    use std::io::{Read, Write};

    use super::{
        head::Kind,
        stream::{Fields, Sink, Source},
    };
    use crate::{context::Context, error::CkksError};

    /// What is known of an object from its first bytes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Size {
        /// Bytes of its polynomials as stored.
        pub payload: u64,
        /// Bytes that reading it allocates.
        pub memory: u64,
    }

    /// One kind of object.
    pub trait Object: Sized {
        /// What reading learns before the polynomials.
        type Shape;
        /// The kind.
        const KIND: Kind;
        /// Bytes that the object says of itself.
        const METADATA_BYTES: usize;

        /// Refuses an object of another context, or one that could not be read back.
        fn check(&self, context: &Context) -> Result<(), CkksError>;
        /// Bytes of the polynomials as stored.
        fn payload_bytes(&self) -> u64;
        /// Writes exactly [`Self::METADATA_BYTES`].
        fn write_metadata(&self, out: &mut Vec<u8>);
        /// Writes exactly [`Self::payload_bytes`].
        fn write_payload<W: Write>(&self, out: &mut Sink<W>) -> Result<(), CkksError>;

        /// Checks what the object says of itself.
        fn shape(context: &Context, fields: &mut Fields<'_>) -> Result<Self::Shape, CkksError>;
        /// How large an object of this shape is.
        fn size(context: &Context, shape: &Self::Shape) -> Result<Size, CkksError>;
        /// Reads the polynomials.
        fn read_payload<R: Read>(
            context: &Context,
            shape: Self::Shape,
            source: &mut Source<R>,
        ) -> Result<Self, CkksError>;
    }
}

/// Objects that are written as bytes of their own: [`crate::Ciphertext`], [`crate::SeededCiphertext`],
/// [`crate::PublicKey`], [`crate::SwitchingKey`], [`crate::RelinearizationKey`], [`crate::GaloisKey`] and
/// [`crate::EncapsulationKey`]. The [module](self) says what the bytes are and what is refused.
///
/// Parameters ([`crate::Parameters::to_bytes`]), sets of keys ([`crate::EvaluationKeys::write_to`]) and secret keys
/// ([`crate::SecretKey::to_secret_bytes`]) have methods of their own.
pub trait Stored: Object {
    /// How many bytes [`Self::write_to`] writes.
    #[must_use]
    fn stored_bytes(&self) -> u64 {
        frame_bytes::<Self>() + self.payload_bytes()
    }

    /// Writes the object; nothing else precedes or follows it.
    ///
    /// # Errors
    /// [`CkksError::ContextMismatch`], [`CkksError::Io`]; [`CkksError::Bytes`] for noise that is not finite.
    fn write_to<W: Write>(&self, context: &Context, writer: W) -> Result<(), CkksError> {
        self.check(context)?;
        let mut sink = Sink::new(writer, Self::KIND.name());
        let head = Head { kind: Self::KIND, size: self.stored_bytes(), fingerprint: *context.fingerprint() };
        let mut start = Vec::with_capacity(HEAD_BYTES + Self::METADATA_BYTES);
        head.write(&mut start);
        self.write_metadata(&mut start);
        sink.put(&start)?;
        self.write_payload(&mut sink)?;
        sink.finish()
    }

    /// Reads one object and not a byte more. `max_memory` bounds the bytes that are allocated for it; an object takes 8
    /// bytes for each word of its polynomials and, while it is read, the packed bytes of one of them.
    ///
    /// # Errors
    /// [`CkksError::Bytes`] for bytes that are not such an object, [`CkksError::ContextMismatch`] for one of other
    /// parameters, [`CkksError::TooLarge`], [`CkksError::Io`].
    fn read_from<R: Read>(context: &Context, reader: R, max_memory: u64) -> Result<Self, CkksError> {
        let mut source = Source::new(reader, Self::KIND.name());
        let head = Head::read(&mut source)?;
        read_body(context, &head, source, max_memory)
    }

    /// The object as bytes.
    ///
    /// # Errors
    /// As [`Self::write_to`], which cannot fail for want of space here.
    fn to_bytes(&self, context: &Context) -> Result<Vec<u8>, CkksError> {
        let mut bytes = Vec::with_capacity(self.stored_bytes() as usize);
        self.write_to(context, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads an object that fills `bytes` to the last one. What is allocated is in proportion to their number.
    ///
    /// # Errors
    /// As [`Self::read_from`], without a limit.
    fn from_bytes(context: &Context, bytes: &[u8]) -> Result<Self, CkksError> {
        let mut source = Source::new(bytes, Self::KIND.name());
        let head = Head::read(&mut source)?;
        head.expect_length(bytes.len())?;
        read_body(context, &head, source, u64::MAX)
    }
}

impl<T: Object> Stored for T {}

/// Bytes around the polynomials.
const fn frame_bytes<T: Object>() -> u64 {
    (HEAD_BYTES + T::METADATA_BYTES + CHECKSUM_BYTES) as u64
}

/// Bytes that reading an object of this shape allocates besides its polynomials: room for error texts and tables.
const ALLOWANCE: u64 = 4096;

/// What follows the head.
fn read_body<T: Object, R: Read>(
    context: &Context,
    head: &Head,
    mut source: Source<R>,
    max_memory: u64,
) -> Result<T, CkksError> {
    head.expect_kind(T::KIND)?;
    head.expect_fingerprint(T::KIND.reading(), context.fingerprint())?;
    let mut metadata = [0; MAX_METADATA_BYTES];
    let metadata = &mut metadata[..T::METADATA_BYTES];
    source.fill(metadata)?;
    let shape = T::shape(context, &mut Fields::new(metadata, T::KIND.name()))?;
    let Size { payload, memory } = T::size(context, &shape)?;
    head.expect_size(frame_bytes::<T>() + payload)?;
    let needed = memory + ALLOWANCE;
    if needed > max_memory {
        return Err(CkksError::TooLarge { object: T::KIND.name(), needed, limit: max_memory });
    }
    let object = T::read_payload(context, shape, &mut source)?;
    source.finish()?;
    Ok(object)
}

/// The most that any kind says of itself.
const MAX_METADATA_BYTES: usize = 128;

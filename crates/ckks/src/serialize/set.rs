//! Sets of keys: one object after the other.

use std::io::{Read, Write};

use super::{
    Stored,
    head::{Head, Kind},
    read_body,
    stream::{Source, malformed},
};
use crate::{
    context::Context,
    error::CkksError,
    keys::{EncapsulationKey, EvaluationKeys, GaloisKey, RelinearizationKey},
};

impl EvaluationKeys {
    /// Writes every key of the set as an object of its own, the relinearisation key first, then those of sparse-secret
    /// encapsulation, then the Galois keys by their elements.
    ///
    /// # Errors
    /// As [`Stored::write_to`].
    pub fn write_to<W: Write>(&self, context: &Context, mut writer: W) -> Result<(), CkksError> {
        if let Some(key) = self.relinearization() {
            key.write_to(context, &mut writer)?;
        }
        if let Some(key) = self.encapsulation() {
            key.write_to(context, &mut writer)?;
        }
        self.galois_keys().try_for_each(|key| key.write_to(context, &mut writer))
    }

    /// Reads keys until the reader ends. `max_memory` bounds what is allocated for all of them together.
    ///
    /// # Errors
    /// As [`Self::read_next`].
    pub fn read_from<R: Read>(context: &Context, mut reader: R, max_memory: u64) -> Result<Self, CkksError> {
        let mut keys = Self::none();
        loop {
            let left = max_memory.saturating_sub(keys.size().memory);
            if !keys.read_next(context, &mut reader, left)? {
                return Ok(keys);
            }
        }
    }

    /// Reads one relinearisation, encapsulation or Galois key and adds it to the set; false where the reader has nothing more.
    /// `max_memory` bounds what is allocated for it.
    ///
    /// # Errors
    /// As [`Stored::read_from`]; [`CkksError::Bytes`] also for another kind of object, and for a key the set has.
    pub fn read_next<R: Read>(
        &mut self,
        context: &Context,
        reader: R,
        max_memory: u64,
    ) -> Result<bool, CkksError> {
        let mut source = Source::new(reader, "evaluation key");
        let Some(head) = Head::read_next(&mut source)? else { return Ok(false) };
        source.set_object(head.kind.name());
        let repeated =
            |found: String| malformed(head.kind.name(), "key", found, "each key of a set only once");
        if head.kind == Kind::RelinearizationKey {
            let key: RelinearizationKey = read_body(context, &head, source, max_memory)?;
            if self.relinearization().is_some() {
                return Err(repeated("a second one".to_owned()));
            }
            self.insert_relinearization(key);
        } else if head.kind == Kind::GaloisKey {
            let key: GaloisKey = read_body(context, &head, source, max_memory)?;
            if self.galois(key.element()).is_some() {
                return Err(repeated(format!("a second one for {}", key.element())));
            }
            self.insert_galois(key);
        } else if head.kind == Kind::EncapsulationKey {
            let key: EncapsulationKey = read_body(context, &head, source, max_memory)?;
            if self.encapsulation().is_some() {
                return Err(repeated("a second one".to_owned()));
            }
            self.insert_encapsulation(key);
        } else {
            let expected = "a relinearisation, encapsulation or Galois key";
            return Err(malformed("evaluation key", "kind", head.kind.name(), expected));
        }
        Ok(true)
    }
}

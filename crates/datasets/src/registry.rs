//! The data sets that come with this crate: name, loader, checksum, source, licence.

use crate::{
    checksum,
    dataset::{Dataset, TrainTest},
    embedded::{BOSTON, BOSTON_WITHOUT_B, BREAST_CANCER, DIABETES},
    error::{DatasetError, unknown},
    provenance::Provenance,
    read::{ReadOptions, parse_table},
    split::{Split, SplitSpec},
};

/// What the target of a data set is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Task {
    /// A number.
    Regression,
    /// 0 or 1.
    BinaryClassification,
}

/// A data set that comes with this crate.
#[derive(Debug)]
pub struct Entry {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) task: Task,
    pub(crate) n_rows: usize,
    pub(crate) target: &'static str,
    pub(crate) source: &'static str,
    pub(crate) licence: &'static str,
    pub(crate) note: &'static str,
    pub(crate) file: EmbeddedFile,
    pub(crate) left_out: &'static [&'static str],
    /// The first one is the default.
    pub(crate) splits: &'static [EmbeddedSplit],
}

/// A file in the program, with the checksum it must have.
#[derive(Debug)]
pub(crate) struct EmbeddedFile {
    pub(crate) name: &'static str,
    pub(crate) bytes: &'static [u8],
    pub(crate) sha256: &'static str,
}

/// A named split in the program.
#[derive(Debug)]
pub(crate) struct EmbeddedSplit {
    pub(crate) name: &'static str,
    pub(crate) file: EmbeddedFile,
}

static ENTRIES: [Entry; 4] = [BOSTON, BOSTON_WITHOUT_B, DIABETES, BREAST_CANCER];

/// All data sets that come with this crate.
#[must_use]
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// The data set `name`, not loaded yet.
///
/// # Errors
/// [`DatasetError::Unknown`] with all the names and, if one is close, the one that was probably meant.
pub fn find(name: &str) -> Result<&'static Entry, DatasetError> {
    ENTRIES
        .iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| unknown("data set", name, ENTRIES.iter().map(|entry| entry.name)))
}

/// Loads the data set `name`.
///
/// # Errors
/// As [`find`] and [`Entry::load`].
pub fn load(name: &str) -> Result<Dataset, DatasetError> {
    find(name)?.load()
}

/// Loads the data set `name` and splits it.
///
/// ```
/// let spec = datasets::SplitSpec::Seeded { test: 0.25, seed: 7 };
/// let sides = datasets::load_split("diabetes", &spec)?;
/// assert_eq!((sides.train.n_rows(), sides.test.n_rows()), (331, 111));
/// # Ok::<(), datasets::DatasetError>(())
/// ```
///
/// # Errors
/// As [`find`], [`Entry::load`] and [`SplitSpec::resolve`].
pub fn load_split(name: &str, split: &SplitSpec) -> Result<TrainTest, DatasetError> {
    let entry = find(name)?;
    let dataset = entry.load()?;
    split.resolve(Some(entry), dataset.n_rows())?.apply(&dataset)
}

impl Entry {
    /// The name in configs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What the rows are.
    #[must_use]
    pub const fn summary(&self) -> &'static str {
        self.summary
    }

    /// What the target is.
    #[must_use]
    pub const fn task(&self) -> Task {
        self.task
    }

    /// Number of rows.
    #[must_use]
    pub const fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The name of the target.
    #[must_use]
    pub const fn target(&self) -> &'static str {
        self.target
    }

    /// Who made the data and how they came here.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// Terms of use, as far as they are known.
    #[must_use]
    pub const fn licence(&self) -> &'static str {
        self.licence
    }

    /// What a user must know before using the data; empty if there is nothing.
    #[must_use]
    pub const fn note(&self) -> &'static str {
        self.note
    }

    /// SHA-256 of the file, in lower-case hex; checked on every load.
    #[must_use]
    pub const fn sha256(&self) -> &'static str {
        self.file.sha256
    }

    /// The names of the splits that come with the set; the first is the one to use if nothing else is said.
    #[must_use]
    pub fn split_names(&self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        self.splits.iter().map(|split| split.name)
    }

    /// Loads the set.
    ///
    /// # Errors
    /// [`DatasetError::Checksum`] if the program was built from, or now holds, other bytes than the published ones.
    pub fn load(&self) -> Result<Dataset, DatasetError> {
        self.parse(self.file.bytes)
    }

    /// Loads the set from these bytes, if they are the right ones.
    fn parse(&self, bytes: &[u8]) -> Result<Dataset, DatasetError> {
        checksum::verify(self.name, bytes, self.file.sha256)?;
        let provenance = Provenance {
            name: self.name.to_owned(),
            source: self.source.to_owned(),
            licence: self.licence.to_owned(),
            note: self.note.to_owned(),
            sha256: Some(self.file.sha256.to_owned()),
            steps: Vec::new(),
        };
        let table = parse_table(self.file.name, bytes.to_vec(), &ReadOptions::new(self.target), provenance)?;
        self.left_out.iter().try_fold(table.into_dataset()?, |dataset, name| dataset.without_feature(name))
    }

    /// The split `name` of the set.
    ///
    /// # Errors
    /// [`DatasetError::Unknown`] if the set has no such split; [`DatasetError::Checksum`] if its bytes are not the
    /// published ones.
    pub fn split(&self, name: &str) -> Result<Split, DatasetError> {
        let split = self
            .splits
            .iter()
            .find(|split| split.name == name)
            .ok_or_else(|| unknown("split", name, self.split_names()))?;
        split.parse(split.file.bytes)
    }
}

impl EmbeddedSplit {
    fn parse(&self, bytes: &[u8]) -> Result<Split, DatasetError> {
        checksum::verify(self.file.name, bytes, self.file.sha256)?;
        Split::parse(self.name, self.file.name, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_is_noticed() {
        for entry in entries() {
            let mut bytes = entry.file.bytes.to_vec();
            let last_digit = bytes.len() - 2;
            bytes[last_digit] ^= 1;
            let error = entry.parse(&bytes).expect_err("one digit differs");
            assert_eq!(
                error.to_string(),
                format!(
                    "checksum of {}: found SHA-256 {}, expected {}",
                    entry.name(),
                    checksum::sha256_hex(&bytes),
                    entry.sha256()
                )
            );
            for split in entry.splits {
                let mut bytes = split.file.bytes.to_vec();
                bytes.truncate(bytes.len() - 1);
                let error = split.parse(&bytes).expect_err("one byte is missing");
                assert!(
                    error.to_string().starts_with(&format!("checksum of {}: ", split.file.name)),
                    "{error}"
                );
            }
        }
    }
}

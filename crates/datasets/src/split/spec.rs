//! How a config says which split it wants.

use std::{fmt, path::PathBuf};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::Split;
use crate::{
    error::{DatasetError, unknown},
    registry::Entry,
};

/// A choice of split that has not been applied yet. In a TOML it is one of
///
/// * `split = "boston_rs42"`: a split that comes with the data set ([`Entry::split_names`]);
/// * `split = "my/split.csv"`: a split file ([`Split::read`]), recognised by its ending `.csv` or `.csv.gz`;
/// * `split = { test = 0.2, seed = 7 }`: a random one ([`Split::seeded`]).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SplitSpec {
    /// A split that comes with the data set.
    Named(String),
    /// A split file.
    File(PathBuf),
    /// A random split.
    Seeded {
        /// The share of rows to hold back, between 0 and 1.
        test: f64,
        /// The seed.
        seed: u64,
    },
}

impl SplitSpec {
    /// The split of a registered data set, or of a user's own data (`None`, which has no named splits) with `n_rows`
    /// rows.
    ///
    /// # Errors
    /// [`DatasetError::Unknown`] for a name that the data set does not have, else as [`Split::read`] and
    /// [`Split::seeded`]; [`DatasetError::SplitSize`] if the split is for another number of rows.
    pub fn resolve(&self, entry: Option<&Entry>, n_rows: usize) -> Result<Split, DatasetError> {
        let split = match self {
            Self::Named(name) => match entry {
                Some(entry) => entry.split(name)?,
                None => return Err(unknown("split", name, [])),
            },
            Self::File(path) => Split::read(path)?,
            Self::Seeded { test, seed } => Split::seeded(n_rows, *test, *seed)?,
        };
        split.check_rows(n_rows)?;
        Ok(split)
    }
}

impl From<&str> for SplitSpec {
    fn from(text: &str) -> Self {
        if text.ends_with(".csv") || text.ends_with(".csv.gz") {
            Self::File(text.into())
        } else {
            Self::Named(text.to_owned())
        }
    }
}

impl<'de> Deserialize<'de> for SplitSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpecVisitor)
    }
}

/// By hand rather than untagged, so that an error keeps its place in the config.
struct SpecVisitor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seeded {
    test: f64,
    seed: u64,
}

impl<'de> Visitor<'de> for SpecVisitor {
    type Value = SplitSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the name of a split, the path of a split file (.csv or .csv.gz), or { test = 0.2, seed = 7 }",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<SplitSpec, E> {
        Ok(text.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SplitSpec, A::Error> {
        let Seeded { test, seed } = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
        Ok(SplitSpec::Seeded { test, seed })
    }
}

//! Where data came from and what was done to it since.

use serde::Serialize;

/// Where the rows of a [`Dataset`](crate::Dataset) came from and what was done to them since, for the record that a
/// result is stored with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Provenance {
    /// The registry name, the generator, or the path of the file.
    pub name: String,
    /// Who made the data and how they came here.
    pub source: String,
    /// Terms of use, as far as they are known.
    pub licence: String,
    /// What a user must know before using the data; empty if there is nothing.
    pub note: String,
    /// SHA-256 of the file as stored (compressed if it is compressed), in lower-case hex; `None` for generated data.
    pub sha256: Option<String>,
    /// What was done since reading, oldest first, for example `column B left out`.
    pub steps: Vec<String>,
}

impl Provenance {
    /// Provenance of a user's own data: where from, terms unknown, nothing done to it yet.
    #[must_use]
    pub fn new(name: impl Into<String>, source: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            source: source.into(),
            licence: "not stated".to_owned(),
            note: String::new(),
            sha256: None,
            steps: Vec::new(),
        }
    }

    /// The same with one more step.
    #[must_use]
    pub(crate) fn step(mut self, step: impl Into<String>) -> Self {
        self.steps.push(step.into());
        self
    }
}

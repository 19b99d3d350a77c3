//! What a workload accepts: its keys, their kinds, ranges, defaults and meanings.

use crate::value::Value;

/// Where a key is written in a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In `[params]`, or as an axis under its bare name: a parameter that several workloads share.
    Params,
    /// In `[workload.NAME]`, or as an axis under `"workload.NAME.KEY"`.
    Workload,
}

/// One key that a workload accepts.
///
/// ```
/// use harness::{Key, Kind};
/// let keys = [
///     Key::param("log_size", Kind::int(4, 20)).meaning("binary logarithm of the problem size"),
///     Key::own("method", Kind::one_of(["direct", "blocked"])).default("direct").meaning("how it is solved"),
/// ];
/// assert_eq!(keys[1].name(), "method");
/// ```
#[derive(Clone, Debug)]
pub struct Key {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) default: Option<Value>,
    pub(crate) unit: String,
    pub(crate) meaning: String,
}

impl Key {
    fn new(name: &str, place: Place, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            place,
            kind,
            default: None,
            unit: String::new(),
            meaning: String::new(),
        }
    }

    /// A shared parameter: written in `[params]`, or as an axis under its bare name.
    #[must_use]
    pub fn param(name: &str, kind: Kind) -> Self {
        Self::new(name, Place::Params, kind)
    }

    /// A key of the workload's own table.
    #[must_use]
    pub fn own(name: &str, kind: Kind) -> Self {
        Self::new(name, Place::Workload, kind)
    }

    /// Value where the configuration gives none; a key without a default must be given.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Unit, for the schema and for axis labels.
    #[must_use]
    pub fn unit(mut self, unit: &str) -> Self {
        unit.clone_into(&mut self.unit);
        self
    }

    /// What the key means, in a few words.
    #[must_use]
    pub fn meaning(mut self, meaning: &str) -> Self {
        meaning.clone_into(&mut self.meaning);
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The kind of value a key takes.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// An integer in an inclusive range.
    Int {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// A finite number in an inclusive range; an integer is read as a float.
    Float {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// Any string.
    Text,
    /// One of a few words.
    OneOf(Vec<String>),
    /// A list whose elements are all of one kind.
    List(Box<Kind>),
    /// Any of several kinds; the first that fits is taken.
    AnyOf(Vec<Kind>),
    /// A table with keys of its own, reached by an axis as `table.key`. The place of an inner key has no meaning.
    Table(Vec<Key>),
    /// Anything TOML can say.
    Any,
}

impl Kind {
    /// An integer from `min` to `max`, both included.
    #[must_use]
    pub fn int(min: i64, max: i64) -> Self {
        Self::Int { min, max }
    }

    /// A number from `min` to `max`, both included; infinities stand for "no bound".
    #[must_use]
    pub fn float(min: f64, max: f64) -> Self {
        Self::Float { min, max }
    }

    /// One of `words`.
    #[must_use]
    pub fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::OneOf(words.into_iter().map(str::to_owned).collect())
    }

    /// A list of `kind`.
    #[must_use]
    pub fn list(kind: Kind) -> Self {
        Self::List(Box::new(kind))
    }

    /// One of `words`, or `kind`: `Kind::word_or("auto", Kind::int(1, 60))`.
    #[must_use]
    pub fn word_or(word: &str, kind: Kind) -> Self {
        Self::AnyOf(vec![Self::one_of([word]), kind])
    }

    /// The kind in words, with its range.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Bool => "true or false".to_owned(),
            Self::Int { min, max } => format!("an integer from {min} to {max}"),
            Self::Float { min, max } => match (min.is_finite(), max.is_finite()) {
                (true, true) => format!("a number from {min} to {max}"),
                (true, false) => format!("a number of at least {min}"),
                (false, true) => format!("a number of at most {max}"),
                (false, false) => "a number".to_owned(),
            },
            Self::Text => "a string".to_owned(),
            Self::OneOf(words) => match words.as_slice() {
                [word] => format!("\"{word}\""),
                words => {
                    format!(
                        "one of {}",
                        words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ")
                    )
                }
            },
            Self::List(kind) => format!("a list, each {}", kind.describe()),
            Self::AnyOf(kinds) => kinds.iter().map(Self::describe).collect::<Vec<_>>().join(", or "),
            Self::Table(keys) => {
                let inner: Vec<_> =
                    keys.iter().map(|k| format!("{} = {}", k.name, k.kind.describe())).collect();
                format!("a table {{ {} }}", inner.join("; "))
            }
            Self::Any => "any value".to_owned(),
        }
    }

    /// The kind under a dotted path, looking into tables.
    pub(crate) fn at(&self, path: &str) -> Option<&Kind> {
        if path.is_empty() {
            return Some(self);
        }
        let (head, rest) = path.split_once('.').unwrap_or((path, ""));
        match self {
            Self::Table(keys) => keys.iter().find(|k| k.name == head)?.kind.at(rest),
            Self::AnyOf(kinds) => kinds.iter().find_map(|k| k.at(path)),
            Self::Any => Some(self),
            Self::Bool
            | Self::Int { .. }
            | Self::Float { .. }
            | Self::Text
            | Self::OneOf(_)
            | Self::List(_) => None,
        }
    }
}

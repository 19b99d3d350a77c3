//! Parameter values and the set of them that makes up a point.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

/// One parameter value, as a configuration can write it.
///
/// Floats are finite: the configuration reader refuses `inf` and `nan`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// A finite floating-point number.
    Float(f64),
    /// A string.
    Text(String),
    /// An ordered list, possibly of mixed kinds.
    List(Vec<Value>),
    /// Named values.
    Table(BTreeMap<String, Value>),
}

impl Value {
    /// The kind in words, with its article, for messages.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// The value as JSON; tables have sorted keys, so that equal values give equal text.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Bool(b) => Json::from(*b),
            Self::Int(i) => Json::from(*i),
            Self::Float(x) => Json::from(*x),
            Self::Text(s) => Json::from(s.as_str()),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Table(map) => Json::Object(map.iter().map(|(k, v)| (k.clone(), v.to_json())).collect()),
        }
    }

    /// The reverse of [`Value::to_json`]; `None` for null and for numbers no value can hold.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        Some(match json {
            Json::Null => return None,
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) => match n.as_i64() {
                Some(i) => Self::Int(i),
                None if n.is_f64() => Self::Float(n.as_f64()?),
                None => return None,
            },
            Json::String(s) => Self::Text(s.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::from_json).collect::<Option<_>>()?),
            Json::Object(map) => Self::Table(
                map.iter().map(|(k, v)| Some((k.clone(), Self::from_json(v)?))).collect::<Option<_>>()?,
            ),
        })
    }

    /// The value as a TOML literal on one line.
    pub(crate) fn to_toml(&self) -> String {
        match self {
            Self::Bool(b) => b.to_string(),
            Self::Int(i) => i.to_string(),
            Self::Float(x) => format!("{x:?}"),
            Self::Text(s) => toml::Value::String(s.clone()).to_string(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::to_toml).collect::<Vec<_>>().join(", "))
            }
            Self::Table(map) => {
                let inner: Vec<_> =
                    map.iter().map(|(k, v)| format!("{} = {}", toml_key(k), v.to_toml())).collect();
                format!("{{ {} }}", inner.join(", "))
            }
        }
    }

    /// The number this value stands for, if it is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "axis values are small; comparison only")]
            Self::Int(i) => Some(*i as f64),
            Self::Float(x) => Some(*x),
            Self::Bool(_) | Self::Text(_) | Self::List(_) | Self::Table(_) => None,
        }
    }

    /// A total order: numbers by size, then text, then the rest by their JSON.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self.as_f64(), other.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => self.to_json().to_string().cmp(&other.to_json().to_string()),
        }
    }
}

/// A key as TOML writes it: bare where it can be.
pub(crate) fn toml_key(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { key.to_owned() } else { toml::Value::String(key.to_owned()).to_string() }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(s) => f.write_str(s),
            Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::List(_) | Self::Table(_) => {
                f.write_str(&self.to_toml())
            }
        }
    }
}

macro_rules! from_value {
    ($($source:ty => $variant:ident),* $(,)?) => {
        $(impl From<$source> for Value {
            fn from(value: $source) -> Self { Self::$variant(value.into()) }
        })*
    };
}
from_value!(bool => Bool, i32 => Int, u32 => Int, i64 => Int, f64 => Float, &str => Text, String => Text);

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// A parameter that a workload asked for and did not get in the shape it asked for.
///
/// Keys are declared and checked before a workload sees them, so this means that the workload reads a key that it
/// does not declare, or reads it as another kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parameter `{key}` was read as {expected} but is {found}; declare it so in `Workload::keys`")]
pub struct ParamError {
    /// The key that was asked for; dots reach into tables.
    pub key: String,
    /// What the workload asked for.
    pub expected: &'static str,
    /// What the point holds.
    pub found: String,
}

/// The parameters of one point, by key. A dotted key (`activation.degree`) reaches into a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params(BTreeMap<String, Value>);

impl Params {
    /// No parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under `key`, or `None`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let mut parts = key.split('.');
        let mut at = self.0.get(parts.next()?)?;
        for part in parts {
            let Value::Table(map) = at else { return None };
            at = map.get(part)?;
        }
        Some(at)
    }

    /// Sets `key`, making the tables on the way to it.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        set_path(&mut self.0, key, value.into());
    }

    /// An integer.
    ///
    /// # Errors
    /// [`ParamError`] when the key is missing or holds no integer.
    pub fn int(&self, key: &str) -> Result<i64, ParamError> {
        match self.get(key) {
            Some(Value::Int(i)) => Ok(*i),
            other => Err(mismatch(key, "an integer", other)),
        }
    }

    /// A non-negative integer, as a count or an index.
    ///
    /// # Errors
    /// [`ParamError`] when the key is missing or holds no non-negative integer.
    pub fn count(&self, key: &str) -> Result<usize, ParamError> {
        let value = self.int(key)?;
        usize::try_from(value).map_err(|_| mismatch(key, "a count", self.get(key)))
    }

    /// A number.
    ///
    /// # Errors
    /// [`ParamError`] when the key is missing or holds no number.
    pub fn float(&self, key: &str) -> Result<f64, ParamError> {
        self.get(key).and_then(Value::as_f64).ok_or_else(|| mismatch(key, "a number", self.get(key)))
    }

    /// A string.
    ///
    /// # Errors
    /// [`ParamError`] when the key is missing or holds no string.
    pub fn text(&self, key: &str) -> Result<&str, ParamError> {
        match self.get(key) {
            Some(Value::Text(s)) => Ok(s),
            other => Err(mismatch(key, "a string", other)),
        }
    }

    /// A boolean.
    ///
    /// # Errors
    /// [`ParamError`] when the key is missing or holds no boolean.
    pub fn flag(&self, key: &str) -> Result<bool, ParamError> {
        match self.get(key) {
            Some(Value::Bool(b)) => Ok(*b),
            other => Err(mismatch(key, "a boolean", other)),
        }
    }

    /// A list.
    ///
    /// # Errors
    /// [`ParamError`] when the key is missing or holds no list.
    pub fn list(&self, key: &str) -> Result<&[Value], ParamError> {
        match self.get(key) {
            Some(Value::List(items)) => Ok(items),
            other => Err(mismatch(key, "a list", other)),
        }
    }

    /// Keys and values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// The parameters as one JSON object with sorted keys.
    pub(crate) fn to_json(&self) -> Json {
        Json::Object(self.0.iter().map(|(k, v)| (k.clone(), v.to_json())).collect())
    }

    /// The reverse of [`Params::to_json`].
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        match Value::from_json(json)? {
            Value::Table(map) => Some(Self(map)),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::List(_) => None,
        }
    }

    /// A total order: key by key, smaller values first.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        for ((ka, va), (kb, vb)) in self.iter().zip(other.iter()) {
            let by = ka.cmp(kb).then_with(|| va.order(vb));
            if by != Ordering::Equal {
                return by;
            }
        }
        self.0.len().cmp(&other.0.len())
    }
}

fn set_path(map: &mut BTreeMap<String, Value>, key: &str, value: Value) {
    let Some((head, rest)) = key.split_once('.') else {
        map.insert(key.to_owned(), value);
        return;
    };
    let place = map.entry(head.to_owned()).or_insert_with(|| Value::Table(BTreeMap::new()));
    if !matches!(place, Value::Table(_)) {
        *place = Value::Table(BTreeMap::new());
    }
    if let Value::Table(inner) = place {
        set_path(inner, rest, value);
    }
}

fn mismatch(key: &str, expected: &'static str, found: Option<&Value>) -> ParamError {
    let found = found.map_or_else(|| "not set".to_owned(), |v| format!("{} ({v})", v.kind_name()));
    ParamError { key: key.to_owned(), expected, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_keys_reach_into_tables_and_replace_what_is_no_table() {
        let mut params = Params::new();
        params.set("shape", "full");
        params.set("shape.log", 10);
        params.set("activation.name", "silu");
        assert_eq!(params.int("shape.log"), Ok(10));
        assert_eq!(params.text("activation.name"), Ok("silu"));
        let error = params.int("activation.name").unwrap_err();
        assert_eq!(
            error.to_string(),
            "parameter `activation.name` was read as an integer but is a string (silu); declare it so in `Workload::keys`"
        );
    }

    #[test]
    fn json_round_trip_keeps_the_difference_between_1_and_1_0() {
        let value = Value::List(vec![Value::Int(1), Value::Float(1.0), "x".into(), true.into()]);
        assert_eq!(value.to_json().to_string(), r#"[1,1.0,"x",true]"#);
        assert_eq!(Value::from_json(&value.to_json()), Some(value));
    }
}

//! Conditions on points and rows: `size<=14 and method==direct`.

use std::cmp::Ordering;
use std::fmt;

use crate::value::Value;

/// A conjunction of comparisons; the empty one holds always.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    name: String,
    comparison: Comparison,
    value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// Longest first, so that `<=` is not read as `<`.
const COMPARISONS: [(&str, Comparison); 7] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::More),
    ("=", Comparison::Equal),
];

impl Filter {
    /// Reads comparisons joined by `and`, `&&` or commas.
    ///
    /// # Errors
    /// A sentence saying what was found and what is expected.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let joined = text.replace("&&", ",").replace(" and ", ",");
        let terms = joined.split(',').map(str::trim).filter(|t| !t.is_empty());
        Ok(Self { terms: terms.map(Term::parse).collect::<Result<_, _>>()? })
    }

    /// Names it looks at.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(|term| term.name.as_str())
    }

    /// Whether it holds; a name that `lookup` does not know makes its comparison false.
    pub(crate) fn holds(&self, lookup: impl Fn(&str) -> Option<Value>) -> bool {
        self.terms.iter().all(|term| lookup(&term.name).is_some_and(|value| term.holds(&value)))
    }

    /// Whether it holds as far as `lookup` knows the names.
    pub(crate) fn may_hold(&self, lookup: impl Fn(&str) -> Option<Value>) -> bool {
        self.terms.iter().all(|term| lookup(&term.name).is_none_or(|value| term.holds(&value)))
    }

    /// All of both.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.terms.extend(other.terms);
        self
    }
}

impl Term {
    fn parse(text: &str) -> Result<Self, String> {
        let found = COMPARISONS
            .iter()
            .filter_map(|(sign, comparison)| text.find(sign).map(|at| (at, *sign, *comparison)))
            .min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len()));
        let Some((at, sign, comparison)) = found else {
            return Err(format!(
                "`{text}` has no comparison; write `name<=value` with ==, !=, <, <=, > or >="
            ));
        };
        let (name, value) = (text[..at].trim(), text[at + sign.len()..].trim());
        if name.is_empty() || value.is_empty() {
            return Err(format!("`{text}` needs a name on the left and a value on the right of `{sign}`"));
        }
        let bare = value.trim_matches(|c| c == '"' || c == '\'');
        let value = match (value.parse::<i64>(), value.parse::<f64>(), value) {
            (Ok(i), _, _) => Value::Int(i),
            (_, Ok(x), _) if x.is_finite() => Value::Float(x),
            (_, _, "true") => Value::Bool(true),
            (_, _, "false") => Value::Bool(false),
            _ => Value::Text(bare.to_owned()),
        };
        Ok(Self { name: name.to_owned(), comparison, value })
    }

    fn holds(&self, value: &Value) -> bool {
        let same_family = value.as_f64().is_some() == self.value.as_f64().is_some();
        let order = value.order(&self.value);
        match self.comparison {
            Comparison::Equal => order == Ordering::Equal,
            Comparison::NotEqual => order != Ordering::Equal,
            Comparison::Less => same_family && order == Ordering::Less,
            Comparison::AtMost => same_family && order != Ordering::Greater,
            Comparison::More => same_family && order == Ordering::Greater,
            Comparison::AtLeast => same_family && order != Ordering::Less,
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            let sign = COMPARISONS.iter().find(|(_, c)| *c == term.comparison).map_or("==", |(sign, _)| sign);
            write!(f, "{}{} {sign} {}", if at > 0 { " and " } else { "" }, term.name, term.value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_read_and_hold() {
        let filter = Filter::parse("size<=14 and method == direct && rate>0.5").unwrap();
        let row = |name: &str| match name {
            "size" => Some(Value::Int(14)),
            "method" => Some("direct".into()),
            "rate" => Some(Value::Float(0.75)),
            _ => None,
        };
        assert!(filter.holds(row));
        assert_eq!(filter.to_string(), "size <= 14 and method == direct and rate > 0.5");
        assert!(!Filter::parse("size<14").unwrap().holds(row));
        assert!(!Filter::parse("absent!=1").unwrap().holds(row));
        assert!(Filter::parse("absent!=1 and size == 14").unwrap().may_hold(row));
        assert!(!Filter::parse("absent!=1 and size == 15").unwrap().may_hold(row));
        assert!(!Filter::parse("method>3").unwrap().holds(row), "text is not ordered against numbers");
    }

    #[test]
    fn bad_filters_say_what_is_expected() {
        assert!(Filter::parse("size").unwrap_err().contains("no comparison"));
        assert!(Filter::parse("<=3").unwrap_err().contains("name on the left"));
    }
}

//! A TOML document as a tree whose keys and values know where they were written.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Origin};
use crate::value::Value;

/// A value and where it is written.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The value.
    pub node: Node,
    /// Where its key is written; for a list element, where the element is.
    pub key: Origin,
    /// Where the value is written.
    pub origin: Origin,
}

/// The value of an [`Item`].
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// A boolean, number or string.
    Leaf(Value),
    /// A list.
    List(Vec<Item>),
    /// A table.
    Table(Table),
}

/// Keys and items in the order in which they are written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    entries: Vec<(String, Item)>,
}

impl Table {
    /// The item under `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&Item> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, item)| item)
    }

    /// The item under `key`, to change it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Item> {
        self.entries.iter_mut().find(|(name, _)| name == key).map(|(_, item)| item)
    }

    /// Puts an item under `key`; a key that is there keeps its position.
    pub(crate) fn put(&mut self, key: &str, item: Item) {
        match self.get_mut(key) {
            Some(place) => *place = item,
            None => self.entries.push((key.to_owned(), item)),
        }
    }

    /// Takes `key` out.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Item> {
        let at = self.entries.iter().position(|(name, _)| name == key)?;
        Some(self.entries.remove(at).1)
    }

    /// Keys and items in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Item)> {
        self.entries.iter().map(|(name, item)| (name.as_str(), item))
    }

    /// Keys in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// True when nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The table under `key`, if it is one.
    pub(crate) fn table(&self, key: &str) -> Option<&Table> {
        self.get(key).and_then(Item::as_table)
    }
}

impl Item {
    /// The table this item is, if it is one.
    pub(crate) fn as_table(&self) -> Option<&Table> {
        match &self.node {
            Node::Table(table) => Some(table),
            Node::Leaf(_) | Node::List(_) => None,
        }
    }

    /// The string this item is, if it is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.node {
            Node::Leaf(Value::Text(text)) => Some(text),
            Node::Leaf(_) | Node::List(_) | Node::Table(_) => None,
        }
    }

    /// The item as a plain value, without places.
    pub(crate) fn to_value(&self) -> Value {
        match &self.node {
            Node::Leaf(value) => value.clone(),
            Node::List(items) => Value::List(items.iter().map(Self::to_value).collect()),
            Node::Table(table) => {
                Value::Table(table.iter().map(|(k, item)| (k.to_owned(), item.to_value())).collect())
            }
        }
    }
}

/// Parses one document.
pub(crate) fn parse(text: &str, source: usize) -> Result<Table, Diagnostic> {
    match DeTable::parse(text) {
        Ok(table) => read_table(table.into_inner(), source),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let message = format!("not valid TOML: {}", error.message().replace('\n', ", "));
            Err(Diagnostic::new(message).at(&Origin { source, span }, "here"))
        }
    }
}

fn read_table(table: DeTable<'_>, source: usize) -> Result<Table, Diagnostic> {
    let mut entries = Vec::new();
    for (key, value) in table {
        let key_origin = Origin { source, span: key.span() };
        let item = read_item(value, key_origin, source)?;
        entries.push((key.into_inner().into_owned(), item));
    }
    entries.sort_by_key(|(_, item)| item.key.span.start);
    Ok(Table { entries })
}

fn read_item(value: Spanned<DeValue<'_>>, key: Origin, source: usize) -> Result<Item, Diagnostic> {
    let span: Range<usize> = value.span();
    let origin = Origin { source, span };
    let node = match value.into_inner() {
        DeValue::String(text) => Node::Leaf(Value::Text(text.into_owned())),
        DeValue::Boolean(flag) => Node::Leaf(Value::Bool(flag)),
        DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(value) => Node::Leaf(Value::Int(value)),
            Err(_) => {
                return Err(Diagnostic::new("this integer does not fit 64 bits")
                    .at(&origin, "too large")
                    .help("write a float (1e20) or a smaller number"));
            }
        },
        DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
            Ok(value) if value.is_finite() => Node::Leaf(Value::Float(value)),
            _ => {
                return Err(Diagnostic::new("numbers must be finite")
                    .at(&origin, "not finite")
                    .help("`inf` and `nan` have no place in a sweep; leave the key out or give a number"));
            }
        },
        DeValue::Datetime(_) => {
            return Err(Diagnostic::new("dates are not supported")
                .at(&origin, "a date")
                .help("put it in quotes to make it a string"));
        }
        DeValue::Array(items) => Node::List(
            items
                .into_iter()
                .map(|item| {
                    let key = Origin { source, span: item.span() };
                    read_item(item, key, source)
                })
                .collect::<Result<_, _>>()?,
        ),
        DeValue::Table(table) => Node::Table(read_table(table, source)?),
    };
    Ok(Item { node, key, origin })
}

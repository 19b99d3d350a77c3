//! Strict reading of one table: every key is asked for, and what was not asked for is an error.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::node::{Item, Node, Table};
use crate::diagnostic::{Diagnostic, Origin, list, suggest};
use crate::value::Value;

/// Reads one table and remembers which keys it was asked for.
pub(crate) struct Section<'a, 'p> {
    name: &'p str,
    table: Option<&'a Table>,
    asked: BTreeSet<&'static str>,
    problems: &'p mut Vec<Diagnostic>,
}

impl<'a, 'p> Section<'a, 'p> {
    /// Starts on the table `name` (as messages show it, `[measure]`), which may be absent.
    pub(crate) fn new(name: &'p str, item: Option<&'a Item>, problems: &'p mut Vec<Diagnostic>) -> Self {
        let table = match item {
            None => None,
            Some(Item { node: Node::Table(table), .. }) => Some(table),
            Some(other) => {
                problems.push(
                    Diagnostic::new(format!("{name} must be a table"))
                        .at(&other.key, format!("this is {}", other.to_value().kind_name()))
                        .help(format!("write it as {name} followed by `key = value` lines")),
                );
                None
            }
        };
        Self { name, table, asked: BTreeSet::new(), problems }
    }

    /// The item under `key`, if it is there.
    pub(crate) fn item(&mut self, key: &'static str) -> Option<&'a Item> {
        self.asked.insert(key);
        self.table?.get(key)
    }

    fn wrong(&mut self, key: &str, item: &Item, expected: &str) {
        let value = item.to_value();
        self.problems.push(
            Diagnostic::new(format!("`{key}` in {} must be {expected}", self.name))
                .at(&item.origin, format!("this is {} ({value})", value.kind_name()))
                .help(format!("write `{key} = ...` with {expected}")),
        );
    }

    /// An integer within a range.
    pub(crate) fn int(&mut self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let item = self.item(key)?;
        match &item.node {
            Node::Leaf(Value::Int(value)) if range.contains(value) => Some(*value),
            Node::Leaf(_) | Node::List(_) | Node::Table(_) => {
                let expected = if *range.end() == i64::MAX {
                    format!("an integer of at least {}", range.start())
                } else {
                    format!("an integer from {} to {}", range.start(), range.end())
                };
                self.wrong(key, item, &expected);
                None
            }
        }
    }

    /// A number of at least `least`.
    pub(crate) fn number(&mut self, key: &'static str, least: f64) -> Option<f64> {
        let item = self.item(key)?;
        match &item.node {
            Node::Leaf(value) if value.as_f64().is_some_and(|x| x >= least) => value.as_f64(),
            Node::Leaf(_) | Node::List(_) | Node::Table(_) => {
                self.wrong(key, item, &format!("a number of at least {least}"));
                None
            }
        }
    }

    /// A string.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let item = self.item(key)?;
        if item.as_text().is_none() {
            self.wrong(key, item, "a string");
        }
        item.as_text()
    }

    /// A boolean.
    pub(crate) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let item = self.item(key)?;
        match &item.node {
            Node::Leaf(Value::Bool(value)) => Some(*value),
            Node::Leaf(_) | Node::List(_) | Node::Table(_) => {
                self.wrong(key, item, "true or false");
                None
            }
        }
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(&mut self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let item = self.item(key)?;
        let names = || words.iter().map(|(word, _)| *word);
        let Some(text) = item.as_text() else {
            self.wrong(key, item, &format!("one of {}", list(names())));
            return None;
        };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            self.problems.push(
                Diagnostic::new(format!("`{key}` in {} cannot be \"{text}\"", self.name))
                    .at(&item.origin, format!("not one of {}", list(names())))
                    .help(suggest(text, names().collect::<Vec<_>>())),
            );
        }
        found
    }

    /// A string or a list of strings, each with its place.
    pub(crate) fn texts(&mut self, key: &'static str) -> Option<Vec<(&'a str, &'a Origin)>> {
        let item = self.item(key)?;
        match &item.node {
            Node::Leaf(Value::Text(text)) => Some(vec![(text, &item.origin)]),
            Node::List(items) if items.iter().all(|i| i.as_text().is_some()) => {
                Some(items.iter().filter_map(|i| Some((i.as_text()?, &i.origin))).collect())
            }
            Node::Leaf(_) | Node::List(_) | Node::Table(_) => {
                self.wrong(key, item, "a string or a list of strings");
                None
            }
        }
    }

    /// Where problems go.
    pub(crate) fn problem(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Ends the reading: every key that was not asked for is an unknown key.
    pub(crate) fn finish(self) {
        let Some(table) = self.table else { return };
        for (key, item) in table.iter().filter(|(key, _)| !self.asked.contains(key)) {
            self.problems.push(
                Diagnostic::new(format!("unknown key `{key}` in {}", self.name))
                    .at(&item.key, "not a key of this table")
                    .help(suggest(key, self.asked.iter().copied())),
            );
        }
    }
}

//! Checking written values against the kinds that a workload declares.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Item, Node, Table};
use crate::diagnostic::{Diagnostic, Origin, nearest, suggest};
use crate::key::{Key, Kind, Place};
use crate::value::{Params, Value};
use crate::workload::Workload;

/// The keys of one workload and how a configuration names them.
pub(crate) struct Catalogue<'a> {
    /// The workload's name.
    pub workload: &'a str,
    /// Its keys.
    pub keys: Vec<Key>,
    /// Whether it takes parameters it does not declare.
    pub open: bool,
}

impl<'a> Catalogue<'a> {
    /// The catalogue of a workload.
    pub(crate) fn new(workload: &'a dyn Workload) -> Self {
        Self { workload: workload.name(), keys: workload.keys(), open: workload.open_params() }
    }

    /// Splits the name of an axis (`size`, `workload.sort.method`) into the key's path inside a point and its kind.
    pub(crate) fn axis(&self, name: &str) -> Result<(String, Kind), String> {
        let own = name.strip_prefix("workload.");
        let (place, path) = match own {
            None => (Place::Params, name),
            Some(rest) => match rest.split_once('.') {
                Some((workload, path)) if workload == self.workload => (Place::Workload, path),
                _ => {
                    return Err(format!(
                        "this sweep's workload is `{}`: write `workload.{}.KEY`",
                        self.workload, self.workload
                    ));
                }
            },
        };
        let (head, rest) = path.split_once('.').unwrap_or((path, ""));
        let key = self.keys.iter().find(|k| k.name == head && k.place == place);
        match key {
            Some(key) => match key.kind.at(rest) {
                Some(kind) => Ok((path.to_owned(), kind.clone())),
                None => Err(format!("`{head}` takes {}", key.kind.describe())),
            },
            None if self.open && place == Place::Params && rest.is_empty() => {
                Ok((path.to_owned(), Kind::Any))
            }
            None => Err(self.hint(head, place)),
        }
    }

    /// What to do about an unknown key.
    pub(crate) fn hint(&self, name: &str, place: Place) -> String {
        if let Some(key) = self.keys.iter().find(|k| k.name == name && k.place != place) {
            return match key.place {
                Place::Params => {
                    format!("`{name}` belongs in [params] or, as an axis, in [grid] under its bare name")
                }
                Place::Workload => format!(
                    "`{name}` belongs in [workload.{w}] or, as an axis, in [grid] as \"workload.{w}.{name}\"",
                    w = self.workload
                ),
            };
        }
        suggest(name, self.names(place))
    }

    fn names(&self, place: Place) -> Vec<&str> {
        self.keys.iter().filter(|k| k.place == place).map(|k| k.name.as_str()).collect()
    }
}

/// The fixed values of a sweep, being read.
pub(crate) struct Fixed<'a> {
    /// The keys.
    pub catalogue: &'a Catalogue<'a>,
    /// Paths that axes give, with the place of each.
    pub axes: &'a BTreeMap<String, Origin>,
    /// Values so far, defaults included.
    pub params: Params,
    /// Where each value is written.
    pub origins: BTreeMap<String, Origin>,
    /// What is wrong so far.
    pub problems: &'a mut Vec<Diagnostic>,
}

impl Fixed<'_> {
    /// Reads `[params]` or `[workload.NAME]`.
    pub(crate) fn read(&mut self, table: &Table, place: Place, section: &str) {
        for (name, item) in table.iter() {
            let key = self.catalogue.keys.iter().find(|k| k.name == name && k.place == place);
            let kind = match key {
                Some(key) => key.kind.clone(),
                None if self.catalogue.open && place == Place::Params => Kind::Any,
                None => {
                    self.problems.push(
                        Diagnostic::new(format!("unknown key `{name}` in {section}"))
                            .at(&item.key, format!("not a key of workload `{}`", self.catalogue.workload))
                            .help(self.catalogue.hint(name, place)),
                    );
                    continue;
                }
            };
            if let Some(axis) = self.axes.get(name) {
                self.problems.push(
                    Diagnostic::new(format!("`{name}` is given twice"))
                        .at(&item.key, "a single value here")
                        .at(axis, "an axis here")
                        .help("a key is either one value or one axis: remove one of the two"),
                );
                continue;
            }
            self.origins.insert(name.to_owned(), item.key.clone());
            if let Some(value) = accept(item, &kind, name, self.axes, self.problems) {
                self.params.set(name, value);
            }
        }
    }

    /// Fills in defaults and reports keys that nothing gives; `header` is where to point then.
    pub(crate) fn complete(&mut self, header: &Origin) {
        let given: BTreeSet<&str> =
            self.axes.keys().map(|path| path.split('.').next().unwrap_or(path)).collect();
        for key in &self.catalogue.keys {
            if self.params.get(&key.name).is_some()
                || self.origins.contains_key(&key.name)
                || self.axes.contains_key(&key.name)
            {
                continue;
            }
            if let Some(default) = &key.default {
                self.params.set(&key.name, default.clone());
            } else if !given.contains(key.name.as_str()) {
                let (place, example) = match key.place {
                    Place::Params => ("[params] or [grid]".to_owned(), &key.name),
                    Place::Workload => (format!("[workload.{}]", self.catalogue.workload), &key.name),
                };
                let meaning =
                    if key.meaning.is_empty() { String::new() } else { format!(" ({})", key.meaning) };
                self.problems.push(
                    Diagnostic::new(format!("`{}` is missing{meaning}", key.name))
                        .at(header, format!("workload `{}` needs it", self.catalogue.workload))
                        .help(format!("add `{example} = ...` to {place}: {}", key.kind.describe())),
                );
            }
        }
    }
}

/// The value of `item` as `kind` takes it (integers become floats, tables get their defaults), or a problem.
///
/// `what` is the key's path; inner keys that an axis gives (`axes`) may be missing and must not be given again.
pub(crate) fn accept(
    item: &Item,
    kind: &Kind,
    what: &str,
    axes: &BTreeMap<String, Origin>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Value> {
    match (kind, &item.node) {
        (Kind::Any, _) => Some(item.to_value()),
        (Kind::Bool, Node::Leaf(value @ Value::Bool(_)))
        | (Kind::Text, Node::Leaf(value @ Value::Text(_))) => Some(value.clone()),
        (Kind::Int { min, max }, Node::Leaf(Value::Int(i))) if (min..=max).contains(&i) => {
            Some(Value::Int(*i))
        }
        (Kind::Float { min, max }, Node::Leaf(value))
            if value.as_f64().is_some_and(|x| (*min..=*max).contains(&x)) =>
        {
            value.as_f64().map(Value::Float)
        }
        (Kind::OneOf(words), Node::Leaf(Value::Text(text))) if words.contains(text) => {
            Some(Value::Text(text.clone()))
        }
        (Kind::List(inner), Node::List(items)) => {
            let values: Vec<_> = items.iter().map(|i| accept(i, inner, what, axes, problems)).collect();
            values.into_iter().collect::<Option<Vec<_>>>().map(Value::List)
        }
        (Kind::Table(keys), Node::Table(table)) => accept_table(item, table, keys, what, axes, problems),
        (Kind::AnyOf(kinds), _) => accept_any(item, kinds, kind, what, axes, problems),
        _ => {
            problems.push(mismatch(item, kind, what));
            None
        }
    }
}

fn mismatch(item: &Item, kind: &Kind, what: &str) -> Diagnostic {
    let value = item.to_value();
    let problem = Diagnostic::new(format!("`{what}` must be {}", kind.describe()))
        .at(&item.origin, format!("this is {} ({value})", value.kind_name()));
    match (kind, &value) {
        (Kind::OneOf(words), Value::Text(text)) => {
            problem.help(suggest(text, words.iter().map(String::as_str)))
        }
        (Kind::List(_), Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_)) => {
            problem.help(format!("put it in brackets: [{}]", value.to_toml()))
        }
        (Kind::AnyOf(kinds), Value::Text(text)) if nearest(text, kinds.iter().flat_map(words)).is_some() => {
            problem.help(suggest(text, kinds.iter().flat_map(words).collect::<Vec<_>>()))
        }
        _ => problem.help(format!("give `{what}` a value that is {}", kind.describe())),
    }
}

/// The words that a kind takes.
fn words(kind: &Kind) -> impl Iterator<Item = &str> {
    let words: &[String] = if let Kind::OneOf(words) = kind { words } else { &[] };
    words.iter().map(String::as_str)
}

fn accept_any(
    item: &Item,
    kinds: &[Kind],
    whole: &Kind,
    what: &str,
    axes: &BTreeMap<String, Origin>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Value> {
    for kind in kinds {
        let mut trial = Vec::new();
        if let Some(value) = accept(item, kind, what, axes, &mut trial)
            && trial.is_empty()
        {
            return Some(value);
        }
    }
    // Where only one alternative has the written shape, its own message says more than the list of all.
    let shaped = |kind: &&Kind| {
        matches!((kind, &item.node), (Kind::Table(_), Node::Table(_)) | (Kind::List(_), Node::List(_)))
    };
    match kinds.iter().find(shaped) {
        Some(kind) => accept(item, kind, what, axes, problems),
        None => {
            problems.push(mismatch(item, whole, what));
            None
        }
    }
}

fn accept_table(
    item: &Item,
    table: &Table,
    keys: &[Key],
    what: &str,
    axes: &BTreeMap<String, Origin>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let before = problems.len();
    let mut values = BTreeMap::new();
    for (name, inner) in table.iter() {
        let path = format!("{what}.{name}");
        let Some(key) = keys.iter().find(|k| k.name == name) else {
            problems.push(
                Diagnostic::new(format!("unknown key `{name}` in `{what}`"))
                    .at(&inner.key, "not a key of this table")
                    .help(suggest(name, keys.iter().map(|k| k.name.as_str()))),
            );
            continue;
        };
        if let Some(axis) = axes.get(&path) {
            problems.push(
                Diagnostic::new(format!("`{path}` is given twice"))
                    .at(&inner.key, "a single value here")
                    .at(axis, "an axis here")
                    .help("a key is either one value or one axis: remove one of the two"),
            );
            continue;
        }
        if let Some(value) = accept(inner, &key.kind, &path, axes, problems) {
            values.insert(name.to_owned(), value);
        }
    }
    for key in keys.iter().filter(|k| table.get(&k.name).is_none()) {
        if let Some(default) = &key.default {
            values.insert(key.name.clone(), default.clone());
        } else if !axes.contains_key(&format!("{what}.{}", key.name)) {
            problems.push(
                Diagnostic::new(format!("`{what}.{}` is missing", key.name))
                    .at(&item.key, "needed in this table")
                    .help(format!("add `{} = ...`: {}", key.name, key.kind.describe())),
            );
        }
    }
    (problems.len() == before).then_some(Value::Table(values))
}

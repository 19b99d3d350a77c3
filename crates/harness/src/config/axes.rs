//! Axes: values of one key, or of several keys that move together, and what is excluded from their product.

use std::collections::BTreeMap;

use super::node::{Item, Node, Table};
use super::parameters::{Catalogue, accept};
use crate::diagnostic::{Diagnostic, Origin};
use crate::key::Kind;
use crate::value::{Params, Value};

/// One axis of the product: one key for a grid axis, several of equal length for a zip.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// Path of each key inside a point, with its values.
    pub columns: Vec<(String, Vec<Value>)>,
}

impl Axis {
    /// How many positions the axis has.
    pub(crate) fn len(&self) -> usize {
        self.columns.first().map_or(0, |(_, values)| values.len())
    }

    /// Sets the keys of position `at`.
    pub(crate) fn apply(&self, at: usize, params: &mut Params) {
        for (path, values) in &self.columns {
            if let Some(value) = values.get(at) {
                params.set(path, value.clone());
            }
        }
    }
}

/// Combinations to leave out: a point goes when each key has one of the listed values.
#[derive(Clone, Debug)]
pub(crate) struct Exclude {
    conditions: Vec<(String, Vec<Value>)>,
}

impl Exclude {
    /// Whether it removes this combination.
    pub(crate) fn matches(&self, params: &Params) -> bool {
        self.conditions.iter().all(|(path, values)| params.get(path).is_some_and(|v| values.contains(v)))
    }
}

/// Reads `[grid]` and `[zip.*]`.
pub(crate) struct AxisReader<'a> {
    /// The keys.
    pub catalogue: &'a Catalogue<'a>,
    /// Where each axis is written, by path.
    pub origins: BTreeMap<String, Origin>,
    /// The axes, in the order in which they are written.
    pub axes: Vec<Axis>,
    /// What is wrong so far.
    pub problems: &'a mut Vec<Diagnostic>,
}

impl AxisReader<'_> {
    /// Reads `[grid]`: each key is an axis.
    pub(crate) fn grid(&mut self, table: &Table) {
        for (name, item) in table.iter() {
            if let Some(column) = self.column(name, item, "[grid]") {
                let twice = column.1.iter().enumerate().find(|(at, value)| column.1[..*at].contains(value));
                if let Some((_, value)) = twice {
                    self.problems.push(
                        Diagnostic::new(format!("axis `{name}` has the value {value} twice"))
                            .at(&item.origin, "a value is repeated")
                            .help("repetitions are `measure.samples`; list each value once"),
                    );
                }
                self.axes.push(Axis { columns: vec![column] });
            }
        }
    }

    /// Reads `[zip.NAME]`: its keys have lists of one length and move together.
    pub(crate) fn zip(&mut self, zip: &str, header: &Origin, table: &Table) {
        let section = format!("[zip.{zip}]");
        let mut columns: Vec<(String, Vec<Value>)> = Vec::new();
        let mut first: Option<(&Item, usize)> = None;
        for (name, item) in table.iter() {
            let Some(column) = self.column(name, item, &section) else { continue };
            match first {
                None => first = Some((item, column.1.len())),
                Some((other, length)) if column.1.len() != length => self.problems.push(
                    Diagnostic::new(format!("the lists of {section} have different lengths"))
                        .at(&item.origin, format!("{} values", column.1.len()))
                        .at(&other.origin, format!("{length} values"))
                        .help("keys of a zip move together: give each the same number of values"),
                ),
                Some(_) => {}
            }
            columns.push(column);
        }
        if table.is_empty() {
            self.problems.push(
                Diagnostic::new(format!("{section} is empty"))
                    .at(header, "no key")
                    .help("give it at least one `key = [..]` line, or remove it"),
            );
        }
        if !columns.is_empty() {
            self.axes.push(Axis { columns });
        }
    }

    fn column(&mut self, name: &str, item: &Item, section: &str) -> Option<(String, Vec<Value>)> {
        let (path, kind) = match self.catalogue.axis(name) {
            Ok(found) => found,
            Err(hint) => {
                self.problems.push(
                    Diagnostic::new(format!("unknown axis `{name}` in {section}"))
                        .at(&item.key, format!("not a parameter of workload `{}`", self.catalogue.workload))
                        .help(hint),
                );
                return None;
            }
        };
        if let Some(other) = self.origins.get(&path) {
            self.problems.push(
                Diagnostic::new(format!("`{name}` is an axis twice"))
                    .at(&item.key, "again here")
                    .at(other, "first here")
                    .help("a key belongs to one axis: remove one of the two"),
            );
            return None;
        }
        self.origins.insert(path.clone(), item.key.clone());
        let values = self.values(name, item, &kind)?;
        Some((path, values))
    }

    fn values(&mut self, name: &str, item: &Item, kind: &Kind) -> Option<Vec<Value>> {
        let none = BTreeMap::new();
        let items = match &item.node {
            Node::List(items) => items.clone(),
            Node::Table(range) => self.range(name, item, range)?,
            Node::Leaf(value) => {
                self.problems.push(
                    Diagnostic::new(format!("axis `{name}` must be a list or a range"))
                        .at(&item.origin, format!("this is {} ({value})", value.kind_name()))
                        .help(format!("write `[{}]`, or move it to [params]", value.to_toml())),
                );
                return None;
            }
        };
        if items.is_empty() {
            self.problems.push(
                Diagnostic::new(format!("axis `{name}` has no values"))
                    .at(&item.origin, "empty")
                    .help("give it at least one value, or remove it"),
            );
            return None;
        }
        let mut values: Vec<Value> = Vec::new();
        for element in &items {
            let value = accept(element, kind, name, &none, self.problems)?;
            values.push(value);
        }
        Some(values)
    }

    /// `{ from = 1, to = 9, step = 2 }`, both ends included.
    fn range(&mut self, name: &str, item: &Item, range: &Table) -> Option<Vec<Item>> {
        let problem = |at: &Origin, message: String, label: &str| {
            Diagnostic::new(message)
                .at(at, label)
                .help("a range is `{ from = 1, to = 9, step = 2 }`, both ends included, step 1 where it is left out")
        };
        if let Some((key, inner)) = range.iter().find(|(key, _)| !["from", "to", "step"].contains(key)) {
            self.problems.push(problem(
                &inner.key,
                format!("unknown key `{key}` in the range of axis `{name}`"),
                "not a key of a range",
            ));
            return None;
        }
        let mut ends = [0.0; 3];
        let mut whole = true;
        for (end, key) in ends.iter_mut().zip(["from", "to", "step"]) {
            let value = range.get(key).map(|i| (i, i.to_value()));
            *end = match value {
                Some((at, value)) => match value.as_f64() {
                    Some(number) => {
                        whole &= matches!(value, Value::Int(_));
                        number
                    }
                    None => {
                        self.problems.push(problem(
                            &at.origin,
                            format!("`{key}` of axis `{name}` must be a number"),
                            "not a number",
                        ));
                        return None;
                    }
                },
                None if key == "step" => 1.0,
                None => {
                    self.problems.push(problem(
                        &item.origin,
                        format!("the range of axis `{name}` has no `{key}`"),
                        "incomplete",
                    ));
                    return None;
                }
            };
        }
        let [from, to, step] = ends;
        if step <= 0.0 || to < from {
            self.problems.push(problem(
                &item.origin,
                format!("the range of axis `{name}` is empty"),
                "needs from <= to and step > 0",
            ));
            return None;
        }
        // A hair of slack, so that { from = 0.1, to = 0.3, step = 0.1 } ends at 0.3.
        let steps = ((to - from) / step + 1e-9).floor();
        if steps > 100_000.0 {
            self.problems.push(problem(
                &item.origin,
                format!("the range of axis `{name}` has more than 100000 values"),
                "too many",
            ));
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 100000")]
        let count = steps as i64;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "whole ends of a short range"
        )]
        let at = |i: i64| {
            if whole {
                Value::Int((from + step * i as f64) as i64)
            } else {
                Value::Float(from + step * i as f64)
            }
        };
        Some(
            (0..=count)
                .map(|i| Item { node: Node::Leaf(at(i)), key: item.key.clone(), origin: item.origin.clone() })
                .collect(),
        )
    }
}

/// Reads `[[exclude]]`; `paths` are the keys that axes give.
pub(crate) fn excludes(
    item: Option<&Item>,
    catalogue: &Catalogue<'_>,
    axes: &BTreeMap<String, Origin>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Exclude> {
    let Some(item) = item else { return Vec::new() };
    let Node::List(items) = &item.node else {
        problems.push(
            Diagnostic::new("`exclude` must be a list of tables")
                .at(&item.key, "not a list")
                .help("write [[exclude]] followed by `axis = value` lines"),
        );
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in items {
        let Some(table) = entry.as_table().filter(|table| !table.is_empty()) else {
            problems.push(
                Diagnostic::new("an [[exclude]] needs at least one axis")
                    .at(&entry.origin, "nothing to match")
                    .help("write `axis = value` or `axis = [values]` lines under it"),
            );
            continue;
        };
        let mut conditions = Vec::new();
        for (name, item) in table.iter() {
            match catalogue.axis(name) {
                Ok((path, kind)) if axes.contains_key(&path) => {
                    let single = [item.clone()];
                    let items: &[Item] = match &item.node {
                        Node::List(items) => items,
                        Node::Leaf(_) | Node::Table(_) => &single,
                    };
                    let values: Option<Vec<_>> =
                        items.iter().map(|i| accept(i, &kind, name, &BTreeMap::new(), problems)).collect();
                    conditions.extend(values.map(|values| (path, values)));
                }
                Ok(_) => problems.push(
                    Diagnostic::new(format!("[[exclude]] names `{name}`, which is no axis of this sweep"))
                        .at(&item.key, "not an axis")
                        .help("exclude combinations of the keys in [grid] and [zip.*] only"),
                ),
                Err(hint) => problems.push(
                    Diagnostic::new(format!("unknown axis `{name}` in [[exclude]]"))
                        .at(&item.key, format!("not a parameter of workload `{}`", catalogue.workload))
                        .help(hint),
                ),
            }
        }
        found.push(Exclude { conditions });
    }
    found
}

//! A composed tree back to TOML: what `config show` prints and `sweep.toml` records.

use std::fmt::Write as _;

use super::node::{Item, Node, Table};
use crate::diagnostic::Sources;
use crate::value::toml_key;

/// Sections whose entries are tables of their own.
const NESTED: [&str; 4] = ["workload", "zip", "plot", "verdict"];

/// The tree as TOML. With `origins`, each key carries a comment that names the file and line it comes from.
pub(crate) fn to_toml(root: &Table, origins: Option<&Sources>) -> String {
    let mut text = String::new();
    for (key, item) in root.iter().filter(|(_, item)| is_plain(item)) {
        line(&mut text, key, item, origins);
    }
    for (key, item) in root.iter() {
        match &item.node {
            Node::Table(inner) if NESTED.contains(&key) => {
                for (name, item) in inner.iter() {
                    section(&mut text, &format!("[{key}.{}]", toml_key(name)), item, origins);
                }
            }
            Node::Table(_) => section(&mut text, &format!("[{}]", toml_key(key)), item, origins),
            Node::List(items) if !is_plain(item) => {
                for item in items {
                    section(&mut text, &format!("[[{}]]", toml_key(key)), item, origins);
                }
            }
            Node::Leaf(_) | Node::List(_) => {}
        }
    }
    text
}

/// A leaf, or a list that is not an array of tables.
fn is_plain(item: &Item) -> bool {
    match &item.node {
        Node::Leaf(_) => true,
        Node::List(items) => items.is_empty() || items.iter().any(|i| i.as_table().is_none()),
        Node::Table(_) => false,
    }
}

fn section(text: &mut String, header: &str, item: &Item, origins: Option<&Sources>) {
    let _ = writeln!(text, "\n{header}");
    match item.as_table() {
        Some(table) => table.iter().for_each(|(key, item)| line(text, key, item, origins)),
        None => line(text, "value", item, origins),
    }
}

fn line(text: &mut String, key: &str, item: &Item, origins: Option<&Sources>) {
    let assignment = format!("{} = {}", toml_key(key), item.to_value().to_toml());
    let _ = match origins {
        Some(sources) => writeln!(text, "{assignment:<48} # {}", sources.place(&item.key)),
        None => writeln!(text, "{assignment}"),
    };
}

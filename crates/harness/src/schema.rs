//! `schema`: the JSON Schema of configurations, and the columns of the results.

use serde_json::{Map, Value as Json, json};

use crate::column::{self, Column};
use crate::config::{CONFIG_SCHEMA, Comparison, KIND_NAMES};
use crate::key::{Key, Kind, Place};
use crate::plan::RESULT_SCHEMA;
use crate::workload::Registry;

/// The JSON Schema of a configuration of this program.
pub(crate) fn configuration(registry: &Registry) -> Json {
    let number = |least: f64| json!({ "type": "number", "minimum": least });
    let integer = |least: i64| json!({ "type": "integer", "minimum": least });
    let texts =
        json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
    let mut workloads = Map::new();
    let mut params = Map::new();
    let mut grid = Map::new();
    let mut open = false;
    for workload in registry.workloads() {
        let keys = workload.keys();
        let own: Vec<Key> = keys.iter().filter(|k| k.place == Place::Workload).cloned().collect();
        let mut table = object(&own, false);
        table["description"] = workload.about().into();
        workloads.insert(workload.name().to_owned(), table);
        open |= workload.open_params();
        for key in &keys {
            let (place, name) = match key.place {
                Place::Params => (Some(&mut params), key.name.clone()),
                Place::Workload => (None, format!("workload.{}.{}", workload.name(), key.name)),
            };
            if let Some(params) = place {
                join(params, &key.name, described(key));
            }
            join(&mut grid, &name, axis(&kind(&key.kind)));
        }
    }
    let (text, spacing) = (json!({ "type": "string" }), json!({ "enum": ["linear", "log2", "log10"] }));
    let plot = table_of(json!({
        "kind": { "enum": KIND_NAMES }, "x": texts, "y": texts, "value": text, "series": texts,
        "rows": texts, "versus": text, "base": text, "pool": texts,
        "labels": texts, "better": { "enum": ["lower", "higher"] }, "where": text,
        "x_axis": spacing, "y_axis": spacing, "value_axis": spacing,
        "statistic": { "enum": ["median", "mean", "min", "max"] }, "magnitude": { "type": "boolean" },
        "title": text, "question": text, "x_label": text, "y_label": text, "value_label": text,
    }));
    let words: Vec<&str> = Comparison::WORDS.iter().map(|(word, _)| *word).collect();
    let verdict = table_of(json!({
        "claim": text, "value": text, "where": text, "statistic": { "enum": ["median", "mean", "min", "max"] },
        "against": text, "against_where": text, "by": { "enum": words },
        "at_least": { "type": "number" }, "at_most": { "type": "number" },
    }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("{} configuration", registry.program()),
        "type": "object",
        "required": ["schema", "name"],
        "additionalProperties": false,
        "properties": {
            "schema": { "const": CONFIG_SCHEMA },
            "name": { "type": "string", "pattern": "^[A-Za-z0-9_-]+$" },
            "extends": texts,
            "suite": { "type": "array", "items": { "type": "string" } },
            "seed": integer(0),
            "deterministic": { "type": "boolean" },
            "workload": { "type": "object", "properties": workloads, "additionalProperties": false,
                "minProperties": 1, "maxProperties": 1 },
            "params": { "type": "object", "properties": params, "additionalProperties": open },
            // Axes inside a table value have dotted names, which a list of properties cannot enumerate.
            "grid": { "type": "object", "properties": grid },
            "zip": { "type": "object", "additionalProperties": { "type": "object", "minProperties": 1 } },
            "exclude": { "type": "array", "items": { "type": "object", "minProperties": 1 } },
            "security": table_of(json!({ "bits": integer(0), "on_insecure": { "enum": ["skip", "allow", "error"] } })),
            "measure": table_of(json!({
                "warmup": integer(0), "samples": integer(1), "min_seconds": number(0.0), "max_seconds": number(0.0),
                "memory": { "enum": ["rss", "rss+heap"] },
            })),
            "limits": table_of(json!({
                "seconds": number(0.001), "memory_mib": integer(1), "budget_seconds": number(0.0),
            })),
            "output": table_of(json!({ "dir": { "type": "string" }, "plots": texts })),
            "plot": { "type": "object", "additionalProperties": plot },
            "verdict": { "type": "object", "additionalProperties": verdict },
        },
    })
}

fn table_of(properties: Json) -> Json {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// Several workloads may take one parameter each in its own way: then either way is good.
fn join(map: &mut Map<String, Json>, name: &str, schema: Json) {
    match map.get_mut(name) {
        None => {
            map.insert(name.to_owned(), schema);
        }
        Some(known) if *known == schema => {}
        Some(known) => *known = json!({ "anyOf": [known.clone(), schema] }),
    }
}

fn object(keys: &[Key], strict: bool) -> Json {
    let properties: Map<String, Json> = keys.iter().map(|key| (key.name.clone(), described(key))).collect();
    let required: Vec<&str> =
        keys.iter().filter(|k| strict && k.default.is_none()).map(|k| k.name.as_str()).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn described(key: &Key) -> Json {
    let mut schema = kind(&key.kind);
    let unit = if key.unit.is_empty() { String::new() } else { format!(" [{}]", key.unit) };
    if !key.meaning.is_empty() {
        schema["description"] = format!("{}{unit}", key.meaning).into();
    }
    if let Some(default) = &key.default {
        schema["default"] = default.to_json();
    }
    schema
}

fn kind(kind_: &Kind) -> Json {
    match kind_ {
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Float { min, max } => {
            let mut schema = json!({ "type": "number" });
            if min.is_finite() {
                schema["minimum"] = (*min).into();
            }
            if max.is_finite() {
                schema["maximum"] = (*max).into();
            }
            schema
        }
        Kind::Text => json!({ "type": "string" }),
        Kind::OneOf(words) => json!({ "enum": words }),
        Kind::List(inner) => json!({ "type": "array", "items": kind(inner) }),
        Kind::AnyOf(kinds) => json!({ "anyOf": kinds.iter().map(kind).collect::<Vec<_>>() }),
        Kind::Table(keys) => object(keys, false),
        Kind::Any => json!({}),
    }
}

fn axis(values: &Json) -> Json {
    let range = table_of(json!({
        "from": { "type": "number" }, "to": { "type": "number" }, "step": { "type": "number", "exclusiveMinimum": 0 },
    }));
    json!({ "anyOf": [{ "type": "array", "items": values, "minItems": 1 }, range] })
}

/// The columns of the results, all workloads together, and which workload declares which.
pub(crate) fn columns(registry: &Registry) -> Json {
    let declared: Vec<(&str, Vec<Column>)> = registry.workloads().map(|w| (w.name(), w.columns())).collect();
    let all = column::table(declared.iter().flat_map(|(_, columns)| columns));
    let by = |name: &str| -> Vec<&str> {
        declared
            .iter()
            .filter(|(_, columns)| columns.iter().any(|c| c.name() == name))
            .map(|(w, _)| *w)
            .collect()
    };
    let columns: Vec<Json> = all
        .iter()
        .map(|column| {
            let mut json = column.to_json();
            let owners = by(column.name());
            json["declared_by"] = if owners.is_empty() { json!(["engine"]) } else { json!(owners) };
            json
        })
        .collect();
    json!({ "schema_version": RESULT_SCHEMA, "columns": columns })
}

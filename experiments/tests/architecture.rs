//! The layers point down: a crate may only depend on the workspace crates below it.

#![expect(clippy::expect_used, reason = "helpers of tests stop at the first failure")]

use std::{collections::BTreeMap, fs, path::Path};

/// What each crate may import from the workspace; `experiments` may import everything and nothing imports it.
const MAY_IMPORT: [(&str, &[&str]); 6] = [
    ("crates/ring-math", &[]),
    ("crates/datasets", &[]),
    ("crates/harness", &[]),
    ("crates/ckks", &["ring-math"]),
    ("crates/he-ml", &["ckks", "datasets"]),
    ("experiments", &["ring-math", "ckks", "he-ml", "datasets", "harness"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("experiments lies in the workspace root")
}

fn workspace_dependencies(manifest: &str) -> Vec<String> {
    let table: toml::Table = manifest.parse().expect("the manifest is TOML");
    let ours: Vec<&str> = MAY_IMPORT.iter().map(|(path, _)| path.trim_start_matches("crates/")).collect();
    let mut found = Vec::new();
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        if let Some(toml::Value::Table(dependencies)) = table.get(section) {
            found.extend(dependencies.keys().filter(|name| ours.contains(&name.as_str())).cloned());
        }
    }
    found
}

fn violations(path: &str, manifest: &str, allowed: &[&str]) -> Option<String> {
    let own = path.trim_start_matches("crates/");
    let upward: Vec<String> = workspace_dependencies(manifest)
        .into_iter()
        .filter(|name| name != own && !allowed.contains(&name.as_str()))
        .collect();
    (!upward.is_empty()).then(|| format!("{path}/Cargo.toml must not depend on {upward:?}"))
}

#[test]
fn no_crate_imports_upwards() {
    for (path, allowed) in MAY_IMPORT {
        let manifest = fs::read_to_string(root().join(path).join("Cargo.toml")).expect("the crate exists");
        assert_eq!(violations(path, &manifest, allowed), None);
    }
}

#[test]
fn the_check_notices_an_upward_import() {
    let manifest = "[dependencies]\nckks = { workspace = true }\n";
    assert_eq!(
        violations("crates/harness", manifest, &[]),
        Some(r#"crates/harness/Cargo.toml must not depend on ["ckks"]"#.to_owned())
    );
}

#[test]
fn every_member_is_listed_here() {
    let mut listed: BTreeMap<String, ()> =
        MAY_IMPORT.iter().map(|(path, _)| ((*path).to_owned(), ())).collect();
    for entry in fs::read_dir(root().join("crates")).expect("crates/ exists") {
        let name = entry.expect("readable").file_name().into_string().expect("UTF-8 name");
        assert!(listed.remove(&format!("crates/{name}")).is_some(), "crates/{name} has no layer");
    }
}

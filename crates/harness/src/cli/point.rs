//! `point`: finds the plan entry that is meant and runs it here.

use std::path::PathBuf;

use serde_json::Value as Json;

use super::args::PointArgs;
use crate::child::{RunContext, run_point};
use crate::config::{self, Sweep};
use crate::error::HarnessError;
use crate::plan::{self, Entry};
use crate::run::folder;
use crate::store::Store;
use crate::workload::Registry;

/// What a point is told by HyperQueue.
const HQ_VARIABLE: &str = "HQ_ENTRY";

/// Runs one point.
pub(super) fn command(args: &PointArgs, registry: &Registry) -> Result<u8, HarnessError> {
    let (entry, sweep) = find(args, registry)?;
    let root = match (&args.out, &sweep) {
        (Some(out), _) => out.clone(),
        (None, Some(sweep)) => folder(sweep, None),
        (None, None) => return Err(usage("no folder", "add --out DIR")),
    };
    let store = Store::new(root);
    let mut context = match &args.context {
        Some(text) => {
            let context = serde_json::from_str(text).ok().and_then(|json| RunContext::from_json(&json));
            context.ok_or_else(|| usage("a --context that is none", "leave it to `run`"))?
        }
        None => RunContext::standalone(registry, &store)?,
    };
    context.force |= args.force;
    Ok(run_point(entry, &store, registry, &context)?.code())
}

fn usage(found: &str, remedy: impl Into<String>) -> HarnessError {
    HarnessError::usage(
        "point",
        found,
        "CONFIG --id ID, --index I, --json ENTRY or --from-env NAME, and --out DIR",
        remedy,
    )
}

/// The entry, and the configuration where it was needed.
fn find(args: &PointArgs, registry: &Registry) -> Result<(Entry, Option<Sweep>), HarnessError> {
    if let Some(text) = entry_text(args)? {
        let json: Json = serde_json::from_str(&text).map_err(|error| {
            usage(
                &format!("an entry that is not JSON ({error})"),
                "give an object as `plan --lines` prints it",
            )
        })?;
        if let Some(entry) = Entry::from_json(&json) {
            return Ok((entry, None));
        }
        let id = json.get("point_id").and_then(Json::as_str);
        let id = id.ok_or_else(|| {
            usage("an entry without `point_id`", "give an object as `plan --lines` prints it")
        })?;
        return by_id(args, registry, id);
    }
    match (&args.id, args.index) {
        (Some(id), _) => by_id(args, registry, id),
        (None, Some(index)) => {
            let (entries, sweep) = entries(args, registry)?;
            let count = entries.len();
            let entry = entries.into_iter().nth(index);
            let entry = entry.ok_or_else(|| {
                usage(&format!("--index {index} in a plan of {count} points"), "count from 0")
            })?;
            Ok((entry, sweep))
        }
        (None, None) => Err(usage("no point", "say which one")),
    }
}

fn entry_text(args: &PointArgs) -> Result<Option<String>, HarnessError> {
    if let Some(text) = &args.json {
        return Ok(Some(text.clone()));
    }
    if let Some(name) = &args.from_env {
        return match std::env::var(name) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(usage(&format!("no text in ${name}"), "set the variable to a plan entry")),
        };
    }
    if args.id.is_some() || args.index.is_some() {
        return Ok(None);
    }
    Ok(std::env::var(HQ_VARIABLE).ok())
}

fn by_id(args: &PointArgs, registry: &Registry, id: &str) -> Result<(Entry, Option<Sweep>), HarnessError> {
    let (entries, sweep) = entries(args, registry)?;
    let known: Vec<String> = entries.iter().map(|entry| entry.point_id.clone()).collect();
    match entries.into_iter().find(|entry| entry.point_id == id) {
        Some(entry) => Ok((entry, sweep)),
        None => {
            let hint = crate::diagnostic::nearest(id, known.iter().map(String::as_str));
            let remedy = hint
                .map_or_else(|| "`plan` lists the ids".to_owned(), |near| format!("did you mean {near}?"));
            Err(usage(&format!("the unknown id {id}"), remedy))
        }
    }
}

/// The plan: of `--plan`, else of the configuration, else of the folder.
fn entries(args: &PointArgs, registry: &Registry) -> Result<(Vec<Entry>, Option<Sweep>), HarnessError> {
    if let Some(plan) = &args.plan {
        if !plan.exists() {
            return Err(usage(&format!("no file {}", plan.display()), "write it with `plan --json`"));
        }
        let sweep = args.config.as_ref().filter(|_| args.out.is_none());
        let sweep = sweep.map(|config| config::load(config, &args.sets, registry)).transpose()?;
        return Ok((plan::read(plan)?, sweep));
    }
    if let Some(config) = &args.config {
        let sweep = config::load(config, &args.sets, registry)?;
        return Ok((plan::build(&sweep, registry)?, Some(sweep)));
    }
    let written: Option<PathBuf> =
        args.out.as_ref().map(|out| out.join("plan.json")).filter(|path| path.exists());
    match written {
        Some(plan) => Ok((plan::read(&plan)?, None)),
        None => Err(usage("no configuration and no plan", "name a configuration or a --plan file")),
    }
}

//! The program: reads the command line, calls the engine, decides the exit code.

mod args;
mod point;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::compare::Question;
use crate::config::{self, Sweep};
use crate::console::{note, out, points};
use crate::error::HarnessError;
use crate::filter::Filter;
use crate::plan::{self, Entry};
use crate::report::Options;
use crate::run::{self, Before, INTERRUPTED, RunOptions, RunSummary};
use crate::schema;
use crate::store::Store;
use crate::workload::Registry;
use args::{
    Cli, Command, ConfigCommand, ExportArgs, ExportFormat, MergeArgs, MessageFormat, PlanArgs, RunArgs,
    Source,
};

/// Configuration that is run when none is named.
const DEFAULT_CONFIG: &str = "configs/quick.toml";
/// Figures that are drawn from published results, beside those of their configurations.
const FIGURE_LIST: &str = "configs/figures.toml";
/// Budget of the default configuration.
const DEFAULT_BUDGET: Duration = Duration::from_secs(110);

/// Runs a sweep program over the process's command line.
///
/// Exit codes: 0 all done; 2 configuration or usage; 3 some point failed; 4 a regression was found; 75 a point worth
/// another try; 130 interrupted; 1 the machine did not cooperate (a full disk, a missing permission).
#[must_use]
pub fn main(registry: Registry) -> ExitCode {
    let command = Cli::command().name(registry.program()).bin_name(registry.program());
    let cli = match command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let mistakes = registry.mistakes();
    if !mistakes.is_empty() {
        note(mistakes.join("\n"));
        return ExitCode::from(2);
    }
    match dispatch(cli, &registry) {
        Ok(0) if crate::console::lost() => ExitCode::from(1),
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let text = error.to_string();
            note(if text.starts_with("error: ") { text } else { format!("error: {text}") });
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(cli: Cli, registry: &Registry) -> Result<u8, HarnessError> {
    match cli.command {
        None => default_run(cli.run, registry),
        Some(Command::Run(args)) => run_command(args, registry),
        Some(Command::Plan(args)) => plan_command(&args, registry),
        Some(Command::Point(args)) => point::command(&args, registry),
        Some(Command::Merge(args)) => merge_command(&args, registry),
        Some(Command::Config(command)) => config_command(&command, registry),
        Some(Command::Completions { shell }) => {
            let mut command = Cli::command();
            clap_complete::generate(shell, &mut command, registry.program(), &mut std::io::stdout());
            Ok(0)
        }
        Some(Command::Status(args)) => {
            let store = results(&args.folder)?;
            if !store.path("plan.json").is_file() {
                return Err(no_sweep(&args.folder, "a folder without plan.json"));
            }
            crate::status::status(&store, &plan::read(&store.path("plan.json"))?, registry)?;
            Ok(0)
        }
        Some(Command::Report(args)) => {
            let store = results(&args.folder)?;
            crate::report::report(&store, Options { allow_mixed: args.allow_mixed, full: args.full })?;
            if args.open {
                open(&store.path("report.html"));
            }
            Ok(0)
        }
        Some(Command::Publish(args)) => {
            let folder = if args.name.is_dir() { args.name.clone() } else { args.dir.join(&args.name) };
            let from = results(&folder)?;
            let name = folder.file_name().unwrap_or(args.name.as_os_str()).to_owned();
            let to = Store::new(args.dir.join("reference").join(name));
            crate::publish::publish(&from, &to, figure_list(None).as_deref())?;
            Ok(0)
        }
        Some(Command::Figures(args)) => {
            let (list, only) = (figure_list(args.list), args.only.as_deref());
            let changed = crate::publish::figures(list.as_deref(), &args.reference, only, args.check)?;
            Ok(if changed && args.check { 4 } else { 0 })
        }
        Some(Command::Compare(args)) => {
            let (before, after) = (results(&args.before)?, results(&args.after)?);
            let question = Question {
                metric: args.metric,
                higher_is_better: args.higher_is_better,
                tolerance: args.fail_on_regression,
            };
            Ok(if crate::compare::compare(&before, &after, &question)? { 4 } else { 0 })
        }
        Some(Command::Export(args)) => export_command(&args),
        Some(Command::Schema(args)) => {
            let schema =
                if args.columns { schema::columns(registry) } else { schema::configuration(registry) };
            out(serde_json::to_string_pretty(&schema).unwrap_or_default());
            Ok(0)
        }
        Some(Command::Doctor) => {
            crate::doctor::doctor(registry);
            Ok(0)
        }
    }
}

/// The list of figures that is given, or the usual one where it is there.
fn figure_list(given: Option<PathBuf>) -> Option<PathBuf> {
    given.or_else(|| Some(PathBuf::from(FIGURE_LIST)).filter(|path| path.is_file()))
}

/// A results folder that exists.
fn results(folder: &Path) -> Result<Store, HarnessError> {
    if folder.is_dir() {
        return Ok(Store::new(folder));
    }
    Err(no_sweep(folder, "no folder"))
}

/// The refusal of a folder in which no sweep was run.
fn no_sweep(folder: &Path, found: &str) -> HarnessError {
    let there = folder.display();
    HarnessError::usage(
        &format!("no sweep in {there}"),
        found,
        "a sweep's own folder, the one that holds its results.csv",
        format!("start one there with `run CONFIG --out {there}`, or give the folder of one that was run"),
    )
}

/// Opens a page with the desktop's viewer; failing that, its path has been printed.
fn open(page: &Path) {
    let started = std::process::Command::new("xdg-open").arg(page).spawn();
    if let Err(error) = started {
        note(format!("cannot open {}: {error}", page.display()));
    }
}

fn export_command(args: &ExportArgs) -> Result<u8, HarnessError> {
    let store = results(&args.folder)?;
    let table = crate::merge::read_table(&store)?;
    let (suffix, bytes) = match args.format {
        ExportFormat::Csv => ("csv", table.to_csv()?),
        ExportFormat::Jsonl => ("jsonl", table.to_jsonl().into_bytes()),
        ExportFormat::Parquet => ("parquet", table.to_parquet()?),
    };
    let target = args.to.clone().unwrap_or_else(|| store.path(&format!("results.{suffix}")));
    if target.as_os_str() == "-" {
        crate::console::raw(&bytes);
    } else {
        crate::store::write_atomic(&target, &bytes)?;
        note(format!("{}: {} rows", target.display(), table.rows()));
    }
    Ok(0)
}

/// `sweep CONFIG`, or the quick sweep and its report.
fn default_run(mut args: RunArgs, registry: &Registry) -> Result<u8, HarnessError> {
    if args.config.is_some() {
        return run_command(args, registry);
    }
    if !Path::new(DEFAULT_CONFIG).exists() {
        return Err(HarnessError::usage(
            "run the quick sweep",
            format!("no {DEFAULT_CONFIG} here"),
            "the project's root as the current folder",
            "go there, or name a configuration",
        ));
    }
    args.config = Some(PathBuf::from(DEFAULT_CONFIG));
    args.budget.get_or_insert(DEFAULT_BUDGET);
    let json = args.message_format == MessageFormat::Json;
    let Some(summary) = execute(args, registry)? else { return Ok(0) };
    let code = summary.exit_code();
    if json || code == INTERRUPTED {
        return Ok(code);
    }
    crate::report::report(&summary.store, Options::default())?;
    out(next_steps(registry, &summary.store));
    Ok(code)
}

/// Three commands to go on with, as this program was called.
fn next_steps(registry: &Registry, store: &Store) -> String {
    let program = registry.program();
    // Cargo says so to the programs it runs.
    let call = match std::env::var_os("CARGO") {
        Some(_) => format!("cargo run --bin {program} --"),
        None => std::env::args().next().unwrap_or_else(|| program.to_owned()),
    };
    let folder = store.root().display();
    let first = (format!("report {folder} --open"), "all medians and figures, in a browser");
    let own = registry.next_steps().map(|(arguments, what)| (arguments.to_owned(), what));
    let last = [
        (format!("status {folder}"), "what is done and what is missing"),
        (format!("config show {DEFAULT_CONFIG}"), "what was run"),
    ];
    let lines = std::iter::once(first).chain(own).chain(last).take(3);
    let lines: String =
        lines.map(|(arguments, what)| format!("\n  {call} {arguments}\n      {what}")).collect();
    format!("\ngo on with:{lines}")
}

fn load(source: &Source, registry: &Registry) -> Result<Sweep, HarnessError> {
    config::load(&source.config, &source.sets, registry)
}

fn run_command(args: RunArgs, registry: &Registry) -> Result<u8, HarnessError> {
    Ok(execute(args, registry)?.map_or(0, |summary| summary.exit_code()))
}

/// Runs a sweep; `None` after a dry run.
fn execute(args: RunArgs, registry: &Registry) -> Result<Option<RunSummary>, HarnessError> {
    let config = args.config.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_CONFIG));
    let sweep = config::load(&config, &args.sets, registry)?;
    let options = RunOptions {
        only: filter(&args.only)?,
        out: args.out,
        force: args.force,
        retry_failed: args.retry_failed,
        jobs: usize::from(args.jobs),
        pin: args.pin,
        budget: args.budget.or(sweep.budget_seconds.and_then(|s| Duration::try_from_secs_f64(s).ok())),
        json: args.message_format == MessageFormat::Json,
    };
    known_names(&options.only, &sweep)?;
    if args.dry_run {
        run::dry_run(&sweep, registry, &options)?;
        return Ok(None);
    }
    crate::interrupt::listen();
    run::run(&sweep, registry, &options).map(Some)
}

fn filter(conditions: &[String]) -> Result<Filter, HarnessError> {
    conditions.iter().try_fold(Filter::default(), |all, text| {
        let one = Filter::parse(text).map_err(|message| {
            HarnessError::usage("--only", format!("`{text}`"), "a condition on parameters", message)
        })?;
        Ok(all.and(one))
    })
}

/// A condition on a name that no point has would silently select nothing.
fn known_names(only: &Filter, sweep: &Sweep) -> Result<(), HarnessError> {
    let mut known: Vec<String> = ["workload", "sweep", "point_id"].map(str::to_owned).into();
    for spec in &sweep.members {
        known.extend(spec.fixed.iter().map(|(key, _)| key.to_owned()));
        known.extend(spec.axes.iter().flat_map(|axis| axis.columns.iter().map(|(path, _)| path.clone())));
    }
    match only.names().find(|name| !known.iter().any(|k| k == name || name.starts_with(&format!("{k}.")))) {
        None => Ok(()),
        Some(name) => Err(HarnessError::usage(
            "--only",
            format!("the unknown name `{name}`"),
            "a parameter of the sweep",
            crate::diagnostic::suggest(name, known.iter().map(String::as_str)),
        )),
    }
}

/// The points that have no result yet.
fn missing(entries: Vec<Entry>, store: &Store) -> Vec<Entry> {
    let open = |entry: &Entry| {
        let stored = store.read_point(&entry.point_id).ok().flatten();
        run::before(entry, stored.as_ref()) == Before::Missing
    };
    entries.into_iter().filter(open).collect()
}

fn plan_command(args: &PlanArgs, registry: &Registry) -> Result<u8, HarnessError> {
    let sweep = load(&args.source, registry)?;
    let only = filter(&args.only)?;
    known_names(&only, &sweep)?;
    let mut entries = plan::build(&sweep, registry)?;
    entries.retain(|entry| run::selected(entry, &only));
    if args.missing {
        entries = missing(entries, &Store::new(run::folder(&sweep, args.out.as_ref())));
    }
    if args.count {
        out(entries.len());
    } else if args.lines {
        entries.iter().for_each(|entry| out(entry.to_json()));
    } else if args.json {
        out(run::plan_text(&entries).trim_end());
    } else {
        for entry in &entries {
            let state = entry
                .infeasible
                .as_ref()
                .map_or_else(String::new, |(code, why)| format!("  infeasible ({code}: {why})"));
            out(format!("{:>5}  {}  {}{state}", entry.index, entry.point_id, entry.label()));
        }
        out(points(entries.len()));
    }
    Ok(0)
}

fn merge_command(args: &MergeArgs, registry: &Registry) -> Result<u8, HarnessError> {
    for folder in &args.folders {
        if !folder.join("points").is_dir() {
            return Err(HarnessError::usage(
                "merge",
                format!("{} without a points folder", folder.display()),
                "results folders",
                "give the sweeps' own folders, the ones that hold `points`",
            ));
        }
    }
    let stores: Vec<Store> = args.folders.iter().map(Store::new).collect();
    let target = match (&args.out, stores.first()) {
        (Some(out), _) => Store::new(out),
        (None, Some(first)) => first.clone(),
        (None, None) => return Ok(2),
    };
    for store in &stores {
        let killed = crate::merge::record_abandoned(store, &plan::read(&store.path("plan.json"))?, registry)?;
        if killed > 0 {
            note(format!("{}: {} killed while running", store.root().display(), points(killed)));
        }
    }
    let merged = crate::merge::merge(&stores, &target, registry)?;
    if merged.cpu_models.len() > 1 {
        note(format!("warning: timings of several CPU models are mixed: {}", merged.cpu_models.join("; ")));
    }
    let counts: Vec<String> = merged.counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
    note(format!(
        "{}: {} ({}), {} rows",
        target.root().display(),
        points(merged.points()),
        counts.join(", "),
        merged.rows
    ));
    Ok(0)
}

fn config_command(command: &ConfigCommand, registry: &Registry) -> Result<u8, HarnessError> {
    match command {
        ConfigCommand::Show(source) => out(load(source, registry)?.annotated.trim_end()),
        ConfigCommand::Check(source) => {
            let sweep = load(source, registry)?;
            let entries = plan::build(&sweep, registry)?;
            let infeasible = entries.iter().filter(|entry| entry.infeasible.is_some()).count();
            out(format!(
                "{}: good; {}, {infeasible} of them infeasible",
                source.config.display(),
                points(entries.len())
            ));
        }
    }
    Ok(0)
}

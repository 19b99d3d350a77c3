//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Plans, runs, resumes and reports parameter sweeps.
///
/// Without a command, `CONFIG` alone is `run CONFIG`; with nothing at all the quick sweep is run and reported.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// `sweep CONFIG ...` is `sweep run CONFIG ...`.
    #[command(flatten)]
    pub run: RunArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run what is missing of a sweep, one process per point
    Run(RunArgs),
    /// Print the plan of a sweep; runs nothing
    Plan(PlanArgs),
    /// Run one point in this process
    Point(PointArgs),
    /// Combine results folders and write results.csv
    Merge(MergeArgs),
    /// Say what is done, failed, stale and missing
    Status(FolderArgs),
    /// Tables, figures and report.html from results.csv
    Report(ReportArgs),
    /// Copy a run made from a clean commit to the committed results
    Publish(PublishArgs),
    /// Redraw every figure of the committed results
    Figures(FiguresArgs),
    /// Compare two results folders point by point
    Compare(CompareArgs),
    /// Write the result table in another format
    Export(ExportArgs),
    /// Look at a configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the JSON Schema of configurations, or the columns of the results
    Schema(SchemaArgs),
    /// Say what this machine does to timings
    Doctor,
    /// Print a shell completion script
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// A configuration with overrides.
#[derive(Args, Clone, Debug)]
pub(crate) struct Source {
    /// Configuration file
    pub config: PathBuf,
    /// Override one key, `--set params.size=14` or `--set grid.size=12,13`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
}

/// `run`.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArgs {
    /// Configuration file
    pub config: Option<PathBuf>,
    /// Override one key, `--set params.size=14` or `--set grid.size=12,13`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Only points where this holds, `size<=14 and method==direct`; may be repeated
    #[arg(long, value_name = "CONDITION")]
    pub only: Vec<String>,
    /// The sweep's own folder instead of OUTPUT.DIR/NAME
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Continue where an earlier run stopped (this is the default)
    #[arg(long, conflicts_with = "force")]
    pub resume: bool,
    /// Measure again what is done
    #[arg(long)]
    pub force: bool,
    /// Try failed points again
    #[arg(long)]
    pub retry_failed: bool,
    /// Print the points with estimates, run nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Points at a time, each on cores of its own; more than one is marked in the results
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
    /// Cores to stay on, `0,1`
    #[arg(long, value_delimiter = ',', value_name = "CORES")]
    pub pin: Vec<usize>,
    /// Start no point that would end later than this, `10m`; cheapest points first
    #[arg(long, value_parser = span, value_name = "TIME")]
    pub budget: Option<Duration>,
    /// How to tell what happens
    #[arg(long, value_enum, default_value_t = MessageFormat::Human)]
    pub message_format: MessageFormat,
}

/// How to tell what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// Lines for people on standard error.
    Human,
    /// One JSON object per event on standard output.
    Json,
}

/// `plan`.
#[derive(Args, Clone, Debug)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub source: Source,
    /// As a JSON array
    #[arg(long, conflicts_with_all = ["lines", "count"])]
    pub json: bool,
    /// As one JSON object per line
    #[arg(long, conflicts_with = "count")]
    pub lines: bool,
    /// Only the number of points
    #[arg(long)]
    pub count: bool,
    /// Only points without a result in the sweep's folder
    #[arg(long)]
    pub missing: bool,
    /// Only points where this holds; may be repeated
    #[arg(long, value_name = "CONDITION")]
    pub only: Vec<String>,
    /// The sweep's own folder, for --missing
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `point`.
#[derive(Args, Clone, Debug)]
pub(crate) struct PointArgs {
    /// Configuration file; not needed where the whole plan entry is given
    pub config: Option<PathBuf>,
    /// Override one key, as in `run`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// The point's id
    #[arg(long)]
    pub id: Option<String>,
    /// The point's position in the plan (of --plan, or of the configuration)
    #[arg(long, conflicts_with = "id")]
    pub index: Option<usize>,
    /// A plan file written by `plan --json` or `plan --lines`
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// The plan entry itself, or `{"point_id": ".."}`
    #[arg(long, conflicts_with_all = ["id", "index"])]
    pub json: Option<String>,
    /// Name of an environment variable that holds the plan entry (HQ_ENTRY is looked at by itself)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["id", "index", "json"])]
    pub from_env: Option<String>,
    /// What `run` tells the points it starts
    #[arg(long, hide = true)]
    pub context: Option<String>,
    /// Measure again even if it is done
    #[arg(long)]
    pub force: bool,
    /// The sweep's own folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `merge`.
#[derive(Args, Clone, Debug)]
pub(crate) struct MergeArgs {
    /// Results folders
    #[arg(required = true)]
    pub folders: Vec<PathBuf>,
    /// Where to; the first folder where it is left out
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// A results folder.
#[derive(Args, Clone, Debug)]
pub(crate) struct FolderArgs {
    /// Results folder
    pub folder: PathBuf,
}

/// `report`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ReportArgs {
    /// Results folder
    pub folder: PathBuf,
    /// Print every median instead of the numbers of the figures
    #[arg(long)]
    pub full: bool,
    /// Draw timings of several CPU models, or of isolated and shared runs, together
    #[arg(long)]
    pub allow_mixed: bool,
    /// Open report.html afterwards
    #[arg(long)]
    pub open: bool,
}

/// `publish`.
#[derive(Args, Clone, Debug)]
pub(crate) struct PublishArgs {
    /// Name of the sweep, or its folder
    pub name: PathBuf,
    /// Where the results are
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub dir: PathBuf,
}

/// `figures`.
#[derive(Args, Clone, Debug)]
pub(crate) struct FiguresArgs {
    /// A list of further figures, `[figure.ID]` tables; configs/figures.toml where there is one
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,
    /// The figures of one sweep, or one figure: SWEEP or SWEEP/FIGURE
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
    /// Write nothing; exit with 4 when a drawing or its table would change
    #[arg(long)]
    pub check: bool,
    /// The committed results
    #[arg(long, default_value = "results/reference", value_name = "DIR")]
    pub reference: PathBuf,
}

/// `compare`.
#[derive(Args, Clone, Debug)]
pub(crate) struct CompareArgs {
    /// The reference
    pub before: PathBuf,
    /// What is compared with it
    pub after: PathBuf,
    /// Column to compare
    #[arg(long, default_value = "wall_s")]
    pub metric: String,
    /// Larger values of the column are better
    #[arg(long)]
    pub higher_is_better: bool,
    /// Exit with 4 when a point is worse by more than this, `10%`, with evidence
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub fail_on_regression: Option<f64>,
}

/// `export`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ExportArgs {
    /// Results folder
    pub folder: PathBuf,
    /// The format
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// Where to; results.FORMAT in the folder where it is left out, `-` for standard output
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

/// Formats of the result table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Comma-separated values.
    Csv,
    /// One JSON object per row.
    Jsonl,
    /// Apache Parquet.
    Parquet,
}

/// `config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the composed configuration with the origin of each key
    Show(Source),
    /// Check a configuration and count its points; writes nothing
    Check(Source),
}

/// `schema`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SchemaArgs {
    /// The columns of the results instead, as JSON
    #[arg(long)]
    pub columns: bool,
}

/// `90s` or `10m` as a time.
fn span(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "write a number with its unit, such as 90s, 10m or 1h 30m".to_owned())
}

/// `10%` or `0.1` as a fraction.
fn percent(text: &str) -> Result<f64, String> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 0.01));
    match number.trim().parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value * unit),
        _ => Err("write a share such as 10% or 0.1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
        assert_eq!(percent("10%"), Ok(0.1));
        assert!(percent("ten").is_err());
        assert_eq!(span("1h 30m"), Ok(Duration::from_secs(5400)));
        for wrong in ["ten", "10", "-3s", ""] {
            assert!(span(wrong).is_err_and(|why| why.contains("10m")), "{wrong}");
        }
    }
}

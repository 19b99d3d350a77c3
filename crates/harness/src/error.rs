//! What can go wrong outside the points themselves.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Sources};

/// An error of the engine. A failing *point* is no error: it is a row with a status, and the sweep goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HarnessError {
    /// The configuration is wrong.
    #[error("{}", problems.iter().map(|p| p.rendered.as_str()).collect::<Vec<_>>().join("\n\n"))]
    Spec {
        /// Everything that is wrong, in the order in which it was found.
        problems: Vec<Problem>,
    },
    /// A plan or point file names a workload that this program does not have.
    #[error("unknown workload `{name}`; this program has {}", crate::diagnostic::list(known.iter().map(String::as_str)))]
    UnknownWorkload {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The command line asks for something that does not fit.
    #[error("{operation}: found {found}, expected {expected}; {remedy}")]
    Usage {
        /// What was attempted.
        operation: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
        /// What to do.
        remedy: String,
    },
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Store {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The folder of a sweep cannot be made, or nothing can be written there.
    #[error("cannot use {} as the sweep's folder: {}; {}", path.display(), reason(source), ROOM)]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file of the results folder has not the expected content.
    #[error("{} is not {expected}: {found}; {remedy}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
        /// What is wrong with it.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The process of a point could not be started.
    #[error("cannot start the process of point {point}: {source}")]
    Child {
        /// The point.
        point: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A table could not be built, read or written.
    #[error("cannot {action}: {message}")]
    Table {
        /// What was attempted.
        action: &'static str,
        /// Why not.
        message: String,
    },
    /// The run was interrupted before it began.
    #[error("interrupted while waiting for {}", path.display())]
    Interrupted {
        /// What it waited for.
        path: PathBuf,
    },
    /// A figure could not be drawn.
    #[error("cannot draw figure `{id}`: {message}")]
    Figure {
        /// The figure.
        id: String,
        /// Why not.
        message: String,
    },
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug)]
pub struct Problem {
    /// File (or `--set` assignment) it is in; empty where it is in none.
    pub file: String,
    /// 1-based line, 0 where there is none.
    pub line: usize,
    /// 1-based column, 0 where there is none.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// All of it with arrows, ready to print.
    pub rendered: String,
}

impl HarnessError {
    /// Exit code: 2 for configuration and usage, 130 for an interrupt, 1 for a machine that does not cooperate.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Spec { .. } | Self::UnknownWorkload { .. } | Self::Usage { .. } | Self::Content { .. } => 2,
            Self::Interrupted { .. } => 130,
            Self::Folder { .. }
            | Self::Store { .. }
            | Self::Child { .. }
            | Self::Table { .. }
            | Self::Figure { .. } => 1,
        }
    }

    pub(crate) fn spec(problems: &[Diagnostic], sources: &Sources) -> Self {
        let problems = problems
            .iter()
            .map(|d| {
                let first = d.labels.first().map(|(origin, _)| origin);
                let (line, column) = first.map_or((0, 0), |origin| sources.line_column(origin));
                Problem {
                    file: first.map_or_else(String::new, |origin| sources.name(origin.source).to_owned()),
                    line,
                    column,
                    message: d.message.clone(),
                    help: d.help.clone(),
                    rendered: d.render(sources),
                }
            })
            .collect();
        Self::Spec { problems }
    }

    pub(crate) fn usage(
        operation: &str,
        found: impl Into<String>,
        expected: &str,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Usage {
            operation: operation.to_owned(),
            found: found.into(),
            expected: expected.to_owned(),
            remedy: remedy.into(),
        }
    }
}

/// What helps where a sweep cannot write.
const ROOM: &str = "name another folder with `--out FOLDER`, or make this one writable";

/// What a system's error comes to for a path that was given.
fn reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind as Kind;
    const REASONS: [(Kind, &str); 5] = [
        (Kind::NotADirectory, "a part of its path is a file"),
        (Kind::AlreadyExists, "a part of its path is a file"),
        (Kind::PermissionDenied, "no permission to write there"),
        (Kind::ReadOnlyFilesystem, "its file system is read-only"),
        (Kind::StorageFull, "its disk is full"),
    ];
    let known = REASONS.iter().find(|(kind, _)| *kind == error.kind());
    known.map_or_else(|| error.to_string(), |(_, reason)| (*reason).to_owned())
}

/// Shorthand for [`HarnessError::Folder`] in `map_err`.
pub(crate) fn folder(path: &Path) -> impl FnOnce(std::io::Error) -> HarnessError {
    let path = path.to_owned();
    move |source| HarnessError::Folder { path, source }
}

/// Shorthand for [`HarnessError::Store`] in `map_err`.
pub(crate) fn store(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> HarnessError {
    let path = path.to_owned();
    move |source| HarnessError::Store { action, path, source }
}

//! A folder with configurations, and the program run in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sleep-sweep");

/// A temporary folder in which the program runs.
pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    /// A folder with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            bench.write(name, text);
        }
        bench
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Done {
        Done::from(self.command(args).output().unwrap())
    }

    /// Runs the program and expects this exit code.
    pub(crate) fn expect(&self, code: i32, args: &[&str]) -> Done {
        let done = self.run(args);
        assert_eq!(done.code, code, "{args:?}\n{}{}", done.out, done.err);
        done
    }

    /// Starts the program.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The result table of a folder.
    pub(crate) fn table(&self, folder: &str) -> Vec<BTreeMap<String, String>> {
        read_csv(&self.path(folder).join("results.csv"))
    }

    /// What of a table does not depend on when and how fast it was measured.
    pub(crate) fn facts(&self, folder: &str) -> Vec<String> {
        let lasting =
            ["point_id", "stage", "op", "rep", "is_warmup", "size", "label", "err_abs", "status", "seed"];
        let row = |row: BTreeMap<String, String>| lasting.map(|name| row[name].clone()).join("|");
        self.table(folder).into_iter().map(row).collect()
    }
}

/// A finished program.
#[derive(Debug)]
pub(crate) struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A CSV file by a reader of its own: RFC 4180, nothing else.
pub(crate) fn read_csv(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut records = vec![vec![String::new()]];
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        let record = records.last_mut().unwrap();
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                record.last_mut().unwrap().push(chars.next().unwrap())
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(String::new()),
            '\n' if !quoted => records.push(vec![String::new()]),
            c => record.last_mut().unwrap().push(c),
        }
    }
    assert!(!quoted, "an open quote at the end of {}", path.display());
    assert_eq!(records.pop().unwrap(), [""], "the last line of {} is cut", path.display());
    let header = records.remove(0);
    records
        .into_iter()
        .map(|record| {
            assert_eq!(record.len(), header.len(), "a ragged row in {}", path.display());
            header.iter().cloned().zip(record).collect()
        })
        .collect()
}

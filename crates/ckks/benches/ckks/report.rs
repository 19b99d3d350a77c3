//! The table and the CSV file of the benchmark.

use std::{fs, io, path::Path};

/// Columns of the file.
const HEADER: &str = "op,log_n,limbs,dnum,threads,kernel,median_ns,min_ns,yardstick,yardstick_ns";

/// Columns that say what was measured; a new measurement replaces an old row that agrees in them.
const KEY_COLUMNS: usize = 6;

/// One measured operation.
pub struct Row {
    pub op: &'static str,
    pub log_n: u32,
    pub limbs: usize,
    pub dnum: usize,
    pub threads: usize,
    pub kernel: &'static str,
    pub median_ns: f64,
    pub min_ns: f64,
    pub yardstick: &'static str,
    pub yardstick_ns: f64,
}

impl Row {
    fn csv(&self) -> String {
        let Self { op, log_n, limbs, dnum, threads, kernel, median_ns, min_ns, yardstick, yardstick_ns } =
            self;
        format!(
            "{op},{log_n},{limbs},{dnum},{threads},{kernel},{median_ns:.0},{min_ns:.0},{yardstick},{yardstick_ns:.0}"
        )
    }
}

fn key(line: &str) -> String {
    line.split(',').take(KEY_COLUMNS).collect::<Vec<_>>().join(",")
}

/// Writes `rows` to `path`, keeping older rows of what was not measured this time.
pub fn write(path: &Path, rows: &[Row]) -> io::Result<()> {
    let lines: Vec<String> = rows.iter().map(Row::csv).collect();
    let old = fs::read_to_string(path).unwrap_or_default();
    let kept = old
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty() && !lines.iter().any(|new| key(new) == key(line)))
        .map(str::to_owned);
    let mut all: Vec<String> = kept.chain(lines.iter().cloned()).collect();
    all.sort();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, format!("{HEADER}\n{}\n", all.join("\n")))
}

/// Prints `rows` with the ratio of each median to its yardstick: above 1 is faster.
pub fn print(rows: &[Row]) {
    println!(
        "\n{:18} {:>5} {:>5} {:>4} {:>7} {:>11} {:>10} {:>10} {:>10} {:>7}  yardstick's source",
        "op", "log N", "limbs", "dnum", "threads", "kernel", "median us", "min us", "yardstick", "ratio"
    );
    for row in rows {
        println!(
            "{:18} {:>5} {:>5} {:>4} {:>7} {:>11} {:>10.1} {:>10.1} {:>10.1} {:>6.2}x  {}",
            row.op,
            row.log_n,
            row.limbs,
            row.dnum,
            row.threads,
            row.kernel,
            row.median_ns / 1e3,
            row.min_ns / 1e3,
            row.yardstick_ns / 1e3,
            row.yardstick_ns / row.median_ns,
            row.yardstick,
        );
    }
}

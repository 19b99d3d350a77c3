//! Alternating measurements: a batch of ours, a batch of the peer's, and so on in one process, so that drift of the
//! machine's speed falls on both.

use crate::cases::{Action, Bench, CONVERT_SOURCES, OPS};
use ring_math::Kernel;
use std::{fmt::Write as _, fs, path::PathBuf, time::Instant};

/// Batches of each side.
const ROUNDS: usize = 15;

/// Wanted length of a batch: long against the clock's step, short against changes of the machine's speed.
const BATCH_NS: f64 = 1.5e6;

/// One measured case; times are per limb.
pub(crate) struct Row {
    op: &'static str,
    log_n: u32,
    limbs: usize,
    prime_bits: u32,
    kernel: &'static str,
    median_ns: f64,
    min_ns: f64,
    peer_median_ns: Option<f64>,
}

fn time(action: &mut Action, calls: usize) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        action();
    }
    start.elapsed().as_nanos() as f64 / calls as f64
}

/// Calls per batch: a warm-up round over every limb, then enough to fill [`BATCH_NS`].
fn calibrate(action: &mut Action, limbs: usize) -> usize {
    let once = time(action, limbs.max(3));
    let calls = (BATCH_NS / once).ceil() as usize;
    calls.max(1).next_multiple_of(limbs)
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// Samples of ours and of the peer's, batch by batch in turn.
fn alternate(ours: &mut Action, peer: Option<&mut Action>, limbs: usize) -> (Vec<f64>, Vec<f64>) {
    let calls = calibrate(ours, limbs);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    match peer {
        None => a.extend((0..ROUNDS).map(|_| time(ours, calls))),
        Some(peer) => {
            let peer_calls = calibrate(peer, limbs);
            for _ in 0..ROUNDS {
                a.push(time(ours, calls));
                b.push(time(peer, peer_calls));
            }
        }
    }
    (a, b)
}

/// Measures every case of the table whose operation `wanted` accepts.
pub(crate) fn measure(wanted: impl Fn(&str) -> bool) -> Vec<Row> {
    let kernel = Kernel::select().expect("the forced kernel runs here");
    let mut rows = Vec::new();
    for log_n in 12..=16 {
        for prime_bits in [48, 50, 60] {
            for limbs in [1, 35] {
                let bench = Bench::new(log_n, prime_bits, limbs, kernel);
                // One limb is no group.
                for op in OPS.into_iter().filter(|op| wanted(op) && (limbs > 1 || *op != "convert_group")) {
                    let mut case = bench.case(op);
                    let (mut a, mut b) = alternate(&mut case.ours, case.peer.as_mut(), limbs);
                    rows.push(Row {
                        op: case.op,
                        log_n,
                        limbs,
                        prime_bits,
                        kernel: case.kernel,
                        min_ns: a.iter().copied().fold(f64::INFINITY, f64::min),
                        median_ns: median(&mut a),
                        peer_median_ns: (!b.is_empty()).then(|| median(&mut b)),
                    });
                }
            }
        }
    }
    rows
}

/// Prints the table people read.
#[expect(clippy::print_stdout, reason = "a benchmark prints its table")]
pub(crate) fn print(rows: &[Row]) {
    println!(
        "One thread; times per limb. base_convert: one target limb from {CONVERT_SOURCES} sources, so that a"
    );
    println!(
        "source-target pair takes a {CONVERT_SOURCES}th; mac: two sums of four products. Peer: tfhe-ntt."
    );
    println!(
        "convert_group: target limbs by sevens with their quotients, from 4 sources, at 2^15 from 5, at 2^16 from 9."
    );
    println!(
        "{:<13} {:>5} {:>5} {:>5} {:<11} {:>10} {:>9} {:>10} {:>6}",
        "op", "log N", "limbs", "bits", "kernel", "median us", "ns/coeff", "peer us", "ratio"
    );
    for row in rows {
        let (peer, ratio) = match row.peer_median_ns {
            Some(ns) => (format!("{:.2}", ns / 1e3), format!("{:.2}", ns / row.median_ns)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        println!(
            "{:<13} {:>5} {:>5} {:>5} {:<11} {:>10.2} {:>9.3} {peer:>10} {ratio:>6}",
            row.op,
            row.log_n,
            row.limbs,
            row.prime_bits,
            row.kernel,
            row.median_ns / 1e3,
            row.median_ns / f64::from(1 << row.log_n),
        );
    }
}

/// Writes `target/bench/ring-math.csv`, one row per measured case.
pub(crate) fn write_csv(rows: &[Row]) {
    let mut text =
        String::from("op,log_n,limbs,prime_bits,threads,kernel,median_ns,min_ns,peer,peer_median_ns\n");
    for row in rows {
        let (peer, peer_ns) = match row.peer_median_ns {
            Some(ns) => ("tfhe-ntt", format!("{ns:.1}")),
            None => ("", String::new()),
        };
        let _ = writeln!(
            text,
            "{},{},{},{},1,{},{:.1},{:.1},{peer},{peer_ns}",
            row.op, row.log_n, row.limbs, row.prime_bits, row.kernel, row.median_ns, row.min_ns
        );
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    let folder = target.join("bench");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    fs::write(folder.join("ring-math.csv"), text).expect("the target folder can be written");
}

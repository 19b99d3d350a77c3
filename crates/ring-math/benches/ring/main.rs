//! The speed of the ring, one thread, beside the crate `tfhe-ntt` in the same process.
//!
//! `cargo bench -p ring-math` prints a table and writes `target/bench/ring-math.csv`, then runs criterion on the
//! transforms. `cargo bench -p ring-math -- --table` stops after the table; words after that
//! select operations, for instance `-- --table ntt`.

#![expect(clippy::expect_used, reason = "a benchmark stops at the first failure")]

mod cases;
mod table;

use criterion::{BenchmarkId, Criterion, Throughput};
use ring_math::{Kernel, Modulus, ResidueRing, ntt_primes};
use std::time::Duration;

/// Criterion's statistics for one hot limb of a 48-bit prime, both directions, every size.
fn transforms(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("transform, 48-bit prime");
    group
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(20);
    let kernel = Kernel::select().expect("the forced kernel runs here");
    for log_n in 12..=16 {
        let prime = ntt_primes(48, log_n, 1, &[]).expect("exists")[0];
        let ring = ResidueRing::new(Modulus::new(prime).expect("prime"), log_n, kernel).expect("friendly");
        let mut limb: Vec<u64> = (0..1u64 << log_n).map(|i| i * i % prime).collect();
        group.throughput(Throughput::Elements(1 << log_n));
        group.bench_function(BenchmarkId::new("forward", log_n), |b| b.iter(|| ring.forward(&mut limb)));
        group.bench_function(BenchmarkId::new("inverse", log_n), |b| b.iter(|| ring.inverse(&mut limb)));
    }
    group.finish();
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let filters: Vec<&String> = arguments.iter().filter(|a| !a.starts_with("--")).collect();
    let rows = table::measure(|op| filters.is_empty() || filters.iter().any(|f| op.contains(f.as_str())));
    table::print(&rows);
    table::write_csv(&rows);
    if arguments.iter().any(|a| a == "--table") {
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    transforms(&mut criterion);
    criterion.final_summary();
}

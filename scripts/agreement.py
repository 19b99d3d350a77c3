#!/usr/bin/env python3
"""Shows whether the times of a sweep agree with `cargo bench -p ckks`, both built with --release.

    python3 scripts/agreement.py [LOG_N] [ROUNDS]        # 13, 14 or 15; 14 and 3 rounds where they are left out

Runs both by turns, ROUNDS times, and compares for each operation the least of the rounds' medians: what else runs on
the machine only ever adds. Takes about 20 seconds a round on a quiet machine, after the builds. Exits with 1 when an
operation differs by more than 3%. Python's standard library is all it needs.
"""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = "scripts/agreement.toml"
TOLERANCE = 0.03


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def sweep_medians(program, log_n, folder):
    run(program, "run", CONFIG, "--only", f"log_n=={log_n}", "--out", folder)
    run(program, "report", folder)
    with open(Path(folder) / "summary.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["wall_s_median"] and row["stage"] != "setup"]
    return {row["op"]: float(row["wall_s_median"]) * 1e6 for row in rows}


def bench_medians(target, log_n):
    run("cargo", "bench", "--quiet", "-p", "ckks", "--bench", "ckks", "--", f"/{log_n}/1")
    with open(target / "bench" / "ckks.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["log_n"], row["threads"]) == (log_n, "1")]
    return {row["op"]: float(row["median_ns"]) / 1e3 for row in rows}


def main():
    log_n = sys.argv[1] if len(sys.argv) > 1 else "14"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    metadata = json.loads(run("cargo", "metadata", "--format-version", "1", "--no-deps"))
    target = Path(metadata["target_directory"])
    run("cargo", "build", "--release", "--bin", "sweep")
    run("cargo", "bench", "--quiet", "-p", "ckks", "--bench", "ckks", "--no-run")
    scratch = tempfile.mkdtemp()
    ours, theirs = [], []
    try:
        for at in range(rounds):
            ours.append(sweep_medians(str(target / "release" / "sweep"), log_n, f"{scratch}/{at}"))
            theirs.append(bench_medians(target, log_n))
    finally:
        shutil.rmtree(scratch)
    print(f"{'operation':20} {'sweep [us]':>12} {'bench [us]':>12} {'apart':>8}")
    apart = 0
    for op in sorted(set(ours[0]) & set(theirs[0])):
        x, y = min(medians[op] for medians in ours), min(medians[op] for medians in theirs)
        apart += abs(x / y - 1) > TOLERANCE
        print(f"{op:20} {x:12.1f} {y:12.1f} {100 * (x / y - 1):+7.1f}%")
    print(f"{apart} operations differ by more than 3%" if apart else "all agree within 3%")
    sys.exit(bool(apart))


if __name__ == "__main__":
    main()

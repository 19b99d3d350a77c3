"""This project through its own sweep program: the raw samples of one point, with buffers allocated for every call."""

import csv
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import arguments

ROOT = Path(__file__).resolve().parent.parent.parent
OPS = ["keygen_relin", "encode", "encrypt", "decrypt", "decode", "add", "mul_plain_rescale", "mul",
       "mul_relin_rescale", "rescale", "rotate", "rotate8_hoisted"]
CHECKED = ["add", "mul_plain_rescale", "mul_relin_rescale", "rotate", "rotate8_hoisted", "matrix_vector", "gradient_step"]
HEAD = """schema = 1
name = "ours"
seed = {a.seed}
[measure]
warmup = 1
samples = {a.samples}
[params]
threads = {a.threads}
"""
CHAIN = """log_n = {a.log_n}
depth = {a.depth}
log_scale = {a.log_scale}
log_q0 = {a.log_q0}
dnum = {a.dnum}
special_bits = {special_bits}
"""
WORKLOADS = {
    "ops": CHAIN + "[workload.ops]\nops = {ops}\nbuffers = \"fresh\"\n",
    "algebra": CHAIN + "[workload.linear_algebra]\ndimension = {a.dimension}\nrows = {a.rows}\nfeatures = {a.features}\n",
    "precision": CHAIN + "[workload.precision]\nruns = {a.samples}\n",
    "bootstrap": "[workload.bootstrap]\npreset = \"{preset}\"\nlog_slots = {a.log_slots}\n",
}
# Numbers that a kind asks for beside those of every point, and words with what they are where they are left out.
NUMBERS = {"algebra": ["dimension", "rows", "features"], "bootstrap": ["log-slots"]}
WORDS = {"special_bits": '"auto"', "preset": "n16_full_fast"}


def rows_of(config, program):
    """The measured rows of a configuration, run by our program."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ours.toml"
        path.write_text(config, encoding="utf-8")
        subprocess.run([program, "run", path, "--out", folder], check=True, stdout=subprocess.DEVNULL)
        with open(Path(folder) / "results.csv", newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["is_warmup"] == "false" and row["stage"] != "setup"]
    if not rows or any(row["status"] != "ok" for row in rows):
        raise SystemExit("a result is missing or wrong: " + "; ".join({row["error_message"] for row in rows}))
    return rows


def words():
    """Takes the words, which are ours alone, off the command line."""
    found = dict(WORDS)
    for word in sys.argv[1:]:
        name, _, value = word.removeprefix("--").partition("=")
        if name.replace("-", "_") in WORDS:
            found[name.replace("-", "_")] = value
            sys.argv.remove(word)
    return found


def main():
    kind = sys.argv.pop(1)
    own = words()
    a = arguments(*NUMBERS.get(kind, []))
    program = os.environ.get("SWEEP") or ROOT / "target" / "release" / "sweep"
    if not Path(program).exists():
        print(f"# no {program}: cargo build --release --bin sweep, or name the program in SWEEP")
        raise SystemExit(69)
    rows = rows_of((HEAD + WORKLOADS[kind]).format(a=a, ops=OPS, **own), program)
    print(f"security_bits,{rows[0]['security_bits']},bit")
    if kind == "precision":
        for row in rows:
            print(f"{row['op']},{-math.log2(float(row['err_max_abs']))!r},bit")
        return
    samples = {}
    checked = list(CHECKED)
    for row in rows:
        if row["op"] == "refresh":
            # The same operation on more or fewer slots has different costs.
            row["op"] = f"bootstrap_{row['slots']}_slots"
            checked.append(row["op"])
        if row["wall_s"]:
            samples.setdefault(row["op"], []).append(float(row["wall_s"]))
    if "decrypt" in samples:
        # The peers offer these two only together.
        both = zip(samples.pop("decrypt"), samples.pop("decode"), strict=True)
        samples["decrypt_decode"] = [x + y for x, y in both]
    for op, seconds in samples.items():
        for second in seconds:
            print(f"{op},{second!r},s")
    for op in dict.fromkeys(checked):
        if op in samples:
            print(f"error_{op},{next(row['err_max_abs'] for row in rows if row['op'] == op)},abs")
    if kind == "bootstrap":
        print(f"levels_left,{rows[0]['levels_left']},level")


main()

"""This project through its own sweep program: the raw samples of one point, with buffers allocated for every call."""

import csv
import os
import subprocess
import tempfile
from pathlib import Path

from timing import arguments

ROOT = Path(__file__).resolve().parent.parent.parent
OPS = ["encode", "encrypt", "decrypt", "decode", "add", "mul_plain_rescale", "mul_relin_rescale", "rotate"]
CONFIG = """schema = 1
name = "ours"
seed = {a.seed}
[workload.ops]
ops = {ops}
buffers = "fresh"
[params]
log_n = {a.log_n}
depth = {a.depth}
log_scale = {a.log_scale}
log_q0 = {a.log_q0}
dnum = {a.dnum}
threads = {a.threads}
[measure]
warmup = 1
samples = {a.samples}
"""


def main():
    a = arguments()
    program = os.environ.get("SWEEP") or ROOT / "target" / "release" / "sweep"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "ours.toml"
        config.write_text(CONFIG.format(a=a, ops=OPS), encoding="utf-8")
        subprocess.run([program, "run", config, "--out", folder], check=True, stdout=subprocess.DEVNULL)
        with open(Path(folder) / "results.csv", newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["is_warmup"] == "false" and row["op"] in OPS]
    if not rows or any(row["status"] != "ok" for row in rows):
        raise SystemExit("a result is missing or wrong: " + "; ".join({row["error_message"] for row in rows}))
    samples = {op: [float(row["wall_s"]) for row in rows if row["op"] == op] for op in OPS}
    # The peers offer these two only together.
    samples["encode_encrypt"] = [x + y for x, y in zip(samples.pop("encode"), samples.pop("encrypt"), strict=True)]
    samples["decrypt_decode"] = [x + y for x, y in zip(samples.pop("decrypt"), samples.pop("decode"), strict=True)]
    for op, seconds in samples.items():
        for second in seconds:
            print(f"{op},{second!r},s")
    for op in ("add", "mul_plain_rescale", "mul_relin_rescale", "rotate"):
        print(f"error_{op},{next(row['err_max_abs'] for row in rows if row['op'] == op)},")
    print(f"security_bits,{rows[0]['security_bits']},bit")


main()

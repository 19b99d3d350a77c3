#!/usr/bin/env python3
"""Bits of the largest error, ours beside the peers', as a text from a run of `configs/precision.toml`.

    python3 scripts/peers/bits.py [results/precision]      # writes bits.md there and prints it

Means over runs with their own keys, each with its standard error; the difference is to the peer that is more precise in
that row. Python's standard library is all it needs.
"""

import csv
import math
import statistics
import sys
from pathlib import Path

FIGURES = {
    "fresh": "fresh",
    "product": "one multiplication",
    "rotation": "one rotation",
    "depth": "the whole depth",
}
OURS = "cipherfit"


def read(path):
    if not path.exists():
        sys.exit(f"{path} is missing: run configs/precision.toml first")
    found = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["op"] in FIGURES and row["value"]:
                chain = int(row["log_n"]), int(row["depth"]), int(row["log_scale"])
                found.setdefault((chain, row["op"]), {}).setdefault(row["peer"], []).append(float(row["value"]))
    return found


def mean(values):
    """A mean and its standard error."""
    return statistics.fmean(values), statistics.stdev(values) / math.sqrt(len(values))


def told(values):
    return "{:.2f} +- {:.2f} ({})".format(*mean(values), len(values)) if values else ""


def line(chain, figure, by_peer, peers):
    ours = mean(by_peer[OURS])
    best = max((mean(by_peer[peer]) for peer in peers if peer in by_peer), default=None)
    cells = ["{} ({} x {})".format(*chain), FIGURES[figure], told(by_peer[OURS])]
    cells += [told(by_peer.get(peer)) for peer in peers]
    cells.append(f"{ours[0] - best[0]:+.2f} +- {math.hypot(ours[1], best[1]):.2f}" if best else "")
    return "| " + " | ".join(cells) + " |"


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/precision")
    found = read(folder / "results.csv")
    peers = sorted({peer for by_peer in found.values() for peer in by_peer} - {OURS})
    head = ["log N (depth x bits)", "after", "ours", *peers, "ours less the best"]
    lines = [
        "# Bits of the largest error",
        "",
        "The largest error over all slots, in bits, of real messages uniform in [-1, 1]: means over runs that each make their "
        "own keys, with the standard error and the number of runs.",
        "",
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
    ]
    order = list(FIGURES)
    for chain, figure in sorted(found, key=lambda key: (key[0], order.index(key[1]))):
        if OURS in found[chain, figure]:
            lines.append(line(chain, figure, found[chain, figure], peers))
    text = "\n".join(lines) + "\n"
    (folder / "bits.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

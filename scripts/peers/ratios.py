#!/usr/bin/env python3
"""The peers' times as multiples of ours, as a text with what the comparison favours, from a reported run of
`configs/peers.toml`.

    python3 scripts/peers/ratios.py [results/peers]        # writes ratios.md there and prints it

The ratios and their intervals are those of the figure `ratios` (plots/ratios.csv): medians over all samples of all rounds;
the 95% interval comes from drawing rounds with replacement, and samples within each. Python's standard library is all it
needs.
"""

import csv
import math
import statistics
import sys
from pathlib import Path

BIAS = (Path(__file__).parent / "BIAS.md").read_text(encoding="utf-8")
# TenSEAL's own pattern takes the rows one by one: its time is given for few of them.
FEW_ROWS = "gradient_step_of_8_rows"


def read(path):
    if not path.exists():
        sys.exit(f"{path} is missing: run configs/peers.toml, then `sweep report` of its folder")
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def milliseconds(seconds):
    return f"{1e3 * float(seconds):.3g}"


def table(ratios):
    lines = [
        "| operation | ours [ms] | peer | peer [ms] | ratio | 95% interval | samples |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in sorted(ratios, key=lambda row: float(row["value"])):
        interval = f"{float(row['low']):.2f} .. {float(row['high']):.2f}" if row["low"] else "too few samples"
        lines.append(
            f"| {row['row']} | {milliseconds(row['base'])} | {row['series']} | {milliseconds(row['other'])} "
            f"| {float(row['value']):.2f} | {interval} | {row['n']} |"
        )
    return lines


def summary(ratios):
    lines = []
    for peer in sorted({row["series"] for row in ratios}):
        own = [row for row in ratios if row["series"] == peer]
        mean = math.exp(statistics.fmean(math.log(float(row["value"])) for row in own))
        behind = [row["row"] for row in own if float(row["high"] or row["value"]) < 1]
        told = f"; ours is slower in {'; '.join(behind)}" if behind else "; ours is slower in none of them"
        lines.append(f"- {peer}: {mean:.2f} times ours in the geometric mean of {len(own)} rows{told}.")
    return lines


def few_rows(rows):
    """TenSEAL's pattern, row by row, beside our step on all rows."""
    seconds = [float(row["wall_s"]) for row in rows if row["op"] == FEW_ROWS and row["wall_s"]]
    if not seconds:
        return []
    per_row = statistics.median(seconds) / 8
    return [
        "",
        f"TenSEAL's own vectors take {per_row:.3g} s for each row of a gradient step (measured on 8 rows, which it takes one by "
        f"one): {506 * per_row:.3g} s for 506 rows, if all take as long.",
    ]


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/peers")
    ratios, rows = read(folder / "plots" / "ratios.csv"), read(folder / "results.csv")
    if not ratios:
        sys.exit(f"{folder} holds nothing that was measured both here and in a peer")
    told = [row for row in rows if row["wall_s"]]
    models, profiles = ({row[column] for row in told} for column in ("cpu_model", "profile"))
    lines = [
        "# Peers, measured by turns",
        "",
        f"On {', '.join(sorted(models))}; profile of ours: {', '.join(sorted(profiles))}. A ratio above 1 means that the peer "
        "takes longer. Sorted so that our slowest rows, compared, come first.",
        "",
        *summary(ratios),
        "",
        *table(ratios),
        *few_rows(rows),
    ]
    missing = {(row["peer"], row["error_message"]) for row in rows if row["status"] not in ("ok", "")}
    lines += ["", *(f"Not measured: {peer}: {why}" for peer, why in sorted(missing))] if missing else []
    text = "\n".join(lines) + "\n\n" + BIAS
    (folder / "ratios.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

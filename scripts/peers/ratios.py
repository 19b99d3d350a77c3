#!/usr/bin/env python3
"""Ratios of the peers' times to ours, with intervals, from `configs/peers.toml`; and what the comparison favours.

    python3 scripts/peers/ratios.py [results/peers]        # writes ratios.md there and prints it

A ratio above 1 means that the peer takes longer. Medians are over all samples of all rounds; the 95% interval comes
from drawing rounds with replacement, and samples within each. Python's standard library is all it needs.
"""

import csv
import random
import statistics
import sys
from collections import defaultdict
from pathlib import Path

DRAWS = 2000
US = "cipherfit"
BIAS = """## Bias

What favours the peers:

- OpenFHE and SEAL were chosen with the same ring, scale and number of primes; ours keeps every check of its public
  functions on, and draws keys and noise from a ChaCha20 generator.
- Ours is measured with results and work space allocated for every call, as the bindings do; reusing them is quicker.

What favours us:

- The wheels are built for a generic x86-64 processor, without the AVX-512 kernels (HEXL) that both libraries can be
  built with, while ours chooses its kernel when it runs. Peers built for the machine are faster than these.
- The peers are called through Python: some microseconds a call, which matters for `add` on small rings, and vectors
  of numbers are converted from Python lists in `encode_encrypt` and to them in `decrypt_decode`.
- TenSEAL's vectors look after scale and relinearisation by themselves, and copy where that needs it.

What is not the same:

- The digits of a key switch: SEAL has one for each prime and one special prime; OpenFHE has as many digits as ours and
  60-bit special primes of its own choice; ours takes special primes that stay within 128 bits of security. More digits
  are slower.
- SEAL's key switch is therefore also one with less special modulus; its errors are in the table of results.
- TenSEAL offers no rotation of its vectors, and no product with an encoded plaintext apart from encoding it.
"""


def read(folder):
    """Samples by operation and ring, then by peer, then by round."""
    samples = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    models, profiles = set(), set()
    with open(folder / "results.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["status"] not in ("ok", ""):
                print(f"not compared: {row['peer']} at log_n = {row['log_n']}: {row['error_message']}", file=sys.stderr)
            elif row["wall_s"]:
                samples[row["op"], int(row["log_n"])][row["peer"]][row["round"]].append(float(row["wall_s"]))
                models.add(row["cpu_model"])
                profiles.add(row["profile"])
    return samples, models, profiles


def pooled(rounds):
    return statistics.median(value for values in rounds for value in values)


def ratio(ours, theirs):
    """Ratio of medians with a 95% interval."""
    generator = random.Random(0)

    def draw(rounds):
        chosen = generator.choices(rounds, k=len(rounds))
        return pooled([generator.choices(values, k=len(values)) for values in chosen])

    ours, theirs = list(ours.values()), list(theirs.values())
    ratios = sorted(draw(theirs) / draw(ours) for _ in range(DRAWS))
    return pooled(theirs) / pooled(ours), ratios[int(0.025 * DRAWS)], ratios[int(0.975 * DRAWS)]


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/peers")
    samples, models, profiles = read(folder)
    if not samples:
        sys.exit(f"{folder}/results.csv has no measured rows")
    lines = [
        "# Peers, measured by turns",
        "",
        f"On {', '.join(sorted(models))}; one thread; profile {', '.join(sorted(profiles))}. Above 1, the peer takes longer.",
        "",
        "| operation | log N | ours [ms] | peer | peer [ms] | ratio | 95% interval | samples |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (op, log_n), peers in sorted(samples.items(), key=lambda item: (item[0][0], item[0][1])):
        ours = peers.get(US)
        for peer, theirs in sorted(peers.items()):
            if peer == US or not ours:
                continue
            value, low, high = ratio(ours, theirs)
            count = sum(map(len, theirs.values()))
            lines.append(
                f"| {op} | {log_n} | {1e3 * pooled(ours.values()):.3g} | {peer} | {1e3 * pooled(theirs.values()):.3g} "
                f"| {value:.2f} | {low:.2f} .. {high:.2f} | {count} |"
            )
    text = "\n".join(lines) + "\n\n" + BIAS
    (folder / "ratios.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

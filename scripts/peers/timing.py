"""What the peers' programs share: sizes from the command line, timed samples, and the lines that `sweep` reads."""

import argparse
import gc
import random
import time


def arguments(*more):
    """The sizes of a point; `more` are further numbers that a program asks for."""
    parser = argparse.ArgumentParser()
    for name in ("log-n", "depth", "log-scale", "log-q0", "dnum", "threads", "samples", "seed", *more):
        parser.add_argument(f"--{name}", type=int, required=True)
    return parser.parse_args()


def values(count, seed, vectors=2):
    """Vectors of numbers between -1 and 1."""
    generator = random.Random(seed)
    return [[generator.uniform(-1.0, 1.0) for _ in range(count)] for _ in range(vectors)]


def measure(name, samples, operation, warmup=1):
    """Warm-up, then a line for each sample; what the last call gave."""
    result = None
    for _ in range(warmup):
        result = operation()
    gc.disable()
    for _ in range(samples):
        result = None
        start = time.perf_counter()
        result = operation()
        print(f"{name},{time.perf_counter() - start!r},s", flush=True)
    gc.enable()
    return result


def check(name, found, expected, bound=1e-4):
    """The largest error of a result, as a line; a result that is plainly wrong ends the program."""
    if len(found) < len(expected):
        raise SystemExit(f"{name} has {len(found)} values in place of {len(expected)}")
    worst = max(abs(a - b) for a, b in zip(found, expected, strict=False))
    if not worst <= bound:
        raise SystemExit(f"{name} is off by {worst}")
    print(f"error_{name},{worst!r},abs")

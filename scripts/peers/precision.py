"""What the peers' precision programs share: runs with keys of their own, and a line for each figure of a run.

A figure is the largest error of a slot in bits, -log2 max |found - expected|, for real values uniform in [-1, 1]: fresh
under the public key, after one multiplication and rescaling, after one rotation, and after multiplications by a second
ciphertext down to the lowest level. The largest errors of a ciphertext go with the largest values of its key, so that runs
under one key are no independent samples: every run makes its own.
"""

import math

from timing import values


def bits(found, expected):
    return -math.log2(max(abs(a - b) for a, b in zip(found, expected, strict=True)))


def report(a, scheme_of):
    """Prints the figures of `a.samples` runs. `scheme_of(run)` makes a scheme with new keys."""
    for run in range(a.samples):
        s = scheme_of(run)
        u, v = values(s.slots, f"{a.seed} {run}")
        x, y = s.encrypt(s.encode(u)), s.encrypt(s.encode(v))
        product = [p * q for p, q in zip(u, v, strict=True)]
        print(f"fresh,{bits(s.decode(x), u)!r},bit")
        deep = s.product(x, y)
        print(f"product,{bits(s.decode(deep), product)!r},bit")
        print(f"rotation,{bits(s.decode(s.rotate(x, 1)), u[1:] + u[:1])!r},bit")
        for _ in range(a.depth - 1):
            deep = s.product(deep, y)
            product = [p * q for p, q in zip(product, v, strict=True)]
        print(f"depth,{bits(s.decode(deep), product)!r},bit", flush=True)

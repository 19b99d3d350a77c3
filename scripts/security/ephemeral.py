#!/usr/bin/env python3
"""Estimates the security of Ring-LWE with very sparse ternary secrets, for the ephemeral key of refreshes.

    python3 scripts/security/ephemeral.py            # calibration, then the table for weight 32; about five minutes

Sparse-secret encapsulation encrypts one key under a secret with 32 coefficients that are not zero, at the small modulus
q0 p0. Published tables stop at weight 64 and more, so this script computes the cost of the attacks that matter for such
secrets, shows how far it is off where a run of the lattice-estimator is known, and prints the largest modulus that keeps
128 bits with that error taken off. Python's standard library is all it needs. All costs are log2 of operations.

Lattice reduction: block size beta reaches the root Hermite factor of Chen (PhD thesis, Paris 7, 2013), with the
geometric series assumption; its cost is that of MATZOV (Report on the security of LWE, 2022) with dimensions for free
(Ducas, EUROCRYPT 2018): 5.46^2 (d - beta) 2^(0.2961 (beta - free) + 20.39). All samples are to be had.

Attacks (n' = n - zeta coordinates stay in the lattice, zeta are guessed; the secret is scaled as Bai and Galbraith do):
  usvp    zeros are guessed at zeta coordinates, and the rest is solved by reducing one lattice (Alkim, Ducas,
          Poeppelmann, Schwabe, USENIX Security 2016, section 6.3).
  guess   one reduction, then the nearest plane for every guess of at most w nonzeros among zeta (Howgrave-Graham, CRYPTO
          2007, without his table; Albrecht, Curtis, Wunderer, SAC 2019).
  mitm    the same with a table for half of the guess, at the square root of the guesses, with the chance that both halves
          fall in the same cell (Son and Cheon, ePrint 2019/1019).
  dual    samples of dimension zeta from short dual vectors, then every guess of weight h1 is tried (Espitau, Joux,
          Kharchenko, INDOCRYPT 2020), or two halves of it meet (Cheon, Hhan, Hong, Son, ePrint 2019/1114).
  meet    no lattice: representations (May, CRYPTO 2021, REP-0 with up to five levels).

Two things that the lattice-estimator leaves out are counted for the attacker in the right half of the table:
  rotations        X^i s is as sparse as s and has the same matrix, so one reduction serves n targets. Only the search is
                   repeated for every one.
  representations  the two halves of a guess are found at the cost of `meet`, as if errors cost it nothing.

All of it is heuristic: the geometric series, independent short vectors, guesses that behave as random ones, memory for
free. Attacks that nobody has published are not in it.
"""

import itertools
import math
from functools import lru_cache

WEIGHT = 32
# Moduli that are shown, and the range that the largest is looked for in: that of q0 and one special prime.
SHOWN, LEAST_Q, LARGEST_Q = (87, 121), 30, 240
# Places that the search for the cheapest attack starts from, and how many of them it follows.
STARTS, DESCENTS = (40, 60, 80, 110, 150, 200, 260, 320, 400, 550, 800, 1200), 12
LEAST_BETA, LEAST_REST = 10, 40

SIGMA = 3.19
LEVEL = 128
LOG_E = math.log2(math.e)

# Costs of MATZOV's list decoding in the classical circuit model, and the overhead of progressive reduction.
SIEVE_SLOPE, SIEVE_OFFSET, PROGRESSIVE = 0.29613500308205365, 20.387885985467914, 5.46
# A sieve in dimension b returns 2^(0.2075 b) vectors.
SIEVE_YIELD = 0.2075

# Largest log2(q) with 128 bits in runs of the lattice-estimator (commit 27a581b, MATZOV): (weight, log2 n, log2 q).
# Weight 0 stands for a uniform ternary secret.
KNOWN = [
    (64, 15, 511), (64, 16, 1057), (128, 14, 372), (128, 15, 738), (128, 16, 1500), (192, 13, 202), (192, 14, 401),
    (192, 15, 806), (192, 16, 1628), (256, 15, 833), (0, 13, 214), (0, 14, 430), (0, 15, 868), (0, 16, 1746),
]  # fmt: skip


def log_add(*costs):
    top = max(costs)
    return top if math.isinf(top) else top + math.log2(sum(2.0 ** (cost - top) for cost in costs))


@lru_cache(maxsize=None)
def log_binomial(n, k):
    if not 0 <= k <= n:
        return -math.inf
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) * LOG_E


def log_weight(n, w):
    """Ternary vectors of length n and weight w."""
    return log_binomial(n, w) + w


def log_hit(n, h, zeta, w):
    """The chance that exactly w of h nonzeros lie among zeta coordinates of n."""
    return log_binomial(zeta, w) + log_binomial(n - zeta, h - w) - log_binomial(n, h)


# --- Lattice reduction ---


@lru_cache(maxsize=None)
def log_delta(beta):
    """log2 of the root Hermite factor; below 60 a line from that of LLL, 1.0219, to the formula's."""
    if beta < 60:
        return math.log2(1.0219) + (log_delta(60) - math.log2(1.0219)) * (beta - 2) / 58
    return math.log2((math.pi * beta) ** (1 / beta) * beta / (2 * math.pi * math.e)) / (2 * (beta - 1))


@lru_cache(maxsize=None)
def sieving_dimension(beta):
    free = beta * math.log(4 / 3) / math.log(beta / (2 * math.pi * math.e)) if beta > 40 else 0.3 * beta
    return beta - max(free, 0)


def reduction(beta, d):
    sieve = SIEVE_SLOPE * sieving_dimension(beta) + SIEVE_OFFSET
    return log_add(3 * math.log2(d), 2 * math.log2(PROGRESSIVE) + math.log2(max(d - beta, 1)) + sieve)


# --- Attacks ---


class Instance:
    """A secret with h nonzeros among n coefficients; h = 0 for a uniform ternary one."""

    def __init__(self, h, log_n, log_q, pessimistic=False):
        self.n, self.log_q, self.pessimistic = 1 << log_n, log_q, pessimistic
        self.h = h or 2 * self.n // 3
        self.sparse = h > 0
        self.log_xi = math.log2(SIGMA / math.sqrt(self.h / self.n))
        self.log_rotations = log_n if pessimistic else 0

    def lattice(self, beta, rest):
        """The dimension that makes the last vector longest, and log2 of the volume's d-th root."""
        gain = self.log_q - self.log_xi
        d = max(math.ceil(math.sqrt(rest * gain / log_delta(beta))), rest + 1, beta + 1)
        return d, self.log_q - rest * gain / d

    def repeated(self, once, each, log_chance):
        """`once` for every basis, `each` for every target, until one of 1/chance trials succeeds."""
        trials = max(-log_chance, 0)
        return log_add(once + max(trials - self.log_rotations, 0), each + trials)

    def halves(self, zeta, w):
        """log2 of the work to find two halves of a vector of weight w."""
        root = log_weight(zeta, w) / 2
        return min(root, meet(zeta, w)) if self.pessimistic else root


def usvp(instance, beta, zeta):
    rest = instance.n - zeta
    d, root = instance.lattice(beta, rest)
    if 0.5 * math.log2(beta) + math.log2(SIGMA) > (2 * beta - d - 1) * log_delta(beta) + root:
        return math.inf
    chance = log_hit(instance.n, instance.h, zeta, 0) if zeta else 0
    return instance.repeated(reduction(beta, d), 0, chance)


def nearest_plane(beta, d, root, table):
    """log2 of the chance that the nearest plane finds a Gaussian error, and with `table` that both halves share a cell."""
    chance, step = 0.0, 2 * log_delta(beta)
    log_length = root - (d - 1) * log_delta(beta)
    width = SIGMA * math.sqrt(2 * math.pi)
    for _ in range(d):
        ratio = 2.0 ** min(max(log_length, -40), 40) / width
        if ratio > 200:
            break
        cell = math.erf(ratio * math.sqrt(math.pi) / 2)
        if table:
            # The error is added to a point that is uniform in the cell (Son and Cheon): the integral of (1 - |e|/r) over it.
            cell *= max(
                math.erf(ratio * math.sqrt(math.pi)) + math.expm1(-math.pi * ratio * ratio) / (math.pi * ratio), 1e-300
            )
        if cell < 1e-12:
            return -math.inf
        chance += math.log2(cell)
        if chance < -400:
            return -math.inf
        log_length += step
    return chance


def hybrid(instance, beta, zeta, table):
    n, h, rest = instance.n, instance.h, instance.n - zeta
    d, root = instance.lattice(beta, rest)
    plane = nearest_plane(beta, d, root, table)
    if math.isinf(plane):
        return math.inf
    once, step = reduction(beta, d), 2 * math.log2(d)
    guesses, chance, best = 0.0, log_hit(n, h, zeta, 0), math.inf
    for w in range(min(h, zeta) + 1):
        if w:
            guesses = log_add(guesses, instance.halves(zeta, w) if table else log_weight(zeta, w))
            chance = log_add(chance, log_hit(n, h, zeta, w))
        cost = instance.repeated(once, guesses + step, chance + plane)
        if cost > best + 4:
            break
        best = min(best, cost)
    return best


def dual(instance, beta, zeta, h1, table):
    n, h, rest = instance.n, instance.h, instance.n - zeta
    if h1 >= h or h1 > zeta:
        return math.inf
    spread = math.sqrt((h - h1) / rest)
    log_c = math.log2(spread / SIGMA) + instance.log_q
    d = max(math.ceil(math.sqrt(rest * log_c / log_delta(beta))), rest + 1, beta + 1)
    # One sieve as costly as the reduction gives many vectors, longer than the shortest by this factor.
    sieve = sieving_dimension(beta) + math.log2((d - beta) * PROGRESSIVE) / SIEVE_SLOPE
    sieve = min(max(math.floor(sieve), 2), d)
    longer = 0.5 * math.log2(4 / 3) + (sieve - 1) * (log_delta(sieve) - log_delta(beta))
    noise = 2.0 ** min(longer + math.log2(spread) + d * log_delta(beta) - log_c * (d - rest) / d, 10)
    chance = log_hit(n, h, zeta, h1)
    size = log_weight(zeta, h1)
    if table:
        half, split = (h1 + 1) // 2, zeta // 2
        left, right = log_weight(split, half), log_weight(zeta - split, h1 - half)
        if instance.pessimistic:
            work = min(meet(zeta, h1), max(left, right))
            left, right, chance = work, work, chance
        else:
            chance += left + right - size
        # Errors of up to 5 sigma: an entry of a table of bits is looked up in all cells that they may reach.
        wide = 10 * noise
        if wide >= 1:
            return math.inf
        samples = left + math.log2(max(left, 2))
        search = right + log_add(1 + math.log2(samples), wide * samples)
        work = log_add(left + 1 + math.log2(samples), search)
        vectors = math.log2(samples)
    else:
        # Espitau, Joux, Kharchenko: 8 exp(4 pi^2 sigma^2) times the number of guesses' logarithm.
        vectors = 3 + 4 * math.pi**2 * noise**2 * LOG_E + math.log2(max(size / LOG_E, 1) + 5)
        work = size + 1 + vectors
    once = reduction(beta, d) + 1 + max(vectors - SIEVE_YIELD * sieve, 0)
    return instance.repeated(once, work, chance)


@lru_cache(maxsize=None)
def meet(n, w):
    """log2 of the largest list with representations (1 = 1 + 0 = 0 + 1 only), over the number of levels."""
    best = log_weight(n, w) / 2
    for levels in range(2, 6):
        weights = [w]
        while len(weights) < levels:
            weights.append((weights[-1] + 1) // 2)
        # A vector of weight w_i is the sum of two of weight w_(i+1) in this many ways; as many bits are constrained.
        ways = [log_binomial(a, b) for a, b in zip(weights, weights[1:])]
        lists = [log_weight(n, b) - bits for b, bits in zip(weights[1:], ways)]
        bottom = log_weight(n, weights[-1]) / 2
        merged = []
        for i, size in enumerate(lists):
            constrained = ways[i + 1] if i + 1 < len(ways) else 0
            below = lists[i + 1] if i + 1 < len(lists) else bottom
            merged += [size, 2 * below - max(ways[i] - constrained, 0)]
        best = min(best, max([bottom, *merged]))
    return best


# --- The cheapest attack ---


def descend(cost, start, steps):
    """A local minimum of `cost` over tuples of integers: steps along each axis and along pairs of them, halved in turn."""
    here, best = start, cost(*start)
    moves = [move for move in itertools.product((-1, 0, 1), repeat=len(start)) if any(move)]
    while any(step >= 1 for step in steps):
        there = [tuple(x + int(m * step) for x, m, step in zip(here, move, steps)) for move in moves]
        value, place = min((cost(*place), place) for place in there)
        if value < best:
            here, best = place, value
        else:
            steps = [step / 2 for step in steps]
    return best, here


def cheapest(instance):
    """The cost of the cheapest attack, its name, and its (beta, zeta) or (beta, zeta, h1)."""
    n, h = instance.n, instance.h
    attacks = {
        "usvp": usvp,
        "guess": lambda *place: hybrid(*place, False),
        "mitm": lambda *place: hybrid(*place, True),
        "dual": lambda *place: dual(*place, False),
        "dual mitm": lambda *place: dual(*place, True),
    }
    found = [(meet(n, h), "meet", ())] if instance.sparse else []
    for name, attack in attacks.items():
        weighted = name.startswith("dual")
        if weighted and not instance.sparse:
            continue

        def cost(beta, zeta, *weight, attack=attack):
            inside = beta >= LEAST_BETA and 0 <= zeta <= n - LEAST_REST and (instance.sparse or not zeta)
            return attack(instance, beta, zeta, *weight) if inside and all(w >= 0 for w in weight) else math.inf

        rests = [int(n / 1.4**k) for k in range(12 if instance.sparse else 1)]
        starts = [(beta, n - rest) for beta in STARTS for rest in rests]
        if weighted:
            starts = [(*start, int(part * h)) for start in starts for part in (0.15, 0.3, 0.45)]
        for value, start in sorted((cost(*start), start) for start in starts)[:DESCENTS]:
            if value < math.inf:
                steps = [64, (n - start[1]) / 4 if instance.sparse else 0] + ([4] if weighted else [])
                best, place = descend(cost, start, steps)
                found.append((best, name, place))
    return min(found)


def bits(log_n, log_q, pessimistic):
    return cheapest(Instance(WEIGHT, log_n, log_q, pessimistic))[0]


def largest(log_n, level, pessimistic):
    """The largest log2(q) up to LARGEST_Q with `level` bits, by bisection; LEAST_Q - 1 for none in the range."""
    low, high = LEAST_Q - 1, LARGEST_Q
    while low < high:
        middle = (low + high + 1) // 2
        if bits(log_n, middle, pessimistic) >= level:
            low = middle
        else:
            high = middle - 1
    return low


def main():
    print("Calibration: bits found where the lattice-estimator finds 128.")
    print("| weight | log2 N | log2 q | bits | attack | beta, zeta, h1 |\n|---:|---:|---:|---:|---|---|")
    errors = []
    for h, log_n, log_q in KNOWN:
        value, name, place = cheapest(Instance(h, log_n, log_q))
        errors.append(value - LEVEL)
        print(f"| {h or 'ternary'} | {log_n} | {log_q} | {value:.1f} | {name} | {', '.join(map(str, place))} |")
    margin = math.ceil(max(map(abs, errors)))
    print(f"\nOff by {min(errors):+.1f} to {max(errors):+.1f} bits; margin {margin} bits.\n")
    print(f"Weight {WEIGHT}: bits as the estimator counts, and with rotations and representations.")
    wanted = LEVEL + margin
    heads = [f"2^{log_q}" for log_q in SHOWN]
    print("| log2 N |", " | ".join(heads), f"| log2 q for {wanted} |", " | ".join(heads), f"| log2 q for {wanted} |")
    print("|---:|" + "---:|" * (2 * len(SHOWN) + 2))
    for log_n in range(13, 18):
        cells = []
        for pessimistic in (False, True):
            cells += [f"{bits(log_n, log_q, pessimistic):.1f}" for log_q in SHOWN]
            most = largest(log_n, wanted, pessimistic)
            cells.append("-" if most < LEAST_Q else f">= {most}" if most == LARGEST_Q else str(most))
        print(f"| {log_n} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()

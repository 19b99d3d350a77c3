"""The data and the layout that the programs for linear algebra share; the same as in our own workload."""

import math
import random


def matrix_vector(dimension, seed):
    """Rows of a random matrix, a vector, and their product."""
    generator = random.Random(seed)
    rows = [[generator.uniform(-1.0, 1.0) / dimension for _ in range(dimension)] for _ in range(dimension)]
    vector = [generator.uniform(-1.0, 1.0) for _ in range(dimension)]
    return rows, vector, [math.fsum(p * q for p, q in zip(row, vector, strict=True)) for row in rows]


def diagonals(rows):
    """Number of baby steps, and for each giant step its rotation and its diagonals, moved to the right by it."""
    n = len(rows)
    # One baby step costs about a third of a giant one.
    baby = min(1 << round(math.log2(math.sqrt(3 * n))), n)
    giants = []
    for outer in range(0, n, baby):
        inner = [[rows[(i - outer) % n][(i + k) % n] for i in range(n)] for k in range(baby)]
        giants.append((outer, inner))
    return baby, giants


class Gradient:
    """One step of gradient descent for least squares, a block of slots for each feature."""

    RATE = 0.5

    def __init__(self, rows, features, seed):
        generator = random.Random(seed)
        self.rows, self.features = rows, features
        self.block, self.blocks = (1 << (n - 1).bit_length() for n in (rows, features))
        self.slots = self.block * self.blocks
        self.columns = [[generator.uniform(-1.0, 1.0) for _ in range(rows)] for _ in range(features)]
        self.target = [generator.uniform(-1.0, 1.0) for _ in range(rows)]
        self.weights = [generator.uniform(-1.0, 1.0) / self.blocks for _ in range(features)]

    def inputs(self):
        """Table, table times step length over rows, target and weights in slots."""
        table = [0.0] * self.slots
        weights = [0.0] * self.slots
        for j, column in enumerate(self.columns):
            start = j * self.block
            table[start : start + self.rows] = column
            weights[start : start + self.block] = [self.weights[j]] * self.block
        target = (self.target + [0.0] * (self.block - self.rows)) * self.blocks
        return table, [self.RATE / self.rows * x for x in table], target, weights

    def across(self):
        """Rotations that sum over the features."""
        return [self.block << k for k in range((self.blocks - 1).bit_length())]

    def along(self):
        """Rotations that sum over the rows."""
        return [1 << k for k in range((self.block - 1).bit_length())]

    def rotations(self):
        return self.across() + self.along()

    def weights_of(self, slots):
        return [slots[j * self.block] for j in range(self.features)]

    def expected(self):
        residuals = [
            math.fsum(column[i] * weight for column, weight in zip(self.columns, self.weights, strict=True)) - y
            for i, y in enumerate(self.target)
        ]
        rate = self.RATE / self.rows
        return [
            weight - rate * math.fsum(x * r for x, r in zip(column, residuals, strict=True))
            for column, weight in zip(self.columns, self.weights, strict=True)
        ]

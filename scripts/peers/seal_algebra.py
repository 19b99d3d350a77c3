"""A matrix times an encrypted vector and a step of gradient descent with SEAL's operations: the algorithms of ours.

SEAL has no sparse packing: vectors are repeated over all slots. Its rotations share no digits.
"""

from algebra import Gradient, diagonals, matrix_vector
from seal_scheme import Scheme
from timing import arguments, check, measure


def product(a):
    rows, vector, expected = matrix_vector(a.dimension, a.seed)
    baby, giants = diagonals(rows)
    s = Scheme(a, rotations=list(range(1, baby)) + [outer for outer, _ in giants if outer])
    encoded = [(outer, [s.encode(diagonal) for diagonal in inner]) for outer, inner in giants]
    x = s.encrypt(s.encode(vector))

    def multiply():
        rotated = [x] + [s.rotate(x, k) for k in range(1, baby)]
        total = None
        for outer, inner in encoded:
            part = s.call("multiply_plain", rotated[0], inner[0])
            for k in range(1, baby):
                s.evaluator.add_inplace(part, s.call("multiply_plain", rotated[k], inner[k]))
            if outer:
                part = s.rotate(part, outer)
            total = part if total is None else s.call("add", total, part)
        s.evaluator.rescale_to_next_inplace(total)
        return total

    found = measure("matrix_vector", a.samples, multiply)
    check("matrix_vector", s.decode(found), expected)


def gradient(a):
    task = Gradient(a.rows, a.features, a.seed)
    s = Scheme(a, rotations=task.rotations())
    table, scaled, target, weights = (s.encrypt(s.encode(v)) for v in task.inputs())

    def total(x, steps):
        for k in steps:
            x = s.call("add", x, s.rotate(x, k))
        return x

    def step():
        predictions = total(s.mul_rescale(table, weights), task.across())
        residuals = s.call("sub", predictions, s.lowered(target, predictions))
        products = total(s.mul_rescale(s.lowered(scaled, residuals), residuals), task.along())
        return s.call("sub", s.lowered(weights, products), products)

    found = s.decode(measure("gradient_step", a.samples, step))
    check("gradient_step", task.weights_of(found), task.expected())


def main():
    a = arguments("dimension", "rows", "features")
    product(a)
    gradient(a)


main()

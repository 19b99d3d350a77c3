"""A matrix times an encrypted vector and a step of gradient descent with OpenFHE: the algorithms of ours.

The matrix acts by its diagonals in baby and giant steps, the baby rotations hoisted. The binding offers no sum before the
division by the special primes, which ours takes.
"""

from algebra import Gradient, diagonals, matrix_vector
from openfhe_scheme import Scheme
from timing import arguments, check, measure


def product(a):
    rows, vector, expected = matrix_vector(a.dimension, a.seed)
    baby, giants = diagonals(rows)
    rotations = [k for k in range(1, baby)] + [outer for outer, _ in giants if outer]
    s = Scheme(a, slots=a.dimension, rotations=rotations)
    context, order = s.context, 2 << a.log_n
    encoded = [(outer, [s.encode(diagonal) for diagonal in inner]) for outer, inner in giants]
    x = s.encrypt(s.encode(vector))

    def multiply():
        digits = context.EvalFastRotationPrecompute(x)
        rotated = [x] + [context.EvalFastRotation(x, k, order, digits) for k in range(1, baby)]
        total = None
        for outer, inner in encoded:
            part = context.EvalMult(rotated[0], inner[0])
            for k in range(1, baby):
                context.EvalAddInPlace(part, context.EvalMult(rotated[k], inner[k]))
            if outer:
                part = context.EvalRotate(part, outer)
            total = part if total is None else context.EvalAdd(total, part)
        return context.Rescale(total)

    found = measure("matrix_vector", a.samples, multiply)
    check("matrix_vector", s.slots_of(found), expected)


def gradient(a):
    task = Gradient(a.rows, a.features, a.seed)
    s = Scheme(a, slots=task.slots, rotations=task.rotations())
    context = s.context
    table, scaled, target, weights = (s.encrypt(s.encode(v)) for v in task.inputs())

    def total(x, steps):
        for k in steps:
            x = context.EvalAdd(x, context.EvalRotate(x, k))
        return x

    def step():
        predictions = total(context.Rescale(context.EvalMult(table, weights)), task.across())
        residuals = context.EvalSub(predictions, context.LevelReduce(target, None, 1))
        products = context.Rescale(context.EvalMult(context.LevelReduce(scaled, None, 1), residuals))
        return context.EvalSub(context.LevelReduce(weights, None, 2), total(products, task.along()))

    found = s.slots_of(measure("gradient_step", a.samples, step))
    check("gradient_step", task.weights_of(found), task.expected())


def main():
    a = arguments("dimension", "rows", "features")
    product(a)
    gradient(a)


main()

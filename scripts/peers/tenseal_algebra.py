"""The same with TenSEAL's own vectors, as its tutorials show: a row at a time, encrypted, with automatic rescaling."""

import tenseal as ts
from algebra import Gradient, matrix_vector
from timing import arguments, check, measure

# Rows of the gradient step; the time goes with their number, and all of them would take minutes.
ROWS = 8


def main():
    a = arguments("dimension", "rows", "features")
    sizes = [a.log_q0] + [a.log_scale] * a.depth + [min(60, a.log_q0)]
    context = ts.context(ts.SCHEME_TYPE.CKKS, 1 << a.log_n, coeff_mod_bit_sizes=sizes, n_threads=a.threads)
    context.global_scale = 2.0**a.log_scale
    context.generate_galois_keys()

    rows, vector, expected = matrix_vector(a.dimension, a.seed)
    x = ts.ckks_vector(context, vector)
    columns = [list(column) for column in zip(*rows, strict=True)]
    # Some seconds a call: without a warm-up and a third of the samples.
    found = measure("matrix_vector", max(1, a.samples // 3), lambda: x.mm(columns), warmup=0)
    check("matrix_vector", found.decrypt(), expected)

    task = Gradient(ROWS, a.features, a.seed)
    encrypted = [ts.ckks_vector(context, [column[i] for column in task.columns]) for i in range(ROWS)]
    targets = [ts.ckks_vector(context, [y]) for y in task.target]
    weights = ts.ckks_vector(context, task.weights)

    def step():
        gradient = 0
        for row, y in zip(encrypted, targets, strict=True):
            gradient += row * (row.dot(weights) - y)
        return weights - gradient * (task.RATE / ROWS)

    found = measure("gradient_step_of_8_rows", max(1, a.samples // 3), step, warmup=0)
    check("gradient_step_of_8_rows", found.decrypt(), task.expected())


main()

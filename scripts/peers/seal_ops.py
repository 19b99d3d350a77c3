"""SEAL's operations: every call allocates its result, as ours does beside it. SEAL shares no digits between rotations."""

from seal_scheme import Scheme
from timing import arguments, check, measure, values

TOGETHER = range(1, 9)


def main():
    a = arguments()
    s = Scheme(a, rotations=TOGETHER)
    u, v = values(s.slots, a.seed)
    plain, other = s.encode(u), s.encode(v)
    x, y = s.encrypt(plain), s.encrypt(other)
    product = [p * q for p, q in zip(u, v, strict=True)]

    measure("keygen_relin", a.samples, s.relin_keys)
    measure("encode", a.samples, lambda: s.encode(u))
    measure("encrypt", a.samples, lambda: s.encrypt(plain))
    measure("decrypt_decode", a.samples, lambda: s.decode(x))
    found = measure("add", a.samples, lambda: s.call("add", x, y))
    check("add", s.decode(found), [p + q for p, q in zip(u, v, strict=True)])

    def mul_plain_rescale():
        result = s.call("multiply_plain", x, other)
        s.evaluator.rescale_to_next_inplace(result)
        return result

    found = measure("mul_plain_rescale", a.samples, mul_plain_rescale)
    check("mul_plain_rescale", s.decode(found), product)
    measure("mul", a.samples, lambda: s.call("multiply", x, y))
    found = measure("mul_relin_rescale", a.samples, lambda: s.mul_rescale(x, y))
    check("mul_relin_rescale", s.decode(found), product)
    high = s.call("multiply_plain", x, other)
    measure("rescale", a.samples, lambda: s.call("rescale_to_next", high))
    found = measure("rotate", a.samples, lambda: s.rotate(x, 1))
    check("rotate", s.decode(found), u[1:] + u[:1])
    found = measure("rotate8_hoisted", a.samples, lambda: [s.rotate(x, steps) for steps in TOGETHER])
    check("rotate8_hoisted", s.decode(found[-1]), u[8:] + u[:8])


main()

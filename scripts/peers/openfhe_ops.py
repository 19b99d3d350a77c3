"""OpenFHE's operations through its Python binding: every call allocates its result, as the binding does."""

import openfhe as fhe
from openfhe_scheme import Scheme
from timing import arguments, check, measure, values

HOISTED = range(1, 9)


def main():
    a = arguments()
    s = Scheme(a, rotations=HOISTED)
    context = s.context
    u, v = values(s.slots, a.seed)
    plain, other = s.encode(u), s.encode(v)
    x, y = s.encrypt(plain), s.encrypt(other)
    product = [p * q for p, q in zip(u, v, strict=True)]

    def keygen_relin():
        # A key that is there is not made again.
        fhe.ClearEvalMultKeys()
        context.EvalMultKeyGen(s.keys.secretKey)

    measure("keygen_relin", a.samples, keygen_relin)
    measure("encode", a.samples, lambda: s.encode(u))
    measure("encrypt", a.samples, lambda: s.encrypt(plain))
    measure("decrypt_decode", a.samples, lambda: context.Decrypt(x, s.keys.secretKey))
    found = measure("add", a.samples, lambda: context.EvalAdd(x, y))
    check("add", s.slots_of(found), [p + q for p, q in zip(u, v, strict=True)])
    found = measure("mul_plain_rescale", a.samples, lambda: context.Rescale(context.EvalMult(x, other)))
    check("mul_plain_rescale", s.slots_of(found), product)
    measure("mul", a.samples, lambda: context.EvalMultNoRelin(x, y))
    found = measure("mul_relin_rescale", a.samples, lambda: context.Rescale(context.EvalMult(x, y)))
    check("mul_relin_rescale", s.slots_of(found), product)
    high = context.EvalMult(x, other)
    measure("rescale", a.samples, lambda: context.Rescale(high))
    found = measure("rotate", a.samples, lambda: context.EvalRotate(x, 1))
    check("rotate", s.slots_of(found), u[1:] + u[:1])

    def hoisted():
        digits = context.EvalFastRotationPrecompute(x)
        order = 2 << a.log_n
        return [context.EvalFastRotation(x, steps, order, digits) for steps in HOISTED]

    found = measure("rotate8_hoisted", a.samples, hoisted)
    check("rotate8_hoisted", s.slots_of(found[-1]), u[8:] + u[:8])


main()

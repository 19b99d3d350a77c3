"""Microsoft SEAL through TenSEAL: vectors that relinearise and rescale by themselves; no rotation is offered."""

import tenseal as ts
from timing import arguments, check, measure, values


def main():
    a = arguments()
    # SEAL's last prime is its only special one, and its key switch has one digit for each prime of the modulus.
    sizes = [a.log_q0] + [a.log_scale] * a.depth + [min(60, a.log_q0)]
    context = ts.context(ts.SCHEME_TYPE.CKKS, 1 << a.log_n, coeff_mod_bit_sizes=sizes, n_threads=a.threads)
    context.global_scale = 2.0**a.log_scale
    u, v = values(1 << (a.log_n - 1), a.seed)
    x, y = ts.ckks_vector(context, u), ts.ckks_vector(context, v)
    measure("encode_encrypt", a.samples, lambda: ts.ckks_vector(context, u))
    measure("decrypt_decode", a.samples, x.decrypt)
    found = measure("add", a.samples, lambda: x + y)
    check("add", found.decrypt(), [s + t for s, t in zip(u, v, strict=True)])
    found = measure("mul_relin_rescale", a.samples, lambda: x * y)
    check("mul_relin_rescale", found.decrypt(), [s * t for s, t in zip(u, v, strict=True)])


main()

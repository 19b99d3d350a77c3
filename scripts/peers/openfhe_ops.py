"""OpenFHE through its Python binding: every operation allocates its result, as the binding does."""

import openfhe as fhe
from timing import arguments, check, measure, values


def main():
    a = arguments()
    parameters = fhe.CCParamsCKKSRNS()
    parameters.SetRingDim(1 << a.log_n)
    parameters.SetBatchSize(1 << (a.log_n - 1))
    parameters.SetMultiplicativeDepth(a.depth)
    parameters.SetScalingModSize(a.log_scale)
    parameters.SetFirstModSize(a.log_q0)
    parameters.SetNumLargeDigits(a.dnum)
    parameters.SetScalingTechnique(fhe.ScalingTechnique.FIXEDMANUAL)
    parameters.SetKeySwitchTechnique(fhe.KeySwitchTechnique.HYBRID)
    # The level is checked by the sweep that runs beside it: the same ring and nearly the same modulus.
    parameters.SetSecurityLevel(fhe.SecurityLevel.HEStd_NotSet)
    context = fhe.GenCryptoContext(parameters)
    for feature in (fhe.PKESchemeFeature.PKE, fhe.PKESchemeFeature.KEYSWITCH, fhe.PKESchemeFeature.LEVELEDSHE):
        context.Enable(feature)
    keys = context.KeyGen()
    context.EvalMultKeyGen(keys.secretKey)
    context.EvalRotateKeyGen(keys.secretKey, [1])
    u, v = values(1 << (a.log_n - 1), a.seed)
    plain, other = context.MakeCKKSPackedPlaintext(u), context.MakeCKKSPackedPlaintext(v)
    x, y = context.Encrypt(keys.publicKey, plain), context.Encrypt(keys.publicKey, other)

    def slots(ciphertext):
        found = context.Decrypt(ciphertext, keys.secretKey)
        found.SetLength(len(u))
        return found.GetRealPackedValue()

    measure("encode_encrypt", a.samples,
            lambda: context.Encrypt(keys.publicKey, context.MakeCKKSPackedPlaintext(u)))
    measure("decrypt_decode", a.samples, lambda: context.Decrypt(x, keys.secretKey))
    found = measure("add", a.samples, lambda: context.EvalAdd(x, y))
    check("add", slots(found), [s + t for s, t in zip(u, v, strict=True)])
    found = measure("mul_plain_rescale", a.samples, lambda: context.Rescale(context.EvalMult(x, other)))
    check("mul_plain_rescale", slots(found), [s * t for s, t in zip(u, v, strict=True)])
    found = measure("mul_relin_rescale", a.samples, lambda: context.Rescale(context.EvalMult(x, y)))
    check("mul_relin_rescale", slots(found), [s * t for s, t in zip(u, v, strict=True)])
    found = measure("rotate", a.samples, lambda: context.EvalRotate(x, 1))
    check("rotate", slots(found), u[1:] + u[:1])


main()

"""OpenFHE's bootstrapping: a ciphertext without levels gets them back. Uniform ternary secret."""

import openfhe as fhe
from timing import arguments, check, measure, values

# Levels that encoding and decoding under encryption take, as in the library's examples.
BUDGET = [4, 4]


def main():
    a = arguments("slots", "levels")
    parameters = fhe.CCParamsCKKSRNS()
    parameters.SetSecretKeyDist(fhe.SecretKeyDist.UNIFORM_TERNARY)
    # The level is checked by the sweep that runs beside it: the same ring and nearly the same modulus.
    parameters.SetSecurityLevel(fhe.SecurityLevel.HEStd_NotSet)
    parameters.SetRingDim(1 << a.log_n)
    parameters.SetScalingModSize(a.log_scale)
    parameters.SetFirstModSize(a.log_q0)
    parameters.SetScalingTechnique(fhe.ScalingTechnique.FLEXIBLEAUTO)
    parameters.SetNumLargeDigits(a.dnum)
    depth = a.levels + fhe.CryptoContext.GetBootstrapDepth(BUDGET, fhe.SecretKeyDist.UNIFORM_TERNARY)
    parameters.SetMultiplicativeDepth(depth)
    context = fhe.GenCryptoContext(parameters)
    for feature in ("PKE", "KEYSWITCH", "LEVELEDSHE", "ADVANCEDSHE", "FHE"):
        context.Enable(getattr(fhe.PKESchemeFeature, feature))
    context.EvalBootstrapSetup(BUDGET, [0, 0], a.slots)
    keys = context.KeyGen()
    context.EvalMultKeyGen(keys.secretKey)
    context.EvalBootstrapKeyGen(keys.secretKey, a.slots)
    (vector,) = values(a.slots, a.seed, vectors=1)
    x = context.Encrypt(keys.publicKey, context.MakeCKKSPackedPlaintext(vector, level=depth - 1, slots=a.slots))
    name = f"bootstrap_{a.slots}_slots"
    # Seconds a call: its first is as good as the others.
    fresh = measure(name, a.samples, lambda: context.EvalBootstrap(x), warmup=0)
    found = context.Decrypt(fresh, keys.secretKey)
    found.SetLength(a.slots)
    check(name, found.GetRealPackedValue(), vector, bound=0.1)
    print(f"levels_left,{depth - fresh.GetLevel() - (fresh.GetNoiseScaleDeg() - 1)},level")


main()

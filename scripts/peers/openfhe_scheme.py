"""A CKKS context of OpenFHE with the same ring, scale and number of primes as ours, and its keys."""

import numpy
import openfhe as fhe


class Scheme:
    def __init__(self, a, slots=None, rotations=(), scaling=fhe.ScalingTechnique.FIXEDMANUAL):
        self.slots = slots or 1 << (a.log_n - 1)
        parameters = fhe.CCParamsCKKSRNS()
        parameters.SetRingDim(1 << a.log_n)
        parameters.SetBatchSize(self.slots)
        parameters.SetMultiplicativeDepth(a.depth)
        parameters.SetScalingModSize(a.log_scale)
        parameters.SetFirstModSize(a.log_q0)
        parameters.SetNumLargeDigits(a.dnum)
        parameters.SetScalingTechnique(scaling)
        parameters.SetKeySwitchTechnique(fhe.KeySwitchTechnique.HYBRID)
        # The level is checked by the sweep that runs beside it: the same ring and nearly the same modulus.
        parameters.SetSecurityLevel(fhe.SecurityLevel.HEStd_NotSet)
        self.context = fhe.GenCryptoContext(parameters)
        for feature in (fhe.PKESchemeFeature.PKE, fhe.PKESchemeFeature.KEYSWITCH, fhe.PKESchemeFeature.LEVELEDSHE):
            self.context.Enable(feature)
        self.keys = self.context.KeyGen()
        self.context.EvalMultKeyGen(self.keys.secretKey)
        if rotations:
            self.context.EvalRotateKeyGen(self.keys.secretKey, list(rotations))

    def encode(self, vector, level=0):
        return self.context.MakeCKKSPackedPlaintext(numpy.asarray(vector), level=level, slots=self.slots)

    def encrypt(self, plain):
        return self.context.Encrypt(self.keys.publicKey, plain)

    def slots_of(self, ciphertext):
        found = self.context.Decrypt(ciphertext, self.keys.secretKey)
        found.SetLength(self.slots)
        return found.GetRealPackedValue()

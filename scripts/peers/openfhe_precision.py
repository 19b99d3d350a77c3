"""How precise OpenFHE is, with exact scales (FLEXIBLEAUTO): a product is rescaled when it is used next."""

import openfhe as fhe
import precision
from openfhe_scheme import Scheme
from timing import arguments


class Precise(Scheme):
    def __init__(self, a):
        # Keys of earlier runs stay in the library otherwise.
        fhe.ClearEvalMultKeys()
        fhe.ReleaseAllContexts()
        super().__init__(a, rotations=[1], scaling=fhe.ScalingTechnique.FLEXIBLEAUTO)

    def product(self, x, y):
        return self.context.EvalMult(x, y)

    def rotate(self, x, steps):
        return self.context.EvalRotate(x, steps)

    def decode(self, ciphertext):
        return self.slots_of(ciphertext)


def main():
    a = arguments()
    precision.report(a, lambda run: Precise(a))


main()

"""How precise SEAL is: scales are tracked, and operands of a product need not agree in them. Its special prime is the
widest that it takes, which makes its key switches the most exact.
"""

import precision
from seal_scheme import Scheme
from timing import arguments

SPECIAL_BITS = 60


class Precise(Scheme):
    def product(self, x, y):
        lowered = self.call("mod_switch_to", y, x.parms_id())
        return self.mul_rescale(x, lowered)


def main():
    a = arguments()
    precision.report(a, lambda run: Precise(a, rotations=[1], special=SPECIAL_BITS))


main()

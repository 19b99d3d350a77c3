"""A CKKS context of Microsoft SEAL through TenSEAL's binding of its own classes, with keys.

SEAL's last prime is its only special one, and its key switch has one digit for each prime of the modulus.
"""

import tenseal.sealapi as seal


class Scheme:
    def __init__(self, a, rotations=(), special=None):
        self.scale = 2.0**a.log_scale
        parameters = seal.EncryptionParameters(seal.SCHEME_TYPE.CKKS)
        parameters.set_poly_modulus_degree(1 << a.log_n)
        sizes = [a.log_q0] + [a.log_scale] * a.depth + [special or min(60, a.log_q0)]
        parameters.set_coeff_modulus(seal.CoeffModulus.Create(1 << a.log_n, sizes))
        # SEAL's table ends there; beyond, the level is checked by the sweep that runs beside it.
        checked = seal.SEC_LEVEL_TYPE.TC128 if a.log_n <= 15 else seal.SEC_LEVEL_TYPE.NONE
        self.context = seal.SEALContext(parameters, True, checked)
        if not self.context.parameters_set():
            raise SystemExit(f"SEAL refuses these parameters: {self.context.parameters_error_message()}")
        self.generator = seal.KeyGenerator(self.context)
        public, self.relin, self.galois = seal.PublicKey(), seal.RelinKeys(), seal.GaloisKeys()
        self.generator.create_public_key(public)
        self.generator.create_relin_keys(self.relin)
        if rotations:
            # The binding asks for Galois elements, powers of 3 modulo 2N.
            elements = sorted({pow(3, steps, 2 << a.log_n) for steps in rotations})
            self.generator.create_galois_keys(elements, self.galois)
        self.encoder = seal.CKKSEncoder(self.context)
        self.encryptor = seal.Encryptor(self.context, public)
        self.decryptor = seal.Decryptor(self.context, self.generator.secret_key())
        self.evaluator = seal.Evaluator(self.context)
        self.slots = self.encoder.slot_count()

    def relin_keys(self):
        keys = seal.RelinKeys()
        self.generator.create_relin_keys(keys)
        return keys

    def encode(self, vector, at=None, scale=None):
        """A vector, repeated over all slots, for the modulus of the ciphertext `at`."""
        plain = seal.Plaintext()
        whole = list(vector) * (self.slots // len(vector))
        if at is None:
            self.encoder.encode(whole, scale or self.scale, plain)
        else:
            self.encoder.encode(whole, at.parms_id(), scale or self.scale, plain)
        return plain

    def encrypt(self, plain):
        out = seal.Ciphertext()
        self.encryptor.encrypt(plain, out)
        return out

    def decode(self, ciphertext):
        plain = seal.Plaintext()
        self.decryptor.decrypt(ciphertext, plain)
        return self.encoder.decode_double(plain)

    def call(self, name, *operands):
        """An evaluator's operation into a new ciphertext."""
        out = seal.Ciphertext()
        getattr(self.evaluator, name)(*operands, out)
        return out

    def mul_rescale(self, x, y):
        product = self.call("multiply", x, y)
        self.evaluator.relinearize_inplace(product, self.relin)
        self.evaluator.rescale_to_next_inplace(product)
        return product

    def rotate(self, x, steps):
        return self.call("rotate_vector", x, steps, self.galois)

    def lowered(self, x, at):
        """`x` at the modulus of `at`, its scale taken for that one's: they differ by what a prime is off its size."""
        out = self.call("mod_switch_to", x, at.parms_id())
        out.scale = at.scale
        return out

#!/usr/bin/env python3
"""Exchanges ciphertexts between OpenFHE (the wheel on PyPI) and this library, as plain numbers in JSON.

OpenFHE makes a key pair, encrypts two vectors and multiplies them. The example `exchange_with_openfhe` of the ckks crate
takes over the secret key, decrypts what OpenFHE encrypted, computes on it with keys of its own and hands the results
back; OpenFHE decrypts them. Everything is compared with the numbers that went in.

    openfhe_interop.py --live 13            N = 2^13, secure parameters, nothing is kept
    openfhe_interop.py --vectors            N = 32, insecure: rewrites crates/ckks/tests/data/openfhe_n32.json

See README.md beside this file for what it needs.
"""

import argparse
import cmath
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata, util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "crates/ckks/tests/data/openfhe_n32.json"

# As wide as OpenFHE goes in the vectors for the tests; at N = 2^13 its security table leaves room for 50 bits.
FIRST_MODULUS_BITS = {False: 60, True: 50}
LOG_SCALE = 40
DEPTH = 2

# What a result may be off. Encryption noise at N = 2^13 is below 2^14 with overwhelming probability, the scale is 2^40;
# one multiplication of numbers up to 2 and a square on top make it worse by a few bits.
TOLERANCE = 2.0**-20


def load_openfhe(workspace):
    """Imports OpenFHE. The wheel carries an extension for CPython 3.10 only, which compares versions as text; on any other
    CPython 3.x a COPY of the package, made in `workspace`, gets the running version written over that text. What pybind11
    uses of CPython is the same in 3.11; other versions are tried at the user's risk."""
    if sys.version_info[:2] != (3, 10):
        spec = util.find_spec("openfhe")
        if spec is None:
            raise SystemExit("no package `openfhe` here; README.md says how to install it")
        package = Path(workspace) / "openfhe"
        shutil.copytree(spec.submodule_search_locations[0], package)
        extension = next(package.glob("openfhe.cpython-310-*.so"), None)
        if extension is not None:
            built_for = b"\x003.10\x00"
            running = b"\x00%d.%d\x00" % sys.version_info[:2]
            code = extension.read_bytes()
            if code.count(built_for) != 1 or len(running) != len(built_for):
                raise SystemExit("the extension is not as expected; use CPython 3.10")
            (package / "openfhe.so").write_bytes(code.replace(built_for, running))
            extension.unlink()
        sys.path.insert(0, str(workspace))
        sys.modules.pop("openfhe", None)
    import openfhe

    return openfhe


def as_json(openfhe, thing):
    text = openfhe.Serialize(thing, openfhe.JSON)
    return json.loads(text.decode() if isinstance(text, bytes) else text)


def payload(document):
    return document["value0"]["ptr_wrapper"]["data"]


def limbs(polynomial):
    """The limbs of a polynomial in OpenFHE's JSON: values at psi^(2 brv(i) + 1), psi being the root beside each modulus."""
    if any(limb["f"] != 0 for limb in polynomial["v"]):
        raise SystemExit("OpenFHE wrote coefficients, not transform values")
    return [limb["v"]["ptr_wrapper"]["data"]["v"] for limb in polynomial["v"]]


def rings(document):
    """Moduli and roots of unity of all limbs, from the context that is written with every object."""
    found = []

    def search(node):
        if isinstance(node, dict):
            if "elp" in node and not found:
                found.append(node["elp"]["ptr_wrapper"]["data"]["p"])
            for child in node.values():
                search(child)
        elif isinstance(node, list):
            for child in node:
                search(child)

    search(document)
    towers = [tower["ptr_wrapper"]["data"]["value0"] for tower in found[0]]
    return [tower["cm"]["v"] for tower in towers], [tower["ru"]["v"] for tower in towers]


class Peer:
    """OpenFHE with a key pair, in the technique that keeps exact scales."""

    def __init__(self, openfhe, log_n, secure):
        self.openfhe, self.n = openfhe, 1 << log_n
        self.slots = self.n // 2
        params = openfhe.CCParamsCKKSRNS()
        params.SetMultiplicativeDepth(DEPTH)
        params.SetNumLargeDigits(DEPTH + 1)
        params.SetFirstModSize(FIRST_MODULUS_BITS[secure])
        params.SetScalingModSize(LOG_SCALE)
        params.SetScalingTechnique(openfhe.ScalingTechnique.FLEXIBLEAUTO)
        params.SetKeySwitchTechnique(openfhe.KeySwitchTechnique.HYBRID)
        params.SetCKKSDataType(openfhe.CKKSDataType.COMPLEX)
        level = openfhe.SecurityLevel.HEStd_128_classic if secure else openfhe.SecurityLevel.HEStd_NotSet
        params.SetSecurityLevel(level)
        params.SetRingDim(self.n)
        params.SetBatchSize(self.slots)
        self.context = openfhe.GenCryptoContext(params)
        features = openfhe.PKESchemeFeature
        for feature in (features.PKE, features.KEYSWITCH, features.LEVELEDSHE):
            self.context.Enable(feature)
        self.keys = self.context.KeyGen()
        self.context.EvalMultKeyGen(self.keys.secretKey)

    def encrypt(self, values, dropped=0):
        plaintext = self.context.MakeCKKSPackedPlaintext(values, 1, dropped)
        return self.context.Encrypt(self.keys.publicKey, plaintext)

    def export(self, ciphertext):
        data = payload(as_json(self.openfhe, ciphertext))
        return {"scale": data["s"], "parts": [limbs(part) for part in data["v"]]}

    def decrypt(self, foreign):
        """Decrypts a ciphertext that this library made: its numbers are written over those of one of OpenFHE's own."""
        parts = foreign["parts"]
        dropped = DEPTH + 1 - len(parts[0])
        document = as_json(self.openfhe, self.encrypt([0.0] * self.slots, dropped))
        data = payload(document)
        for polynomial, numbers in zip(data["v"], parts, strict=True):
            for limb, words in zip(polynomial["v"], numbers, strict=True):
                limb["v"]["ptr_wrapper"]["data"]["v"] = words
        data["s"] = foreign["scale"]
        ciphertext = self.openfhe.DeserializeCiphertextString(json.dumps(document), self.openfhe.JSON)
        plaintext = self.context.Decrypt(self.keys.secretKey, ciphertext)
        plaintext.SetLength(self.slots)
        return plaintext.GetCKKSPackedValue()


def pairs(values):
    return [[complex(value).real, complex(value).imag] for value in values]


def exchange(vectors, workspace):
    """Runs our side."""
    given, answer = Path(workspace) / "vectors.json", Path(workspace) / "results.json"
    given.write_text(json.dumps(vectors))
    command = ["cargo", "run", "--quiet", "--package", "ckks", "--example", "exchange_with_openfhe"]
    subprocess.run([*command, "--", str(given), str(answer)], cwd=ROOT, check=True)
    return json.loads(answer.read_text())


def worst(found, expected):
    return max(abs(complex(a) - complex(b)) for a, b in zip(found, expected, strict=True))


def run(log_n, secure):
    with tempfile.TemporaryDirectory() as workspace:
        openfhe = load_openfhe(workspace)
        peer = Peer(openfhe, log_n, secure)
        draw = random.Random(7)
        vector = lambda: [cmath.rect(draw.uniform(0, 1), draw.uniform(0, 2 * cmath.pi)) for _ in range(peer.slots)]
        x, y = vector(), vector()
        ciphertexts = {"x": peer.encrypt(x), "y": peer.encrypt(y)}
        ciphertexts["x_times_y"] = peer.context.EvalMult(ciphertexts["x"], ciphertexts["y"])
        secret = as_json(openfhe, peer.keys.secretKey)
        moduli, roots = rings(secret)
        version = metadata.version("openfhe")
        vectors = {
            "about": f"Made by scripts/interop/openfhe_interop.py with openfhe {version}. "
            + ("Secure parameters." if secure else "INSECURE parameters, for tests only."),
            "ring_degree": peer.n,
            "log_scale": LOG_SCALE,
            "moduli": moduli,
            "roots": roots,
            "secret": limbs(payload(secret)["s"]),
            "values": {"x": pairs(x), "y": pairs(y)},
            "ciphertexts": {name: peer.export(ciphertext) for name, ciphertext in ciphertexts.items()},
        }
        results = exchange(vectors, workspace)
        print("decrypted here, largest error:")
        errors = dict(results["errors"])
        for name, error in errors.items():
            print(f"  {name:<24} 2^{cmath.log(error, 2).real:.1f}")
        print("computed here, decrypted by OpenFHE, largest error:")
        vectors["results"] = {}
        for name, result in results["results"].items():
            found = peer.decrypt(result)
            expected = [complex(*pair) for pair in result["values"]]
            errors[f"OpenFHE: {name}"] = error = worst(found, expected)
            print(f"  {name:<24} 2^{cmath.log(error, 2).real:.1f}")
            vectors["results"][name] = {**result, "values": pairs(found)}
        too_far = [name for name, error in errors.items() if not error < TOLERANCE]
        if too_far:
            raise SystemExit(f"FAILED: {too_far} are off by more than {TOLERANCE}")
        return vectors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--live", type=int, metavar="LOG_N", help="exchange at N = 2^LOG_N, 128 bits")
    action.add_argument("--vectors", action="store_true", help="rewrite the vectors of the tests")
    arguments = parser.parse_args()
    if arguments.vectors:
        vectors = run(5, secure=False)
        VECTORS.parent.mkdir(parents=True, exist_ok=True)
        VECTORS.write_text(json.dumps(vectors, separators=(",", ":")).replace('],"', '],\n"') + os.linesep)
        print(f"wrote {VECTORS.relative_to(ROOT)}")
    else:
        run(arguments.live, secure=True)
    print("all within tolerance")


if __name__ == "__main__":
    main()

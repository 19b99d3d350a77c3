"""Writes seed_expansion.csv: words of the seed expansion, version 1, from an AES of its own.

usage: python seed_expansion.py > seed_expansion.csv      (needs the package `cryptography`)
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SEEDS = [bytes(32), bytes(range(32)), bytes([0xFF] * 32)]
DOMAINS = [(0, 0), (5, 1), (2**64 - 1, 2**32 - 1)]
PRIMES = [17, 2**30 - 35, 2**48 - 59, 35184372744193, 2**61 - 1]
INDICES = [0, 1, 2, 511, 512, 4095]


def ecb(key, blocks):
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(blocks) + encryptor.finalize()


def limb(seed, object_, part, prime, count):
    name = part.to_bytes(4, "little") + object_.to_bytes(8, "little")
    subkey = ecb(seed, bytes([1, 0, 0, 0]) + name + bytes([1, 1, 0, 0]) + name)
    kept, counter = [], 0
    while len(kept) < count:
        block = counter.to_bytes(8, "little") + prime.to_bytes(8, "little")
        stream = ecb(subkey, block)
        for at in (0, 8):
            word = int.from_bytes(stream[at : at + 8], "little") % 2 ** prime.bit_length()
            if word < prime:
                kept.append(word)
        counter += 1
    return kept


print("# words of the seed expansion, version 1; made by seed_expansion.py beside this file")
print("seed,object,part,prime,index,word")
for seed in SEEDS:
    for object_, part in DOMAINS:
        for prime in PRIMES:
            words = limb(seed, object_, part, prime, max(INDICES) + 1)
            for index in INDICES:
                print(f"{seed.hex()},{object_},{part},{prime},{index},{words[index]}")

#!/usr/bin/env python3
"""Regenerates src/nand/ecc/tests/vectors.rs: ECC bytes computed by others than the code under test.

    python3 -m venv venv && venv/bin/pip install bchlib==2.1.3
    venv/bin/python drivers/tests/ecc_vectors.py > drivers/src/nand/ecc/tests/vectors.rs

Run it from the root of the repository. BCH: bchlib, which wraps the BCH code of the Linux kernel. Hamming: the
definition of the SmartMedia parities, bit by bit, below.
"""

import bchlib

PRIMITIVE = 0x201B
UNIT = 512


def noise(seed):
    """Bytes of a linear congruential generator; the tests have the same one."""
    data = bytearray()
    for _ in range(UNIT):
        seed = (seed * 1664525 + 1013904223) % 2**32
        data.append(seed >> 24)
    return data


def single(byte, value):
    data = bytearray(UNIT)
    data[byte] = value
    return data


def bch(t, data):
    """The code's ECC, changed so that erased bytes have erased ECC."""
    code = bchlib.BCH(t, prim_poly=PRIMITIVE)
    erased = code.encode(bytes([0xFF]) * UNIT)
    return bytes(a ^ b ^ 0xFF for a, b in zip(code.encode(bytes(data)), erased))


def hamming(data):
    """LP07..LP00, LP15..LP08, CP5..CP0 and two ones, all inverted."""

    def parity(chosen):
        return sum(data[i] >> b & 1 for i in range(256) for b in range(8) if chosen(i, b)) % 2

    line = [parity(lambda i, b: i >> (n // 2) & 1 == n % 2) for n in range(16)]
    column = [parity(lambda i, b: b >> (n // 2) & 1 == n % 2) for n in range(6)]

    def byte(bits):
        return 0xFF ^ sum(bit << place for place, bit in enumerate(bits))

    return bytes([byte(line[:8]), byte(line[8:]), byte([0, 0] + column)])


def array(data):
    return "[" + ", ".join(f"0x{byte:02x}" for byte in data) + "]"


CASES = (
    [("Erased", bytearray([0xFF]) * UNIT), ("Zeros", bytearray(UNIT))]
    + [("Byte(0, 0x80)", single(0, 0x80)), ("Byte(255, 0x01)", single(255, 0x01)), ("Byte(511, 0x01)", single(511, 0x01))]
    + [(f"Noise({seed})", noise(seed)) for seed in range(1, 12)]
)

print("//! ECC bytes computed by others. Written by `drivers/tests/ecc_vectors.py`: do not edit.")
print()
print("use super::vector::Data::*;")
print("use super::vector::Vector;")
print()
print("#[rustfmt::skip]")
print(f"pub(super) const VECTORS: [Vector; {len(CASES)}] = [")
for name, data in CASES:
    print("    Vector {")
    print(f"        data: {name},")
    print(f"        bch4: {array(bch(4, data))},")
    print(f"        bch8: {array(bch(8, data))},")
    print(f"        hamming: {array(hamming(data))},")
    print("    },")
print("];")

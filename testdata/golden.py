"""Writes the golden vectors on standard output: golden.json.

An implementation of the definition that shares nothing with the Go code. The
vectors freeze the definition for the major version: golden.json is never written
again, only added to.
"""
import hashlib
import json
import struct

M64 = (1 << 64) - 1
A = 6364136223846793005


def output(s):
    w = (((s >> ((s >> 59) + 5)) ^ s) * 12605985483714917081) & M64
    return w ^ (w >> 43)


class PCG:
    def __init__(self, state, inc):
        self.state, self.inc = state, inc

    def word(self):
        w = output(self.state)
        self.state = (self.state * A + self.inc) & M64
        return w


def new(seed, stream):
    inc = (stream << 1 | 1) & M64
    return PCG(((inc + seed) * A + inc) & M64, inc)


def mix(x):
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & M64
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & M64
    return x ^ x >> 31


def derive(seed, ids):
    lo, hi = 12605985483714917081, A
    golden = 0x9E3779B97F4A7C15
    for x in [seed, *ids, len(ids), golden]:
        lo = mix(lo ^ x)
        hi = mix((hi + lo + golden) & M64)
    return PCG(lo, hi | 1)


def threshold(p):
    return int((1 - p) * 2**32 + 0.5)


def mask(n, t, r):
    words = []
    for first in range(0, n, 64):
        w = [r.word() for _ in range(8)]
        word = 0
        for i in range(min(64, n - first)):
            digit = int("".join(str(plane >> i & 1) for plane in w), 2)
            tie = output(output(((w[7] + 0x9E3779B97F4A7C15) & M64) ^ (1 << i))) >> 40
            if digit << 24 | tie < t:
                word |= 1 << i
        words.append(word)
    return words


def bits(x):
    return struct.unpack("<I", struct.pack("<f", x))[0]


def single(u):
    return struct.unpack("<f", struct.pack("<I", u))[0]


def hex64(words):
    return [f"{w:016x}" for w in words]


def digest(words):
    return hashlib.sha256(b"".join(struct.pack("<Q", w) for w in words)).hexdigest()


IDS = [[], [0], [1], [0, 0], [1, 2], [2, 1], [M64, 1 << 63, 7]]
PS = [0, 2**-32, 1e-6, 0.1, 0.125, 0.25, 0.3, 0.5, 0.75, 0.9, 0.999, 1 - 2**-32, 1]

golden = {"streams": [], "derived": [], "masks": [], "forward": []}

for seed, stream in [(0, 0), (42, 54), (1, 1), (M64, 1 << 62)]:
    r = new(seed, stream)
    golden["streams"].append({"seed": f"{seed:x}", "stream": f"{stream:x}", "words": hex64([r.word() for _ in range(8)])})

for seed in [0, 1]:
    for ids in IDS:
        r = derive(seed, ids)
        golden["derived"].append({
            "seed": f"{seed:x}", "ids": [f"{i:x}" for i in ids],
            "state": f"{r.state:016x}", "inc": f"{r.inc:016x}", "words": hex64([r.word() for _ in range(2)])})

for i, p in enumerate(PS):
    for n in [130, 70001]:
        r = derive(2026, [i, n])
        words = mask(n, threshold(p), r)
        golden["masks"].append({
            "p": p, "ids": [f"{i:x}", f"{n:x}"], "n": n, "threshold": f"{threshold(p):x}",
            "first": hex64(words[:3]), "sha256": digest(words), "next": f"{r.word():016x}"})

# Inputs that a multiplication rounds, overflows, keeps the sign of or makes subnormal.
x = [0.0, -0.0, 1.0, -1.0, 0.1, 3.0000002, 1e-45, 1.1754944e-38, 3.4028235e38, -3.4028235e38, float("inf"), float("-inf")]
x = [bits(v) for v in x] + [0x3F800000 + 0x1357 * i for i in range(60)]
for p in [0, 0.1, 0.3, 0.5, 0.9, 1]:
    t = threshold(p)
    m = mask(len(x), t, derive(7, [1, 2, 3]))
    y = []
    for i, u in enumerate(x):
        if not m[i // 64] >> (i % 64) & 1:
            y.append(0)
        elif t == 2**32:
            y.append(u)
        else:
            # The product of two singles is exact in double, so it is rounded once.
            scale = struct.unpack("<f", struct.pack("<f", 2**32 / t))[0]
            product = single(u) * scale
            try:
                y.append(bits(product))
            except OverflowError:
                y.append(0xFF800000 if product < 0 else 0x7F800000)
    golden["forward"].append({"p": p, "x": [f"{u:08x}" for u in x], "y": [f"{u:08x}" for u in y]})

print(json.dumps(golden, indent=1))

"""Writes the golden vectors on standard output: golden.json.

An implementation of the definition that shares nothing with the Go code. The
vectors freeze the definition for the major version: golden.json is never written
again, only added to, and this must go on to print it:

    python3 testdata/golden.py | cmp - testdata/golden.json
"""
import decimal
import hashlib
import json
import math
import struct
import zlib

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


# From here on the variants and everything else that is public. Lists of numbers
# are strings of hexadecimal words, to keep the file short.


def rounded(x):
    """Rounds to single precision.

    One +, -, * or square root of singles, computed in double precision and then
    rounded here, is correctly rounded: 53 bits are at least 2·24+2, so that
    rounding twice does no harm (S. A. Figueroa, "When is Double Rounding
    Innocuous?", 1995). It is applied after each such operation.
    """
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def number(x):
    """Bits of a single; all NaNs are one, as payloads are the processor's."""
    return 0x7FC00000 if x != x else bits(x)


def floats(xs):
    return " ".join(f"{number(x):08x}" for x in xs)


def head(xs):
    """The first numbers of many, or all."""
    return floats(xs if len(xs) <= 80 else xs[:8])


def words64(ws):
    return " ".join(hex64(ws))


def floats_digest(xs):
    return hashlib.sha256(b"".join(struct.pack("<I", number(x)) for x in xs)).hexdigest()


def inputs(n, *ids):
    """n multiples of 2^-22 from -2 to 2."""
    r = derive(11, ids)
    return [((r.word() >> 40) - 2**23) / 2**22 for _ in range(n)]


def kept(m, i):
    return m[i // 64] >> (i % 64) & 1


def scale_of(t):
    return math.inf if t == 0 else rounded(2**32 / t)


def scaled(x, keep, t):
    """Dropout of one element; a copy at p = 0."""
    if not keep:
        return 0.0
    return x if t == 2**32 else rounded(x * scale_of(t))


def position(r):
    return f"{r.state:016x}"


HARD = [single(u) for u in x]  # the inputs of "forward"
LONG = 5000  # elements: more than any kernel takes at a time

golden["settings"] = []
for p in [0, 2**-34, 2**-33 * 1.5, 1e-6, 1 / 3, 0.1, 0.5, 0.9, 1 - 2**-32, 1 - 2**-34, 1]:
    t = threshold(p)
    golden["settings"].append({"p": p, "in_force": 1 - t / 2**32, "scale": floats([scale_of(t)])})

golden["advanced"] = []
for seed, ids in [(0, []), (3, [1, 2])]:
    for n in [0, 1, 8, 2**20 + 5, 2**63, M64, M64 - 7]:
        r = derive(seed, ids)
        # state·A^n + inc·(A^n-1)/(A-1); the division is exact if A^n is known modulo ·2^64.
        power = pow(A, n, (A - 1) << 64)
        state = (r.state * power + r.inc * ((power - 1) // (A - 1))) & M64
        golden["advanced"].append({
            "seed": f"{seed:x}", "ids": words64(ids), "n": f"{n:x}",
            "state": f"{state:016x}", "word": f"{output(state):016x}"})

golden["seeded"] = []
for seed, stream, again in [(1, 99, 5), (0, 0, M64), (7, M64 >> 1, 0)]:
    r = new(again, stream)
    golden["seeded"].append({
        "seed": f"{seed:x}", "stream": f"{stream:x}", "again": f"{again:x}",
        "state": position(r), "words": words64([r.word() for _ in range(3)])})

golden["encodings"] = []
for r in [new(0, 0), new(42, 54), derive(1, [2, 3]), PCG(0, 1), PCG(M64, M64)]:
    data = b"pcg:rxsmxs64" + struct.pack(">QQ", r.state, r.inc)
    data += struct.pack(">I", zlib.crc32(data))
    golden["encodings"].append({"state": position(r), "inc": f"{r.inc:016x}", "hex": data.hex()})

golden["draws"] = []
for i, p in enumerate([2**-34, 2**-32, 2**-24, 2**-8, 0.01, 0.375, 1 / 3, 0.4999999, 0.625, 0.99609375, 1 - 2**-24, 1 - 2**-32]):
    for n in [1, 64, 65, 200, LONG]:
        r = derive(2027, [i, n])
        words = mask(n, threshold(p), r)
        golden["draws"].append({
            "p": p, "ids": words64([i, n]), "n": n, "count": sum(bin(w).count("1") for w in words),
            "words": len(words), "first": words64(words[:4]), "sha256": digest(words), "state": position(r)})

# Backward with a gradient of its own, from a mask that is drawn and one that is not.
golden["backward"] = []
for i, p in enumerate([0, 0.1, 0.5, 0.9, 1]):
    t = threshold(p)
    for n, grad in [(len(HARD), HARD[::-1]), (LONG, inputs(LONG, 1))]:
        m = mask(n, t, derive(12, [i, n]))
        other = mask(n, threshold(0.6), derive(13, [i, n]))
        # At p = 1 nothing is kept whatever the mask says.
        y = [scaled(g, kept(m, j), t) for j, g in enumerate(grad)]
        z = [scaled(g, kept(other, j) and t != 0, t) for j, g in enumerate(grad)]
        golden["backward"].append({
            "p": p, "n": n, "ids": words64([i, n]), "first": head(y), "sha256": floats_digest(y),
            "otherFirst": head(z), "otherSHA256": floats_digest(z)})

# ReLU passes NaN through.
golden["relu"] = []
for i, p in enumerate([0, 0.3, 0.5, 0.9, 1]):
    t = threshold(p)
    for n, src in [(len(HARD) + 8, HARD + [math.nan] * 8), (LONG, inputs(LONG, 2))]:
        r = derive(14, [i, n])
        m = mask(n, t, r)
        both = [kept(m, j) and not v <= 0 for j, v in enumerate(src)]
        y = [rounded(v * scale_of(t)) if k else 0.0 for v, k in zip(src, both)]
        stored = [sum(bool(k) << j for j, k in enumerate(both[lo : lo + 64])) for lo in range(0, n, 64)]
        golden["relu"].append({
            "p": p, "n": n, "ids": words64([i, n]), "first": head(y),
            "sha256": floats_digest(y),
            "mask": digest(stored), "state": position(r)})

golden["residual"] = []
for i, p in enumerate([0, 0.3, 0.5, 0.9, 1]):
    t = threshold(p)
    for columns, connected in [(25, True), (25, False), (0, True), (0, False), (LONG, True), (1, True)]:
        n = LONG
        src, bias, residual = inputs(n, 3), inputs(columns, 4), inputs(n, 5)
        r = derive(15, [i, columns])
        m = mask(n, t, r)
        y = []
        for j, v in enumerate(src):
            if columns:
                v = rounded(v + bias[j % columns])
            v = scaled(v, kept(m, j), t)
            y.append(rounded(residual[j] + v) if connected else v)
        golden["residual"].append({
            "p": p, "n": n, "columns": columns, "connected": connected, "ids": words64([i, columns]),
            "first": head(y), "sha256": floats_digest(y), "mask": digest(m), "state": position(r)})

# Column sums are added to what is there, row by row.
golden["bias"] = []
for i, p in enumerate([0, 0.3, 0.5, 1]):
    t = threshold(p)
    for columns in [1, 25, 1000, LONG]:
        grad, sums = inputs(LONG, 6), inputs(columns, 7)
        m = mask(LONG, t, derive(16, [i, columns]))
        y = [scaled(g, kept(m, j), t) for j, g in enumerate(grad)]
        for j, v in enumerate(y):
            sums[j % columns] = rounded(sums[j % columns] + v)
        golden["bias"].append({
            "p": p, "columns": columns, "ids": words64([i, columns]), "n": LONG, "sha256": floats_digest(y),
            "sumsFirst": head(sums), "sumsSHA256": floats_digest(sums)})

golden["groups"] = []
for i, p in enumerate([0, 0.3, 0.5, 1]):
    t = threshold(p)
    for group in [1, 2, 25, 100, LONG]:
        src = inputs(LONG, 8)
        r = derive(17, [i, group])
        m = mask(LONG // group, t, r)
        y = [scaled(v, kept(m, j // group), t) for j, v in enumerate(src)]
        golden["groups"].append({
            "p": p, "group": group, "ids": words64([i, group]), "n": LONG, "mask": words64(m[:2]),
            "maskSHA256": digest(m), "sha256": floats_digest(y), "state": position(r)})

# Constants of alpha dropout in 50 decimal digits, rounded once to double and then
# to single precision.
decimal.getcontext().prec = 50
LAMBDA, ALPHA = decimal.Decimal("1.0507009873554805"), decimal.Decimal("1.6732632423543772")
golden["alpha"] = []
for i, p in enumerate([0, 0.05, 0.1, 0.5, 0.9, 1 - 2**-32, 1]):
    t = threshold(p)
    q = decimal.Decimal(t) / 2**32
    prime = -LAMBDA * ALPHA
    a = 1 / (q + prime * prime * (1 - q) * q).sqrt() if t else decimal.Decimal(0)
    b = -a * prime * (1 - q)
    a, b, dropped = (rounded(float(v)) for v in (a, b, a * prime + b))
    for n, src in [(len(HARD), HARD), (LONG, inputs(LONG, 9))]:
        r = derive(18, [i, n])
        m = mask(n, t, r)
        if t in (0, 2**32):
            y = dx = [scaled(v, kept(m, j), t) for j, v in enumerate(src)]
        else:
            y = [rounded(rounded(v * a) + b) if kept(m, j) else dropped for j, v in enumerate(src)]
            dx = [rounded(v * a) if kept(m, j) else 0.0 for j, v in enumerate(src)]
        golden["alpha"].append({
            "p": p, "n": n, "ids": words64([i, n]), "in_force": 1 - t / 2**32, "constants": floats([a, b, dropped]),
            "first": head(y), "sha256": floats_digest(y), "mask": digest(m),
            "backFirst": head(dx), "backSHA256": floats_digest(dx), "state": position(r)})


def poly(x, *coefficients):
    """Horner's rule, the highest coefficient first; each operation rounded."""
    y = rounded(coefficients[0])
    for c in coefficients[1:]:
        y = rounded(rounded(y * x) + rounded(c))
    return y


def normal_pair(w):
    """The two normal variates of a word, as docs/gaussian.md has them."""
    u = rounded(rounded(rounded(w >> 33) * 2.0**-31) + 2.0**-32)
    fraction, e = math.frexp(u)
    if fraction < single(0x3F3504F3):  # √½: the fraction is from there to √2
        fraction, e = 2 * fraction, e - 1
    f = rounded(fraction - 1)
    f2 = rounded(f * f)
    q = poly(f, 0.08700436, -0.14267487, 0.14914768, -0.16577585, 0.19963064, -0.25001337, 0.33333911)
    log = rounded(rounded(f - rounded(0.5 * f2)) + rounded(rounded(f2 * f) * q))
    log = rounded(rounded(e * rounded(math.log(2))) + log)
    r = rounded(math.sqrt(rounded(-2 * log)))

    low = w & 0xFFFFFFFF
    k = ((low + 2**29) >> 30) & 3
    part = (low - (k << 30) + 2**31) % 2**32 - 2**31
    t = rounded(rounded(part) * rounded(2 * math.pi / 2**32))
    t2 = rounded(t * t)
    sin = rounded(t + rounded(rounded(t2 * t) * poly(t2, -0.00019496, 0.00833198, -0.16666651)))
    cos = rounded(rounded(1 - rounded(0.5 * t2)) + rounded(rounded(t2 * t2) * poly(t2, -0.00136525, 0.04166128)))
    cos, sin = [(cos, sin), (-sin, cos), (-cos, -sin), (sin, -cos)][k]
    return rounded(r * cos), rounded(r * sin)


def normals(n, r):
    z = []
    while len(z) < n:
        pairs = [normal_pair(r.word()) for _ in range(8)]
        z += [c for c, _ in pairs] + [s for _, s in pairs]
    return z[:n]


# Words at the ends of radius and angle, and ordinary ones.
golden["normals"] = []
r = derive(19, [])
extreme = [high << 33 | low for high in (0, 1, 0x5A827999, 0x5A827A00, 2**31 - 1)
           for low in (0, 1, 2**29 - 1, 2**29, 2**30, 2**31 - 1, 2**31, 3 * 2**30, 2**32 - 1)]
for w in extreme + [r.word() for _ in range(50)]:
    golden["normals"].append(f"{w:016x} {floats(normal_pair(w))}")

golden["gaussian"] = []
for i, p in enumerate([0, 1e-3, 0.1, 0.5, 0.9, 1 - 2**-30]):
    exact = decimal.Decimal(p)
    sigma = rounded(float((exact / (1 - exact)).sqrt()))
    for n in [1, 16, 17, 100, LONG]:
        src = inputs(n, 10)
        r = derive(20, [i, n])
        z = normals(n, r)
        y = [x if p == 0 else rounded(x * rounded(1 + rounded(sigma * v))) for x, v in zip(src, z)]
        golden["gaussian"].append({
            "p": p, "n": n, "ids": words64([i, n]), "first": head(y), "sha256": floats_digest(y),
            "state": position(r)})

print(json.dumps(golden, indent=1))

"""Dropout as it is written with NumPy, as a peer of the benchmark."""

import peer

try:
    import numpy as np
except ImportError as e:
    peer.missing("numpy", e)


class NumPy(peer.Rival):
    backward_needs = "mask"

    def full(self, n, value):
        return np.full(n, value, dtype=np.float32)

    def ramp(self, n):
        return (np.arange(n) % 1024 - 511.5).astype(np.float32)

    def copy(self, dst, src):
        np.copyto(dst, src)

    def seed(self, seed):
        self.rng = np.random.default_rng(seed)

    def setup(self, p, n):
        super().setup(p, n)
        if not hasattr(self, "rng"):
            self.seed(1)


class Idiom(NumPy):
    name = "numpy-idiom"
    about = "NumPy %s: x * ((rng.random(n) >= p) / (1 - p)), mask in float64" % np.__version__
    mask_bytes = 8

    def forward(self, dst, src):
        self.mask = (self.rng.random(self.n) >= self.p) / (1 - self.p)
        return (src * self.mask).astype(np.float32)

    def backward(self, dst, grad):
        return (grad * self.mask).astype(np.float32)


class Lean(NumPy):
    name = "numpy-lean"
    about = "NumPy %s: float32 uniforms, every array allocated beforehand, mask in bool" % np.__version__
    mask_bytes = 1

    def setup(self, p, n):
        super().setup(p, n)
        self.uniform = np.zeros(n, dtype=np.float32)
        self.keep = np.zeros(n, dtype=bool)
        self.scale = np.float32(1 / (1 - p))

    def forward(self, dst, src):
        self.rng.random(dtype=np.float32, out=self.uniform)
        np.greater_equal(self.uniform, np.float32(self.p), out=self.keep)
        return self.backward(dst, src)

    def backward(self, dst, grad):
        np.multiply(grad, self.scale, out=dst)
        np.multiply(dst, self.keep, out=dst)
        return dst


if __name__ == "__main__":
    with np.errstate(invalid="ignore"):
        peer.serve("numpy", ["NumPy " + np.__version__], [Idiom(), Lean()])

"""Dropout as it is written with JAX, as a peer of the benchmark."""

import os

import peer

# XLA takes as many threads as it may run on and can't be told otherwise later.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
os.environ["JAX_PLATFORMS"] = "cpu"

try:
    import jax
    import jax.numpy as jnp
    import numpy as np
except ImportError as e:
    peer.missing("jax", e)

# A call by another thread would have to wait for the one processor.
jax.config.update("jax_cpu_enable_async_dispatch", False)


@jax.jit
def dropout(key, call, x, p):
    """Dropout as flax.linen has it, compiled together with the choice of the key."""
    keep = jax.random.bernoulli(jax.random.fold_in(key, call), 1 - p, x.shape)
    return jnp.where(keep, x / (1 - p), 0)


@jax.jit
def pull(vjp, grad):
    return vjp(grad)[0]


class JAX(peer.Rival):
    name = "jax-dropout"
    about = "JAX %s: select by jax.random.bernoulli as in Flax, jit, a key for each call; backward by jax.vjp" % jax.__version__
    backward_needs = "mask"

    def full(self, n, value):
        return jnp.full(n, value, dtype=jnp.float32)

    def ramp(self, n):
        return (jnp.arange(n) % 1024 - 511.5).astype(jnp.float32)

    def copy(self, dst, src):
        jnp.copy(src).block_until_ready()

    def plain(self, y):
        return np.asarray(y)

    def seed(self, seed):
        self.key, self.call = jax.random.key(seed), 0

    def setup(self, p, n):
        super().setup(p, n)
        self.seed(1)

    def forward(self, dst, src):
        self.call += 1
        return dropout(self.key, self.call, src, self.p).block_until_ready()

    def backward(self, dst, grad):
        if getattr(self, "made_for", None) != (self.p, self.n):
            self.made_for = (self.p, self.n)
            _, self.vjp = jax.vjp(lambda x: dropout(self.key, self.call, x, self.p), grad)
        return pull(self.vjp, grad).block_until_ready()


if __name__ == "__main__":
    peer.serve("jax", ["JAX " + jax.__version__], [JAX()])

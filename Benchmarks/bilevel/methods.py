import os
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
SAMPLES, BATCHES, N, RATE = 1024, 16, 100, 0.02


def wave(a, *shape):
    return np.sin(np.arange(float(np.prod(shape))) ** 2 % 1000.0 * a + 0.3).reshape(shape)


def dense_side(a):
    u, w, left, right = (wave(a + 0.1 * i, SAMPLES, N) for i in range(4))
    outer = lambda p, q: p[:, :, None] * q[:, None, :]
    return outer(u, u), outer(w, w), 0.01 * outer(left, right), wave(a + 0.4, SAMPLES, N), wave(a + 0.5, SAMPLES, N)


def dense_loss(side, z, x, k):
    Hz, Hx, C, c, d = (jax.lax.dynamic_slice_in_dim(t, k * 64, 64, 0) for t in side)
    one = lambda Hz, Hx, C, c, d: 0.5 * z @ (Hz @ z) + 0.5 * x @ (Hx @ x) + x @ (C @ z) + c @ z + d @ x
    return jnp.mean(jax.vmap(one)(Hz, Hx, C, c, d))


def block_loss(side, z, x, k):
    Hz, Hx, C, c, d = (t[k] for t in side)
    return 0.5 * z @ (Hz @ z) + 0.5 * x @ (Hx @ x) + x @ (C @ z) + c @ z + d @ x


def soba(inner, outer, z, x, steps):
    def step(state, t):
        z, v, x = state
        rate, k = RATE / jnp.sqrt(t + 1.0), t % BATCHES
        slope, pull = jax.vjp(lambda z, x: jax.grad(inner)(z, x, k), z, x)
        hv, jv = pull(v)
        by_z, by_x = jax.grad(outer, (0, 1))(z, x, k)
        return (z - rate * slope, v - rate * (hv + by_z), x - rate * (jv + by_x)), None
    return jax.lax.scan(step, (z, jnp.zeros_like(z), x), jnp.arange(steps))[0][2]


def saba(inner, outer, z, x, steps):
    def step(state, t):
        z, v, x, memory = state
        k = t % BATCHES
        slope, pull = jax.vjp(lambda z, x: jax.grad(inner)(z, x, k), z, x)
        hv, jv = pull(v)
        by_z, by_x = jax.grad(outer, (0, 1))(z, x, k)
        directions, kept = [], []
        for value, (rows, average) in zip((slope, hv, jv, by_z, by_x), memory):
            change = value - rows[k]
            directions.append(change + average)
            kept.append((rows.at[k].set(value), average + change / BATCHES))
        slope, hv, jv, by_z, by_x = directions
        return (z - RATE * slope, v - RATE * (hv + by_z), x - RATE * (jv + by_x), kept), None
    memory = [(jnp.zeros((BATCHES, N)), jnp.zeros(N)) for _ in range(5)]
    return jax.lax.scan(step, (z, jnp.zeros_like(z), x, memory), jnp.arange(steps))[0][2]


def stocbio(inner, outer, z, x, steps):
    def step(state, t):
        z, x = state
        first = t * 21
        z = jax.lax.fori_loop(0, 10, lambda i, z: z - RATE * jax.grad(inner)(z, x, (first + i) % BATCHES), z)
        by_z, by_x = jax.grad(outer, (0, 1))(z, x, t % BATCHES)

        def term(i, state):
            r, total = state
            k = (first + 10 + i) % BATCHES
            r = r - RATE * jax.vjp(lambda z: jax.grad(inner)(z, x, k), z)[1](r)[0]
            return r, total + r
        total = jax.lax.fori_loop(0, 10, term, (by_z, by_z))[1]
        k = (first + 20) % BATCHES
        jv = jax.vjp(lambda x: jax.grad(inner)(z, x, k), x)[1](RATE * total)[0]
        return (z, x - RATE * (by_x - jv)), None
    return jax.lax.scan(step, (z, x), jnp.arange(steps))[0][1]


dense = dense_side(0.7), dense_side(0.9)
blocks = [[t.reshape(BATCHES, -1, *t.shape[1:]).mean(1) for t in side] for side in dense]
for form, sides, loss, steps in (("blocks", blocks, block_loss, 64), ("dense", dense, dense_loss, 8)):
    sides = [[jnp.asarray(t) for t in side] for side in sides]
    for method in (soba, saba, stocbio):
        # Data are arguments, so that nothing of them is computed when the function is compiled.
        run = jax.jit(lambda sides, z, x: method(
            lambda z, x, k: loss(sides[0], z, x, k), lambda z, x, k: loss(sides[1], z, x, k), z, x, steps))
        z, x = jnp.zeros(N), jnp.full(N, -2.0)
        length = float(jnp.linalg.norm(run(sides, z, x)))
        least = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            run(sides, z, x).block_until_ready()
            least = min(least, time.perf_counter() - start)
        for suffix in ("", "_compiled"):
            print(f"{method.__name__}_{form}{suffix}\t{least / steps * 1e6:.4f}\t{length:.8e}")

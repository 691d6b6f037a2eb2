"""Writes Tests/Scripts/implicit/constraints/numbers-of-*.mos: quadratic programs, minima within bounds,
lasso and projections with their derivatives. Run from the repository's root:
python3 Tests/Oracles/constraints.py

Quadratic programs are solved by trying all sets of constraints that may push, minima within bounds by SciPy
and then by Newton's method on the free unknowns; derivatives solve the linear systems of the conditions.
"""

import itertools
import os

import numpy as np
from scipy.optimize import minimize

from script import Script

FOLDER = "Tests/Scripts/implicit/constraints"
HEAD = """# {title}; made by Tests/Oracles/constraints.py.
fn wave(a, *shape) {{ sin(arange(float(prod(shape))) ** 2 * a + 0.3).reshape(*shape) }}
fn check(name, found, expected) {{ assert near(found, expected, rtol=1e-8, atol=1e-10), "{{name}}: {{found}}, not {{expected}}" }}
"""


def wave(a, *shape):
    return np.sin(np.arange(float(np.prod(shape))) ** 2 * a + 0.3).reshape(shape)


def text(x):
    x = np.asarray(x)
    if x.ndim == 0:
        return repr(float(x))
    return "[" + ", ".join(text(y) for y in x) + "]"


def new_script(name, title):
    """An empty script of checks."""
    return Script(f"{FOLDER}/{name}.mos", HEAD.format(title=title), text)


def quadratic(P, q, A, b, G, h):
    """x, y, z and which inequalities push."""
    n, p, m = len(q), len(b), len(h)
    for size in range(m + 1):
        for active in itertools.combinations(range(m), size):
            rows = np.vstack([A, G[list(active)]]) if p + size else np.zeros((0, n))
            right = np.concatenate([b, h[list(active)]])
            K = np.block([[P, rows.T], [rows, np.zeros((len(right), len(right)))]])
            if np.linalg.matrix_rank(K) < len(K):
                continue
            u = np.linalg.solve(K, np.concatenate([-q, right]))
            x, z = u[:n], u[n + p:]
            if (G @ x <= h + 1e-12).all() and (z > 1e-9).all():
                full = np.zeros(m)
                full[list(active)] = z
                return x, u[n:n + p], full, list(active), K
    raise ValueError("no solution")


def quadratic_gradients(P, q, A, b, G, h, w):
    """The gradients of w · x by all data: u = -K⁻¹ (w, 0), and products of it with x, y and z."""
    n, p = len(q), len(b)
    x, y, z, active, K = quadratic(P, q, A, b, G, h)
    u = -np.linalg.solve(K, np.concatenate([w, np.zeros(len(K) - n)]))
    ux, uy = u[:n], u[n:n + p]
    uz = np.zeros(len(h))
    uz[active] = u[n + p:]
    return {
        "P": 0.5 * (np.outer(ux, x) + np.outer(x, ux)), "q": ux,
        "A": np.outer(uy, x) + np.outer(y, ux), "b": -uy,
        "G": np.outer(uz, x) + np.outer(z, ux), "h": -uz,
    }


os.makedirs(FOLDER, exist_ok=True)
script = new_script("numbers-of-quadratic-programs", "Quadratic programs with the gradients by all data")
for case, (n, p, m, seed) in enumerate([(3, 1, 4, 0.7), (5, 2, 6, 1.3), (4, 0, 7, 2.1), (6, 3, 0, 0.9), (2, 0, 2, 1.9)]):
    B = wave(seed, n, n)
    data = {
        "P": B.T @ B + 0.1 * np.eye(n), "q": wave(seed + 0.2, n) * 4, "A": wave(seed + 0.4, p, n),
        "b": np.zeros(p), "G": wave(seed + 0.6, m, n), "h": np.zeros(m),
    }
    # A point within the constraints.
    inner = wave(seed + 0.5, n)
    data["b"] = data["A"] @ inner
    data["h"] = data["G"] @ inner + 0.3 + 0.3 * wave(seed + 0.8, m)
    made = {
        "P": f"wave({seed}, {n}, {n}).T @ wave({seed}, {n}, {n}) + 0.1 * eye({n})", "q": f"wave({seed + 0.2}, {n}) * 4.0",
        "A": f"wave({seed + 0.4}, {p}, {n})", "b": f"wave({seed + 0.4}, {p}, {n}) @ wave({seed + 0.5}, {n})",
        "G": f"wave({seed + 0.6}, {m}, {n})", "h": f"wave({seed + 0.6}, {m}, {n}) @ wave({seed + 0.5}, {n}) + 0.3 + 0.3 * wave({seed + 0.8}, {m})",
    }
    present = [k for k in data if data[k].size or k in "Pq"]
    x, y, z, active, _ = quadratic(**data)
    script.lines.append("{ let d = {" + ", ".join(f"{k}: {made[k]}" for k in present) + "}")
    call = "d.P, d.q, " + ", ".join(f"{k}=d.{k}" for k in present[2:])
    script.lines.append(f"  let (x, info) = quadratic_program({call}, with_info=true)")
    name = f"program {case} with {len(active)} pushing"
    script.check(name, "x", x)
    script.check(f"{name}: value", "info.value", 0.5 * x @ data["P"] @ x + data["q"] @ x)
    if p:
        script.check(f"{name}: equality", "info.equality", y)
    if m:
        script.check(f"{name}: inequality", "info.inequality", z)
    w = np.cos(np.arange(n) * 0.7)
    script.lines.append(f"  let g = grad(d => sum(cos(arange({float(n)}) * 0.7) * qp({call})))(d)")
    gradients = quadratic_gradients(**data, w=w)
    for k in present:
        script.check(f"{name} by {k}", f"g.{k}", gradients[k])
    step = 1e-5
    moved = {k: np.cos(v) for k, v in data.items()}
    moved["P"] = moved["P"] + moved["P"].T
    ahead, behind = ({k: v + s * moved[k] for k, v in data.items()} for s in (step, -step))
    change = (quadratic_gradients(**ahead, w=w)["q"] - quadratic_gradients(**behind, w=w)["q"]) / (2 * step)
    script.lines.append("  let v = tree_map(cos, d)")
    script.lines.append("  let turned = {...v, P: v.P + v.P.T}")
    script.lines.append(f"  let h = jvp(d => grad(d => sum(cos(arange({float(n)}) * 0.7) * qp({call})))(d).q, (d,), (turned,))[1]")
    script.lines.append(f'  assert near(h, {text(change)}, rtol=1e-5, atol=1e-6), "{name} twice: {{h}}"')
    script.lines.append("}")
script.write()

script = new_script("numbers-of-minima-within-bounds", "Minima within bounds with the gradients by the bounds and by what f reads")


def bounded(n, seed, low, high):
    """The least of c Σ (xᵢ₊₁ - xᵢ²)² + Σ (x - t)² within bounds, and which unknowns are free."""
    t = 1.5 * wave(seed, n)

    def f(x):
        return 3 * np.sum((x[1:] - x[:-1] ** 2) ** 2) + np.sum((x - t) ** 2)

    def gradient(x):
        r = x[1:] - x[:-1] ** 2
        g = 2 * (x - t)
        g[1:] += 6 * r
        g[:-1] -= 12 * r * x[:-1]
        return g

    def hessian(x):
        H = 2 * np.eye(n)
        for i in range(n - 1):
            H[i + 1, i + 1] += 6
            H[i, i + 1] -= 12 * x[i]
            H[i + 1, i] -= 12 * x[i]
            H[i, i] += 36 * x[i] ** 2 - 12 * x[i + 1]
        return H

    x = minimize(f, np.zeros(n), jac=gradient, method="L-BFGS-B", bounds=list(zip(low, high)),
                 options=dict(ftol=1e-16, gtol=1e-12, maxiter=10000)).x
    held = ((x <= low + 1e-9) & (gradient(x) > 1e-6)) | ((x >= high - 1e-9) & (gradient(x) < -1e-6))
    free = ~held
    x = np.where(held, np.where(x <= low + 1e-9, low, high), x)
    for _ in range(50):
        x[free] -= np.linalg.solve(hessian(x)[np.ix_(free, free)], gradient(x)[free])
    assert (x >= low).all() and (x <= high).all()
    return x, f(x), free, hessian(x)


for case, (n, seed) in enumerate([(4, 0.8), (6, 1.7), (10, 2.6)]):
    low = -0.2 + 0.3 * wave(seed + 0.1, n)
    high = low + 0.8
    x, value, free, H = bounded(n, seed, low, high)
    w = np.cos(np.arange(n) * 0.7)
    adjoint = np.zeros(n)
    adjoint[free] = np.linalg.solve(H[np.ix_(free, free)], w[free])
    by_target = 2 * adjoint
    by_bound = np.where(free, 0.0, w - H[:, free] @ adjoint[free])
    script.lines.append(f"{{ let low = -0.2 + 0.3 * wave({seed + 0.1}, {n})")
    script.lines.append(f"  let t = 1.5 * wave({seed}, {n})")
    script.lines.append("  fn least(t, low, high, **options) {")
    script.lines.append("    minimize(x => 3.0 * sum((x[1:] - x[:-1] ** 2) ** 2) + sum((x - t) ** 2), zeros_like(t), bounds=(low, high), **options)")
    script.lines.append("  }")
    script.lines.append("  let (x, info) = least(t, low, low + 0.8, with_info=true)")
    name = f"minimum {case} with {int(free.sum())} of {n} free"
    script.check(name, "x", x)
    script.check(f"{name}: value", "info.value", value)
    script.lines.append(f"  let g = grad((t, low, high) => sum(cos(arange({float(n)}) * 0.7) * least(t, low, high)), argnums=(0, 1, 2))(t, low, low + 0.8)")
    script.check(f"{name} by t", "g[0]", by_target)
    script.check(f"{name} by low", "g[1]", np.where(x <= low, by_bound, 0.0))
    script.check(f"{name} by high", "g[2]", np.where(x >= high, by_bound, 0.0))
    script.lines.append("}")
script.write()

script = new_script("numbers-of-proximal-gradients", "Lasso, elastic net and minima in sets with their derivatives")
X, y = wave(1.7, 12, 5), wave(0.9, 12)


def lasso(strength, ridge=0.0):
    """The solution by trying all supports and signs, and its derivative by the strength."""
    for size in range(6):
        for support in itertools.combinations(range(5), size):
            Z = X[:, list(support)]
            for signs in itertools.product([-1.0, 1.0], repeat=size):
                s = np.array(signs)
                M = Z.T @ Z + ridge * strength * np.eye(size)
                w = np.linalg.solve(M, Z.T @ y - strength * s) if size else np.zeros(0)
                x = np.zeros(5)
                x[list(support)] = w
                slope = X.T @ (X @ x - y)
                rest = [i for i in range(5) if i not in support]
                if (w * s > 0).all() and (abs(slope[rest]) <= strength).all():
                    d = np.zeros(5)
                    if size:
                        d[list(support)] = -np.linalg.solve(M, s + ridge * w)
                    return x, d


script.lines.append("let X = wave(1.7, 12, 5)\nlet y = wave(0.9, 12)\nlet f = x => 0.5 * sum((X @ x - y) ** 2)")
script.lines.append("let lasso = s => proximal_gradient(f, (x, step) => prox_l1(x, s, step), zeros(5))")
script.lines.append("let net = s => proximal_gradient(f, (x, step) => prox_elastic_net(x, s, 0.5, step), zeros(5))")
for strength in (0.1, 0.5, 1.5, 20.0):
    for name, ridge in (("lasso", 0.0), ("net", 0.5)):
        x, d = lasso(strength, ridge)
        script.check(f"{name} {strength}", f"{name}({strength})", x)
        script.check(f"{name} {strength} by the strength", f"jacobian({name}, {strength})", d)
# The least of f in a simplex and in boxes are quadratic programs.
program = dict(P=X.T @ X, q=-X.T @ y, A=np.ones((1, 5)), b=np.ones(1), G=-np.eye(5), h=np.zeros(5))
x = quadratic(**program)[0]
gradients = quadratic_gradients(**program, w=np.cos(np.arange(5) * 0.7))
script.check("simplex", "proximal_gradient(f, simplex(), zeros(5))", x)
script.check("simplex by its total", "grad(t => sum(cos(arange(5.0) * 0.7) * proximal_gradient(f, simplex(t), zeros(5))))(1.0)",
             gradients["b"][0])
box = dict(P=X.T @ X, q=-X.T @ y, A=np.zeros((0, 5)), b=np.zeros(0), G=np.vstack([-np.eye(5), np.eye(5)]),
           h=np.full(10, 0.1))
x = quadratic(**box)[0]
script.check("box", "proximal_gradient(f, box(-0.1, 0.1), zeros(5))", x)
script.check("box as bounds", "minimize(f, zeros(5), bounds=(-0.1, 0.1))", x)
# In a ball the solution is that of a ridge whose strength makes it touch.
value, vectors = np.linalg.eigh(X.T @ X)
target = vectors.T @ (X.T @ y)


def in_ball(radius):
    low, high = 0.0, 1e6
    for _ in range(300):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if np.linalg.norm(target / (value + middle)) > radius else (low, middle)
    return vectors @ (target / (value + low)), low


x, strength = in_ball(0.2)
M = X.T @ X + strength * np.eye(5)
toward = np.linalg.solve(M, x)
script.check("ball", "proximal_gradient(f, ball(0.2), zeros(5))", x)
script.check("ball by its radius", "jacobian(r => proximal_gradient(f, ball(r), zeros(5)), 0.2)",
             0.2 * toward / (x @ toward))
script.write()

script = new_script("numbers-of-projections", "Projections with their Jacobians")
for case, (n, seed, total) in enumerate([(4, 0.8, 1.0), (7, 1.7, 0.5), (5, 2.6, 3.0)]):
    x = 1.5 * wave(seed, n)
    s = np.sort(x)[::-1]
    k = max(i for i in range(1, n + 1) if s[i - 1] - (s[:i].sum() - total) / i > 0)
    theta = (s[:k].sum() - total) / k
    support = (x > theta).astype(float)
    script.lines.append(f"let x{case} = 1.5 * wave({seed}, {n})")
    script.check(f"simplex {case}", f"project(x{case}, simplex({total}))", np.maximum(x - theta, 0))
    script.check(f"simplex {case} by x", f"jacobian(simplex({total}), x{case})",
                 np.diag(support) - np.outer(support, support) / k)
    script.check(f"simplex {case} by its total", f"jacobian(t => project(x{case}, simplex(t)), {total})", support / k)
    length = np.linalg.norm(x)
    script.check(f"ball {case}", f"project(x{case}, ball(0.7))", 0.7 * x / length)
    script.check(f"ball {case} by x", f"jacobian(ball(0.7), x{case})",
                 0.7 * (np.eye(n) - np.outer(x, x) / length**2) / length)
    size = np.sort(abs(x))[::-1]
    k = max(i for i in range(1, n + 1) if size[i - 1] - (size[:i].sum() - 0.7) / i > 0)
    theta = (size[:k].sum() - 0.7) / k
    script.check(f"ball of norm 1 {case}", f"project(x{case}, ball(0.7, norm=1))", np.sign(x) * np.maximum(abs(x) - theta, 0))
    script.check(f"ball of norm inf {case}", f"project(x{case}, ball(0.7, norm=inf))", np.clip(x, -0.7, 0.7))
    a = wave(seed + 0.3, n)
    excess = a @ x + 1.0
    script.check(f"hyperplane {case}", f"project(x{case}, hyperplane(wave({seed + 0.3}, {n}), -1.0))", x - excess / (a @ a) * a)
    script.check(f"halfspace {case}", f"project(x{case}, halfspace(wave({seed + 0.3}, {n}), -1.0))",
                 x - max(excess, 0.0) / (a @ a) * a)
    script.check(f"hyperplane {case} by a", f"grad(a => sum(cos(arange({float(n)})) * project(x{case}, hyperplane(a, -1.0))))(wave({seed + 0.3}, {n}))",
                 -(np.cos(np.arange(n)) @ a) / (a @ a) * x - excess / (a @ a) * np.cos(np.arange(n))
                 + 2 * excess * (np.cos(np.arange(n)) @ a) / (a @ a) ** 2 * a)
script.write()

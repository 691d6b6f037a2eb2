"""Writes Tests/Scripts/modules/{meta,rl}/numbers-of-torch.mos and Tests/Scripts/modules/es/numbers-of-hansen.mos:
meta-gradients, returns, losses and games by PyTorch 2 in float64, and the adaptation of a covariance matrix by the
formulas of Hansen's tutorial (arXiv:1604.00772). Run from the repository's root, with PyTorch and NumPy:
python3 Tests/Oracles/modules.py
"""

import numpy as np
import torch
from script import Script

torch.set_default_dtype(torch.float64)
HEAD = """\
# Made by Tests/Oracles/modules.py.
import {module}
fn wave(a, *shape) {{ sin(arange(prod(shape)) * a + 0.3).reshape(shape) }}
fn mark(y) {{ sum(y.reshape(-1) * cos(arange(y.size) * 0.7)) }}
fn check(name, found, expected) {{
    if not near(tensor(found), tensor(expected), rtol=1e-10, atol=1e-12) {{ print("{{name}}: {{found}}, not {{expected}}") }}
}}"""


def text(x):
    return str(x.tolist() if hasattr(x, "tolist") else x)


def script(module, name, more=""):
    return Script(f"Tests/Scripts/modules/{module}/{name}.mos", HEAD.format(module=module) + more, text)


def wave(a, *shape):
    return torch.sin(torch.arange(int(np.prod(shape)), dtype=torch.float64) * a + 0.3).reshape(shape)


def mark(y):
    return (y.reshape(-1) * torch.cos(torch.arange(y.numel()) * 0.7)).sum()


# ---- Meta-learning -----------------------------------------------------------------------------------

def net(p, x):
    return torch.tanh(x @ p[0] + p[1]) @ p[2] + p[3]


def loss(p, x, y):
    return ((net(p, x) - y) ** 2).mean()


def descend(p, rates, x, y, steps, second=True, which=(0, 1, 2, 3), extra=None):
    start = p
    for _ in range(steps):
        objective = loss(p, x, y) + (extra(p, start) if extra else 0)
        gradients = torch.autograd.grad(objective, [p[i] for i in which], create_graph=second)
        p = list(p)
        for i, g in zip(which, gradients):
            p[i] = p[i] - rates[i] * g
    return p


def meta():
    out = script("meta", "numbers-of-torch", """
let start = {w1: wave(1.1, 1, 5), b1: wave(0.7, 5), w2: wave(1.9, 5, 1), b2: wave(0.4, 1)}
fn loss(p, d) { mse_loss(tanh(d.x @ p.w1 + p.b1) @ p.w2 + p.b2, d.y) }
let task = {train: {x: wave(2.3, 6, 1), y: wave(0.9, 6, 1)}, test: {x: wave(1.3, 4, 1), y: wave(2.9, 4, 1)}}
fn marks(tree) { list(mark(x) for x in tree_leaves(tree)) }
fn outer(adapt, p) { loss(adapt(p), task.test) }""")
    train = (wave(2.3, 6, 1), wave(0.9, 6, 1))
    test = (wave(1.3, 4, 1), wave(2.9, 4, 1))

    def fresh():
        return [t.requires_grad_() for t in (wave(1.1, 1, 5), wave(0.7, 5), wave(1.9, 5, 1), wave(0.4, 1))]

    def marked(outer, by):
        return [mark(g).item() for g in torch.autograd.grad(outer, by, retain_graph=True)]

    for steps in (1, 3):
        p = fresh()
        lr = torch.tensor(0.2, requires_grad=True)
        value = loss(descend(p, [lr] * 4, *train, steps), *test)
        call = f"p => meta.maml(loss, p, task, steps={steps}, lr=0.2)"
        out.check(f"maml {steps}", f"outer({call}, start)", value.item())
        out.check(f"maml {steps} by params", f"marks(grad(p => outer({call}, p))(start))", marked(value, p))
        out.check(
            f"maml {steps} by lr",
            f"grad(lr => loss(meta.maml(loss, start, task, steps={steps}, lr=lr), task.test))(0.2)",
            torch.autograd.grad(value, lr)[0].item())
        # The product of the meta-Hessian with the parameters.
        p = fresh()
        value = loss(descend(p, [0.2] * 4, *train, steps), *test)
        g = torch.autograd.grad(value, p, create_graph=True)
        along = sum((a * torch.cos(b.detach())).sum() for a, b in zip(g, p))
        out.check(
            f"maml {steps} twice", f"marks(hvp(p => outer({call}, p), start, tree_map(cos, start)))", marked(along, p))

    p = fresh()
    adapted = [q.detach().requires_grad_() for q in descend(p, [0.2] * 4, *train, 3, second=False)]
    value = loss(adapted, *test)
    out.check(
        "first order", "marks(grad(p => outer(p => meta.first_order_maml(loss, p, task, steps=3, lr=0.2), p))(start))",
        marked(value, adapted))

    p = fresh()
    rates = [(0.1 + 0.05 * torch.cos(q.detach())).requires_grad_() for q in p]
    value = loss(descend(p, rates, *train, 2), *test)
    head = "lr => loss(meta.meta_sgd(loss, start, task, steps=2, lr=lr), task.test)"
    out.check(
        "meta_sgd by rates", f"marks(grad({head})(tree_map(x => 0.1 + 0.05 * cos(x), start)))", marked(value, rates))

    p = fresh()
    value = loss(descend(p, [0.2] * 4, *train, 3, which=(2, 3)), *test)
    out.check(
        "anil", 'marks(grad(p => outer(p => meta.anil(loss, p, task, steps=3, lr=0.2, head=("w2", "b2")), p))(start))',
        marked(value, p))

    # Implicit MAML: the minimum by many steps, its derivative by the dense Hessian of the proximal problem.
    p = fresh()
    penalty = 3.0
    pull = lambda q, s: penalty / 2 * sum(((a - b) ** 2).sum() for a, b in zip(q, s))
    q = [a.detach().requires_grad_() for a in p]
    start = [a.detach() for a in p]
    for _ in range(3000):
        g = torch.autograd.grad(loss(q, *train) + pull(q, start), q)
        q = [(a - 0.1 * b).detach().requires_grad_() for a, b in zip(q, g)]
    sizes = [a.numel() for a in q]

    def flat(v):
        parts = [t.reshape(a.shape) for t, a in zip(torch.split(v, sizes), q)]
        return loss(parts, *train) + pull(parts, start)

    v = torch.cat([a.detach().reshape(-1) for a in q])
    hessian = torch.autograd.functional.hessian(flat, v)
    g = torch.cat([x.reshape(-1) for x in torch.autograd.grad(loss(q, *test), q)])
    solved = torch.split(penalty * torch.linalg.solve(hessian, g), sizes)
    out.check(
        "implicit maml",
        "marks(grad(p => outer(p => meta.implicit_maml(loss, p, task, steps=400, lr=0.2, penalty=3.0), p))(start))",
        [mark(s).item() for s in solved])

    # Hypergradient descent on a quadratic, with the direction of descent and of Adam.
    h = np.array([1.0, 3.0, 0.5])
    for name, direction, beta in (("sgd", "identity()", 0.002), ("adam", "scale_by_adam()", 0.01)):
        w, lr, last = np.array([1.0, -2.0, 3.0]), 0.05, np.zeros(3)
        m, v = np.zeros(3), np.zeros(3)
        for t in range(1, 9):
            g = h * w
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            d = g if name == "sgd" else m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
            lr = lr + beta * (g @ last)
            w, last = w - lr * d, d
        out.check(
            f"hypergradient descent, {name}",
            "meta.unroll(w => 0.5 * sum([1.0, 3.0, 0.5] * w ** 2), [1.0, -2.0, 3.0], "
            f"meta.hypergradient_descent(lr=0.05, hyper_lr={beta}, direction={direction}), steps=8)", w)
    out.write()


# ---- Reinforcement learning ----------------------------------------------------------------------------

def rl():
    out = script("rl", "numbers-of-torch", """
let (r, v) = (wave(1.7, 6, 2), wave(0.8, 7, 2))
let dones = sin(arange(12) * 2.1).reshape(6, 2) > 0.8""")
    dones = torch.sin(torch.arange(12) * 2.1).reshape(6, 2) > 0.8
    assert 1 < dones.sum() < 6
    goes_on = 1.0 - dones.double()

    def inputs():
        return [x.requires_grad_() for x in (wave(1.7, 6, 2), wave(0.8, 7, 2), torch.tensor(0.9), torch.tensor(0.7))]

    r, v, g, l = inputs()
    after, found = v[6], []
    for t in reversed(range(6)):
        after = r[t] + g * goes_on[t] * after
        found.insert(0, after)
    value = mark(torch.stack(found))
    call = "(r, v, g) => mark(rl.returns(r, gamma=g, dones=dones, last_value=v[6]))"
    out.check("returns", f"({call})(r, v, 0.9)", value.item())
    by = torch.autograd.grad(value, (r, v, g))
    out.check("returns by all", f"list(mark(x) for x in grad({call}, argnums=(0, 1, 2))(r, v, 0.9))", [mark(x).item() for x in by])

    r, v, g, l = inputs()
    after, found = torch.zeros(2), []
    for t in reversed(range(6)):
        after = r[t] + g * goes_on[t] * v[t + 1] - v[t] + g * l * goes_on[t] * after
        found.insert(0, after)
    value = mark(torch.stack(found))
    call = "(r, v, g, l) => mark(rl.advantages(r, v, gamma=g, lam=l, dones=dones))"
    out.check("advantages", f"({call})(r, v, 0.9, 0.7)", value.item())
    by = torch.autograd.grad(value, (r, v, g, l))
    out.check("advantages by all", f"list(mark(x) for x in grad({call}, argnums=(0, 1, 2, 3))(r, v, 0.9, 0.7))", [mark(x).item() for x in by])

    logits = wave(1.3, 8, 3).requires_grad_()
    actions = torch.arange(8) * 2 % 3
    log_probs = torch.log_softmax(logits, 1)[torch.arange(8), actions]
    old = wave(2.2, 8) * 0.3 - 1.1
    gains = wave(3.1, 8)
    policy = "log_softmax(logits, axis=1)[arange(8), arange(8) * 2 % 3]"
    for name, value, call in (
        ("policy gradient", -(log_probs * gains).mean(), f"rl.policy_gradient_loss({policy}, wave(3.1, 8))"),
        ("ppo", -torch.min((log_probs - old).exp() * gains, (log_probs - old).exp().clamp(0.8, 1.2) * gains).mean(),
         f"rl.ppo_loss({policy}, wave(2.2, 8) * 0.3 - 1.1, wave(3.1, 8))"),
    ):
        out.check(name, f"(logits => {call})(wave(1.3, 8, 3))", value.item())
        out.check(f"{name} by logits", f"mark(grad(logits => {call})(wave(1.3, 8, 3)))", mark(torch.autograd.grad(value, logits, retain_graph=True)[0]).item())

    # The iterated prisoner's dilemma, LOLA's look ahead, and second derivatives.
    payoffs = torch.tensor([[-1.0, -3.0], [0.0, -2.0]])

    def game(a, b, gamma=0.96):
        p, q = torch.sigmoid(a), torch.sigmoid(b)[[0, 1, 3, 2, 4]]
        both = torch.stack((p * q, p * (1 - q), (1 - p) * q, (1 - p) * (1 - q)), 1)
        visits = both[0] @ torch.inverse(torch.eye(4) - gamma * both[1:])
        return visits @ payoffs.reshape(-1), visits @ payoffs.T.reshape(-1)

    a, b = wave(1.9, 5).requires_grad_(), wave(0.6, 5).requires_grad_()
    va, vb = game(a, b)
    out.check("game", "list(rl.iterated_prisoners_dilemma(wave(1.9, 5), wave(0.6, 5)))", [va.item(), vb.item()])
    first = torch.autograd.grad(va, (a, b), create_graph=True)
    out.check("game by both", "grad((a, b) => rl.iterated_game(a, b)[0], argnums=(0, 1))(wave(1.9, 5), wave(0.6, 5)).map(mark)", [mark(x).item() for x in first])
    cross = torch.autograd.grad(mark(first[0]), b, retain_graph=True)[0]
    out.check("game twice", "mark(grad(b => mark(grad(a => rl.iterated_game(a, b)[0])(wave(1.9, 5))))(wave(0.6, 5)))", mark(cross).item())
    ahead = game(a, b + 0.5 * torch.autograd.grad(vb, b, create_graph=True)[0])[0]
    out.check(
        "look ahead", "mark(grad(a => { let b = wave(0.6, 5); rl.iterated_game(a, b + 0.5 * grad(b => rl.iterated_game(a, b)[1])(b))[0] })(wave(1.9, 5)))",
        mark(torch.autograd.grad(ahead, a)[0]).item())
    out.write()


# ---- Evolution strategies ------------------------------------------------------------------------------

def es():
    out = script("es", "numbers-of-hansen", """
fn followed(n, count) {
    let s = es.cma_es(0.5 * arange(n), sigma=0.4, population=count)
    for g in 0..12 {
        let asked = es.ask(s)[1]
        asked.noise = 1.3 * sin((1.7 * arange(count * n)).reshape(count, n) + 0.9 * g)
        s = es.tell(asked, sum(arange(1.0, n + 1.0) * (asked.mean + asked.sigma * asked.noise - 1.0) ** 2, axis=1))
    }
    s
}""")
    for n, count in ((3, 7), (5, 8), (2, 12)):
        mu = count // 2
        w = np.log(mu + 0.5) - np.log(np.arange(1, mu + 1))
        w /= w.sum()
        effective = 1 / (w**2).sum()
        cc = (4 + effective / n) / (n + 4 + 2 * effective / n)
        cs = (effective + 2) / (n + effective + 5)
        c1 = 2 / ((n + 1.3) ** 2 + effective)
        cmu = min(1 - c1, 2 * (effective - 2 + 1 / effective) / ((n + 2) ** 2 + effective))
        damps = 1 + 2 * max(0, np.sqrt((effective - 1) / (n + 1)) - 1) + cs
        chi = n**0.5 * (1 - 1 / (4 * n) + 1 / (21 * n**2))
        mean, sigma = 0.5 * np.arange(n), 0.4
        c, inverse_root, pc, ps = np.eye(n), np.eye(n), np.zeros(n), np.zeros(n)
        for g in range(12):
            y = 1.3 * np.sin(1.7 * np.arange(count * n).reshape(count, n) + 0.9 * g)
            values = (np.arange(1, n + 1) * (mean + sigma * y - 1) ** 2).sum(1)
            y = y[np.argsort(values, kind="stable")[:mu]]
            step = w @ y
            ps = (1 - cs) * ps + np.sqrt(cs * (2 - cs) * effective) * inverse_root @ step
            is_short = np.linalg.norm(ps) / np.sqrt(1 - (1 - cs) ** (2 * (g + 1))) / chi < 1.4 + 2 / (n + 1)
            pc = (1 - cc) * pc + is_short * np.sqrt(cc * (2 - cc) * effective) * step
            c = (
                (1 - c1 - cmu) * c + c1 * (np.outer(pc, pc) + (1 - is_short) * cc * (2 - cc) * c)
                + cmu * (y.T * w) @ y)
            mean = mean + sigma * step
            sigma *= np.exp(cs / damps * (np.linalg.norm(ps) / chi - 1))
            if (g + 1) % max(int(0.1 / (n * (c1 + cmu))), 1) == 0:
                lengths, axes = np.linalg.eigh(c)
                inverse_root = axes @ np.diag(lengths**-0.5) @ axes.T
        out.check(f"mean {n}", f"followed({n}, {count}).params", mean)
        out.check(f"sigma {n}", f"followed({n}, {count}).sigma", float(sigma))
        out.check(f"covariance {n}", f"mark(followed({n}, {count}).covariance)", mark(torch.tensor(c)).item())
    out.write()


if __name__ == "__main__":
    meta()
    rl()
    es()

"""Compares the table of README.md with the libraries that it is about.

Each cell of a library says `yes` or `no`, and names the function here that tries it: it answers True where the
library does what the row says. Run with the libraries at hand; columns of others are passed over. Prints every cell that
says something else than what was found, then how many were compared; nothing is written.

    python Tests/Oracles/comparison.py
"""

import pathlib
import re

README = pathlib.Path(__file__).parents[2] / "README.md"
CELL = re.compile(r"\[(yes|no)[^\]]*\]\(Tests/Oracles/comparison\.py#(\w+)\)")


# Steps of optimizers can be differentiated: here by what the inner loss is made of, -28 for x = 2.


def steps_torchopt():
    import torch
    import torchopt

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.nn.Parameter(torch.tensor(1.0))

        def forward(self, x):
            return self.a * x**2

    net, x = Net(), torch.tensor(2.0, requires_grad=True)
    torchopt.MetaSGD(net, lr=1.0).step(net(x))
    net(x).backward()
    return x.grad.item() == -28.0


def steps_jax():
    import jax
    import optax

    def outer(x):
        inner = lambda a: a * x**2
        t = optax.sgd(1.0)
        updates, _ = t.update(jax.grad(inner)(1.0), t.init(1.0))
        return optax.apply_updates(1.0, updates) * x**2

    return float(jax.grad(outer)(2.0)) == -28.0


def steps_torchzero():
    import torch
    import torchzero as tz

    a, x = torch.nn.Parameter(torch.tensor(1.0)), torch.tensor(2.0, requires_grad=True)
    optimizer = tz.Optimizer([a], tz.m.LR(1.0))

    def closure(backward=True):
        loss = a * x**2
        if backward:
            optimizer.zero_grad()
            loss.backward(create_graph=True)
        return loss

    optimizer.step(closure)
    return torch.autograd.grad(a * x**2, x)[0].item() == -28.0


# Gradients reach the learning rate: a = 1 - 4 lr, so that 4a has the derivative -16.


def rates_torchopt():
    import torch
    import torchopt

    a = torch.tensor(1.0, requires_grad=True)
    rate = torch.tensor(1.0, requires_grad=True)
    t = torchopt.sgd(lr=rate)
    grads = torch.autograd.grad(4 * a, a, create_graph=True)
    updates, _ = t.update(grads, t.init((a,)), inplace=False)
    (b,) = torchopt.apply_updates((a,), updates, inplace=False)
    return torch.autograd.grad(4 * b, rate)[0].item() == -16.0


def rates_jax():
    import jax
    import optax

    def outer(rate):
        t = optax.sgd(rate)
        updates, _ = t.update(jax.grad(lambda a: 4 * a)(1.0), t.init(1.0))
        return 4 * optax.apply_updates(1.0, updates)

    return float(jax.grad(outer)(1.0)) == -16.0


def rates_torchzero():
    import torch
    import torchzero as tz

    a = torch.nn.Parameter(torch.tensor(1.0))
    rate = torch.tensor(1.0, requires_grad=True)
    try:
        optimizer = tz.Optimizer([a], tz.m.LR(rate))
        (4 * a).backward()
        optimizer.step()
        return torch.autograd.grad(4 * a, rate, allow_unused=True)[0] is not None
    except (RuntimeError, TypeError, ValueError):
        return False


# The derivative of a solution, whatever found it: of w = 3 / (1 + p) it is -3 / 4 at p = 1.


def implicit_torchopt():
    import torch
    import torchopt

    def objective(w, p):
        return ((w - 3.0) ** 2 + p * w**2).sum()

    # Of one element and not a number: its cg makes no step at a number.
    solve = torchopt.linear_solve.solve_normal_cg()

    @torchopt.diff.implicit.custom_root(torch.func.grad(objective), argnums=1, solve=solve)
    def solution(w, p):
        return 3.0 / (1.0 + p.detach())

    p = torch.tensor([1.0], requires_grad=True)
    (slope,) = torch.autograd.grad(solution(torch.zeros(1), p).sum(), p)
    return abs(slope.item() + 0.75) < 1e-6


def implicit_jax():
    import jax
    import jaxopt

    def objective(w, p):
        return (w - 3.0) ** 2 + p * w**2

    @jaxopt.implicit_diff.custom_root(jax.grad(objective))
    def solution(w, p):
        return 3.0 / (1.0 + p)

    return abs(float(jax.grad(lambda p: solution(None, p))(1.0)) + 0.75) < 1e-5


def implicit_torchzero():
    return _names("torchzero", "custom_root", "implicit_diff", "ImplicitMetaGradientModule")


# One argument says how a loop is differentiated: unrolled, in segments, forward, truncated, at its solution.


def loops_torchopt():
    return _names("torchopt", "inner_loop", "unroll", "truncated")


def loops_jax():
    import inspect

    import jaxopt

    names = set(inspect.signature(jaxopt.GradientDescent).parameters)
    assert "implicit_diff" in names  # two of the ways: unrolled or implicit
    return bool(names & {"gradient", "truncate", "snapshots"})


def loops_torchzero():
    return _names("torchzero", "inner_loop", "unroll", "truncated")


# A derivative that is estimated from values, inside a graph whose other derivatives are exact.


def estimates_torchopt():
    import torch
    import torchopt

    f = torchopt.diff.zero_order(
        distribution=torch.distributions.Normal(0, 1), method="antithetic", argnums=0, num_samples=500, sigma=0.01
    )(lambda x: (x**2).sum())
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (slope,) = torch.autograd.grad(3 * f(x), x)
    return (slope - torch.tensor([6.0, 12.0])).norm().item() < 6.0


def estimates_jax():
    import jax
    import optax

    f = optax.perturbations.make_perturbed_fun(lambda x: (x**2).sum(), num_samples=2000, sigma=0.1)
    slope = jax.grad(lambda x: 3 * f(jax.random.key(0), x))(jax.numpy.array([1.0, 2.0]))
    return float(jax.numpy.linalg.norm(slope - jax.numpy.array([6.0, 12.0]))) < 6.0


def estimates_torchzero():
    return _names("torchzero", "zero_order", "make_perturbed_fun")


# An approximator in front of any optimizer: SPSA, then Adam.


def approximators_torchopt():
    return _names("torchopt", "SPSA", "spsa", "FDM", "MeZO")


def approximators_jax():
    return _names("optax", "spsa", "SPSA") or _names("jaxopt", "SPSA", "spsa")


def approximators_torchzero():
    import torch
    import torchzero as tz

    torch.manual_seed(0)
    p = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = tz.Optimizer([p], tz.m.SPSA(), tz.m.Adam(), tz.m.LR(0.1))
    loss = lambda backward=True: (p**2).sum()
    before = loss().item()
    for _ in range(50):
        optimizer.step(loss)
    return loss().item() < 0.5 * before


# Inner loops of many tasks as one: a step of SGD for each of two targets, mapped.


def mapped_torchopt():
    import torch
    import torchopt

    t = torchopt.sgd(lr=0.25)

    def adapted(target):
        w = torch.tensor(0.0)
        slope = torch.func.grad(lambda w: (w - target) ** 2)(w)
        updates, _ = t.update((slope,), t.init((w,)), inplace=False)
        return torchopt.apply_updates((w,), updates, inplace=False)[0]

    try:
        return torch.func.vmap(adapted)(torch.tensor([1.0, 2.0])).tolist() == [0.5, 1.0]
    except RuntimeError:
        return False


def mapped_jax():
    import jax
    import optax

    t = optax.sgd(0.25)

    def adapted(target):
        updates, _ = t.update(jax.grad(lambda w: (w - target) ** 2)(0.0), t.init(0.0))
        return optax.apply_updates(0.0, updates)

    return jax.vmap(adapted)(jax.numpy.array([1.0, 2.0])).tolist() == [0.5, 1.0]


def mapped_torchzero():
    import torch
    import torchzero as tz

    def adapted(target):
        w = torch.nn.Parameter(torch.tensor(0.0))
        optimizer = tz.Optimizer([w], tz.m.LR(0.25))
        ((w - target) ** 2).backward()
        optimizer.step()
        return w

    try:
        return torch.func.vmap(adapted)(torch.tensor([1.0, 2.0])).tolist() == [0.5, 1.0]
    except RuntimeError:
        return False


# Quasi-Newton methods beyond L-BFGS: BFGS, SR1, DFP.


def quasi_torchopt():
    return _names("torchopt", "lbfgs", "LBFGS", "BFGS", "SR1")


def quasi_jax():
    return _names("jaxopt", "BFGS")


def quasi_torchzero():
    import torchzero as tz

    return all(hasattr(tz.m, name) for name in ("BFGS", "SR1", "DFP", "PSB"))


# Runs on graphics processors.


def processors_torchopt():
    import torch

    return hasattr(torch.Tensor, "cuda")


def processors_jax():
    import jax

    return hasattr(jax, "device_put")


def processors_torchzero():
    return processors_torchopt()


def _names(package, *wanted):
    """Whether any module of a package has one of the names."""
    import importlib
    import pkgutil

    root = importlib.import_module(package)
    modules = [root]
    for found in pkgutil.walk_packages(root.__path__, package + "."):
        try:
            modules.append(importlib.import_module(found.name))
        except Exception:  # an optional part that is not installed
            continue
    return any(hasattr(module, name) for module in modules for name in wanted)


def main():
    compared = missing = 0
    for said, name in CELL.findall(README.read_text()):
        try:
            found = globals()[name]()
        except ModuleNotFoundError as error:
            print(f"passed over: {name}: {error}")
            missing += 1
            continue
        compared += 1
        if found != (said == "yes"):
            print(f"{name}: README says {said}, and {'yes' if found else 'no'} was found")
    print(f"{compared} cells compared, {missing} passed over")


if __name__ == "__main__":
    main()

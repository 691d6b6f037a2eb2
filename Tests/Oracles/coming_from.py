"""Compares the tables of docs/guides/coming-from.md with the libraries that they are about.

The first column of a row is run by the library, and what it gives is compared with the third, what Mos gives.
Run with the libraries at hand: rows of others are passed over, and so are rows that are no program by
themselves. Prints every difference, then what was compared; nothing is written.

    python Tests/Oracles/coming_from.py
"""

import importlib.util
import math
import pathlib
import re

PAGE = pathlib.Path(__file__).parents[2] / "docs/guides/coming-from.md"
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)|true|false")


def rows():
    """The section, first cell, Mos's and the result of every row."""
    section = None
    for line in PAGE.read_text().split("\n"):
        if line.startswith("## "):
            section = line[3:]
        if line.startswith("| `"):
            cells = [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line[1:-1])]
            yield section, cells[0].strip("`"), cells[1].strip("`"), cells[2].strip("`")


def numbers(text):
    """The numbers in a text, Bools as 0 and 1."""
    words = {"true": 1.0, "false": 0.0}
    return [words[w] if w in words else float(w) for w in NUMBER.findall(text)]


def flat(value):
    """The numbers in a result."""
    if isinstance(value, dict):
        return [n for v in value.values() for n in flat(v)]
    if isinstance(value, (list, tuple)):
        return [n for v in value for n in flat(v)]
    if hasattr(value, "detach"):
        value = value.detach()
    if hasattr(value, "tolist"):
        return flat(value.tolist()) if getattr(value, "ndim", 0) else [float(value)]
    if isinstance(value, (bool, int, float)):
        return [float(value)]
    raise TypeError(f"{type(value)} is not of numbers")


def with_torch():
    """What rows of PyTorch, TorchOpt and torchzero see."""
    import torch

    torch.set_default_dtype(torch.float64)
    names = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn, "math": math}
    start, g = [1.0, -2.0], torch.tensor([0.5, 3.0])
    p = torch.nn.Parameter(torch.tensor(start))

    def loss():
        return (p**2).sum() + 0.1 * (p**4).sum() + p[0] * p[1]

    def closure(backward=True):
        value = loss()
        if backward:
            p.grad = None
            value.backward()
        return value

    def reset():
        with torch.no_grad():
            p.copy_(torch.tensor(start))
        p.grad = None

    def stepped(make):
        reset()
        opt = make()
        for _ in range(2):
            opt.step(closure)
        after = p.detach().clone()
        reset()
        return after

    def updated(make):
        t = make()
        w = (torch.tensor(start),)
        return t.update((g.clone(),), t.init(w), params=w, inplace=False)[0]

    def slope(make):
        v = torch.nn.Parameter(torch.tensor([-1.1, 2.5]))

        def value(backward=True):
            return (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2

        opt = names["tz"].Optimizer([v], make(), names["tz"].m.LR(1e-9))
        opt.step(value)
        return (torch.tensor([-1.1, 2.5]) - v.detach()) / 1e-9

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.nn.Parameter(torch.tensor(1.0))

    def meta(text):
        x, net = torch.tensor(2.0, requires_grad=True), Net()
        opt = eval(text, {**names, "net": net})
        for _ in range(2):
            opt.step(net.a**2 * x)
        return torch.autograd.grad(net.a * x, x)[0]

    def scheduled(text, steps):
        """The rates of a scheduler before each step."""
        opt = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        schedule = eval(text, {**names, "opt": opt})
        rates = []
        for _ in range(steps):
            rates.append(opt.param_groups[0]["lr"])
            opt.step()
            schedule.step()
        return rates

    names.update(
        p=p, w=torch.tensor(start), g=g, loss=loss, A=torch.tensor([[2.0, 1.0], [1.0, 3.0]]),
        b=torch.tensor([3.0, 4.0]), x=torch.tensor([1.0, -2.0, 3.0]), y=torch.tensor([0.5, 1.0, -1.0]),
        m=torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), ids=torch.tensor([2, 0]),
        labels=torch.tensor([2, 0]), picture=torch.arange(16.0).reshape(1, 1, 4, 4),
    )
    for name in ("torchopt", "torchzero"):
        if importlib.util.find_spec(name):
            names["tz" if name == "torchzero" else name] = __import__(name)
    return names, {
        "stepped": lambda text: stepped(lambda: eval(text, names)),
        "updated": lambda text: updated(lambda: eval(text, names)),
        "slope": lambda text: slope(lambda: eval(text, names)),
        "meta": meta, "rates": lambda text: scheduled(text, 5),
    }


def with_jax():
    """What rows of JAX, Optax and JAXopt see."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    import optax

    names = {"jax": jax, "jnp": jnp, "optax": optax, "lax": jax.lax}
    if importlib.util.find_spec("jaxopt"):
        import jaxopt

        names["jaxopt"] = jaxopt
    w, g = jnp.array([1.0, -2.0]), jnp.array([0.5, 3.0])

    def updated(text):
        t = eval(text, names)
        return t.update(g, t.init(w), w)[0]

    names.update(
        w=w, g=g, A=jnp.array([[2.0, 1.0], [1.0, 3.0]]), b=jnp.array([3.0, 4.0]),
        x=jnp.array([1.0, -2.0, 3.0]), y=jnp.array([0.5, 1.0, -1.0]),
        m=jnp.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), ids=jnp.array([2, 0]), labels=jnp.array([2, 0]),
        f=lambda v: jnp.sum(v**3) + v[0] * v[1],
    )
    return names, {"updated": updated}


def main():
    sections = {"TorchOpt": with_torch, "torchzero": with_torch, "PyTorch": with_torch,
                "JAX, Optax and JAXopt": with_jax}
    made, compared, passed, different = {}, {}, [], 0
    for section, theirs, ours, shown in rows():
        make = sections.get(section)
        if make not in made:
            try:
                made[make] = make()
            except ImportError:
                made[make] = None
        if made[make] is None:
            continue
        names, ways = made[make]
        way = ways.get(ours.split("(")[0])
        try:
            value = flat(way(theirs) if way else eval(theirs, dict(names)))
        except Exception as error:
            passed.append(f"{theirs}: {type(error).__name__} {str(error)[:80]}")
            continue
        expected = numbers(shown)
        same = len(value) == len(expected) and all(
            a == b or math.isnan(a) and math.isnan(b) or abs(a - b) <= 2e-5 * max(abs(a), abs(b), 1e-4)
            for a, b in zip(value, expected))
        if same:
            compared[section] = compared.get(section, 0) + 1
        else:
            different += 1
            print(f"{theirs}\n    gives {value}\n    Mos   {shown}")
    for section, count in compared.items():
        print(f"{section}: {count} rows agree")
    print(f"{different} differ, {len(passed)} are no program by themselves:")
    for line in passed:
        print("   ", line)


if __name__ == "__main__":
    main()

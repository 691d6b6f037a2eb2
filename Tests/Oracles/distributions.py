"""Writes Tests/Scripts/distributions/numbers-of-torch/*.mos: densities, entropies, moments, divergences
and their gradients as torch.distributions has them. Run from the repository's root:
python3 Tests/Oracles/distributions.py
"""

import os

import mpmath
import torch
import torch.distributions as D
from torch.distributions import kl_divergence

from script import Script

torch.set_default_dtype(torch.float64)
FOLDER = "Tests/Scripts/distributions/numbers-of-torch"
HEAD = """# Numbers of torch.distributions; made by Tests/Oracles/distributions.py.
fn check(name, found, expected) { assert near(found, expected, rtol=1e-10, atol=1e-12), "{name}: {found}, not {expected}" }
fn mark(x) { let x = x.reshape(-1); sum(x * cos(arange(float(len(x))) * 0.7 + 0.2)) }
"""

class Gamma(torch.autograd.Function):
    """log Γ and its derivatives in thirty digits: PyTorch's own have nine from the second on."""

    @staticmethod
    def forward(ctx, x, order):
        ctx.save_for_backward(x)
        ctx.order = order
        function = mpmath.loggamma if order < 0 else lambda v: mpmath.polygamma(order, v)
        return x.detach().clone().apply_(lambda v: float(function(mpmath.mpf(v))))

    @staticmethod
    def backward(ctx, g):
        return g * Gamma.apply(ctx.saved_tensors[0], ctx.order + 1), None


mpmath.mp.dps = 30
torch.lgamma = torch.Tensor.lgamma = lambda x: Gamma.apply(x, -1)
torch.digamma = torch.Tensor.digamma = lambda x: Gamma.apply(x, 0)

# A family with its parameters, by name, and numbers to take densities at. Parameters have the shape (2, 3)
# or what stands for it, so that every formula is looked at in several places.
FAMILIES = {
    "Normal": (dict(loc=[[0.3, -1.0, 2.0], [0.0, 5.0, -0.7]], scale=[0.5, 1.0, 3.0]),
               [[0.1, -2.0, 4.0], [1.0, 5.0, 0.0]]),
    "Uniform": (dict(low=[0.0, -1.0, 2.0], high=[[1.0, 2.0, 2.5], [3.0, 0.5, 9.0]]),
                [[0.1, 0.0, 2.1], [1.0, 0.2, 3.0]]),
    "Bernoulli": (dict(probs=[[0.2, 0.9, 0.5], [0.01, 0.6, 0.3]]), [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]),
    "Bernoulli ": (dict(logits=[[-2.0, 3.0, 0.1], [40.0, -30.0, 1.0]]),
                   [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]),
    "Categorical": (dict(probs=[[0.2, 0.9, 0.5], [0.01, 0.6, 0.3]]), [2, 0]),
    "Categorical ": (dict(logits=[[-2.0, 3.0, 0.1], [4.0, -3.0, 1.0]]), [[2, 0], [1, 1]]),
    "Poisson": (dict(rate=[[0.2, 3.0, 50.0], [1.0, 0.01, 7.0]]), [[0.0, 2.0, 44.0], [3.0, 1.0, 7.0]]),
    "Exponential": (dict(rate=[[0.2, 3.0, 50.0], [1.0, 0.01, 7.0]]),
                    [[0.1, 2.0, 0.4], [3.0, 1.0, 0.7]]),
    "Gamma": (dict(concentration=[[0.2, 3.0, 50.0], [1.0, 0.7, 7.0]], rate=[0.5, 1.0, 3.0]),
              [[0.1, 2.0, 14.0], [3.0, 1.0, 0.7]]),
    "Beta": (dict(concentration1=[[0.2, 3.0, 50.0], [1.0, 0.7, 7.0]], concentration0=[0.5, 1.0, 3.0]),
             [[0.1, 0.2, 0.9], [0.5, 0.99, 0.7]]),
    "Laplace": (dict(loc=[[0.3, -1.0, 2.0], [0.0, 5.0, -0.7]], scale=[0.5, 1.0, 3.0]),
                [[0.1, -2.0, 4.0], [1.0, 5.5, 0.0]]),
    "StudentT": (dict(df=[[2.5, 3.0, 50.0], [4.0, 2.7, 7.0]], loc=[0.3, -1.0, 2.0],
                      scale=[0.5, 1.0, 3.0]), [[0.1, -2.0, 4.0], [1.0, 5.5, 0.0]]),
    "Dirichlet": (dict(concentration=[[0.2, 3.0, 5.0], [1.0, 0.7, 7.0]]),
                  [[0.1, 0.2, 0.7], [0.25, 0.25, 0.5]]),
    "MultivariateNormal": (dict(loc=[0.3, -1.0], covariance_matrix=[[2.0, 0.5], [0.5, 1.0]]),
                           [[0.1, 0.2], [1.0, -1.0], [0.0, 0.0]]),
    "MultivariateNormal ": (dict(loc=[[0.3, -1.0], [1.0, 2.0]],
                                 precision_matrix=[[2.0, 0.5], [0.5, 1.0]]), [[0.1, 0.2], [1.0, -1.0]]),
    "MultivariateNormal  ": (dict(loc=[0.3, -1.0], scale_tril=[[[2.0, 0.0], [0.5, 1.0]],
                                                               [[1.0, 0.0], [-0.5, 0.3]]]),
                             [[0.1, 0.2], [1.0, -1.0]]),
}
# Second members of divergences, and where the formula of PyTorch needs other numbers than above.
OTHERS = {
    "Normal": dict(loc=[[0.5, 0.0, 1.0], [0.2, 4.0, -1.7]], scale=[1.5, 0.8, 2.0]),
    "Uniform": dict(low=[-1.0, -2.0, 1.0], high=[[4.0, 2.0, 9.5], [3.5, 5.5, 9.0]]),
    "Bernoulli": dict(probs=[[0.4, 0.8, 0.1], [0.1, 0.5, 0.9]]),
    "Categorical": dict(probs=[[0.4, 0.8, 0.1], [0.1, 0.5, 0.9]]),
    "Poisson": dict(rate=[[0.7, 2.0, 40.0], [2.0, 0.1, 5.0]]),
    "Exponential": dict(rate=[[0.7, 2.0, 40.0], [2.0, 0.1, 5.0]]),
    "Gamma": dict(concentration=[[0.7, 2.0, 40.0], [2.0, 0.1, 5.0]], rate=[1.5, 0.4, 2.0]),
    "Beta": dict(concentration1=[[0.7, 2.0, 40.0], [2.0, 0.1, 5.0]], concentration0=[1.5, 0.4, 2.0]),
    "Laplace": dict(loc=[[0.5, 0.0, 1.0], [0.2, 4.0, -1.7]], scale=[1.5, 0.8, 2.0]),
    "Dirichlet": dict(concentration=[[0.7, 2.0, 4.0], [2.0, 0.1, 5.0]]),
    "MultivariateNormal": dict(loc=[0.0, 1.0], covariance_matrix=[[1.0, -0.2], [-0.2, 0.5]]),
}
UNIT = dict(low=[0.1, 0.05, 0.2], high=[[0.9, 0.95, 0.5], [0.3, 0.5, 0.7]])
PAIRS = [("Bernoulli", "Poisson"), ("Gamma", "Exponential"), ("Gamma", "Normal"), ("Exponential", "Gamma"),
         ("Exponential", "Normal"), ("Beta", "Exponential"), ("Beta", "Gamma"), ("Beta", "Normal"),
         ("Beta", "Uniform"), ("Laplace", "Normal"), ("Normal", "Laplace"), ("Uniform", "Normal"),
         ("Uniform", "Exponential"), ("Uniform", "Gamma"), ("Uniform", "Beta"), ("Poisson", "Bernoulli"),
         ("Gamma", "Beta"), ("Gamma", "Uniform"), ("Exponential", "Beta"), ("Exponential", "Uniform"),
         ("Laplace", "Beta"), ("Laplace", "Exponential"), ("Laplace", "Gamma"), ("Laplace", "Uniform"),
         ("Normal", "Beta"), ("Normal", "Exponential"), ("Normal", "Gamma"), ("Normal", "Uniform")]


def mark(x):
    x = x.reshape(-1)
    return (x * torch.cos(torch.arange(len(x)) * 0.7 + 0.2)).sum()


def text(x):
    """A tensor as Mos writes it."""
    if isinstance(x, (list, tuple)):
        return "[" + ", ".join(text(y) for y in x) + "]"
    if isinstance(x, int):
        return str(x)
    return {"inf": "inf", "-inf": "-inf", "nan": "nan"}.get(repr(float(x)), repr(float(x)))


def tensors(parameters):
    return [torch.tensor(x, requires_grad=True) for x in parameters.values()]


def gradients(f, parameters):
    """The gradients of a number by all parameters, None where one has none."""
    values = tensors(parameters)
    y = f(dict(zip(parameters, values)))
    return torch.autograd.grad(y, values, allow_unused=True)


def second(f, parameters):
    """How the gradients change along the cosines of the parameters."""
    values = tensors(parameters)
    y = f(dict(zip(parameters, values)))
    first = torch.autograd.grad(y, values, create_graph=True, allow_unused=True)
    total = sum((g * torch.cos(v).detach()).sum() for g, v in zip(first, values) if g is not None)
    if not total.requires_grad:
        return None
    return torch.autograd.grad(total, values, allow_unused=True)


def new_script(name, title):
    """An empty script of checks."""
    return Script(f"{FOLDER}/{name}.mos", HEAD + f"# {title}", text)


def named(texts):
    return ", ".join(f"{k}={v if isinstance(v, str) else text(v)}" for k, v in texts.items())


def derivatives(script, name, parameters, formula, f):
    """Checks of first and second derivatives by those parameters that there are any of.

    `formula` makes the text of a call from texts of its parameters: parts of the record `p`, or numbers.
    """
    needed = {k: v for (k, v), g in zip(parameters.items(), gradients(f, parameters)) if g is not None}
    others = {k: torch.tensor(v) for k, v in parameters.items() if k not in needed}
    given = "{" + ", ".join(f"{k}: {text(v)}" for k, v in needed.items()) + "}"
    called = formula({k: f"p.{k}" if k in needed else text(v) for k, v in parameters.items()})
    script.lines.append(f"{{ let p = {given}")
    script.lines.append(f"  let f = p => {called}")
    script.lines.append("  let g = grad(f)(p)")
    for k, g in zip(needed, gradients(lambda p: f(p | others), needed)):
        script.check(f"{name} by {k}", f"g.{k}", g.tolist())
    twice = second(lambda p: f(p | others), needed)
    if twice is not None:
        script.lines.append("  let h = hvp(f, p, tree_map(cos, p))")
        for k, g in zip(needed, twice):
            if g is not None:
                script.check(f"{name} twice by {k}", f"h.{k}", g.tolist())
    script.lines.append("}")


os.makedirs(FOLDER, exist_ok=True)
scripts = {}
for label, (parameters, x) in FAMILIES.items():
    name = label.strip()
    if name not in scripts:
        scripts[name] = new_script(name.lower(), f"{name}: densities, entropy and moments with two derivatives.")
    script = scripts[name]
    family = getattr(D, name)
    make = f"{name}({named(parameters)})"
    d = family(**{k: torch.tensor(v) for k, v in parameters.items()}, validate_args=False)
    at = torch.tensor(x)
    script.lines.append(f"let d = {make}")
    script.check("log_prob", f"d.log_prob({text(x)})", d.log_prob(at).tolist())
    if name != "Poisson":
        script.check("entropy", "d.entropy()", d.entropy().tolist())
    if name != "Categorical":
        script.check("mean", "d.mean", d.mean.tolist())
        script.check("variance", "d.variance", d.variance.tolist())
    derivatives(script, "log_prob", parameters, lambda t: f"mark({name}({named(t)}).log_prob({text(x)}))",
                lambda p: mark(family(**p, validate_args=False).log_prob(at)))
    if at.is_floating_point() and name not in ("Uniform", "Bernoulli", "Poisson", "Dirichlet"):
        y = at.clone().requires_grad_(True)
        g = torch.autograd.grad(mark(d.log_prob(y)), y)[0]
        script.check("log_prob by x", f"grad(x => mark(d.log_prob(x)))({text(x)})", g.tolist())
    if name != "Poisson":
        derivatives(script, "entropy", parameters, lambda t: f"mark({name}({named(t)}).entropy())",
                    lambda p: mark(family(**p, validate_args=False).entropy()))
for script in scripts.values():
    script.write()

script = new_script("divergences", "kl(p, q) for all pairs of families, with derivatives by the parameters of both.")
for a, b in [(name, name) for name in OTHERS] + PAIRS:
    p = UNIT if a == "Uniform" and b == "Beta" else FAMILIES[a][0]
    if a == "Uniform" and b in ("Exponential", "Gamma"):
        p = UNIT
    q = OTHERS[b]
    if (a, b) == ("Beta", "Uniform"):
        q = dict(low=[-1.0, 0.0, -3.0], high=[[4.0, 1.0, 9.5], [3.5, 5.5, 9.0]])
    first, other = getattr(D, a), getattr(D, b)
    both = {f"a_{k}": v for k, v in p.items()} | {f"b_{k}": v for k, v in q.items()}

    def divergence(given):
        return kl_divergence(
            first(**{k[2:]: v for k, v in given.items() if k[0] == "a"}, validate_args=False),
            other(**{k[2:]: v for k, v in given.items() if k[0] == "b"}, validate_args=False))

    value = divergence({k: torch.tensor(v) for k, v in both.items()})
    name = f"{a} from {b}"

    def called(t):
        p, q = ({k[2:]: v for k, v in t.items() if k[0] == side} for side in "ab")
        return f"mark(kl({a}({named(p)}), {b}({named(q)})))"

    script.check(name, f"kl({a}({named(p)}), {b}({named(q)}))", value.tolist())
    if torch.isfinite(value).all():
        derivatives(script, name, both, called, lambda given: mark(divergence(given)))
script.write()

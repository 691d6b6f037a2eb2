"""Writes Tests/Scripts/arrays/<feature>/as-numpy-and-pytorch.mos: array functions with their values, gradients
and second derivatives by NumPy and PyTorch in f64. Every case is also pushed forward, mapped and compiled by
Mos itself. Run from the repository's root: python3 Tests/Oracles/array_functions.py
"""

import os

import numpy as np
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
NAN = float("nan")

HEAD = '''fn wave(a, *shape) { sin(arange(prod(shape)) * a + 0.3).reshape(*shape) }
fn holes(a, *shape) { where(wave(a, *shape) > 0.8, nan, wave(a, *shape)) }
fn mark(y) { sum(sin(y).reshape(-1) * cos(arange(y.size) * 0.7)) }
fn same(a, b) {
    if a.shape != b.shape { return false }
    let (p, q) = (isnan(a), isnan(b))
    array_equal(p, q) and near(where(p, 0.0, a), where(q, 0.0, b), rtol=1e-10, atol=1e-12)
}
fn tell(name, got, want) { if not same(tensor(got), tensor(want)) { print("{name}: {got} and not {want}") } }
fn value(name, got, want) { tell(name, got, want) }
fn check(name, f, x, y, gradient, second) {
    let loss = x => mark(f(x))
    let v = cos(arange(x.size) * 0.4).reshape(x.shape)
    tell("{name}, value", f(x), y)
    tell("{name}, gradient", grad(loss)(x), gradient)
    tell("{name}, second derivative", hvp(loss, x, v), second)
    tell("{name}, forward", jvp(loss, x, v)[1], sum(where(isnan(v * gradient), 0.0, v * gradient)))
    let other = x.flip()
    tell("{name}, mapped", vmap(f)(stack((x, other))), stack((f(x), f(other))))
    tell("{name}, gradient mapped", vmap(grad(loss))(stack((x, other)))[0], gradient)
    tell("{name}, compiled", compile(f)(x), y)
}
'''


def wave(a, *shape):
    return torch.sin(torch.arange(int(np.prod(shape)), dtype=torch.float64) * a + 0.3).reshape(shape)


def holes(a, *shape):
    x = wave(a, *shape)
    return torch.where(x > 0.8, torch.tensor(NAN), x)


def mark(y):
    return (torch.sin(y).reshape(-1) * torch.cos(torch.arange(y.numel(), dtype=torch.float64) * 0.7)).sum()


def text(x):
    x = torch.as_tensor(x)

    def number(v):
        return "true" if v is True else "false" if v is False else repr(v)

    def nested(v):
        return "[" + ", ".join(nested(w) for w in v) + "]" if isinstance(v, list) else number(v)

    if x.numel() == 0:
        return f"zeros({', '.join(map(str, x.shape))})"
    return nested(x.tolist())


SCRIPTS = {}


def case(script, mos, at, f, numpy=None):
    """A function of one tensor: its text, the text of where it is taken, and the function in PyTorch.

    With `numpy`, a function of an array, the values of both must agree.
    """
    x = eval(at, {"wave": wave, "holes": holes, "torch": torch}).detach().requires_grad_()
    y = f(x)
    if numpy is not None:
        np.testing.assert_allclose(y.detach().numpy(), numpy(x.detach().numpy()), rtol=1e-12, atol=1e-14)
    (gradient,) = torch.autograd.grad(mark(y), x, create_graph=True)
    v = torch.cos(torch.arange(x.numel(), dtype=torch.float64) * 0.4).reshape(x.shape)
    if gradient.requires_grad:
        (second,) = torch.autograd.grad((gradient * v).sum(), x, allow_unused=True)
    else:
        second = None
    second = torch.zeros_like(x) if second is None else second
    at = at.replace("torch.", "")
    SCRIPTS.setdefault(script, []).append(
        f'check("{quoted(mos)} at {quoted(at)}", x => {mos}, {at}, {text(y.detach())}, {text(gradient.detach())}, {text(second.detach())})')


def value(script, mos, wanted):
    """A result that is not differentiated."""
    SCRIPTS.setdefault(script, []).append(f'value("{quoted(mos)}", {mos}, {text(np.asarray(wanted))})')


def quoted(mos):
    return mos.replace('"', "'").replace("{", "(").replace("}", ")")


# Reductions that leave nan out.

S = "statistics"
for at, axes in [("holes(1.3, 3, 4)", None), ("holes(1.3, 3, 4)", 1), ("holes(0.9, 3, 3, 2)", (0, 2))]:
    tail = "" if axes is None else f", axis={axes}"
    dims = tuple(range(eval(at).dim())) if axes is None else axes

    def masked(x):
        return torch.where(torch.isnan(x), torch.tensor(0.0), x), (~torch.isnan(x)).double()

    def mean(x, keep=False):
        z, m = masked(x)
        return z.sum(dims, keepdim=keep) / m.sum(dims, keepdim=keep)

    def variance(x, correction=0):
        z, m = masked(x)
        return ((z - mean(x, True)) ** 2 * m).sum(dims) / (m.sum(dims) - correction)

    case(S, f"nansum(x{tail})", at, lambda x: masked(x)[0].sum(dims), lambda x: np.nansum(x, axis=axes))
    case(S, f"nanmean(x{tail})", at, mean, lambda x: np.nanmean(x, axis=axes))
    case(S, f"nanvar(x{tail})", at, variance, lambda x: np.nanvar(x, axis=axes))
    case(S, f"nanstd(x{tail}, correction=1)", at, lambda x: variance(x, 1).sqrt(),
         lambda x: np.nanstd(x, axis=axes, ddof=1))
    case(S, f"nanmax(x{tail})", at,
         lambda x: torch.where(torch.isnan(x), torch.tensor(-np.inf), x).amax(dims), lambda x: np.nanmax(x, axis=axes))
    case(S, f"nanmin(x{tail})", at,
         lambda x: torch.where(torch.isnan(x), torch.tensor(np.inf), x).amin(dims), lambda x: np.nanmin(x, axis=axes))


def nanmedian(x):
    rows = [torch.sort(row[~torch.isnan(row)]).values for row in x]
    return torch.stack([(r[(len(r) - 1) // 2] + r[len(r) // 2]) / 2 for r in rows])


case(S, "nanmedian(x, axis=1)", "holes(1.3, 3, 5)", nanmedian, lambda x: np.nanmedian(x, axis=1))
value(S, "nanmedian(holes(1.3, 3, 4), axis=0, keepdims=true)", np.nanmedian(holes(1.3, 3, 4), axis=0, keepdims=True))
value(S, "nanmean([[nan, nan], [1.0, nan]], axis=1)", [NAN, 1.0])
value(S, "nanmax([[nan, nan], [1.0, nan]], axis=1)", [NAN, 1.0])
value(S, "nansum([[nan, nan], [1.0, nan]], axis=1)", [0.0, 1.0])
value(S, "count_nonzero(floor(wave(1.3, 3, 4) * 2.0), axis=0)",
      np.count_nonzero(np.floor(wave(1.3, 3, 4).numpy() * 2.0), axis=0))

# Averages and how rows vary together.

S = "covariance"
case(S, "average(x, weights=wave(0.2, 3, 4) + 2.0)", "wave(1.3, 3, 4)",
     lambda x: (x * (wave(0.2, 3, 4) + 2)).sum() / (wave(0.2, 3, 4) + 2).sum(),
     lambda x: np.average(x, weights=wave(0.2, 3, 4).numpy() + 2))
case(S, "average(x, axis=1, weights=[1.0, 2.0, 0.0, -0.5])", "wave(1.3, 3, 4)",
     lambda x: (x * torch.tensor([1, 2, 0, -0.5])).sum(1) / 2.5, lambda x: np.average(x, 1, [1, 2, 0, -0.5]))
case(S, "average(x, axis=(2, 0), weights=wave(0.2, 4, 2) + 2.0)", "wave(1.3, 2, 3, 4)",
     lambda x: (x * (wave(0.2, 4, 2).T + 2)[:, None]).sum((0, 2)) / (wave(0.2, 4, 2) + 2).sum(),
     lambda x: np.average(x, (2, 0), wave(0.2, 4, 2).numpy() + 2))
case(S, "average(wave(1.3, 3, 4), axis=0, weights=x)", "wave(0.5, 3) + 2.0",
     lambda w: (wave(1.3, 3, 4) * w[:, None]).sum(0) / w.sum(), lambda w: np.average(wave(1.3, 3, 4).numpy(), 0, w))
case(S, "average(x, axis=0, keepdims=true)", "wave(1.3, 3, 4)", lambda x: x.mean(0, keepdim=True))
case(S, "cov(x)", "wave(1.3, 3, 5)", torch.cov, np.cov)
case(S, "cov(x)", "wave(1.3, 5)", torch.cov, np.cov)
case(S, "cov(x, correction=0)", "wave(1.3, 3, 5)", lambda x: torch.cov(x, correction=0), lambda x: np.cov(x, ddof=0))
case(S, "cov(x, rowvar=false)", "wave(1.3, 3, 2)", lambda x: torch.cov(x.T), lambda x: np.cov(x, rowvar=False))
case(S, "cov(x, wave(0.4, 2, 4))", "wave(1.3, 4)", lambda x: torch.cov(torch.cat([x[None], wave(0.4, 2, 4)])),
     lambda x: np.cov(x, wave(0.4, 2, 4).numpy()))
case(S, "cov(x, fweights=[1, 3, 2, 1])", "wave(1.3, 2, 4)", lambda x: torch.cov(x, fweights=torch.tensor([1, 3, 2, 1])),
     lambda x: np.cov(x, fweights=[1, 3, 2, 1]))
case(S, "cov(x, aweights=[0.5, 1.5, 2.0, 1.0])", "wave(1.3, 2, 4)",
     lambda x: torch.cov(x, aweights=torch.tensor([0.5, 1.5, 2, 1])), lambda x: np.cov(x, aweights=[0.5, 1.5, 2, 1]))
case(S, "cov(x, fweights=[1, 3, 2, 1], aweights=[0.5, 1.5, 2.0, 1.0], correction=2)", "wave(1.3, 2, 4)",
     lambda x: torch.cov(x, correction=2, fweights=torch.tensor([1, 3, 2, 1]), aweights=torch.tensor([0.5, 1.5, 2, 1])),
     lambda x: np.cov(x, ddof=2, fweights=[1, 3, 2, 1], aweights=[0.5, 1.5, 2, 1]))
case(S, "cov(wave(1.3, 2, 4), aweights=x)", "wave(0.6, 4) + 2.0",
     lambda w: torch.cov(wave(1.3, 2, 4), aweights=w), lambda w: np.cov(wave(1.3, 2, 4).numpy(), aweights=w))
case(S, "corrcoef(x)", "wave(1.3, 3, 5)", torch.corrcoef, np.corrcoef)
case(S, "corrcoef(x, wave(0.4, 2, 4))", "wave(1.3, 4)",
     lambda x: torch.corrcoef(torch.cat([x[None], wave(0.4, 2, 4)])), lambda x: np.corrcoef(x, wave(0.4, 2, 4).numpy()))
case(S, "corrcoef(x, rowvar=false)", "wave(1.3, 4, 2)", lambda x: torch.corrcoef(x.T), lambda x: np.corrcoef(x, rowvar=False))

# Counts.

S = "counts"
IDS = torch.tensor([3, 0, 3, 1, 6])
value(S, "bincount([3, 0, 3, 1, 6])", np.bincount(IDS))
value(S, "bincount([3, 0, 3, 1, 6], minlength=9)", np.bincount(IDS, minlength=9))
case(S, "bincount([3, 0, 3, 1, 6], weights=x)", "wave(1.3, 5)", lambda w: torch.zeros(7).index_add(0, IDS, w),
     lambda w: np.bincount(IDS, weights=w))
for arguments, given in [("", {}), ("bins=4", {"bins": 4}), ("bins=5, range=(-0.5, 0.75)", {"bins": 5, "range": (-0.5, 0.75)}),
                         ("bins=[-1.0, -0.5, 0.0, 0.0, 0.9]", {"bins": [-1.0, -0.5, 0.0, 0.0, 0.9]}),
                         ("bins=3, density=true", {"bins": 3, "density": True})]:
    counts, edges = np.histogram(wave(1.3, 40).numpy(), **given)
    value(S, f"histogram(wave(1.3, 40), {arguments})[0]".replace(", )", ")"), counts)
    value(S, f"histogram(wave(1.3, 40), {arguments})[1]".replace(", )", ")"), edges)
value(S, "histogram([1, 2, 2, 9, 4, 5], bins=8)[0]", np.histogram([1, 2, 2, 9, 4, 5], bins=8)[0])
value(S, "histogram([2.5, 2.5])[1]", np.histogram([2.5, 2.5])[1])
value(S, "histogram([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], bins=6)[0]",
      np.histogram([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], bins=6)[0])
for density in [False, True]:
    def histogram(w):
        x = wave(0.7, 6)
        edges = torch.linspace(-1, 1, 5)
        h = torch.zeros(4).index_add(0, torch.bucketize(x, edges, right=True) - 1, w)
        return h / 0.5 / h.sum() if density else h
    case(S, f"histogram(wave(0.7, 6), 4, (-1, 1), weights=x, density={str(density).lower()})[0]", "wave(1.3, 6) + 1.5", histogram,
         lambda w: np.histogram(wave(0.7, 6).numpy(), 4, (-1, 1), weights=w, density=density)[0])
value(S, "isclose([1.0, 1.0, inf, -inf, nan, 0.0], [1.00001, 1.00002, inf, inf, nan, 1e-9])",
      np.isclose([1.0, 1.0, np.inf, -np.inf, NAN, 0.0], [1.00001, 1.00002, np.inf, np.inf, NAN, 1e-9]))
value(S, "isclose([1.0, inf, nan], [[1.1], [nan]], rtol=0.2, equal_nan=true)",
      np.isclose([1.0, np.inf, NAN], [[1.1], [NAN]], rtol=0.2, equal_nan=True))

# Curves.

S = "curves"
for n, axis in [(1, -1), (2, 0), (3, 1)]:
    case(S, f"diff(x, n={n}, axis={axis})", "wave(1.3, 4, 5)", lambda x: torch.diff(x, n=n, dim=axis),
         lambda x: np.diff(x, n=n, axis=axis))
case(S, "diff(x, prepend=0.5, append=x[:, :2])", "wave(1.3, 3, 4)",
     lambda x: torch.diff(torch.cat([torch.full((3, 1), 0.5), x, x[:, :2]], 1)),
     lambda x: np.diff(x, prepend=0.5, append=x[:, :2]))
value(S, "diff([true, false, false, true])", np.diff([True, False, False, True]))
value(S, "diff([1, 4, 9], n=5)", np.zeros(0))
case(S, "trapezoid(x)", "wave(1.3, 3, 4)", torch.trapezoid, np.trapezoid)
case(S, "trapezoid(x, dx=0.25, axis=0)", "wave(1.3, 3, 4)", lambda x: torch.trapezoid(x, dx=0.25, dim=0),
     lambda x: np.trapezoid(x, dx=0.25, axis=0))
case(S, "trapezoid(x, [0.0, 1.0, 4.0], axis=0)", "wave(1.3, 3, 4)",
     lambda y: torch.trapezoid(y, torch.tensor([0.0, 1.0, 4.0])[:, None].expand(3, 4), dim=0),
     lambda y: np.trapezoid(y, [0.0, 1.0, 4.0], axis=0))
case(S, "trapezoid(wave(0.4, 3, 4), x)", "wave(1.3, 3, 4)", lambda x: torch.trapezoid(wave(0.4, 3, 4), x),
     lambda x: np.trapezoid(wave(0.4, 3, 4).numpy(), x))
case(S, "trapezoid(wave(0.4, 3, 4), x)", "wave(1.3, 4)", lambda x: torch.trapezoid(wave(0.4, 3, 4), x),
     lambda x: np.trapezoid(wave(0.4, 3, 4).numpy(), x))


def interp(x, xp, fp, left=None, right=None):
    i = torch.searchsorted(xp.detach().contiguous(), x.detach().contiguous(), right=True).clamp(1, len(xp) - 1)
    y = fp[i - 1] + (x - xp[i - 1]) * (fp[i] - fp[i - 1]) / (xp[i] - xp[i - 1])
    y = torch.where(x < xp[0], fp[0] if left is None else torch.tensor(left), y)
    return torch.where(x > xp[-1], fp[-1] if right is None else torch.tensor(right), y)


XP, FP = torch.tensor([-0.9, -0.2, 0.1, 0.7]), torch.tensor([1.0, -2.0, 0.5, 3.0])
MXP, MFP = "[-0.9, -0.2, 0.1, 0.7]", "[1.0, -2.0, 0.5, 3.0]"
case(S, f"interp(x, {MXP}, {MFP})", "wave(1.3, 3, 4)", lambda x: interp(x, XP, FP), lambda x: np.interp(x, XP, FP))
case(S, f"interp(x, {MXP}, {MFP}, left=-5.0, right=7.5)", "wave(1.3, 3, 4)", lambda x: interp(x, XP, FP, -5.0, 7.5),
     lambda x: np.interp(x, XP, FP, -5.0, 7.5))
case(S, f"interp(wave(1.3, 6), {MXP}, x)", "wave(0.8, 4)", lambda f: interp(wave(1.3, 6), XP, f),
     lambda f: np.interp(wave(1.3, 6).numpy(), XP, f))
case(S, f"interp(wave(1.3, 6), cumsum(x ** 2) - 1.0, {MFP})", "wave(0.8, 4)",
     lambda x: interp(wave(1.3, 6), torch.cumsum(x ** 2, 0) - 1, FP),
     lambda x: np.interp(wave(1.3, 6).numpy(), np.cumsum(x ** 2) - 1, FP))
value(S, f"interp({MXP}, {MXP}, {MFP})", FP)
value(S, "interp([0.0, 1.0, 2.0, nan], [1.0], [4.0])", [4.0, 4.0, 4.0, NAN])
value(S, "interp([1.0, 2.0], [1.0, 2.0], [3.0, inf])", np.interp([1.0, 2.0], [1.0, 2.0], [3.0, np.inf]))

# Along an axis.

S = "running"
for axis in [0, 1]:
    case(S, f"cummax(x, axis={axis})", "wave(1.3, 4, 5)", lambda x: torch.cummax(x, axis).values,
         lambda x: np.maximum.accumulate(x, axis))
    case(S, f"cummin(x, axis={axis})", "wave(1.3, 4, 5)", lambda x: torch.cummin(x, axis).values,
         lambda x: np.minimum.accumulate(x, axis))
    case(S, f"logcumsumexp(x * 9.0, axis={axis})", "wave(1.3, 4, 5)", lambda x: torch.logcumsumexp(x * 9, axis),
         lambda x: np.logaddexp.accumulate(x * 9, axis))
case(S, "cummax(x + stop_gradient(round(x) - x))", "wave(1.3, 9)",
     lambda x: torch.cummax(torch.round(x).detach() + (x - x.detach()), 0).values)
case(S, "cummin(x)", "wave(1.3, 2, 3)", lambda x: torch.cummin(x.reshape(-1), 0).values)
value(S, "cummax([1.0, nan, 3.0, -inf])", np.maximum.accumulate([1.0, NAN, 3.0, -np.inf]))
value(S, "cummin([2, 5, 1, 3])", [2, 2, 1, 1])
value(S, "logcumsumexp([-inf, -inf, 1.0, inf, 2.0])", np.logaddexp.accumulate([-np.inf, -np.inf, 1.0, np.inf, 2.0]))
value(S, "logcumsumexp([-1000.0, 0.0, 1000.0])", np.logaddexp.accumulate([-1000.0, 0.0, 1000.0]))

# Elementwise.

S = "elementwise"
case(S, "hypot(x, wave(0.4, 4))", "wave(1.3, 3, 4)", lambda x: torch.hypot(x, wave(0.4, 4)), lambda x: np.hypot(x, wave(0.4, 4)))
case(S, "hypot(x, x.T)", "wave(1.3, 3, 3)", lambda x: torch.hypot(x, x.T), lambda x: np.hypot(x, x.T))
case(S, "logaddexp(x * 30.0, wave(0.4, 4))", "wave(1.3, 3, 4)", lambda x: torch.logaddexp(x * 30, wave(0.4, 4)),
     lambda x: np.logaddexp(x * 30, wave(0.4, 4)))
case(S, "logaddexp(x, flip(x))", "wave(1.3, 5)", lambda x: torch.logaddexp(x, x.flip(0)), lambda x: np.logaddexp(x, x[::-1]))
case(S, "xlogy(x, wave(0.4, 4) + 2.0)", "wave(1.3, 3, 4)", lambda x: torch.xlogy(x, wave(0.4, 4) + 2))
case(S, "xlogy(wave(0.4, 4), x)", "wave(1.3, 3, 4) + 1.5", lambda x: torch.xlogy(wave(0.4, 4), x))
case(S, "logit(x)", "wave(1.3, 3, 4) * 0.49 + 0.5", torch.logit)
case(S, "logit(x, eps=0.2)", "wave(1.3, 3, 4) * 0.49 + 0.5", lambda x: torch.logit(x, 0.2))
case(S, "cross(x, wave(0.4, 3))", "wave(1.3, 4, 3)", lambda x: torch.linalg.cross(x, wave(0.4, 3).expand(4, 3)),
     lambda x: np.cross(x, wave(0.4, 3).numpy()))
case(S, "cross(x, x ** 2, axis=0)", "wave(1.3, 3, 2)", lambda x: torch.linalg.cross(x, x ** 2, dim=0),
     lambda x: np.cross(x, x ** 2, axis=0))
value(S, "hypot([inf, nan, 3e300, 3e-300, 0.0], [nan, 1.0, 4e300, 4e-300, 0.0])",
      np.hypot([np.inf, NAN, 3e300, 3e-300, 0.0], [NAN, 1.0, 4e300, 4e-300, 0.0]))
value(S, "logaddexp([inf, -inf, inf, nan, 1e3, 0.0], [inf, -inf, -inf, 0.0, 1e3, -40.0])",
      np.logaddexp([np.inf, -np.inf, np.inf, NAN, 1e3, 0.0], [np.inf, -np.inf, -np.inf, 0.0, 1e3, -40.0]))
value(S, "xlogy([0.0, 0.0, 0.0, 2.0, 0.0], [0.0, -1.0, inf, 0.0, nan])",
      torch.xlogy(torch.tensor([0.0, 0, 0, 2, 0]), torch.tensor([0.0, -1, 1, 0, NAN])))
value(S, "logit([0.0, 1.0, 0.5, 2.0, nan, 1e-300])", torch.logit(torch.tensor([0.0, 1.0, 0.5, 2.0, NAN, 1e-300])))

# Elements by place.

S = "places"
case(S, "take_along_axis(x, [[0, 2], [3, 3], [1, 0]], axis=1)", "wave(1.3, 3, 4)",
     lambda x: torch.take_along_dim(x, torch.tensor([[0, 2], [3, 3], [1, 0]]), 1),
     lambda x: np.take_along_axis(x, np.array([[0, 2], [3, 3], [1, 0]]), 1))
case(S, "take_along_axis(x, [[2, 1, 0, 0]], axis=0)", "wave(1.3, 3, 4)", lambda x: torch.take_along_dim(x, torch.tensor([[2, 1, 0, 0]]), 0))
case(S, "take_along_axis(x, [[1, -1], [0, 2]], axis=1)", "wave(1.3, 1, 3)",
     lambda x: torch.take_along_dim(x, torch.tensor([[1, 2], [0, 2]]), 1),
     lambda x: np.take_along_axis(x, np.array([[1, -1], [0, 2]]), 1))
case(S, "take_along_axis(x, argsort(x, axis=1), axis=1)", "wave(1.3, 3, 4)", lambda x: torch.sort(x, 1).values)


def put(x, index, values, axis):
    y = x.copy()
    np.put_along_axis(y, np.array(index), values, axis)
    return y


case(S, "put_along_axis(x, [[1], [0], [3]], 7.0, axis=1)", "wave(1.3, 3, 4)",
     lambda x: x.scatter(1, torch.tensor([[1], [0], [3]]), 7.0), lambda x: put(x, [[1], [0], [3]], 7.0, 1))
case(S, "put_along_axis(wave(0.3, 3, 4), [[1, 0], [0, 3], [3, 2]], x, axis=1)", "wave(1.3, 2)",
     lambda v: wave(0.3, 3, 4).scatter(1, torch.tensor([[1, 0], [0, 3], [3, 2]]), v.expand(3, 2)),
     lambda v: put(wave(0.3, 3, 4).numpy(), [[1, 0], [0, 3], [3, 2]], v, 1))
case(S, "put_along_axis(x, [[2]], x[:1] * 2.0, axis=0)", "wave(1.3, 3, 4)",
     lambda x: x.scatter(0, torch.full((1, 4), 2), x[:1] * 2), lambda x: put(x, [[2]], x[:1] * 2, 0))
case(S, "index_add(x, 1, [0, 3, 0], wave(0.3, 2, 3), alpha=-2.0)", "wave(1.3, 2, 4)",
     lambda x: x.index_add(1, torch.tensor([0, 3, 0]), wave(0.3, 2, 3), alpha=-2))
case(S, "index_add(wave(0.3, 4, 2), 0, [3, 0, 3], x)", "wave(1.3, 3, 2)",
     lambda s: wave(0.3, 4, 2).index_add(0, torch.tensor([3, 0, 3]), s))
case(S, "segment_sum(x, [2, 0, 2, 1])", "wave(1.3, 4, 2)", lambda x: torch.zeros(3, 2).index_add(0, torch.tensor([2, 0, 2, 1]), x))
case(S, "segment_sum(x, [2, -1, 5, 1], 3)", "wave(1.3, 4)", lambda x: torch.stack([x[0] * 0, x[3], x[0]]))
case(S, "repeat(x, [2, 0, 3], axis=0)", "wave(1.3, 3, 2)", lambda x: torch.repeat_interleave(x, torch.tensor([2, 0, 3]), 0),
     lambda x: np.repeat(x, [2, 0, 3], 0))
case(S, "repeat(x, [2], axis=1)", "wave(1.3, 3, 2)", lambda x: torch.repeat_interleave(x, 2, 1), lambda x: np.repeat(x, [2], 1))
case(S, "move_axis(x, (0, 2), (-1, 0))", "wave(1.3, 2, 3, 4)", lambda x: torch.movedim(x, (0, 2), (-1, 0)),
     lambda x: np.moveaxis(x, (0, 2), (-1, 0)))
case(S, "split(x, [1, 3], axis=1)[1]", "wave(1.3, 2, 4)", lambda x: x[:, 1:3], lambda x: np.split(x, [1, 3], 1)[1])
case(S, "roll(x, 1, axis=(0, 1))", "wave(1.3, 3, 4)", lambda x: torch.roll(x, (1, 1), (0, 1)), lambda x: np.roll(x, 1, (0, 1)))
case(S, "tile(x, (2, 1, 2))", "wave(1.3, 2, 3)", lambda x: torch.tile(x, (2, 1, 2)), lambda x: np.tile(x, (2, 1, 2)))
SORTED = torch.sort(wave(1.3, 3, 5), 1).values
for side in ["left", "right"]:
    value(S, f'searchsorted(sort(wave(1.3, 3, 5)), wave(0.7, 3, 2), side="{side}")',
          torch.searchsorted(SORTED, wave(0.7, 3, 2), side=side))
    value(S, f'searchsorted([1, 2, 2, 5], [[2, 0], [9, 5]], side="{side}")', np.searchsorted([1, 2, 2, 5], [[2, 0], [9, 5]], side=side))

# Layers.

S = "normalization"
W, B = wave(0.2, 4) + 1, wave(0.6, 4)
MW, MB = "wave(0.2, 4) + 1.0", "wave(0.6, 4)"
case(S, "layer_norm(x, 4)", "wave(1.3, 3, 4)", lambda x: F.layer_norm(x, (4,)))
case(S, f"layer_norm(x, (4,), {MW}, {MB}, eps=0.1)", "wave(1.3, 3, 4)", lambda x: F.layer_norm(x, (4,), W, B, 0.1))
case(S, "layer_norm(x, (3, 4), weight=wave(0.2, 3, 4))", "wave(1.3, 2, 3, 4)",
     lambda x: F.layer_norm(x, (3, 4), wave(0.2, 3, 4)))
case(S, "layer_norm(wave(0.3, 2, 4), 4, weight=x, bias=x ** 2)", "wave(1.3, 4)", lambda w: F.layer_norm(wave(0.3, 2, 4), (4,), w, w ** 2))
case(S, f"rms_norm(x, 4, {MW})", "wave(1.3, 3, 4)", lambda x: F.rms_norm(x, (4,), W))
case(S, "rms_norm(x, (3, 4), eps=0.3)", "wave(1.3, 3, 4)", lambda x: F.rms_norm(x, (3, 4), eps=0.3))
case(S, f"group_norm(x, 2, {MW}, {MB})", "wave(1.3, 2, 4, 3)", lambda x: F.group_norm(x, 2, W, B))
case(S, "group_norm(x, 1, eps=0.1)", "wave(1.3, 2, 4)", lambda x: F.group_norm(x, 1, eps=0.1))
case(S, f"instance_norm(x, {MW}, {MB})", "wave(1.3, 2, 4, 3)", lambda x: F.instance_norm(x, weight=W, bias=B))
case(S, "instance_norm(x, eps=0.01)", "wave(1.3, 2, 2, 2, 3)", lambda x: F.instance_norm(x, eps=0.01))
case(S, "normalize(x)", "wave(1.3, 3, 4)", F.normalize)
case(S, "normalize(x, p=3.0, axis=0)", "wave(1.3, 3, 4)", lambda x: F.normalize(x, 3.0, 0))
case(S, "normalize(x, 1.0, axis=-1, eps=2.0)", "wave(1.3, 3, 4)", lambda x: F.normalize(x, 1.0, -1, 2.0))
case(S, "embedding([[2, 0], [1, 2]], x)", "wave(1.3, 3, 2)", lambda w: F.embedding(torch.tensor([[2, 0], [1, 2]]), w))
case(S, "embedding([2, 0, 2, 1], x, padding_idx=-1)", "wave(1.3, 3, 2)",
     lambda w: torch.stack([w[2].detach(), w[0], w[2].detach(), w[1]]))

for script, lines in SCRIPTS.items():
    folder = f"Tests/Scripts/arrays/{script}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/as-numpy-and-pytorch.mos", "w") as out:
        print("# Values, gradients and second derivatives; made by Tests/Oracles/array_functions.py.", file=out)
        print(HEAD + "\n" + "\n".join(lines) + f'\nprint("{len(lines)} cases")    # expect: {len(lines)} cases', file=out)
print(sum(len(lines) for lines in SCRIPTS.values()), "cases")

"""Writes Tests/Scripts/torch: values, gradients and second derivatives of losses, activations and functions of
matrices, by PyTorch 2 in float64. Run from the repository's root: python3 Tests/Oracles/torch_functions.py

A case is one expression in x that both languages read, with the names that are defined below. Values of several
elements are compared by a sum with weights; a script checks forward mode and vmap of each case, too.
"""

import math
import os

import scipy.linalg
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
FOLDER = "Tests/Scripts/torch"
PRELUDE = """\
fn wave(a, *shape) { sin(arange(prod(shape)) * a + 0.3).reshape(*shape) }
fn mark(y) { sum(y.reshape(-1) * cos(arange(y.size) * 0.7)) }
fn agree(name, what, a, b) {
  if not near(a, b, rtol=1e-10, atol=1e-12) { print("{name}: {what} is {repr(a)}, not {repr(b)}") }
}
let cases = 0
fn check(name, f, x, value, gradient, second=nil) {
  let loss = x => mark(f(x))
  let v = cos(arange(x.size) * 1.3).reshape(x.shape)
  let slope = grad(loss)
  agree(name, "the value", loss(x), value)
  agree(name, "the gradient", mark(slope(x)), gradient)
  agree(name, "the tangent", jvp(loss, x, v)[1], sum(slope(x) * v))
  if second != nil { agree(name, "the second derivative", mark(hvp(loss, x, v)), second) }
  let other = x * 1.01
  agree(name, "vmap", vmap(f)(stack((x, other))), stack((f(x), f(other))))
  agree(name, "vmap of grad", vmap(slope)(stack((x, other))), stack((slope(x), slope(other))))
  cases += 1
}
"""


def tensor(x):
    """Brackets of numbers are tensors in Mos."""
    return x if isinstance(x, torch.Tensor) or x is None else torch.tensor(x)


def wave(a, *shape):
    return torch.sin(torch.arange(math.prod(shape)) * a + 0.3).reshape(shape)


def mark(y):
    return (y.reshape(-1) * torch.cos(torch.arange(y.numel()) * 0.7)).sum()


def same(y, reference):
    """What has more digits, or more derivatives, than a reference, whose value it has to be."""
    assert torch.allclose(y, reference, rtol=1e-8, atol=1e-10), (y, reference)
    return y


# Losses

def classes_second(x, target, axis):
    """Torch counts classes along axis 1, or 0 of one axis."""
    place = 0 if x.ndim == 1 else 1
    moved = target.movedim(axis, place) if target.is_floating_point() else target
    return x.movedim(axis, place), moved


def cross_entropy(x, target, axis=-1, **options):
    x, target = classes_second(x, tensor(target), axis)
    options["weight"] = tensor(options.get("weight"))
    return F.cross_entropy(x, target, **options)


def nll_loss(x, target, axis=-1, **options):
    x, target = classes_second(x, tensor(target), axis)
    options["weight"] = tensor(options.get("weight"))
    if options["weight"] is not None and options["weight"].requires_grad:
        return likelihood_by_weights(x, target, **options)
    return F.nll_loss(x, target, **options)


def likelihood_by_weights(x, target, weight, ignore_index=-100):
    """The mean by its formula: PyTorch has no derivatives by weights."""
    kept = target != ignore_index
    shares = weight[target * kept] * kept
    loss = -(shares * x.gather(1, (target * kept)[:, None])[:, 0]).sum() / shares.sum()
    check = F.nll_loss(x, target, weight=weight.detach(), ignore_index=ignore_index)
    return same(loss, check)


def binary_cross_entropy(x, target, from_logits=False, weight=None, reduction="mean"):
    """By its formula: PyTorch's second derivatives add 1e-12 to what they divide by."""
    if from_logits:
        return binary_cross_entropy_with_logits(x, target, weight=weight, reduction=reduction)
    weight = torch.ones(()) if weight is None else tensor(weight)
    loss = -weight * (target * torch.log(x) + (1 - target) * torch.log1p(-x))
    check = F.binary_cross_entropy(x, target, weight=weight, reduction=reduction)
    return same(reduced(loss, reduction), check)


def binary_cross_entropy_with_logits(x, target, weight=None, pos_weight=None, reduction="mean"):
    """By its formula: PyTorch has no derivatives by weights."""
    (weight, pos_weight), one = map(tensor, (weight, pos_weight)), torch.ones(())
    more = one if pos_weight is None else pos_weight
    loss = more * target * F.softplus(-x) + (1 - target) * F.softplus(x)
    loss = reduced(loss * (one if weight is None else weight), reduction)
    known = [None if y is None else y.detach() for y in (weight, pos_weight)]
    check = F.binary_cross_entropy_with_logits(
        x.detach(), target, weight=known[0], pos_weight=known[1], reduction=reduction)
    return same(loss, check)


def kl_div(x, target, **options):
    return F.kl_div(x, target, **options)


def reduced(loss, reduction):
    return {"mean": loss.mean, "sum": loss.sum, "none": lambda: loss}[reduction]()


def hinge_loss(x, target, reduction="mean"):
    """Optax's."""
    return reduced(torch.relu(1 - x * tensor(target)), reduction)


def smooth_l1_loss(x, target, beta=1.0, reduction="mean"):
    return F.smooth_l1_loss(x, target, beta=beta, reduction=reduction)


def huber_loss(x, target, delta=1.0, reduction="mean"):
    return F.huber_loss(x, target, delta=delta, reduction=reduction)


def gaussian_nll_loss(x, target, variance, **options):
    return F.gaussian_nll_loss(x, target, variance, **options)


def poisson_nll_loss(x, target, **options):
    return F.poisson_nll_loss(x, target, **options)


def hinge_embedding_loss(x, target, **options):
    return F.hinge_embedding_loss(x, tensor(target), **options)


def margin_ranking_loss(a, b, target, **options):
    return F.margin_ranking_loss(a, b, tensor(target), **options)


def cosine_embedding_loss(a, b, target, **options):
    return F.cosine_embedding_loss(a, b, tensor(target), **options)


def cosine_similarity(a, b, axis=-1, eps=1e-8):
    return F.cosine_similarity(a, b, dim=axis, eps=eps)


# Activations

def celu(x, alpha=1.0):
    """By its formula: PyTorch's derivatives lose digits to a constant in single precision."""
    return same(torch.where(x > 0, x, alpha * torch.expm1(x / alpha)), F.celu(x, alpha))


def hardsigmoid(x):
    """By its formula, as celu."""
    return same(F.relu6(x + 3) / 6, F.hardsigmoid(x))


# Functions of matrices

def through_eigenvalues(f):
    def function(a):
        values, vectors = torch.linalg.eig(a)
        result = (vectors * f(values).unsqueeze(-2)) @ torch.linalg.inv(vectors)
        return result.real
    return function


def checked(function, reference):
    """A function of torch whose values have to be those of another system."""
    def both(a):
        y = function(a)
        if a.ndim == 2:
            return same(y, torch.tensor(reference(a.detach().numpy()).real))
        return y
    return both


def slogdet(a):
    return tuple(torch.linalg.slogdet(a))


def tensordot(a, b, axes=2):
    pair = axes if isinstance(axes, int) else [[n] if isinstance(n, int) else list(n) for n in axes]
    return torch.tensordot(a, tensor(b), dims=pair)


def norm(x, ord=None, axis=None, keepdims=False):
    return torch.linalg.norm(x, ord=ord, dim=axis, keepdim=keepdims)


def pair_of(z):
    return (z.real, z.imag)


def eig(a):
    values, vectors = torch.linalg.eig(a)
    return (pair_of(values), pair_of(vectors))


class Factors:
    def __init__(self, a):
        self.a = a

    def solve(self, b, transpose=False):
        a = self.a.transpose(-1, -2) if transpose else self.a
        return torch.linalg.solve(a, tensor(b))


def spectral_map(a, f):
    values, vectors = torch.linalg.eigh(a)
    return (vectors * f(values).unsqueeze(-2)) @ vectors.transpose(-1, -2)


def symmetric(a):
    return (a + a.transpose(-1, -2)) / 2


NAMES = {
    "wave": wave, "inf": math.inf, "true": True, "false": False, "nil": None, "eye": torch.eye,
    "sum": lambda x, axis=None: x.sum() if axis is None else x.sum(axis), "exp": torch.exp,
    "sin": torch.sin, "sqrt": torch.sqrt, "abs": torch.abs, "stack": torch.stack,
    "log_softmax": lambda x, axis=-1: F.log_softmax(x, axis),
    "softmax": lambda x, axis=-1: F.softmax(x, axis), "softmin": lambda x, axis=-1: F.softmin(x, axis),
    "sigmoid": torch.sigmoid, "cross_entropy": cross_entropy, "nll_loss": nll_loss,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits, "kl_div": kl_div,
    "mse_loss": F.mse_loss, "l1_loss": F.l1_loss, "huber_loss": huber_loss,
    "smooth_l1_loss": smooth_l1_loss, "hinge_loss": hinge_loss,
    "gaussian_nll_loss": gaussian_nll_loss, "poisson_nll_loss": poisson_nll_loss,
    "hinge_embedding_loss": hinge_embedding_loss, "margin_ranking_loss": margin_ranking_loss,
    "triplet_loss": F.triplet_margin_loss, "cosine_embedding_loss": cosine_embedding_loss,
    "cosine_similarity": cosine_similarity,
    "relu": F.relu, "relu6": F.relu6, "silu": F.silu, "mish": F.mish, "selu": F.selu, "elu": F.elu,
    "celu": celu, "gelu": F.gelu, "log_sigmoid": F.logsigmoid, "hardsigmoid": hardsigmoid,
    "hardswish": F.hardswish, "softsign": F.softsign, "tanhshrink": F.tanhshrink,
    "softplus": F.softplus, "leaky_relu": F.leaky_relu,
    "prelu": lambda x, w: F.prelu(x, tensor(w)), "hardtanh": F.hardtanh, "threshold": F.threshold,
    "softshrink": F.softshrink, "hardshrink": F.hardshrink, "glu": lambda x, axis=-1: F.glu(x, axis),
    "det": torch.linalg.det, "logdet": torch.logdet, "slogdet": slogdet, "inv": torch.linalg.inv,
    "pinv": torch.linalg.pinv, "tensordot": tensordot, "inner": torch.inner, "kron": torch.kron,
    "diagonal": lambda a, offset=0, axis1=0, axis2=1: torch.diagonal(a, offset, axis1, axis2),
    "matrix_power": torch.linalg.matrix_power, "expm": checked(torch.matrix_exp, scipy.linalg.expm),
    "sqrtm": checked(through_eigenvalues(torch.sqrt), scipy.linalg.sqrtm),
    "logm": checked(through_eigenvalues(torch.log), scipy.linalg.logm),
    "spectral_map": spectral_map, "norm": norm, "block_diag": lambda *parts: torch.block_diag(*map(tensor, parts)),
    "lu_factor": Factors, "cho_factor": Factors, "eig": eig,
    "eigvals": lambda a: pair_of(torch.linalg.eigvals(a)), "eigvalsh": torch.linalg.eigvalsh,
    "cond": lambda a: torch.linalg.norm(a, 2) / torch.linalg.norm(a, -2),
    "lstsq": lambda a, b: torch.linalg.pinv(a) @ b, "cholesky": torch.linalg.cholesky,
    "cholesky_solve": lambda l, b: torch.cholesky_solve(b, l), "symmetric": symmetric,
}


def derivatives(function, x):
    """The marks of the value, of the gradient, and of the second derivative along a direction, where PyTorch has
    that."""
    x = x.clone().requires_grad_()
    direction = torch.cos(torch.arange(x.numel()) * 1.3).reshape(x.shape)
    value = mark(function(x))
    slope, = torch.autograd.grad(value, x, create_graph=True)
    second = torch.zeros_like(x)
    if slope.requires_grad:
        try:
            found, = torch.autograd.grad((slope * direction).sum(), x, allow_unused=True)
        except RuntimeError as error:
            assert "is not implemented" in str(error)
            return [mark(value).item(), mark(slope).item()]
        second = second if found is None else found
    return [mark(y).item() for y in (value, slope, second)]


def write(path, given, groups):
    """A script: names for tensors, and expressions in x for each x."""
    names = dict(NAMES)
    lines = ["# Made by Tests/Oracles/torch_functions.py: the numbers are PyTorch's.", PRELUDE.rstrip()]
    for name, text in given.items():
        names[name] = tensor(eval(text, names))
        lines.append(f"let {name} = {text}")
    if "symmetric(" in str(groups):
        lines.append("fn symmetric(a) { (a + a.T) / 2 }")
    count = 0
    for x_text, expressions in groups:
        x = eval(x_text, names)
        lines.append(f"let x = {x_text}")
        for expression in expressions:
            numbers = derivatives(lambda x: eval(expression, names, {"x": x}), x)
            assert all(map(math.isfinite, numbers)), (expression, numbers)
            name = expression.replace('"', "'").replace("{", "\\{")
            figures = ", ".join(map(repr, numbers))
            lines.append(f'check("{name}", x => {expression}, x, {figures})')
            count += 1
    lines.append(f'print("{{cases}} cases")    # expect: {count} cases')
    os.makedirs(os.path.dirname(f"{FOLDER}/{path}"), exist_ok=True)
    with open(f"{FOLDER}/{path}", "w") as file:
        file.write("\n".join(lines) + "\n")
    print(path, count)


REDUCTIONS = ("mean", "sum", "none")
CLASSES = [
    f'cross_entropy(x, {target}{weight}{smoothing}, reduction="{reduction}")'
    for target in ("T", "I", "T, ignore_index=3", "P")
    for weight in ("", ", weight=W") for smoothing in ("", ", label_smoothing=0.2")
    for reduction in REDUCTIONS
]
LIKELIHOODS = [
    f'nll_loss(x, {target}{weight}, reduction="{reduction}")'
    for target in ("T", "I", "T, ignore_index=3") for weight in ("", ", weight=W")
    for reduction in REDUCTIONS
]
write("losses/classes.mos", {
    "T": "[0, 3, 1, 2, 3]", "I": "[0, -100, 1, 2, -100]", "W": "[0.5, 1.0, 2.0, 0.25]",
    "P": "softmax(wave(0.3, 5, 4))", "L": "wave(1.1, 5, 4) * 2.0", "O": "2",
}, [
    ("wave(1.1, 5, 4) * 2.0", CLASSES),
    ("wave(0.9, 4) + 2.0", [
        "cross_entropy(L, P, weight=x)", "nll_loss(log_softmax(L), T, weight=x)",
        "nll_loss(log_softmax(L), I, weight=x)", "cross_entropy(x, O)",
    ]),
    ("wave(0.7, 5, 4)", ["cross_entropy(L, softmax(x), weight=W, label_smoothing=0.3)"]),
])
write("losses/likelihoods.mos", {
    "T": "[0, 3, 1, 2, 3]", "I": "[0, -100, 1, 2, -100]", "W": "[0.5, 1.0, 2.0, 0.25]",
    "N": "[[0, 3, 1], [2, 2, -100]]", "Q": "softmax(wave(0.3, 2, 4, 3), axis=1)",
}, [
    ("wave(1.1, 5, 4) * 2.0", LIKELIHOODS),
    ("wave(1.1, 2, 4, 3) * 2.0", [
        "cross_entropy(x, N, axis=1)", "cross_entropy(x, N, axis=1, weight=W, label_smoothing=0.2)",
        'cross_entropy(x, N, axis=-2, reduction="none")', "cross_entropy(x, Q, axis=1, weight=W)",
        "nll_loss(x, N, axis=1, weight=W)",
    ]),
])
write("losses/probabilities.mos", {
    "B": "softmax(wave(0.4, 4, 3)) * 1.2", "V": "wave(0.6, 4, 3) + 1.5", "R": "wave(0.8, 3) + 1.5",
    "X": "wave(1.7, 4, 3) * 2.0", "C": "abs(wave(2.3, 4, 3)) * 5.0",
}, [
    ("wave(1.3, 4, 3) * 3.0", [
        f'{f}(x, B{options}, reduction="{reduction}")'
        for f in ("binary_cross_entropy_with_logits",)
        for options in ("", ", weight=V", ", weight=R", ", pos_weight=R", ", pos_weight=V, weight=R")
        for reduction in REDUCTIONS
    ] + [
        f'binary_cross_entropy(sigmoid(x), B{options}, reduction="{reduction}")'
        for options in ("", ", weight=V", ", weight=R") for reduction in REDUCTIONS
    ] + [
        "binary_cross_entropy(x, B, from_logits=true, weight=V)",
        "kl_div(log_softmax(x), softmax(X))", 'kl_div(log_softmax(x), softmax(X), reduction="batchmean")',
        "kl_div(log_softmax(x), log_softmax(X), log_target=true)",
        'kl_div(log_softmax(X), softmax(x), reduction="sum")',
        'poisson_nll_loss(x, C)', 'poisson_nll_loss(x, C, full=true, reduction="sum")',
        'poisson_nll_loss(abs(x), C, log_input=false, reduction="none")',
        "poisson_nll_loss(abs(x), C, log_input=false, full=true, eps=0.1)",
        "gaussian_nll_loss(x, X, V)", 'gaussian_nll_loss(x, X, V, full=true, reduction="sum")',
        'gaussian_nll_loss(x, X, V, eps=1.0, reduction="none")', "gaussian_nll_loss(X, X * 0.5, abs(x))",
        "gaussian_nll_loss(X, X * 0.5, abs(x), eps=1.5)",
    ]),
    ("wave(0.5, 3) + 2.0", [
        "binary_cross_entropy_with_logits(X, B, weight=x)", "binary_cross_entropy_with_logits(X, B, pos_weight=x)",
        'binary_cross_entropy_with_logits(X, B, weight=x, pos_weight=x, reduction="none")',
    ]),
    ("wave(0.5, 4) + 2.0", ["gaussian_nll_loss(X, V, x, full=true)"]),
])
MARGINS = {
    "Y": "wave(1.9, 4, 3) * 2.0", "Z": "wave(2.9, 4, 3) * 2.0",
    "S": "[[1.0, -1.0, 1.0], [1.0, 1.0, -1.0], [-1.0, 1.0, -1.0], [1.0, -1.0, -1.0]]",
    "U": "[1.0, -1.0, 1.0, -1.0]",
}
write("losses/margins.mos", MARGINS, [("wave(1.3, 4, 3) * 2.0", [
    f'{loss}, reduction="{reduction}")' for loss in (
        "mse_loss(x, Y", "l1_loss(x, Y", "huber_loss(x, Y", "huber_loss(x, Y, delta=0.5",
        "smooth_l1_loss(x, Y", "smooth_l1_loss(x, Y, beta=0.5", "smooth_l1_loss(x, Y, beta=3.0",
        "hinge_loss(x, S", "hinge_embedding_loss(x, S", "hinge_embedding_loss(x, S, margin=2.5",
        "margin_ranking_loss(x, Y, S", "margin_ranking_loss(Y, x, S, margin=0.5",
        "triplet_loss(x, Y, Z", "triplet_loss(x, Y, Z, margin=4.0", "triplet_loss(Y, x, Z, p=1.0",
        "triplet_loss(Y, Z, x, p=3.0, margin=2.0", "triplet_loss(x, Y, Z, margin=3.0, swap=true",
        "cosine_embedding_loss(x, Y, U", "cosine_embedding_loss(Y, x, U, margin=-0.5",
    ) for reduction in REDUCTIONS
] + [
    "smooth_l1_loss(x, Y, beta=0.0)", "cosine_similarity(x, Y)", "cosine_similarity(x, Y, axis=0)",
])])
ACTIVATIONS = [
    "relu(x)", "relu6(x)", "silu(x)", "mish(x)", "selu(x)", "elu(x)", "elu(x, alpha=0.7)", "celu(x)",
    "celu(x, alpha=0.4)", "gelu(x)", 'gelu(x, approximate="tanh")', "sigmoid(x)", "log_sigmoid(x)",
    "hardsigmoid(x)", "hardswish(x)", "softsign(x)", "tanhshrink(x)", "softplus(x)",
    "softplus(x, beta=2.0)", "softplus(x, beta=0.3, threshold=0.5)", "leaky_relu(x)",
    "leaky_relu(x, 0.2)", "leaky_relu(x, negative_slope=-0.5)", "prelu(x, [0.3])", "hardtanh(x)",
    "hardtanh(x, -2.0, 0.5)", "hardtanh(x, min_val=0.0, max_val=1.0)", "threshold(x, 0.4, -3.0)",
    "softshrink(x)", "softshrink(x, 1.5)", "hardshrink(x)", "hardshrink(x, lambd=2.0)", "glu(x)",
    "softmax(x)", "log_softmax(x)", "softmin(x)",
]
write("activations/between.mos", {}, [("wave(1.3, 12) * 3.7", ACTIVATIONS)])
write("activations/in-the-tails.mos", {}, [("wave(1.3, 8) * 15.0", [
    text for text in ACTIVATIONS if text not in ("softplus(x)", "softplus(x, beta=2.0)")
] + ["softplus(x, threshold=20.0)", "softplus(x, beta=2.0, threshold=20.0)"])])
write("activations/channels-and-axes.mos", {"K": "wave(0.4, 2, 4, 3) * 2.0"}, [
    ("wave(1.3, 2, 4, 3) * 3.0", [
        "prelu(x, [0.1, 0.2, 0.3, 0.4])", "prelu(x, [0.25])", "glu(x, axis=1)", "glu(x, axis=-2)", "glu(x, axis=0)",
        "softmax(x, axis=1)", "softmin(x, axis=0)", "log_softmax(x, axis=-2)",
    ]),
    ("wave(0.7, 4)", ["prelu(K, x)"]),
])
MATRIX = "wave(1.3, 3, 3) + 3.0 * eye(3)"
STACK = "wave(1.3, 2, 3, 3) + 3.0 * eye(3)"
FUNCTIONS = [
    "det(x)", "logdet(x)", "slogdet(x)[1]", "inv(x)", "matrix_power(x, 3)", "matrix_power(x, 1)",
    "matrix_power(x, 8)", "matrix_power(x, -1)", "matrix_power(x, -3)", "expm(x)", "expm(x * 0.01)",
    "expm(x * -4.0)", "sqrtm(x)", "logm(x)", "sqrtm(x @ x)", "logm(x @ x)", "expm(0.3 * logm(x))",
    'norm(x, ord="nuc", axis=(-2, -1))', 'norm(x, ord="fro", axis=(-2, -1))', "norm(x, ord=2, axis=(-2, -1))",
    "norm(x, ord=-2, axis=(-2, -1))", "norm(x, ord=1, axis=(-2, -1))", "norm(x, ord=-1, axis=(-2, -1))",
    "norm(x, ord=inf, axis=(-1, -2))", "norm(x, ord=-inf, axis=(-2, -1), keepdims=true)",
    "diagonal(x, 0, -2, -1)", "diagonal(x, offset=1, axis1=-2, axis2=-1)",
    "diagonal(x, offset=-2, axis1=-1, axis2=-2)", "lu_factor(x).solve(b)",
    "lu_factor(x).solve(b, transpose=true)", "pinv(x)",
    "eigvals(x)[0] ** 2 - eigvals(x)[1] ** 2",
]
write("matrices/functions.mos", {"b": "wave(0.8, 3, 2)"}, [(MATRIX, FUNCTIONS + [
    "lstsq(x, b)", "cond(x)", "kron(x, b)", "inner(x, wave(0.3, 2, 3))", "norm(x)", 'norm(x, ord="nuc")',
    "norm(x, ord=2)", "norm(x, ord=1)", "norm(x, ord=inf)", "matrix_power(x, 0) * sum(x)",
    "lu_factor(x).solve([1.0, 2.0, 3.0])",
])])
write("matrices/of-stacks.mos", {"b": "wave(0.8, 3, 2)"}, [(STACK, FUNCTIONS)])
write("matrices/products-and-symmetric-ones.mos", {
    "A": "wave(0.4, 4, 3, 2)", "b": "wave(0.8, 3, 2)", "D": "wave(0.9, 2, 2)",
}, [
    ("wave(1.3, 2, 3, 4)", [
        "tensordot(x, A, axes=1)", "tensordot(x, A, axes=((1, 2), (1, 0)))", "tensordot(x, A, axes=(0, 2))",
        "tensordot(x, A, axes=((-1, 0), (0, -1)))", "tensordot(x, x, axes=3)", "tensordot(x, D, axes=0)",
        "tensordot(x, A, axes=((), ()))", "inner(x, wave(0.3, 5, 4))", "inner(x, x[0])",
        "diagonal(x)", "diagonal(x, 1, 1, 2)", "diagonal(x, offset=-1, axis1=2, axis2=0)", "kron(x, A)",
        "norm(x, ord=1, axis=1)", "norm(x, ord=3, axis=0)", 'norm(x, ord="nuc", axis=(0, 2))',
        "norm(x, ord=1, axis=(2, 0))", "norm(x, ord=inf, axis=(2, 0), keepdims=true)",
    ]),
    ("wave(1.3, 2, 3)", [
        "block_diag(x, D)", "block_diag(D, x, [1.0, 2.0], x)", "block_diag(x, x @ b)", "lstsq(x, D)",
        "lstsq(x.T, b)", "pinv(x)", "cond(x)", 'norm(x, ord="nuc")', "norm(x, ord=-2)", "norm(x, ord=-1)",
    ]),
    ("wave(1.3, 3, 3) + 4.0 * eye(3)", [
        "cho_factor(symmetric(x)).solve(b)", "cho_factor(symmetric(x)).solve([1.0, 2.0, 3.0])",
        "cholesky_solve(cholesky(symmetric(x)), b)", "eigvalsh(symmetric(x))", "expm(symmetric(x))",
        "sqrtm(symmetric(x))", "logm(symmetric(x))", "spectral_map(symmetric(x), sin)",
        "spectral_map(symmetric(x), exp)", "logm(symmetric(x) @ symmetric(x))",
    ]),
])

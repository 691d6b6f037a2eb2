"""Writes Tests/Scripts/torch/pictures and Tests/Scripts/torch/layers: convolutions, pooling and batch
normalization, and layers with the files of their numbers, by PyTorch 2 in float64. Run from the repository's
root, with PyTorch and safetensors: python3 Tests/Oracles/torch_layers.py
"""

import math
import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

torch.set_default_dtype(torch.float64)
PRELUDE = """\
# Made by Tests/Oracles/torch_layers.py.
fn wave(a, shape) {
    let extents = if type(shape) == "Int" { (shape,) } else { shape }
    sin(arange(prod(extents)) * a + 0.3).reshape(extents)
}
fn mark(y) { sum(y.reshape(-1) * cos(arange(y.size) * 0.7)) }
fn agree(name, what, a, b) {
    if not near(a, b, rtol=1e-10, atol=1e-12) { print("{name}: {what} is {a}, not {b}") }
}
let cases = 0
"""
CHECK = """\
fn check(name, f, x, shape, value, gradient, second) {
    let loss = x => mark(f(x))
    let v = cos(arange(x.size) * 1.3).reshape(x.shape)
    if f(x).shape != shape { print("{name}: the shape is {f(x).shape}") }
    agree(name, "the value", loss(x), value)
    agree(name, "the gradient", mark(grad(loss)(x)), gradient)
    agree(name, "the tangent", jvp(loss, x, v)[1], sum(grad(loss)(x) * v))
    agree(name, "the second derivative", mark(hvp(x => sum(f(x) ** 3), x, v)), second)
    let both = stack((x, x * 1.01))
    agree(name, "vmap", vmap(f)(both)[1], f(x * 1.01))
    agree(name, "vmap of the gradient", mark(vmap(grad(loss))(both)[0]), gradient)
    cases += 1
}
"""


def wave(a, *shape):
    return torch.sin(torch.arange(math.prod(shape)) * a + 0.3).reshape(shape)


def mark(y):
    return (y.reshape(-1) * torch.cos(torch.arange(y.numel()) * 0.7)).sum()


def derivatives(f, x):
    """The value, the marked gradient, and the marked product of the Hessian of the sum of cubes."""
    x = x.clone().requires_grad_()
    value = mark(f(x))
    (gradient,) = torch.autograd.grad(value, x)
    v = torch.cos(torch.arange(x.numel()) * 1.3).reshape(x.shape)
    _, second = torch.autograd.functional.hvp(lambda x: (f(x) ** 3).sum(), x, v)
    return value.item(), mark(gradient).item(), mark(second).item()


def number(x):
    return str(x).lower() if isinstance(x, bool) else str(x)


def options(given):
    return "".join(
        f', {name}="{x}"' if isinstance(x, str) else f", {name}={number(x)}" for name, x in given.items())


def script(name, head, lines):
    path = f"Tests/Scripts/torch/{name}.mos"
    with open(path, "w") as file:
        file.write(head + "\n".join(lines))
        file.write(f"\nprint(cases)    # expect: {sum(line.startswith('check') for line in lines)}\n")


def shape(y):
    return "(" + ", ".join(map(str, y.shape)) + ",)"


def convolution(function, picture, weight, bias, **given):
    """A case for each operand of a convolution."""
    f = getattr(F, function)
    x, w, b = wave(1.3, *picture), wave(0.7, *weight), wave(2.1, bias)
    name = f"{function}{options(given)} of {picture} and {weight}".replace('"', "'")
    operands = {"x": x, "w": w, "b": b}
    lines = [f"x = wave(1.3, {picture})", f"w = wave(0.7, {weight})", f"b = wave(2.1, {bias})"]
    for operand in operands:
        def g(z, operand=operand):
            return f(*(z if o == operand else v for o, v in operands.items()), **given)
        results = ", ".join(map(repr, derivatives(g, operands[operand])))
        lines.append(
            f'check("{name} by {operand}", {operand} => {function}(x, w, b{options(given)}), {operand}, '
            f"{shape(g(operands[operand]))}, {results})")
    return lines


def pooling(function, picture, **given):
    x = wave(1.3, *picture)
    f = getattr(F, function)
    results = ", ".join(map(repr, derivatives(lambda x: f(x, **given), x)))
    name = f"{function}{options(given)} of {picture}"
    return [
        f"x = wave(1.3, {picture})",
        f'check("{name}", x => {function}(x{options(given)}), x, {shape(f(x, **given))}, {results})']


def pictures():
    declarations = ["let (x, w, b) = (0.0, 0.0, 0.0)"]
    one = declarations + [
        *convolution("conv1d", (2, 3, 7), (4, 3, 3), 4),
        *convolution("conv1d", (3, 7), (4, 3, 3), 4, stride=2, padding=1),
        *convolution("conv1d", (2, 4, 9), (6, 2, 2), 6, groups=2, dilation=3),
        *convolution("conv1d", (2, 3, 6), (2, 3, 3), 2, padding="same"),
        *convolution("conv1d", (2, 3, 6), (2, 3, 6), 2, padding="valid"),
        *convolution("conv_transpose1d", (2, 3, 4), (3, 2, 3), 2, stride=2, output_padding=1),
        *convolution("conv_transpose1d", (3, 4), (3, 2, 3), 2, padding=1, dilation=2),
    ]
    two = declarations + [
        *convolution("conv2d", (2, 4, 5, 6), (3, 4, 3, 2), 3),
        *convolution("conv2d", (4, 5, 6), (3, 4, 3, 2), 3, padding=(1, 2)),
        *convolution("conv2d", (2, 4, 6, 5), (3, 4, 3, 2), 3, stride=2, padding=1),
        *convolution("conv2d", (2, 4, 6, 5), (3, 4, 3, 2), 3, stride=(1, 3), dilation=(2, 1)),
        *convolution("conv2d", (2, 4, 6, 5), (6, 2, 3, 3), 6, groups=2, padding=1),
        *convolution("conv2d", (2, 4, 5, 5), (8, 1, 3, 3), 8, groups=4, padding=1, stride=2),
        *convolution("conv2d", (2, 3, 4, 4), (2, 3, 4, 4), 2),
        *convolution("conv2d", (1, 2, 4, 4), (2, 2, 1, 1), 2, stride=3),
        *convolution("conv2d", (2, 2, 4, 4), (2, 2, 2, 3), 2, padding="same", dilation=2),
    ]
    transposed = declarations + [
        *convolution("conv_transpose2d", (2, 3, 3, 4), (3, 2, 2, 3), 2),
        *convolution("conv_transpose2d", (3, 3, 4), (3, 2, 2, 3), 2, stride=2),
        *convolution("conv_transpose2d", (2, 3, 3, 4), (3, 2, 3, 3), 2, stride=3, padding=1),
        *convolution(
            "conv_transpose2d", (2, 3, 3, 3), (3, 2, 3, 3), 2, stride=(2, 3), output_padding=(1, 2)),
        *convolution("conv_transpose2d", (2, 4, 3, 3), (4, 3, 2, 2), 6, groups=2, dilation=2),
    ]
    pools = declarations[:1] + [
        *pooling("max_pool1d", (2, 3, 8), kernel_size=2),
        *pooling("max_pool1d", (3, 9), kernel_size=3, stride=2, padding=1),
        *pooling("max_pool2d", (2, 3, 6, 6), kernel_size=2),
        *pooling("max_pool2d", (3, 5, 7), kernel_size=3, stride=1),
        *pooling("max_pool2d", (2, 3, 7, 6), kernel_size=(3, 2), stride=(2, 1), padding=1),
        *pooling("max_pool2d", (2, 3, 7, 7), kernel_size=2, dilation=3),
        *pooling("avg_pool1d", (2, 3, 8), kernel_size=2),
        *pooling("avg_pool1d", (2, 3, 9), kernel_size=3, stride=2, padding=1),
        *pooling("avg_pool2d", (2, 3, 6, 6), kernel_size=2),
        *pooling("avg_pool2d", (3, 5, 7), kernel_size=(2, 3), stride=1),
        *pooling("avg_pool2d", (2, 3, 7, 6), kernel_size=3, stride=2, padding=1),
        *pooling("avg_pool2d", (2, 3, 7, 6), kernel_size=3, stride=2, padding=1, count_include_pad=False),
    ]
    for name, lines in (("conv1d", one), ("conv2d", two), ("conv-transpose2d", transposed), ("pooling", pools)):
        script(f"pictures/{name}", PRELUDE + CHECK, lines)


def batch_norm():
    lines = ["let (x, g, s, m, v) = (0.0, 0.0, 0.0, 0.0, 0.0)"]
    for extents in ((4, 3), (3, 2, 5), (2, 3, 4, 3), (9, 1)):
        c = extents[1]
        x, g, s, m, v = wave(1.3, *extents), wave(0.7, c), wave(2.1, c), wave(0.2, c), 1 + wave(0.4, c) ** 2
        lines += [
            f"x = wave(1.3, {extents})", f"g = wave(0.7, {c})", f"s = wave(2.1, {c})", f"m = wave(0.2, {c})",
            f"v = 1.0 + wave(0.4, {c}) ** 2"]
        cases = {
            "x": (lambda z: F.batch_norm(z, None, None, g, s, training=True),
                  "x => batch_norm(x, weight=g, bias=s, training=true)[0]", x),
            "g": (lambda z: F.batch_norm(x, None, None, z, s, training=True, eps=0.1),
                  "g => batch_norm(x, weight=g, bias=s, training=true, eps=0.1)[0]", g),
            "x ": (lambda z: F.batch_norm(z, m, v, g, s), "x => batch_norm(x, m, v, g, s)", x),
        }
        for name, (f, mos, at) in cases.items():
            results = ", ".join(map(repr, derivatives(f, at)))
            lines.append(
                f'check("batch_norm of {extents} by {name}", {mos}, {name}, {shape(f(at))}, {results})')
        mean, variance = m.clone(), v.clone()
        F.batch_norm(x, mean, variance, training=True, momentum=0.3)
        lines.append("let (_, mean, var) = batch_norm(x, m, v, training=true, momentum=0.3)")
        lines.append(f'agree("{extents}", "the running mean", mean, {mean.tolist()})')
        lines.append(f'agree("{extents}", "the running variance", var, {variance.tolist()})')
    script("pictures/batch-norm", PRELUDE + CHECK, lines)


LAYERS = {
    "Linear(4, 3)": (nn.Linear(4, 3), (5, 4)),
    "Linear(4, 3, bias=false)": (nn.Linear(4, 3, bias=False), (5, 4)),
    "Sequential(nn.Linear(4, 6), tanh, nn.Sequential(nn.Linear(6, 2)))":
        (nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Sequential(nn.Linear(6, 2))), (5, 4)),
    "LayerNorm((3, 4))": (nn.LayerNorm((3, 4)), (2, 3, 4)),
    "BatchNorm(3)": (nn.BatchNorm2d(3), (4, 3, 2, 5)),
    "Conv1d(2, 3, 3, stride=2)": (nn.Conv1d(2, 3, 3, stride=2), (4, 2, 9)),
    "Conv2d(2, 4, (3, 2), padding=1, groups=2)":
        (nn.Conv2d(2, 4, (3, 2), padding=1, groups=2), (3, 2, 5, 4)),
    "ConvTranspose2d(2, 3, 3, stride=2, output_padding=1)":
        (nn.ConvTranspose2d(2, 3, 3, stride=2, output_padding=1), (3, 2, 3, 4)),
    "RNN(3, 4)": (nn.RNN(3, 4), (6, 2, 3)),
    "RNN(3, 4, layers=2, nonlinearity=relu, batch_first=true)":
        (nn.RNN(3, 4, num_layers=2, nonlinearity="relu", batch_first=True), (2, 6, 3)),
    "LSTM(3, 4, layers=2, bidirectional=true)":
        (nn.LSTM(3, 4, num_layers=2, bidirectional=True), (6, 2, 3)),
    "LSTM(3, 4, bias=false)": (nn.LSTM(3, 4, bias=False), (6, 3)),
    "GRU(3, 4, layers=2)": (nn.GRU(3, 4, num_layers=2), (6, 2, 3)),
    "GRU(3, 4, bidirectional=true, batch_first=true)":
        (nn.GRU(3, 4, bidirectional=True, batch_first=True), (2, 5, 3)),
    "MultiHeadAttention(6, 2)": (nn.MultiheadAttention(6, 2), (4, 3, 6)),
    "MultiHeadAttention(6, 3, batch_first=true)":
        (nn.MultiheadAttention(6, 3, batch_first=True), (3, 4, 6)),
    "MultiHeadAttention(6, 2, bias=false)": (nn.MultiheadAttention(6, 2, bias=False), (4, 6)),
    "Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm(4), relu, nn.MaxPool2d(2), nn.Flatten(), "
    "nn.Linear(16, 5))":
        (nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
                       nn.Flatten(), nn.Linear(16, 5)), (3, 1, 4, 4)),
}


def both(parts):
    """All numbers in a row."""
    return parts.reshape(-1) if isinstance(parts, torch.Tensor) else torch.cat([both(p) for p in parts])


def layers():
    lines = ["let net = nil"]
    for number, (mos, (net, extents)) in enumerate(LAYERS.items()):
        state = {
            key: value if key.endswith("tracked") else (
                1 + wave(0.9 + 0.1 * i, *value.shape) ** 2 if key.endswith("running_var")
                else wave(0.9 + 0.1 * i, *value.shape))
            for i, (key, value) in enumerate(net.state_dict().items())}
        net.load_state_dict(state)
        save_file(net.state_dict(), f"Tests/Scripts/torch/layers/{number}.safetensors")
        attends = isinstance(net, nn.MultiheadAttention)
        # Everything that these give counts: the results, and states or weights.
        together = "both" if isinstance(net, (nn.RNN, nn.LSTM, nn.GRU, nn.MultiheadAttention)) else ""
        call = (lambda x: both(net(x, x, x))) if attends else (lambda x: both(net(x))) if together else net
        lines.append(f'net = nn.load_torch(nn.{mos}, folder + "{number}.safetensors")')
        for mode in ("train", "eval"):
            getattr(net, mode)()
            x = wave(1.3, *extents).requires_grad_()
            value = mark(call(x))
            gradient = torch.autograd.grad(value, [x, *net.parameters()])
            total = sum((g ** 2).sum() for g in gradient).sqrt()
            lines.append(
                f'check("{mos}, {mode}", net.{mode}(), x => {together}(net(x)), wave(1.3, {extents}), '
                f"{value.item()!r}, {mark(gradient[0]).item()!r}, {total.item()!r})")
    head = PRELUDE + """\
import nn
let folder = source_folder() + "/layers/"
fn both(parts) { if type(parts) == "List" { concat(list(both(p) for p in parts)) } else { parts.reshape(-1) } }
fn check(name, net, f, x, value, gradient, total) {
    let p = param(x)
    let y = mark(f(p))
    y.backward()
    agree(name, "the value", y, value)
    agree(name, "the gradient", mark(p.grad), gradient)
    let own = list(q.grad for q in net.parameters())
    agree(name, "the size of all gradients", tree_norm((p.grad, own)), total)
    net.zero_grad()
    cases += 1
}
"""
    script("layers", head, lines)


os.makedirs("Tests/Scripts/torch/pictures", exist_ok=True)
os.makedirs("Tests/Scripts/torch/layers", exist_ok=True)
pictures()
batch_norm()
layers()

"""Golden scripts of the optimizers and schedules whose numbers are Optax's.

Six steps on a small loss in float64: the parameters after them, and the first and second derivatives of
the sum of their squares by every number of the optimizer. Needs jax and optax; rules that take a hint of
float32 (Adafactor's decay) are written here once more in float64.

    python Tests/Oracles/optax_optimizers.py      # writes Tests/Scripts/optimizers/optax/*.mos
"""
import os
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from optax import contrib

jax.config.update("jax_enable_x64", True)

HEAD = """# Numbers of Optax, by Tests/Oracles/optax_optimizers.py.
let rows = 2
fn wave(a, *shape) { sin(arange(prod(shape)) * a + 0.3).reshape(*shape) }
fn loss(p) { sum((p.w - 0.5) ** 2 * [1.0, 4.0, 9.0]) + 0.1 * sum(p.w ** 4) + sum(cos(p.b) * p.b) }
fn run(t, n=6) {
    let p = {w: wave(0.9, rows, 3), b: wave(0.4, 4)}
    let s = t.init(p)
    for i in 0..n {
        let (u, next) = t.update(grad(loss)(p), s, p)
        s = next
        p = apply_updates(p, u)
    }
    p
}
fn size(p) { sum(p.w ** 2) + sum(p.b ** 2) }
"""


def wave(a, *shape):
    return jnp.sin(jnp.arange(float(np.prod(shape))) * a + 0.3).reshape(*shape)


def loss(p):
    return (
        jnp.sum((p["w"] - 0.5) ** 2 * jnp.array([1.0, 4.0, 9.0])) + 0.1 * jnp.sum(p["w"] ** 4)
        + jnp.sum(jnp.cos(p["b"]) * p["b"]))


def run(t, shape, n=6):
    p = {"w": wave(0.9, *shape), "b": wave(0.4, 4)}
    s = t.init(p)
    for _ in range(n):
        u, s = t.update(jax.grad(loss)(p), s, p)
        p = optax.apply_updates(p, u)
    return p


def size(p):
    return jnp.sum(p["w"] ** 2) + jnp.sum(p["b"] ** 2)


def text(x):
    x = np.asarray(x, dtype=float)
    if x.ndim == 0:
        return repr(float(x))
    return "[" + ", ".join(text(y) for y in x) + "]"


def factored(lr, decay_rate=0.8, least=128, momentum=None):
    """optax.adafactor with its decay in float64."""
    rms = optax.scale_by_factored_rms(
        True, decay_rate, 0, least, 1e-30,
        decay_rate_fn=lambda i, e: 1.0 - (jnp.asarray(i, jnp.float64) + 1.0) ** (-e))
    stages = [rms, optax.clip_by_block_rms(1.0), optax.scale(lr), optax.scale_by_param_block_rms()]
    if momentum is not None:
        stages.append(optax.ema(momentum, debias=False))
    return optax.chain(*stages, optax.scale(-1))


# name -> rows of (Mos call of numbers p, optax maker of numbers p, the numbers)
CASES = {
    "amsgrad": [
        ("amsgrad(p[0], b1=p[1], b2=p[2], eps=p[3], eps_root=p[4])",
         lambda p: optax.amsgrad(p[0], b1=p[1], b2=p[2], eps=p[3], eps_root=p[4]),
         [0.1, 0.8, 0.7, 1e-3, 1e-4]),
        ("amsgrad(p[0], b2=p[1], bias_correction_mu=false, bias_correction_nu=false)",
         lambda p: optax.amsgrad(
             p[0], b2=p[1], bias_correction_mu=False, bias_correction_nu=False), [0.1, 0.6])],
    "nadamw": [
        ("nadamw(p[0], b1=p[1], b2=p[2], eps=p[3], eps_root=p[4], weight_decay=p[5])",
         lambda p: optax.nadamw(
             p[0], b1=p[1], b2=p[2], eps=p[3], eps_root=p[4], weight_decay=p[5]),
         [0.1, 0.8, 0.7, 1e-3, 1e-4, 0.1]),
        ("nadamw(p[0])", lambda p: optax.nadamw(p[0]), [0.1])],
    "adabelief": [
        ("adabelief(p[0], b1=p[1], b2=p[2], eps=p[3], eps_root=p[4])",
         lambda p: optax.adabelief(p[0], b1=p[1], b2=p[2], eps=p[3], eps_root=p[4]),
         [0.1, 0.8, 0.7, 1e-3, 1e-4]),
        ("adabelief(p[0], nesterov=true)", lambda p: optax.adabelief(p[0], nesterov=True), [0.05]),
        ("adabelief(p[0])", lambda p: optax.adabelief(p[0]), [0.05])],
    "adan": [
        ("adan(p[0], b1=p[1], b2=p[2], b3=p[3], eps=p[4], eps_root=p[5], weight_decay=p[6])",
         lambda p: optax.adan(p[0], p[1], p[2], p[3], p[4], p[5], p[6]),
         [0.1, 0.9, 0.8, 0.7, 1e-3, 1e-4, 0.1]),
        ("adan(p[0])", lambda p: optax.adan(p[0]), [0.1])],
    "yogi": [
        ("yogi(p[0], b1=p[1], b2=p[2], eps=p[3])",
         lambda p: optax.yogi(p[0], p[1], p[2], p[3]), [0.1, 0.8, 0.7, 1e-2]),
        ("yogi(p[0])", lambda p: optax.yogi(p[0]), [0.1])],
    "lars": [
        ("lars(p[0], weight_decay=p[1], trust_coefficient=p[2], eps=p[3], momentum=p[4])",
         lambda p: optax.lars(
             p[0], p[1], trust_coefficient=p[2], eps=p[3], momentum=p[4]),
         [0.5, 0.01, 0.1, 0.01, 0.8]),
        ("lars(p[0], trust_coefficient=0.1, nesterov=true)",
         lambda p: optax.lars(p[0], trust_coefficient=0.1, nesterov=True), [0.5]),
        ("lars(p[0], 0.1, weight_decay_mask={w: true, b: false}, trust_ratio_mask={w: true, b: false})",
         lambda p: optax.lars(
             p[0], 0.1, weight_decay_mask={"w": True, "b": False},
             trust_ratio_mask={"w": True, "b": False}), [0.01])],
    "sign-sgd": [("sign_sgd(p[0])", lambda p: optax.sign_sgd(p[0]), [0.1])],
    "optimistic": [
        ("optimistic(p[0], alpha=p[1], beta=p[2])",
         lambda p: optax.optimistic_gradient_descent(p[0], p[1], p[2]), [0.03, 0.9, 0.6]),
        ("optimistic_gradient_descent(p[0])",
         lambda p: optax.optimistic_gradient_descent(p[0]), [0.03])],
    "adafactor": [
        ("adafactor(p[0], decay_rate=p[1], min_dim_size_to_factor=2)",
         lambda p: factored(p[0], p[1], 2), [0.1, 0.7]),
        ("adafactor(p[0], momentum=p[1])", lambda p: factored(p[0], momentum=p[1]), [0.1, 0.8])],
    "muon": [
        ("muon(p[0], beta=p[1], weight_decay=p[2], adam_b1=p[3], adam_b2=p[4], "
         "adam_weight_decay=p[5])",
         lambda p: contrib.muon(
             p[0], beta=p[1], weight_decay=p[2], adam_b1=p[3], adam_b2=p[4],
             adam_weight_decay=p[5]), [0.1, 0.9, 0.1, 0.8, 0.7, 0.1]),
        ("muon(p[0], nesterov=false, adaptive=true, adam_learning_rate=p[1])",
         lambda p: contrib.muon(
             p[0], nesterov=False, adaptive=True, adam_learning_rate=p[1]), [0.02, 0.1]),
        ("muon(p[0], ns_coeffs=\"dion\", preconditioning=\"schatten\", consistent_rms=p[1])",
         lambda p: contrib.muon(
             p[0], ns_coeffs="dion", preconditioning="schatten", consistent_rms=p[1]),
         [0.1, 0.2]),
        ("muon(p[0], ns_steps=3, preconditioning=\"aol\")",
         lambda p: contrib.muon(p[0], ns_steps=3, preconditioning="aol"), [0.1]),
        ("muon(p[0], preconditioning=\"spectral\")",
         lambda p: contrib.muon(p[0], preconditioning="spectral"), [0.1])],
    "schedule-free": [
        ("schedule_free(p[0], b1=p[1], weight_lr_power=p[2])",
         lambda p: contrib.schedule_free(optax.sgd(p[0]), p[0], p[1], p[2]), [0.05, 0.8, 1.5]),
        ("schedule_free(adamw(p[0], weight_decay=0.0001), linear_schedule(p[0], 0.0, 8))",
         lambda p: contrib.schedule_free(
             optax.adamw(p[0]), optax.linear_schedule(p[0], 0.0, 8)), [0.1])],
    "sam": [
        ("sam(p[0], rho=p[1])",
         lambda p: contrib.sam(
             optax.sgd(p[0]), optax.chain(contrib.normalize(), optax.sgd(p[1]))), [0.05, 0.1]),
        ("sam(adam(p[0]), sgd(p[1]), sync_period=3, reset_state=false)",
         lambda p: contrib.sam(
             optax.adam(p[0]), optax.sgd(p[1]), sync_period=3, reset_state=False), [0.1, 0.02])],
    "around": [
        ("chain(centralize(), sgd(p[0]))",
         lambda p: optax.chain(optax.centralize(), optax.sgd(p[0])), [0.03]),
        ("chain(adaptive_clip(p[1], eps=p[2]), sgd(p[0]))",
         lambda p: optax.chain(optax.adaptive_grad_clip(p[1], p[2]), optax.sgd(p[0])),
         [0.3, 0.5, 0.2]),
        ("chain(adaptive_clip(p[1], axis=-1), sgd(p[0]))",
         lambda p: optax.chain(optax.adaptive_grad_clip(p[1], axis=-1), optax.sgd(p[0])),
         [0.3, 0.5]),
        ("chain(freeze({w: true, b: false}), sgd(p[0]))",
         lambda p: optax.chain(
             optax.transforms.freeze({"w": True, "b": False}), optax.sgd(p[0])), [0.3])],
}

SCHEDULES = [
    ("piecewise_interpolate_schedule(\"linear\", p[0], ((3, p[1]), (8, p[2])))",
     lambda p: optax.piecewise_interpolate_schedule("linear", p[0], {3: p[1], 8: p[2]}),
     [0.5, 2.0, 0.25]),
    ("piecewise_interpolate_schedule(\"cosine\", p[0], {\"0\": p[1], \"8\": p[2]})",
     lambda p: optax.piecewise_interpolate_schedule("cosine", p[0], {0: p[1], 8: p[2]}),
     [0.5, 2.0, 0.25]),
    ("linear_onecycle_schedule(10, p[0])", lambda p: optax.linear_onecycle_schedule(10, p[0]), [0.5]),
    ("linear_onecycle_schedule(9, p[0], 0.4, 0.7, p[1], p[2])",
     lambda p: optax.linear_onecycle_schedule(9, p[0], 0.4, 0.7, p[1], p[2]), [0.5, 10.0, 100.0]),
    ("linear_onecycle_schedule(1, p[0])", lambda p: optax.linear_onecycle_schedule(1, p[0]), [0.5]),
    ("cosine_onecycle_schedule(10, p[0])", lambda p: optax.cosine_onecycle_schedule(10, p[0]), [0.5]),
    ("cosine_onecycle_schedule(9, p[0], 0.4, p[1], p[2])",
     lambda p: optax.cosine_onecycle_schedule(9, p[0], 0.4, p[1], p[2]), [0.5, 10.0, 100.0]),
    ("sgdr_schedule(({init_value: 0.0, peak_value: p[0], warmup_steps: 2, decay_steps: 6, end_value: p[1]}, "
     "{init_value: p[1], peak_value: p[2], warmup_steps: 1, decay_steps: 5, exponent: 2.0}))",
     lambda p: optax.sgdr_schedule([
         dict(init_value=0.0, peak_value=p[0], warmup_steps=2, decay_steps=6, end_value=p[1]),
         dict(init_value=p[1], peak_value=p[2], warmup_steps=1, decay_steps=5, exponent=2.0)]),
     [1.0, 0.1, 0.5]),
    ("warmup_constant_schedule(p[0], p[1], 4)",
     lambda p: optax.warmup_constant_schedule(p[0], p[1], 4), [0.1, 0.5]),
    ("warmup_exponential_decay_schedule(p[0], p[1], 3, 2, p[2], end_value=p[3])",
     lambda p: optax.warmup_exponential_decay_schedule(
         p[0], p[1], 3, 2, p[2], end_value=p[3]), [0.1, 0.5, 0.5, 0.05]),
]


def near(call, value, rtol):
    return f"print(near({call}, {value}, rtol={rtol}, atol=1e-11))      # expect: true\n"


def optimizer_script(rows):
    out = ""
    for shape in ((2, 3), (5, 3)):
        here = HEAD if shape == (2, 3) else f"rows = {shape[0]}\n"
        body = ""
        for call, make, numbers in rows:
            p = jnp.array(numbers)
            q = text(p)
            end = run(make(p), shape)
            body += near(f"run({call.replace('p[', q + '[')}).w", text(end["w"]), "1e-10")
            body += near(f"run({call.replace('p[', q + '[')}).b", text(end["b"]), "1e-10")
            f = lambda p: size(run(make(p), shape))
            body += near(f"grad(p => size(run({call})))({q})", text(jax.grad(f)(p)), "1e-8")
            if shape == (2, 3):
                g = lambda r: jax.grad(f)(p.at[0].set(r))[0]
                rest = ", ".join(text(x) for x in numbers[1:])
                mos = f"grad(grad(r => size(run({call.replace('p[0]', 'r').replace('p[', q + '[')}))))"
                body += near(f"{mos}({text(p[0])})", text(jax.grad(g)(p[0])), "1e-7")
        out += here + body
    return out


def schedule_script():
    out = "# Numbers of Optax, by Tests/Oracles/optax_optimizers.py.\n"
    out += "fn values(s) { stack(map(i => tensor(s(i)), 0..14)) }\n"
    for call, make, numbers in SCHEDULES:
        p = jnp.array(numbers)
        # Optax has the numbers of a schedule in the order of its counts; scales as a plain record.
        values = lambda p: jnp.stack([jnp.asarray(make(p)(i)) for i in range(14)])
        plain = jnp.stack([jnp.asarray(make([float(x) for x in numbers])(i)) for i in range(14)])
        out += near(f"values({call.replace('p[', text(p) + '[')})", text(plain), "1e-10")
        slopes = []
        for i in range(len(numbers)):
            step = 1e-3 * numbers[i]

            def total(k):
                moved = list(numbers)
                moved[i] += k * step
                return sum((c + 1) * float(make(moved)(c)) for c in range(14))

            slopes.append(
                (8 * (total(1) - total(-1)) - (total(2) - total(-2))) / (12 * step))
        out += near(
            f"grad(p => sum(values({call}) * arange(1, 15)))({text(p)})", text(slopes), "1e-6")
    return out


def plateau_script():
    out = "# Numbers of Optax, by Tests/Oracles/optax_optimizers.py.\n"
    out += """fn run(t, losses) {
    let (s, scales) = (t.init(1.0), ())
    for l in losses {
        let (u, next) = t.update(1.0, s, 1.0, l)
        s = next
        scales.push(u.item())
    }
    scales
}
"""
    losses = [3.0, 2.0, 2.0, 1.9999, 2.5, 2.5, 2.5, 1.0, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 0.5]
    for call, options in [
        ("factor=0.5, patience=2", dict(factor=0.5, patience=2)),
        ("factor=0.5, patience=2, cooldown=2", dict(factor=0.5, patience=2, cooldown=2)),
        ("patience=1, atol=0.2, rtol=0.0, min_scale=0.01",
         dict(patience=1, atol=0.2, rtol=0.0, min_scale=0.01)),
        ("factor=0.5, patience=2, accumulation_size=2",
         dict(factor=0.5, patience=2, accumulation_size=2)),
    ]:
        t = contrib.reduce_on_plateau(**options)
        s = t.init(jnp.array(1.0))
        scales = []
        for l in losses:
            u, s = t.update(jnp.array(1.0), s, value=l)
            scales.append(float(u))
        out += near(
            f"tensor(run(reduce_on_plateau({call}), {losses}))".replace(str(losses), text(losses)),
            text(scales), "1e-12")
    return out


def main():
    folder = os.path.join(os.path.dirname(__file__), "..", "Scripts", "optimizers", "optax")
    os.makedirs(folder, exist_ok=True)

    def write(name, body):
        with open(os.path.join(folder, name + ".mos"), "w") as file:
            file.write(body)

    wanted = sys.argv[1:]
    for name, rows in CASES.items():
        if not wanted or name in wanted:
            write(name, optimizer_script(rows))
    if not wanted or "schedules" in wanted:
        write("schedules", schedule_script())
    if not wanted or "reduce-on-plateau" in wanted:
        write("reduce-on-plateau", plateau_script())


main()

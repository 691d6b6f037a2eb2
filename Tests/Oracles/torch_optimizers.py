"""Golden script of the optimizers whose numbers are PyTorch's and that came after Tests/Oracles/optimizers.py.

Eight steps of torch.optim in float64.

    python Tests/Oracles/torch_optimizers.py      # writes Tests/Scripts/optimizers/torch/*.mos
"""
import os

import torch

torch.set_default_dtype(torch.float64)

HEAD = """# Numbers of PyTorch, by Tests/Oracles/torch_optimizers.py.
fn run(make) {
    let w = param(sin(arange(6.0) * 0.9 + 0.3).reshape(2, 3))
    let opt = make(w)
    for i in 0..8 { opt.step(sum((w - 0.5) ** 2 * [1.0, 4.0, 9.0]) + 0.1 * sum(w ** 4)) }
    w
}
"""
CASES = {
    "rprop": [
        ("Rprop(w)", lambda w: torch.optim.Rprop(w)),
        ("Rprop(w, 0.1)", lambda w: torch.optim.Rprop(w, 0.1)),
        ("Rprop(w, 0.3, etas=(0.3, 1.5), step_sizes=(0.01, 0.35))",
         lambda w: torch.optim.Rprop(w, 0.3, etas=(0.3, 1.5), step_sizes=(0.01, 0.35))),
        ("Rprop(w, 0.1, maximize=true)", lambda w: torch.optim.Rprop(w, 0.1, maximize=True))],
    "amsgrad": [
        ("Adam(w, 0.3, betas=(0.8, 0.6), amsgrad=true)",
         lambda w: torch.optim.Adam(w, 0.3, betas=(0.8, 0.6), amsgrad=True)),
        ("Adam(w, 0.1, weight_decay=0.1, amsgrad=true)",
         lambda w: torch.optim.Adam(w, 0.1, weight_decay=0.1, amsgrad=True)),
        ("AdamW(w, 0.3, betas=(0.8, 0.6), weight_decay=0.1, amsgrad=true)",
         lambda w: torch.optim.AdamW(w, 0.3, betas=(0.8, 0.6), weight_decay=0.1, amsgrad=True))],
}


def run(make):
    w = torch.nn.Parameter(torch.sin(torch.arange(6.0) * 0.9 + 0.3).reshape(2, 3))
    opt = make([w])
    for _ in range(8):
        opt.zero_grad()
        loss = ((w - 0.5) ** 2 * torch.tensor([1.0, 4.0, 9.0])).sum() + 0.1 * (w ** 4).sum()
        loss.backward()
        opt.step()
    return w.detach().tolist()


folder = os.path.join(os.path.dirname(__file__), "..", "Scripts", "optimizers", "torch")
os.makedirs(folder, exist_ok=True)
for name, rows in CASES.items():
    with open(os.path.join(folder, name + ".mos"), "w") as file:
        file.write(HEAD)
        for call, make in rows:
            file.write(f"print(near(run(w => {call}), {run(make)}, rtol=1e-12))      # expect: true\n")

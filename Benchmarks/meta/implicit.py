"""The twin of implicit.mos for TorchOpt."""
import time
import warnings

import torch
import torchopt

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
N, D = 512, 128
A = torch.sin(torch.arange(N * D).double() * 0.37).reshape(N, D)
B = torch.cos(torch.arange(N).double() * 0.11)
PENALTY = torch.full((D,), 0.1, dtype=torch.float64, requires_grad=True)


def objective(w, penalty):
    r = A @ w - B
    return 0.5 * (r @ r) / N + 0.5 * (penalty * w * w).sum()


def gradient(solver):
    def optimality(w, penalty):
        return (torch.func.grad(objective)(w[0], penalty),)

    @torchopt.diff.implicit.custom_root(optimality, argnums=1, solve=solver)
    def fit(w, penalty):
        with torch.no_grad():
            return (torch.linalg.solve(A.T @ A / N + torch.diag(penalty), A.T @ B / N),)

    def run():
        w = fit((torch.zeros(D, dtype=torch.float64),), PENALTY)[0]
        return torch.autograd.grad(0.5 * (w**2).sum(), PENALTY)[0].sum().item()

    return run


def best(name, count, f):
    value = f()
    times = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(count):
            value = f()
        times.append((time.perf_counter() - start) / count)
    print(f"{name}\t{min(times) * 1e6:.4f}\t{value:.6e}")


best("implicit_cg", 50, gradient(torchopt.linear_solve.solve_cg(maxiter=200, rtol=1e-10, atol=1e-10)))
best("implicit_inverse", 10, gradient(torchopt.linear_solve.solve_inv(ns=False)))

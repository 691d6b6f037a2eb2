import time
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def best(name, count, f):
    least = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        f(count)
        least = min(least, time.perf_counter() - start)
    print(f"{name}\t{least / count * 1e6:.4f}")


x = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
s = torch.tensor(1.5)
p = x.clone().requires_grad_()


def add_scalars(count):
    y = s
    for _ in range(count):
        y = y + s


def add_vectors(count):
    y = x
    for _ in range(count):
        y = y + x


def multiply_tracked(count):
    for _ in range(count):
        p * x


def step(count):
    for _ in range(count):
        torch.autograd.grad((p * p).sum(), p)


best("add_scalars", 200000, add_scalars)
best("add_vectors", 200000, add_vectors)
best("multiply_tracked", 200000, multiply_tracked)
best("sum_square_grad", 50000, step)

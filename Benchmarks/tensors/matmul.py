import time
import torch

torch.set_num_threads(1)


def best(name, count, f):
    least = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(count):
            f()
        least = min(least, time.perf_counter() - start)
    print(f"{name}\t{least / count * 1e6:.4f}")


for n, count in ((4, 50000), (64, 5000), (256, 200), (1024, 4)):
    a = torch.ones(n, n, dtype=torch.float64) * 0.5
    a32 = a.float()
    best(f"f64_{n}", count, lambda: a @ a)
    best(f"f32_{n}", count, lambda: a32 @ a32)

import time


def mandel(n):
    total = 0
    for i in range(n):
        for j in range(n):
            cr = 3.0 * i / n - 2.0
            ci = 2.0 * j / n - 1.0
            zr = zi = 0.0
            k = 0
            while k < 50 and zr * zr + zi * zi <= 4.0:
                t = zr * zr - zi * zi + cr
                zi = 2.0 * zr * zi + ci
                zr = t
                k = k + 1
            total = total + k
    return total


start = time.perf_counter()
print(mandel(500))
print(f"elapsed: {time.perf_counter() - start:.6f}")

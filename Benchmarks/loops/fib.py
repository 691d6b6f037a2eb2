import time


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


start = time.perf_counter()
print(fib(32))
print(f"elapsed: {time.perf_counter() - start:.6f}")

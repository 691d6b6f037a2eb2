local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end

local start = os.clock()
print(fib(32))
print(string.format("elapsed: %.6f", os.clock() - start))

local function mandel(n)
  local total = 0
  for i = 0, n - 1 do
    for j = 0, n - 1 do
      local cr = 3.0 * i / n - 2.0
      local ci = 2.0 * j / n - 1.0
      local zr, zi, k = 0.0, 0.0, 0
      while k < 50 and zr * zr + zi * zi <= 4.0 do
        local t = zr * zr - zi * zi + cr
        zi = 2.0 * zr * zi + ci
        zr = t
        k = k + 1
      end
      total = total + k
    end
  end
  return total
end

local start = os.clock()
print(mandel(500))
print(string.format("elapsed: %.6f", os.clock() - start))

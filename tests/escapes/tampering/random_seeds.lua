-- trick: seed and draw with NaN, infinities, text and ranges that overflow
-- expect: ok
-- output: in range
for _, seed in ipairs{0 / 0, 1 / 0, -1 / 0, 2 ^ 63, -2 ^ 63, 1e308, 0, "7"} do
  pcall(math.randomseed, seed)
  local x = math.random()
  assert(x >= 0 and x < 1)
end
pcall(math.random, 0)
pcall(math.random, 2 ^ 53, -2 ^ 53)
pcall(math.random, -2 ^ 63, 2 ^ 63)
pcall(math.random, 0 / 0, 1 / 0)
pcall(math.random, 1, 2, 3)
local x = math.random(6)
print(x >= 1 and x <= 6 and "in range" or "out of range")

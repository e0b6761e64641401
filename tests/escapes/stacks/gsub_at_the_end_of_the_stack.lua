-- trick: gsub fails in each of its steps for want of stack, until its count of levels is worn out
-- expect: ok
-- output: b
-- Calls f where fewer and fewer slots of the stack are left.
local function at(n, f, pad)
  if n == 0 then
    return (f(unpack({}, 1, pad)))
  end
  return (at(n - 1, f, pad))
end
local function fits(n) return (pcall(at, n, math.random, 0)) end
local low, high = 1000, 70000
while high - low > 1 do
  local middle = math.floor((low + high) / 2)
  if fits(middle) then low = middle else high = middle end
end
local function everywhere(f)
  for left = 0, 240 do
    pcall(at, low - math.floor(left / 4), f, left % 4 * 2)
  end
end
for _ = 1, 2 do
  everywhere(function() ("x"):gsub("x", function() return "y" end) end)
end
print((("a"):gsub("a", function() return "b" end)))

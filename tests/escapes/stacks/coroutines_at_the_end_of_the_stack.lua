-- trick: resume and wrap fail in each of their steps for want of stack, until the count of levels is worn out
-- expect: ok
-- output: done
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
  everywhere(function() coroutine.resume(coroutine.create(function() end)) end)
  everywhere(function() coroutine.wrap(function() end)() end)
end
print(coroutine.wrap(function() return "done" end)())

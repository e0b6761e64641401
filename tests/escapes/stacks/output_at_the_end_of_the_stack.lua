-- trick: print, tostring and json run out of stack in each of their steps; then they must work as ever
-- expect: ok
-- output-contains: end {a = {1, 2}} [1,{"x":[]}]
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
local t = {a = {1, 2}}
everywhere(function() tostring(t) end)
everywhere(function() json.encode(t) end)
everywhere(function() json.decode("[[1]]") end)
everywhere(function() print("x") end)
everywhere(function() sleep(-1) end)
print("end " .. tostring(t) .. " " .. json.encode(json.decode('[1,{"x":[]}]')))

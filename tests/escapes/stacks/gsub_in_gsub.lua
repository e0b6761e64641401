-- trick: a callback of gsub calls gsub, thousands deep: each level takes 8 KB of C stack
-- expect: ok
-- output: false true
local deepest = 0
local function f(n)
  deepest = math.max(deepest, n)
  return (("x"):gsub("x", function() return f(n + 1) end))
end
local ok = pcall(f, 1)
print(tostring(ok) .. " " .. tostring(deepest > 10 and deepest < 500))

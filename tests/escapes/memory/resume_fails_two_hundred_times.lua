-- trick: resume fails for want of memory again and again, until its count of nested coroutines is worn out
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
-- output: done
local values, waiting, keep, last = {}, {}, {}, {}
for i = 1, 7000 do values[i] = i end
for i = 1, 400 do waiting[i] = coroutine.create(function(...) return ... end) end
for _, size in ipairs{2 ^ 18, 2 ^ 14, 2 ^ 12} do
  while pcall(function() keep[#keep + 1] = ("x"):rep(size) .. #keep end) do end
end
local function try(co)
  local ok, e = coroutine.resume(co, unpack(values))
  return ok, e
end
for i = 1, 400 do
  local ok, resumed, e = pcall(try, waiting[i])
  last[tostring(ok) .. tostring(resumed) .. tostring(e):sub(1, 60)] = i
end
keep, waiting = nil, nil
pcall(sleep, 0)
print(coroutine.wrap(function() return "done" end)())

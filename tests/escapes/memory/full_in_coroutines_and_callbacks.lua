-- trick: memory ends within coroutines, comparators and callbacks of gsub, hundreds of times; then all of them must work
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
-- output: b done 1
local keep = {}
local function fill() while true do keep[#keep + 1] = ("x"):rep(1e5) .. #keep end end
for _ = 1, 200 do
  pcall(string.gsub, "x", "x", fill)
  pcall(table.sort, {2, 1}, fill)
  pcall(coroutine.wrap(fill))
  coroutine.resume(coroutine.create(function() ("x"):gsub("x", fill) end))
end
keep = nil
local t = {3, 2, 1}
table.sort(t, function(a, b) return a < b end)
print(("a"):gsub("a", function() return "b" end) .. " " .. coroutine.wrap(function() return "done" end)() .. " " .. t[1])

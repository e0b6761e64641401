-- trick: coroutine.wrap fails for want of memory within the host's own code, whose name and line the error then has
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
-- output: not enough memory
local values, keep = {}, {}
for i = 1, 7000 do values[i] = i end
local _, e = pcall(function()
  while true do
    local co = coroutine.wrap(function(...) coroutine.yield() return ... end)
    co(unpack(values))
    keep[#keep + 1] = {co, table.pack(unpack(values))}
  end
end)
keep = nil
pcall(sleep, 0)
print((tostring(e):gsub("^trick.lua:%d+: ", "")))

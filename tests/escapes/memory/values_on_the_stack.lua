-- trick: thousands of values are unpacked, packed and passed on, and kept alive in suspended coroutines
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process
local t, keep = {}, {}
for i = 1, 7000 do t[i] = i end
while true do
  local co = coroutine.wrap(function(...) coroutine.yield() return ... end)
  co(unpack(t))
  keep[#keep + 1] = {co, table.pack(unpack(t))}
end

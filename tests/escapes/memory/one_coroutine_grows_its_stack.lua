-- trick: coroutines suspended ten thousand frames deep, each with a large stack
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process
local t = {}
local function deep(n) if n == 0 then coroutine.yield() else deep(n - 1) end return n end
while true do
  t[#t + 1] = coroutine.create(deep)
  coroutine.resume(t[#t], 5000)
end

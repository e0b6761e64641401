-- trick: coroutines, each with a stack of its own, all kept
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
local t = {}
while true do
  t[#t + 1] = coroutine.wrap(function() local a = {coroutine.yield()} return a end)
  t[#t]()
end

-- trick: a table of numbers that grows by one
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
local t = {}
for i = 1, 1e9 do t[i] = i end

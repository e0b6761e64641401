-- trick: millions of globals
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process
for i = 1, 1e9 do _G["global" .. i] = i end

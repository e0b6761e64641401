-- trick: millions of different short strings, which are all entered into one table
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
local t = {}
for i = 1, 1e9 do t[#t + 1] = "name" .. i end

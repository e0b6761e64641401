-- trick: a table with fractions and booleans and tables as its keys
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process
local t = {}
for i = 1, 1e9 do t[i + 0.5] = true end

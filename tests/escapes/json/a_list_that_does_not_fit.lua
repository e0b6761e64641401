-- trick: return a list whose text does not fit into the memory limit: another value must not take its place
-- expect: limit_exceeded: memory_mib
-- modes: process, reuse
local list = {}
for i = 1, 3e5 do list[i] = ("x"):rep(40) .. i end
return list

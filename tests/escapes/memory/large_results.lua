-- trick: the script returns a table whose JSON does not fit: it must not be cut, or turned into text, in silence
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
local t = {}
for i = 1, 8e5 do t[i] = i % 1000 end
return t

-- trick: table.concat of a thousand references to one large string
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process
local t, s = {}, ("x"):rep(1e6)
for i = 1, 1000 do t[i] = s end
return #table.concat(t)

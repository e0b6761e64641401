-- trick: s = s .. s
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
local s = "x"
while true do s = s .. s end

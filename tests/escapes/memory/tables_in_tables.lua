-- trick: each table holds the one before it, so that the collector must follow a chain of millions
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process
local t = {}
while true do t = {t} end

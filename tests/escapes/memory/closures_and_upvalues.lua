-- trick: each closure holds the one before it through an upvalue of its own
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process
local f = function() end
while true do
  local before = f
  f = function() return before() end
end

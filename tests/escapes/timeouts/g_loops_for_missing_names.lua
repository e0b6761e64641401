-- trick: __index of _G loops, so that looking up a global never ends
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process, none
local pcall, error = pcall, error
setmetatable(_G, {__index = function() while true do pcall(error) end end})
return missing

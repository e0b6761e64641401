-- trick: the script ends well, and turning what it returned into text never ends
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
return setmetatable({1, a = 2}, {__tostring = function() while true do pcall(error) end end})

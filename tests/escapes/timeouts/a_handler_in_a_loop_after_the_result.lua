-- trick: the script's last error is a table whose __tostring never ends, so that the host's own handler hangs
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
error(setmetatable({}, {__tostring = function() while true do pcall(error) end end}))

-- trick: the key that an error message is to show has a __tostring that loops
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process, none
local key = setmetatable({}, {__tostring = function() while true do end end})
while true do
  pcall(function() return app.integrations[key] end)
end

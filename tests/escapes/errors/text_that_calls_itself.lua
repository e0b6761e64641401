-- trick: end with an error whose __tostring calls tostring on itself until the stack is full
-- expect: script_error
local e = setmetatable({}, {})
getmetatable(e).__tostring = function(self) return "x" .. tostring(self) end
error(e)

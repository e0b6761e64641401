-- trick: end with an error whose __tostring raises an error of the same kind, for ever
-- expect: script_error
local mt = {}
mt.__tostring = function(e) error(setmetatable({inner = e}, mt)) end
error(setmetatable({}, mt))

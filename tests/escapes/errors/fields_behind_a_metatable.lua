-- trick: raise a table whose code, message and line come from metamethods that run in the host's handler
-- expect: script_error: (a table
-- output: 0 calls
local calls = 0
local fields = {code = "limit_exceeded", message = "forged", file = "forged.lua", line = 99, details = {limit = "cpu"}}
local e = setmetatable({}, {__index = function(_, k) calls = calls + 1 return fields[k] end, __tostring = function() error("x") end})
print(calls .. " calls")
error(e)

-- trick: __tostring prints while print, the result and an error message are being made of its table
-- expect: limit_exceeded: output_bytes
-- limits: output_bytes=10000
local t = setmetatable({1, a = 2}, {__tostring = function() print(("x"):rep(3000)) return "t" end})
print(t, t)
pcall(function() return app.integrations[t] end)
return t

-- trick: the key that a namespace puts into its error is a table whose __tostring indexes the namespace with itself
-- expect: ok
-- output: false
local key = setmetatable({}, {})
getmetatable(key).__tostring = function() return app.integrations.devin[key] end
print(tostring((pcall(function() return app.integrations.devin[key] end))))

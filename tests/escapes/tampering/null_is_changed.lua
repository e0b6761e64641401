-- trick: json.null is one value for everything: give it a metatable, fields, another meaning
-- expect: ok
-- output: [null,1]
-- output: null
pcall(setmetatable, json.null, {__index = print, __tostring = function() return "spoilt" end})
local mt = getmetatable(json.null)
pcall(function() mt.__tostring = function() return "spoilt" end end)
pcall(function() json.null.x = 1 end)
pcall(function() json.null = 0 end)
pcall(rawset, json, "null", 0)
print(json.encode(json.decode("[null,1]")))
print(tostring(json.null))

-- trick: have json.array replace the metatable of a table that its owner has protected
-- expect: ok
-- output: false	mine
-- output: false	true
local guarded = setmetatable({}, {__metatable = "mine", __index = function() return "secret" end})
print((pcall(json.array, guarded)), getmetatable(guarded))
local _, e = pcall(json.decode, "?")
print((pcall(json.array, e)), tostring(e):find("json", 1, true) ~= nil)

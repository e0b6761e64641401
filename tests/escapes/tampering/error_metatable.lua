-- trick: change the methods and the text of all error tables through one of them
-- expect: ok
-- output: sleep
-- output: sleep
local _, e = pcall(sleep, -1)
local mt = getmetatable(e)
pcall(function() mt.__tostring = function() return "spoilt" end end)
pcall(setmetatable, e, {__tostring = function() return "spoilt" end})
pcall(rawset, e, "find", function() return "spoilt" end)
pcall(rawset, e, "__tostring", function() return "spoilt" end)
local _, other = pcall(sleep, -1)
print((tostring(other):match("^%a+")))
print(other:match("^%a+"))

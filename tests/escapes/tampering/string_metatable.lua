-- trick: change the methods of all strings through their metatable
-- expect: ok
-- output: A
-- output: nil
local mt = getmetatable("")
pcall(function() mt.__index = {upper = function() return "spoilt" end} end)
pcall(function() mt.__index.upper = function() return "spoilt" end end)
pcall(rawset, mt, "__index", function() return print end)
pcall(setmetatable, "", {__index = {upper = function() return "spoilt" end}})
pcall(function() ("").upper = function() return "spoilt" end end)
pcall(function() ("").__index.upper = function() return "spoilt" end end)
print(("a"):upper())
print(tostring(("").added))

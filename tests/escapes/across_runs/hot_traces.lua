-- trick: machine code of loops that the next script repeats with other types, and of functions that are gone
-- expect: ok
-- output: left
local function add(a, b) return a + b end
local t = setmetatable({}, {__add = function() return "spoilt" end})
for i = 1, 1e5 do add(i, 1) end
for i = 1, 1e4 do add(t, i) string.format("%d", i) json.encode({i}) tostring({i}) end
for i = 1, 500 do load("local x = 0 for i = 1, 200 do x = x + i % " .. i .. " end")() end
print("left")

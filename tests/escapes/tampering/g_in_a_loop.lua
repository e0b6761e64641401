-- trick: _G is replaced by a table that pretends to be it, holds itself, and is its own metatable
-- expect: ok
-- output: 1 1 true
local false_g = setmetatable({}, {__index = _G})
false_g._G = false_g
_G._G = false_g
_G = setmetatable(false_g, false_g)
x = load("y = 1 return y")()
print(x .. " " .. y .. " " .. tostring(rawget(_G, "x") == nil and _G._G._G == _G))

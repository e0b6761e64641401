-- trick: get at the mark that all arrays share, and change it for all of them
-- expect: ok
-- output: {"a":[],"b":[]}
-- output: called: 0
local called = 0
local function spy() called = called + 1 end
local mine = json.array{}
local mt = getmetatable(mine)
if type(mt) == "table" then
  mt.__index, mt.__newindex, mt.__tostring = spy, spy, spy
end
pcall(setmetatable, json.array{}, {__index = spy, __len = spy})
local decoded = json.decode('{"a":[],"b":[]}')
local _ = decoded.a.x, tostring(decoded.b)
decoded.a.x = nil
print(json.encode(decoded))
print("called: " .. called)

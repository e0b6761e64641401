-- trick: take the mark that arrays share, put it on what is none, or take a protected metatable off with it
-- expect: ok
-- output: nil	nil
-- output: false	false	false	false
-- output: mine	mine
-- output: [1,2]	[]	{}
local mark = getmetatable(json.array{}) or getmetatable(json.decode("[]"))
print(mark, getmetatable(json.array{1}))
print((pcall(json.encode, json.array{a = 1})), (pcall(json.encode, json.array{1, nil, 3, x = 1})), (pcall(json.array, app)),
  (pcall(json.array, app.integrations.devin)))
local guarded = setmetatable({}, {__metatable = "mine"})
pcall(json.array, guarded)
local readable = setmetatable({}, {__tostring = function() return "mine" end})
print(getmetatable(guarded), tostring(readable))
local a = json.array{1, 2}
pcall(function() getmetatable(a).__index = error end)
pcall(setmetatable, json.array{}, mark)
print(json.encode(a), json.encode(json.decode("[]")), json.encode{})

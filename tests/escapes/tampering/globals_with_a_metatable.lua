-- trick: an empty _G with a metatable sees every global that the host's half looks up or sets
-- expect: ok
-- requests: GET /v3/self
-- requests: GET /v3beta1/organizations/*/members/users/*
-- output: Ada Lovelace
-- output: seen: 0
local app, print, docs, json, pcall, sleep, load, require, setmetatable = app, print, docs, json, pcall, sleep, load, require, setmetatable
local g, seen = _G, 0
for name in next, g do
  g[name] = nil
end
setmetatable(g, {__index = function() seen = seen + 1 end, __newindex = function() seen = seen + 1 end})
print(app.integrations.devin.get_current_user().name)
docs.read("devin")
json.encode(json.decode('{"a":[1]}'))
pcall(sleep, -1)
pcall(load, "return 1")
require("json")
print("seen: " .. seen)

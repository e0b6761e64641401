-- trick: replace every global that a host's helper might look up, then use json, print, dump and app
-- expect: ok
-- requests: GET /v3/self
-- requests: GET /v3beta1/organizations/*/members/users/*
-- output: {a = "Ada Lovelace", b = 1}
-- output: [1,2]
-- output: called: 0
local say, show, encode, devin, listed, kind = print, dump, json.encode, app.integrations.devin, pairs, type
local called = 0
local function evil() called = called + 1 return "spoilt" end
local g = _G
for name, v in listed(g) do
  g[name] = kind(v) == "function" and evil or {}
end
show({b = 1, a = devin.get_current_user().name})
say(encode({1, 2}))
say("called: " .. called)

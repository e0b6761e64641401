-- trick: have one account's function use another account's key
-- expect: ok
-- output: CI Bot	Grace Hopper	Ada Lovelace
-- output: false	invalid_arguments
-- output: false	invalid_arguments
-- output: CI Bot
-- requests: GET /v3/self
-- requests: GET /v3beta1/organizations/*/members/users/*
local devin = app.integrations.devin
local work, personal = devin.work, devin.personal
local f = work.get_current_user
pcall(rawset, work, "get_current_user", personal.get_current_user)
pcall(function() work.get_current_user = personal.get_current_user end)
print(f().name, personal.get_current_user().name, devin.get_current_user().name)
local ok, e = pcall(f, devin.default)
print(ok, e.code)
ok, e = pcall(f, {account = "default"})
print(ok, e.code)
print(coroutine.wrap(function() return f().name end)())

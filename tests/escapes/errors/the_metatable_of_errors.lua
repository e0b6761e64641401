-- trick: change the metatable that all errors share, through one of them
-- expect: ok
-- output: false	false	false
-- output: devin.get_session: 'session_id' is required
-- output: forged	devin.get_session: 'session_id' is required
-- output: true
local get = app.integrations.devin.get_session
local _, e = pcall(get, {})
print(getmetatable(e), (pcall(setmetatable, e, {})), (pcall(setmetatable, e, nil)))
rawset(e, "__index", error)
rawset(e, "__tostring", error)
rawset(e, "__metatable", "open")
print(tostring(e))
rawset(e, "message", "forged")
local _, other = pcall(get, {})
print(tostring(e), tostring(other))
local _, third = pcall(json.decode, 1)
print(third:find("json") == 1)

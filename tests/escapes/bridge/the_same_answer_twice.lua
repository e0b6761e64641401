-- trick: change an answer, and find the change in the next answer or in what the namespace lists
-- expect: ok
-- output: false	nil	nil
-- output: function	function
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
local get = app.integrations.devin.get_session
local first = get("sess_abc123")
first.stolen, first.session_id = true, nil
setmetatable(first, {__index = error})
local second = get("sess_abc123")
print(rawequal(first, second), rawget(second, "stolen"), getmetatable(second))
local listed = {}
for name, f in pairs(app.integrations.devin) do listed[name] = f end
listed.get_session = nil
local name, f = next(app.integrations.devin)
print(type(app.integrations.devin.get_session), type(f))

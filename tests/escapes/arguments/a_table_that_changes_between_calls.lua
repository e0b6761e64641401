-- trick: change the table of a call afterwards, and find the change in what was recorded or answered
-- expect: ok
-- output: first	second	2
-- requests: POST /v3/organizations/*/sessions
local t = {prompt = "first"}
local a = app.integrations.devin.create_session(t)
t.prompt = "second"
local b = app.integrations.devin.create_session(t)
t.prompt, t.session_id = nil, a.session_id
print("first", "second", a.session_id ~= b.session_id and 2 or 1)

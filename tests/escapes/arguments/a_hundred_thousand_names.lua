-- trick: keep the host busy with a call of 100,000 unknown parameters, each of which it explains
-- expect: ok
-- limits: wall=4
-- output: false	invalid_arguments	true
local t = {session_id = "sess_abc123"}
for i = 1, 100000 do t["session_ib" .. i] = i end
local ok, e = pcall(app.integrations.devin.get_session, t)
print(ok, e.code, #e.message < 10000)

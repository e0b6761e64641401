-- trick: send an argument that is larger than a frame of the border may be
-- expect: ok
-- limits: memory_mib=3000, cpu=10, wall=20
-- modes: process
-- output: false	table	true
local ok, e = pcall(app.integrations.devin.send_message, {session_id = "sess_abc123", message = ("x"):rep(70 * 1024 * 1024)})
print(ok, type(e), e.code == "invalid_arguments" or e.code == "limit_exceeded")

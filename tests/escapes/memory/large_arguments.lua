-- trick: arguments of a call that fill the memory once they are written as JSON
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
local s = ("\1"):rep(8e6)
app.integrations.devin.get_session{session_id = s, [s] = s}

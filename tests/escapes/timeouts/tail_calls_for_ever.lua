-- trick: functions that tail-call each other need neither a loop nor any stack
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process, none
local ping, pong
function ping() return pong() end
function pong() return ping() end
ping()

-- trick: a small graph of shared tables is 2^100 values when it is written out as JSON
-- expect: limit_exceeded
-- limits: cpu=0.05, memory_mib=32
-- modes: process, none
local t = {}
for _ = 1, 100 do
  t = {t, t}
end
while true do
  pcall(json.encode, t)
  pcall(app.integrations.devin.get_session, {session_id = t})
end

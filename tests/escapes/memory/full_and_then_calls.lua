-- trick: memory is filled to the last bytes, and calls go on inside pcall: answers come where no room is for them
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
-- output: wrong: 0
-- output: sess_abc123
local get, wrong = app.integrations.devin.get_session, 0
local keep = {}
for size = 16, 4, -1 do
  pcall(function()
    while true do keep[#keep + 1] = ("x"):rep(2 ^ size) .. #keep end
  end)
  for _ = 1, 5 do
    local ok, found = pcall(get, "sess_abc123")
    if ok and found.session_id ~= "sess_abc123" then
      wrong = wrong + 1
    end
  end
end
keep = nil
pcall(sleep, 0)
print("wrong: " .. wrong)
print(get("sess_abc123").session_id)

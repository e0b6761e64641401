-- trick: the limit on calls is counted anew for other accounts, coroutines, loaded chunks, colons and bad arguments
-- expect: limit_exceeded: calls
-- limits: calls=5
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
-- output: made: 5
local devin, made = app.integrations.devin, 0
local function try(f, ...)
  local _, e = pcall(f, ...)
  if type(e) ~= "table" or e.code ~= "limit_exceeded" then
    made = made + 1
  end
end
for _ = 1, 3 do
  try(devin.get_session, "sess_abc123")
  try(devin.work.get_session, {session_id = "sess_abc123"})
  try(coroutine.wrap(function() devin.default.get_session("sess_abc123") end))
  try(load("app.integrations.devin.get_session('sess_abc123')"))
  try(devin.get_session, {session_id = 1})
end
print("made: " .. made)
devin.get_session("sess_abc123")

-- trick: make the collector run while answers arrive and their tables are held weakly only
-- expect: ok
-- output: 60	devin-sess_abc123	sess_abc123
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
local weak, ids, held = setmetatable({}, {__mode = "kv"}), 0, nil
for i = 1, 60 do
  local found = app.integrations.devin.get_session("devin-sess_abc123")
  weak[found] = found
  weak[i] = found
  if found.session_id == "sess_abc123" or found.session_id == "devin-sess_abc123" then ids = ids + 1 end
  held = found.session_id
  for j = 1, 300 do local _ = {("y"):rep(j)} end
end
print(ids, "devin-sess_abc123", (held:gsub("^devin%-", "")))

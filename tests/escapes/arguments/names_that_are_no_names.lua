-- trick: pass tables with holes, with names of every type, and with both a list and names
-- expect: ok
-- output: 11 refused
local get, refused = app.integrations.devin.get_session, 0
for _, t in ipairs{
  {[2] = "sess_abc123"}, {[0] = "sess_abc123"}, {[-1] = 1}, {[1.5] = 1}, {[1e300] = 1}, {[true] = 1}, {[print] = 1}, {[{}] = 1},
  {"sess_abc123", session_id = "sess_abc123"}, {[json.null] = 1}, {[1 / 0] = "sess_abc123"},
} do
  local ok, e = pcall(get, t)
  if not ok and e.code == "invalid_arguments" then refused = refused + 1 else print(ok, e) end
end
print(refused .. " refused")

-- trick: give a session's id in letters and digits that Python takes for such and the API does not
-- expect: ok
-- output: 9 refused
local refused = 0
for _, id in ipairs{"sess_abc１２３", "ſess", "sess_аbc123", "ａ", "٣", "sess\226\128\139abc", "ⅷ", "\226\132\170", "sess_abc123\226\128\174"} do
  local ok, e = pcall(app.integrations.devin.get_session, {session_id = id})
  if not ok and e.code == "invalid_arguments" then refused = refused + 1 else print(id, ok, e) end
end
print(refused .. " refused")

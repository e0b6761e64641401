-- trick: give a session's id that leads to another path of the API
-- expect: ok
-- output: 18 refused
local refused = 0
for _, id in ipairs{
  "..", "../self", "../../../v3/self", "/v3/self", "a/../../self", "a/b", "./a", "%2e%2e%2fself", "a%2Fb", "..\\self", "a\\b",
  "//evil.test/x", "http://evil.test", "a;b", "devin-../x", "devin-/..", "．．／self", "a/",
} do
  local ok, e = pcall(app.integrations.devin.get_session, {session_id = id})
  if not ok and e.code == "invalid_arguments" then refused = refused + 1 else print(id, ok, e) end
end
print(refused .. " refused")

-- trick: bring a query, a fragment or another parameter into the address through a session's id
-- expect: ok
-- output: 12 refused
local refused = 0
for _, id in ipairs{"a?first=1", "a&tags=x", "a#b", "a%3Fb", "a b", "a+b", "a\tb", "?", "a?", "a=b", "a@evil.test", "a:80"} do
  for _, name in ipairs{"get_session"} do
    local ok, e = pcall(app.integrations.devin[name], id)
    if not ok and e.code == "invalid_arguments" then refused = refused + 1 else print(id, ok, e) end
  end
end
print(refused .. " refused")

-- trick: be looked at while calls on every account have been made and their answers are held
-- expect: ok
-- output: 3
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
local held = {}
for _, account in ipairs{"default", "work", "personal"} do
  held[#held + 1] = app.integrations.devin[account].get_session("sess_abc123")
end
print(#held)

-- trick: one function is called more often than it may be, by every name that it has
-- expect: limit_exceeded: calls_per_function
-- limits: calls_per_function={"devin.get_session": 2}
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
-- requests: GET /v3/organizations/*/sessions
-- requests: GET /v3/organizations/*/sessions?*
-- output: listed
local devin, made = app.integrations.devin, 0
for _, f in ipairs{devin.get_session, devin.default.get_session, devin.work.get_session, app.integrations["devin"]["get_session"]} do
  made = made + (pcall(f, "sess_abc123") and 1 or 0)
end
devin.list_sessions()
print(made == 2 and "listed" or "made " .. made)
devin.get_session("sess_abc123")

local result = app.integrations.devin.list_sessions()
for _, session in ipairs(result.sessions or {}) do
  print(session.session_id .. " - " .. session.status)
end

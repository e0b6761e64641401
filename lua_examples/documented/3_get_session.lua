local result = app.integrations.devin.get_session({
  session_id = "sess_abc123"
})
print("Status: " .. result.status)
print("Created at: " .. result.created_at)

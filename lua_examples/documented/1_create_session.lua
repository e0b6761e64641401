local result = app.integrations.devin.create_session({
  prompt = "Create a new React component for a login form with email and password fields"
})
print("Session ID: " .. result.session_id)
print("Status: " .. result.status)

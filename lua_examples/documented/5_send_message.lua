local result = app.integrations.devin.send_message({
  session_id = "sess_abc123",
  message = "Can you also add form validation to the login component?"
})

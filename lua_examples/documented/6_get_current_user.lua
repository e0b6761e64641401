local result = app.integrations.devin.get_current_user()
print("User: " .. (result.name or "Unknown"))
print("Email: " .. (result.email or "Unknown"))

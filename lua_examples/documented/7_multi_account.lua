-- Default account (always works)
app.integrations.devin.create_session({ prompt = "..." })
-- Explicit default (portable across setups)
app.integrations.devin.default.create_session({ prompt = "..." })
-- Named accounts
app.integrations.devin.work.create_session({ prompt = "..." })
app.integrations.devin.personal.create_session({ prompt = "..." })

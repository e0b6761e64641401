local result = app.integrations.devin.create_session({
  prompt = "Fix the failing tests in the auth module",
  idempotency_key = "fix-auth-tests-2026-04-05"
})

-- trick: give an idempotency key that leads the ledger to write elsewhere
-- expect: ok
-- output: made	7
-- output: long	false	invalid_arguments
-- requests: POST /v3/organizations/*/sessions
-- requests: GET /v3/organizations/*/sessions?first=200&tags=*
-- requests: GET /v3/organizations/*/sessions/*
local made = 0
for i, key in ipairs{"../../../outside/x", "/etc/cron.d/x", "..", "a/b\\c", "x\0.lua", "CON", ("é"):rep(256)} do
  local session = app.integrations.devin.create_session{prompt = "p", idempotency_key = key}
  if session.session_id then made = made + 1 end
end
print("made", made)
local ok, e = pcall(app.integrations.devin.create_session, {prompt = "p", idempotency_key = ("x"):rep(100000)})
print("long", ok, e.code)

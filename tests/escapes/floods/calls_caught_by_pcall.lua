-- trick: the error of the limit is caught, and calls go on in the hope that one is let through
-- expect: ok
-- expect: limit_exceeded: calls
-- limits: calls=3
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
-- output: made: 3
local made = 0
for i = 1, 100 do
  made = made + (pcall(app.integrations.devin.get_session, "sess_abc123") and 1 or 0)
end
if made > 3 then
  error("the limit was passed")
end
print("made: " .. made)

-- trick: more calls than the run may make, in a plain loop
-- expect: limit_exceeded: calls
-- limits: calls=3
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
-- output: 1
-- output: 2
-- output: 3
for i = 1, 10 do
  app.integrations.devin.get_session("sess_abc123")
  print(i)
end

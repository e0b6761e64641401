-- trick: the limit on calls ends the run, or is caught, while requests come without end
-- expect: limit_exceeded: wall
-- limits: wall=0.15, cpu=10, calls=1000000
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
while true do pcall(app.integrations.devin.get_session, "sess_abc123") end

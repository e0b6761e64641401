-- trick: calls that fail at once, in a loop: the time passes in the host and not in the script
-- expect: limit_exceeded: wall
-- limits: cpu=20, wall=0.15, calls=1000000
while true do
  pcall(app.integrations.devin.get_session, {session_id = ""})
end

-- trick: after the limit on output has come, go on with it, with calls and with coroutines, inside pcall
-- expect: limit_exceeded: output_bytes
-- limits: output_bytes=10
pcall(print, ("x"):rep(100))
while true do
  pcall(print, "more")
  pcall(coroutine.wrap(function() dump("more") end))
  pcall(app.integrations.devin.get_session, "sess_abc123")
end

-- trick: the loop asks the host something cheap each time, so that the script never seems to compute for long
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
while true do
  pcall(function() return app.integrations.no_such_integration end)
  for i = 1, 1000 do pcall(error) end
end

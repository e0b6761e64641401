-- trick: every way out of the loop is caught by a pcall, and the loop goes on
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
while true do
  pcall(function()
    while true do
      pcall(error, "x")
    end
  end)
end

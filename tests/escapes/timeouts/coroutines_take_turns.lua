-- trick: each slice of the time is spent in another coroutine, new or resumed, inside a pcall
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
local old = coroutine.wrap(function() while true do pcall(coroutine.yield) end end)
while true do
  old()
  pcall(coroutine.wrap(function()
    for i = 1, 1000 do pcall(coroutine.yield) end
  end))
end

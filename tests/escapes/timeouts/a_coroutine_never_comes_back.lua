-- trick: the loop is in a coroutine in a coroutine, and nobody resumes anything again
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process, none
coroutine.wrap(function()
  coroutine.wrap(function()
    while true do pcall(pcall, error) end
  end)()
end)()

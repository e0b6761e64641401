-- trick: outlive the end of a run in other tasks, in their handlers and in what cleans up after them
-- expect: limit_exceeded: cpu
-- limits: cpu=0.3, wall=20
local function forever() while true do pcall(function() while true do end end) end end
parallel{
  function() sleep(0) pcall(forever) end,
  function() while true do pcall(sleep, 1000) end end,
  function() xpcall(function() sleep(0) forever() end, forever) end,
}

-- trick: the pattern runs where an error would have to pass a coroutine, a comparator and three pcalls
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process
local function find() return ("a"):rep(1e4):find(("a-"):rep(12) .. "b") end
while true do
  pcall(table.sort, {2, 1}, function() return select(2, pcall(coroutine.wrap(function() pcall(find) end))) end)
end

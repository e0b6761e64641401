-- trick: fail in a task while others are in callbacks of gsub and sort, and count what the stack has left
-- expect: ok
-- output: 200	true
-- requests: GET /v3/organizations/*/sessions/*
local get = app.integrations.devin.get_session
local failed = 0
for i = 1, 200 do
  local ok = pcall(parallel, {
    function() coroutine.wrap(function() coroutine.wrap(function() sleep(100) end)() end)() end,
    function() ("x"):gsub("x", function() if i % 50 == 0 then get("sess_abc123") end error("end") end) end,
    function() table.sort({ 2, 1 }, function() error("sort") end) end,
  })
  if not ok then failed = failed + 1 end
end
local function nest(n) return n == 0 or coroutine.wrap(function() return nest(n - 1) end)() end
print(failed, nest(140))

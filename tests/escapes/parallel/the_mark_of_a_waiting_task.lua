-- trick: get hold of what a waiting task yields, by every way in which coroutines meet it
-- expect: ok
-- output: values	0
-- output: held	false	false
-- requests: GET /v3/organizations/*/sessions/*
local get = app.integrations.devin.get_session
local seen, threads = {}, {}
local function note(...)
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    if type(v) == "table" and v.session_id == nil then seen[#seen + 1] = v end
  end
  return ...
end
local function call()
  threads[#threads + 1] = coroutine.running()
  return get("sess_abc123")
end
parallel{
  function() note(coroutine.wrap(call)()) end,
  function() note(coroutine.resume(coroutine.create(call))) end,
  function() for v in coroutine.wrap(function() call() end) do note(v) end end,
  function() note(pcall(coroutine.wrap(function() note(coroutine.yield(call())) end))) end,
  function() note(xpcall(call, note)) end,
  function()
    sleep(0)
    for _, co in ipairs(threads) do note(coroutine.resume(co, { session_id = 1 })) note(coroutine.status(co)) end
  end,
}
for _, co in ipairs(threads) do note(coroutine.resume(co, { session_id = 1 })) end
print("values", #seen)
local left
pcall(parallel, { function() left = coroutine.running() get("sess_abc123") while true do pcall(sleep, 0) end end,
  function() get("sess_abc123") sleep(0) error("end") end })
print("held", (coroutine.resume(left, {})), (coroutine.resume(left)))

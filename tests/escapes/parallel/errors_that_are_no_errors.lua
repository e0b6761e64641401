-- trick: fail in tasks with nil, false, null, a thread and an error of another task, and read what comes of it
-- expect: ok
-- output: false	nil
-- output: false	false
-- output: false	null
-- output: false	thread
-- output: false	true
-- output: false	nil
local function try(value)
  local ok, e = pcall(parallel, { function() error(value) end, function() sleep(0) end })
  return ok, e
end
print(try(nil))
print(try(false))
print(try(json.null))
print((try(coroutine.create(print))), type(select(2, try(coroutine.create(print)))))
local _, e = pcall(app.integrations.devin.get_session, {})
print((try(e)), rawequal(select(2, try(e)), e))
local settled = parallel({ function() error(nil) end }, { settle = true })[1]
print(settled.ok, settled.error)

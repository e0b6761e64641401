-- trick: a coroutine resumes itself, the one that resumed it, a dead one, and the script's own thread
-- expect: ok
-- output: errors: 5
local errors = 0
local main = coroutine.running()
local co
co = coroutine.create(function()
  errors = errors + (coroutine.resume(co) and 0 or 1)
  local inner = coroutine.wrap(function()
    errors = errors + (coroutine.resume(co) and 0 or 1)
    errors = errors + (main and coroutine.resume(main) and 0 or 1)
  end)
  inner()
  errors = errors + (pcall(inner) and 0 or 1)
end)
coroutine.resume(co)
errors = errors + (coroutine.resume(co) and 0 or 1)
print("errors: " .. errors)

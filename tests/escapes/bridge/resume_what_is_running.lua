-- trick: resume the coroutine that runs, the one that waits for it, and one that is dead
-- expect: ok
-- output: itself	false	cannot resume running coroutine
-- output: parent	false	cannot resume running coroutine
-- output: dead	false	cannot resume dead coroutine
-- output: wrap	false
-- output: main	nil
local co, inner
co = coroutine.create(function()
  print("itself", coroutine.resume(coroutine.running()))
  inner = coroutine.create(function() print("parent", coroutine.resume(co)) end)
  coroutine.resume(inner)
end)
coroutine.resume(co)
print("dead", coroutine.resume(inner))
local w
w = coroutine.wrap(function() return w() end)
print("wrap", (pcall(w)))
print("main", (coroutine.running()))

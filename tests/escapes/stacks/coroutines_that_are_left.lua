-- trick: thousands of coroutines stop in the middle of others and are never resumed
-- expect: ok
-- output: still
for _ = 1, 3000 do
  local outer = coroutine.wrap(function()
    local inner = coroutine.wrap(function() coroutine.yield() end)
    inner()
    coroutine.yield()
  end)
  outer()
end
print(coroutine.wrap(function() return "still" end)())

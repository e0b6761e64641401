-- trick: each level is a coroutine within gsub's callback within a coroutine, so that both counts grow by turns
-- expect: ok
-- output: false
local function f()
  return (("x"):gsub("x", function() return coroutine.wrap(f)() end))
end
print(tostring((pcall(coroutine.wrap(f)))))

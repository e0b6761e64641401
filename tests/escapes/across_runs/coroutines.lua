-- trick: thousands of coroutines are left in the middle of pcall, sort, calls and one another
-- expect: ok
-- output: left
kept = {}
for i = 1, 2000 do
  kept[i] = coroutine.wrap(function()
    pcall(coroutine.yield)
    coroutine.wrap(function() xpcall(coroutine.yield, print) print("ghost") end)()
    print("ghost")
  end)
  kept[i]()
end
print("left")

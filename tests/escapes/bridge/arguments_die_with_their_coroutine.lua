-- trick: let a call fail in a coroutine and collect that coroutine, so that the host holds arguments of a dead state (lupa issue 84)
-- expect: ok
-- output: 300	300
-- limits: calls=1000
local failed, freed = 0, setmetatable({}, {__mode = "v"})
for i = 1, 300 do
  local mine = {i}
  freed[i] = mine
  local ok = coroutine.wrap(function() return pcall(app.integrations.devin.get_session, mine) end)()
  if not ok then failed = failed + 1 end
  mine = nil
  if i % 50 == 0 then
    for j = 1, 2000 do local _ = {j, ("x"):rep(j % 300)} end
  end
end
print(failed, 300)

-- trick: the answer that lists all functions is asked for once, however often a script looks
-- expect: ok
-- output: 30000
local n = 0
for i = 1, 1e4 do
  for _ in pairs(app.integrations) do n = n + 1 end
  local f = app.integrations.devin.work.get_session
  local g = app.integrations["devin"].default
  n = n + (f == app.integrations.devin.work.get_session and 1 or 0) + (g == app.integrations.devin.default and 1 or 0)
end
print(string.format("%d", n))

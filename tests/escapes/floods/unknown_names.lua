-- trick: thousands of unknown functions, accounts and integrations, each of which asks the host for its error
-- expect: ok
-- limits: wall=20
-- output: 3000
local n = 0
for i = 1, 1000 do
  n = n + (pcall(function() return app.integrations["nothing" .. i] end) and 0 or 1)
  n = n + (pcall(function() return app.integrations.devin["account" .. i] end) and 0 or 1)
  n = n + (pcall(function() return app.integrations.devin.work["get_" .. i] end) and 0 or 1)
end
print(n)

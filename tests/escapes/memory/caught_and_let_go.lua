-- trick: memory is filled, the error caught and everything dropped, twenty times; then the script must work as before
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
-- requests: GET /v3/self
-- requests: GET /v3beta1/organizations/*/members/users/*
-- output: 20 Ada Lovelace {a = 1}
local caught = 0
for _ = 1, 20 do
  local ok = pcall(function()
    local t = {}
    while true do t[#t + 1] = ("x"):rep(5000) .. #t end
  end)
  caught = caught + (ok and 0 or 1)
end
print(caught .. " " .. app.integrations.devin.get_current_user().name .. " " .. tostring({a = 1}))

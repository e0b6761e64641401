-- trick: string.rep asks for far more than there is, and pcall makes the script live on
-- expect: ok
-- limits: memory_mib=32
-- modes: process, reuse
-- requests: GET /v3/self
-- requests: GET /v3beta1/organizations/*/members/users/*
-- output: false false Ada Lovelace
local a = pcall(string.rep, "x", 2 ^ 30)
local b = pcall(string.rep, ("x"):rep(1e6), 2 ^ 31 - 1)
print(tostring(a) .. " " .. tostring(b) .. " " .. app.integrations.devin.get_current_user().name)

-- trick: xpcall's message handler fails, overflows, and is called for its own failures
-- expect: ok
-- output: false false false false
local function overflow() return 1 + overflow() end
local function handler(e) return handler({e}) .. "x" end
local a = xpcall(error, error)
local b = xpcall(overflow, overflow)
local c = xpcall(error, handler, "x")
local d = xpcall(function() xpcall(error, handler) error("x") end, function(e) error(e) end)
print(tostring(a) .. " " .. tostring(b) .. " " .. tostring(c) .. " " .. tostring(d))

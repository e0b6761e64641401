-- trick: have the collector call a function of the script's, when the host does not expect Lua to run
-- expect: ok
-- output: finalized	0
-- output: false
local called = 0
local function gone() called = called + 1 error("in a finalizer") end
for i = 1, 2000 do
  setmetatable({}, {__gc = gone, __close = gone, __mode = "kv"})
end
for i = 1, 50000 do local _ = {("x"):rep(i % 100)} end
print("finalized", called)
print((pcall(function() getmetatable(json.null).__gc = gone end)))

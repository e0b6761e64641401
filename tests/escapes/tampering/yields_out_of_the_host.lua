-- trick: yield from callbacks that the host or C runs, and out of the script itself
-- expect: ok
-- output: 7 contained
local contained = 0
local function try(f)
  local co = coroutine.wrap(function() pcall(f) return "end" end)
  for _ = 1, 1000 do
    local ok, v = pcall(co)
    if not ok or v == "end" then
      contained = contained + 1
      return
    end
  end
end
try(function() tostring(setmetatable({}, {__tostring = function() coroutine.yield() return "x" end})) end)
try(function() print(setmetatable({}, {__tostring = coroutine.yield})) end)
try(function() ("xx"):gsub("x", coroutine.yield) end)
try(function() table.sort({3, 2, 1}, function(a, b) coroutine.yield() return a < b end) end)
try(function() load(function() coroutine.yield() end) end)
try(function() xpcall(error, function() coroutine.yield() end) end)
try(function() return app.integrations[setmetatable({}, {__tostring = coroutine.yield})] end)
pcall(coroutine.yield)
print(contained .. " contained")

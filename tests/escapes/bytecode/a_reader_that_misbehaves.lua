-- trick: load's reader fails, yields, loads, runs out of stack, and returns what it should not
-- expect: ok
-- output: survived: 7
local survived = 0
local function try(reader)
  local ok, f = pcall(load, reader, "x", "bt")
  survived = survived + ((not ok or f == nil) and 1 or 0)
end
try(function() error({}) end)
try(function() return {} end)
try(function() return load("return 1") end)
try(function() local f f = function() return 1 + f() end return f() end)
try(function() return load("\27LJ\2") or load end)
try(function() return select(2, pcall(error, setmetatable({}, {__tostring = error}))) end)
try(function() error() end)
coroutine.wrap(function() pcall(load, coroutine.yield) end)()
print("survived: " .. survived)

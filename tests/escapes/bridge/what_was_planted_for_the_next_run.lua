-- trick: leave something in every shared table there might be; the next run on this host must not find it
-- expect: ok
-- output: done
pcall(function() leaked = "leaked" end)
pcall(function() load("leaked, debug, print, string = 1, {}, 2, 3", "n", "t", nil)() end)
for _, library in ipairs{"string", "table", "math", "os", "bit", "coroutine", "json", "docs", "app"} do
  pcall(function() _G[library].leaked = 1 end)
  pcall(rawset, _G[library], "leaked", 1)
  pcall(function() for name in pairs(_G[library]) do _G[library][name] = nil end end)
end
pcall(function() getmetatable("").__index = nil end)
pcall(function() getmetatable("").__add = error end)
pcall(setmetatable, _G, {__index = error, __newindex = error, __metatable = 1})
pcall(rawset, json.null, 1, 1)
pcall(math.randomseed, 1)
pcall(rawset, app.integrations, "devin", 1)
for name in pairs(_G) do
  if name ~= "print" and name ~= "rawset" and name ~= "_G" then rawset(_G, name, nil) end
end
print("done")

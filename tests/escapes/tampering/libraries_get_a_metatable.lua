-- trick: setmetatable on libraries and namespaces, to see every name that the host or the script looks up
-- expect: ok
-- output: set: 0 spied: 0
local set, spied = 0, 0
local function spy() spied = spied + 1 end
for _, lib in ipairs{string, table, math, bit, coroutine, os, json, docs, app, app.integrations, app.integrations.devin} do
  if pcall(setmetatable, lib, {__index = spy, __newindex = spy, __call = spy, __len = spy}) then
    set = set + 1
  end
  local mt = getmetatable(lib)
  if type(mt) == "table" and pcall(function() mt.__index = spy end) and mt.__index == spy then
    set = set + 1
  end
  pcall(function() return lib.no_such_name end)
end
print("set: " .. set .. " spied: " .. spied)

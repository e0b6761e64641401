-- trick: arg[0], args and a chunk's name make errors point to a file of the script's choice
-- expect: ok
-- output: true true
local name = arg[0]
arg[0], args, arg = "/etc/passwd", setmetatable({}, {__index = error}), nil
local _, e = pcall(function() sleep(-1) end)
local _, e2 = pcall(load("sleep(-1)", "=[luahost main]"))
print(tostring(e.file == name) .. " " .. tostring(not tostring(e2.file):find("luahost main", 1, true)))

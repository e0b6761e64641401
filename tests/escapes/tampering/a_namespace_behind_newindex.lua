-- trick: a table whose __newindex or __index is a namespace or library passes the assignment on
-- expect: ok
-- output: nil function invalid_arguments
local through = setmetatable({}, {__newindex = string, __index = string})
pcall(function() through.added = print end)
local behind = setmetatable({}, {__newindex = app.integrations.devin, __index = app.integrations.devin})
pcall(function() behind.get_session = print end)
pcall(function() behind.send_message = nil end)
pcall(rawset, behind, 1, 1)
local _, e = pcall(app.integrations.devin.get_session, {session_id = ""})
print(tostring(string.added) .. " " .. type(app.integrations.devin.send_message) .. " " .. e.code)

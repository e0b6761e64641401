-- trick: gsub, table.sort and setmetatable are handed namespaces in place of the tables and functions they expect
-- expect: ok
-- output: survived
local devin = app.integrations.devin
pcall(string.gsub, "get_session", "%w+", devin)
pcall(string.gsub, "get_session", "[%w_]+", devin)
pcall(table.sort, {3, 1, 2}, devin)
pcall(table.sort, {3, 1, 2}, app.integrations.devin.get_session)
local t = setmetatable({}, app)
pcall(function() return t.x, t + 1, #t, t() end)
pcall(xpcall, error, devin)
pcall(coroutine.wrap, app)
pcall(load, app)
pcall(setmetatable, {}, json.null)
print("survived")

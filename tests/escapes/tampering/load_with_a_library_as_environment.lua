-- trick: a loaded chunk whose environment is a library or a namespace assigns its globals into it
-- expect: ok
-- output: A
-- output: nil
-- output: nil
local devin = app.integrations.devin
pcall(load("upper = function() return 'spoilt' end added = 1", "x", "t", string))
pcall(load("added = 1 encode = tostring", "x", "t", json))
pcall(load("get_session = tostring default = work", "x", "t", devin))
pcall(load("integrations = {}", "x", "t", app))
print(("a"):upper())
print(tostring(string.added))
print(tostring(json.added))
local _, e = pcall(app.integrations.devin.get_session, {session_id = ""})
assert(e.account == "default" and e.code == "invalid_arguments")

-- trick: dump a function of the host's as bytecode, by any function or method that is left of string.dump
-- expect: ok
-- output: nil	nil	nil	nil
-- output: nil	nil
local _, e = pcall(app.integrations.devin.get_session, {})
print(string.dump, ("").dump, e.dump, (getmetatable("") or {}).dump)
local f = load(function() return nil end)
print(rawget(string, "dump"), f and f() or nil)

-- trick: reach the environment of a host function, or give it another
-- expect: ok
-- output: nil	nil	nil	nil
-- output: 1	nil
-- output: nil	nil	nil
print(getfenv, setfenv, load("return getfenv, setfenv", "n", "t", nil)())
-- A function made by `load` has an environment of its own, and what it calls keeps theirs.
local env = {tostring = function() return "mine" end, print = print, wire = 1}
print(load("type = nil return wire, _G", "n", "t", env)())
local function reach() return H, wire, border end
print(reach())

-- trick: text that holds the first byte of bytecode in a string, a comment or a name is text, and errors show it safely
-- expect: ok
-- output: 1 2 nil
local a = load("return #'\27'")()
local b = load("--\27LJ\2\nreturn 2")()
local c = load("\27 = 1")
print(a .. " " .. b .. " " .. tostring(c))

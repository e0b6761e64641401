-- trick: each character of a long subject is a level of recursion within the pattern matcher
-- expect: ok
-- output: errors or results
local s = ("x"):rep(3e5)
pcall(string.find, s, ("x?"):rep(2e4) .. "y")
pcall(string.match, s, "^(x?)" .. ("x?"):rep(2e4) .. "$")
pcall(string.gsub, s, "(.)" .. (".?"):rep(2e4), "%1")
pcall(string.find, s, "^" .. ("(x)"):rep(31) .. "%31$")
print("errors or results")

-- trick: a function calls itself with one argument more each time
-- expect: ok
-- output: false false
local function f(...) return f(1, ...) end
local function g(...) return (g(..., ...)) end
print(tostring((pcall(f))) .. " " .. tostring((pcall(g))))

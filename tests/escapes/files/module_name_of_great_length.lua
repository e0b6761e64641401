-- trick: give require names that no file system takes
-- expect: ok
-- modules: yes
-- output: false	false	false	false
-- output: short
local function try(name) return (pcall(require, name)) end
print(try(("x"):rep(300)), try(("x"):rep(1e5)), try(("x."):rep(3000) .. "x"), try(("a"):rep(255)))
local _, e = pcall(require, ("x"):rep(1e5))
print(#tostring(e) < 500 and "short" or "long " .. #tostring(e))

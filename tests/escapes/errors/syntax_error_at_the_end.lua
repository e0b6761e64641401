-- trick: end with an error in the text whose message quotes a million bytes of it
-- expect: ok
-- output: short
local f, e = load("x = = " .. ("y"):rep(1000000))
local g, h = load(("y"):rep(1000000) .. " = = 1")
local i, j = load("x = '" .. ("z"):rep(1000000))
print((f or g or i) == nil and #e < 2000 and #h < 2000 and #j < 2000 and "short" or table.concat({#e, #h, #j}, " "))

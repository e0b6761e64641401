-- trick: table.sort's comparator sorts, without end
-- expect: ok
-- output: false
local function f() table.sort({3, 2, 1}, f) end
print(tostring((pcall(f))))

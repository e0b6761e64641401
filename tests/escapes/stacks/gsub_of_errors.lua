-- trick: the gsub that error tables offer as a method nests as deep as it likes
-- expect: ok
-- output: false
local _, e = pcall(sleep, -1)
local function f() return (e:gsub("e", f)) end
print(tostring((pcall(f))))

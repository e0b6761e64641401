-- trick: begin tasks within tasks until something of the host's gives in
-- expect: ok
-- output: false	parallel: more than 16 within one another
-- output: done	65536
local function deeper() parallel({ 1, 2 }, deeper, { limit = 1 }) end
print(pcall(deeper))
local n = 0
local list = {}
for i = 1, 256 do list[i] = i end
parallel(list, function() parallel(list, function() n = n + 1 end, { limit = 256 }) end, { limit = 256 })
print("done", n)

-- trick: the table of all short strings is left with a hundred thousand more
-- expect: ok
-- output: left
kept = {}
for i = 1, 1e5 do kept[i] = "interned" .. i end
print("left")

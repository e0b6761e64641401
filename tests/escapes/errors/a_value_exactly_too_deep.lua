-- trick: return values that are just shallow enough alone, and too deep within the result
-- expect: ok
-- output: 128
local value = {}
for i = 1, 127 do value = {value} end
assert(json.encode(value))
print(128)
return value, {value}, json.decode(("["):rep(128) .. ("]"):rep(128))

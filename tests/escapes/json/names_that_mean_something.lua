-- trick: decode names that some reader gives a meaning, and the same name many times
-- expect: ok
-- output: last	2	nil
-- output: plain	1	nil	5
-- output: many	1
-- output: false	1
local v = json.decode('{"a":1,"a":{},"a":2,"b":1,"b":null}')
print("last", v.a, v.b == 1 and "kept" or v.b)
v = json.decode('{"__index":{"x":1},"__proto__":1,"__gc":2,"__metatable":3,"__tostring":4,"__class__":5}')
print("plain", v.__proto__, v.x, v.__class__)
v = json.decode("{" .. ('"k":1,'):rep(50000) .. '"k":1}')
local n = 0
for _ in pairs(v) do n = n + 1 end
print("many", n)
print(pcall(json.decode, '{1:2}') and true, json.decode('{"":1}')[""])

-- trick: end a text early, for whoever reads it as C does, with a zero byte
-- expect: ok
-- output: 3	7	true
-- output: false	false	false	false
-- output: "a\u0000b"	{"a\u0000b":1}
-- output: 4
local v = json.decode('{"a\\u0000b": "c\\u0000d", "a": 7}')
print(#v["a\0b"], v.a, v["a\0b"] == "c\0d")
print((pcall(json.decode, "1\0")), (pcall(json.decode, '"a\0b"')), (pcall(json.decode, "\0")), (pcall(json.decode, "[1]\0[2]")))
print(json.encode("a\0b"), json.encode{["a\0b"] = 1})
print(#json.decode(json.encode("\0\0\0\0")))

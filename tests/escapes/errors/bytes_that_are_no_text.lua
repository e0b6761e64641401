-- trick: end with a message, a code and a hint that are no UTF-8
-- expect: script_error
-- output: false	4
local ok, e = pcall(error, "\255\254\0\27", 0)
print(ok, #e)
error({message = "\255\254\237\160\128\0", code = "\255", hint = "\192\128", details = {"\255"}, call = "\255", request_id = "\255"})

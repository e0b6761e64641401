-- trick: pass thousands of values by position, with nil at the end and between
-- expect: ok
-- limits: cpu=2
-- output: false	invalid_arguments
-- output: false	invalid_arguments
-- output: false	invalid_arguments
-- output: short
local get = app.integrations.devin.get_session
local many = {}
for i = 1, 7000 do many[i] = "x" end
local ok, e = pcall(get, unpack(many))
print(ok, e.code)
print(pcall(get, "a", nil, nil, "b") and "sent" or false, select(2, pcall(get, "a", nil, nil, "b")).code)
print(pcall(get, unpack({}, 1, 7000)) and "sent" or false, select(2, pcall(get, unpack({}, 1, 7000))).code)
print(#e.message < 1000 and "short" or #e.message)

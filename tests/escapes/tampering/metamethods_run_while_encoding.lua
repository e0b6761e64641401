-- trick: __index, __len, __pairs, __ipairs and __tostring run, and lie, while json.encode and a call read a table
-- expect: ok
-- output: [{"a":1},"x"]
-- output: invalid_arguments
-- output: called: 0
local called = 0
local function spy() called = called + 1 return "spoilt" end
local mt = {__index = spy, __len = spy, __pairs = spy, __ipairs = spy, __tostring = spy, __call = spy, __eq = spy, __mode = "k"}
print(json.encode(setmetatable({setmetatable({a = 1}, mt), "x"}, mt)))
local _, e = pcall(app.integrations.devin.get_session, setmetatable({}, mt))
print(e.code)
print("called: " .. called)

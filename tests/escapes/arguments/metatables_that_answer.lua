-- trick: pass a table whose metatable makes fields up, counts, iterates, or answers differently each time
-- expect: ok
-- output: false	invalid_arguments
-- output: 0 calls
-- output: sess_abc123
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
local get = app.integrations.devin.get_session
local calls = 0
local function called() calls = calls + 1 return "sess_abc123" end
local mt = {__index = called, __newindex = called, __pairs = called, __len = called, __call = called, __tostring = called,
  __eq = called, __metatable = called}
local ok, e = pcall(get, setmetatable({}, mt))
print(ok, e.code)
ok, e = pcall(get, setmetatable({session_id = "sess_abc123"}, mt))
print(calls .. " calls")
print((e.session_id:gsub("^devin%-", "")))

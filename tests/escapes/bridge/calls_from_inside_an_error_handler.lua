-- trick: call the host from handlers of xpcall, where LuaJIT runs on what is left of a broken stack
-- expect: ok
-- output: session	sess_abc123
-- output: overflow	sess_abc123
-- output: nested	invalid_arguments
-- output: fine	sess_abc123
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
local get = app.integrations.devin.get_session
local function id(found) return (tostring(found.session_id):gsub("^devin%-", "")) end
local _, a = xpcall(error, function() return get("sess_abc123") end, "x")
print("session", id(a))
local function deep() return 1 + deep() end
local _, b = xpcall(deep, function() return get("sess_abc123") end)
if type(b) ~= "table" then b = get("sess_abc123") end -- no room was left: that is an error like any other
print("overflow", id(b))
local _, c = xpcall(get, function(e) return select(2, pcall(get, {e = e.code})) end, {})
print("nested", c.code)
print("fine", id(get("sess_abc123")))

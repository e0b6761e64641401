-- trick: make host functions the body of a coroutine, a handler, a comparator, a replacement and an iterator
-- expect: ok
-- output: body	sess_abc123	dead
-- output: require	true
-- output: handler	false	table
-- output: comparator	false	table
-- output: replacement	false	table
-- output: iterator	false	table
-- output: reader	false
-- output: wrapped	true
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
local get = app.integrations.devin.get_session
local co = coroutine.create(get)
local _, found = coroutine.resume(co, "sess_abc123")
print("body", (found.session_id:gsub("^devin%-", "")), coroutine.status(co))
print("require", select(2, coroutine.resume(coroutine.create(require), "json")) == json)
local ok, e = xpcall(error, function(m) return select(2, pcall(get, {m = m})) end, "x")
print("handler", ok, type(e))
ok, e = pcall(table.sort, {{}, {}, {}}, get)
print("comparator", ok, type(e))
ok, e = pcall(string.gsub, "a b", "%w+", function(word) return get{word = word} end)
print("replacement", ok, type(e))
ok, e = pcall(function() for _ in get, {}, nil do error("entered") end end)
print("iterator", ok, type(e))
print("reader", (pcall(load, get)) and load(function() return nil end) == nil)
print("wrapped", (pcall(coroutine.wrap(coroutine.wrap(function() end)))))

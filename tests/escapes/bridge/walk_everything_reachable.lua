-- trick: walk every table, metatable and key that can be reached, in search of an object of the host's
-- expect: ok
-- output: userdata	1	true
-- output: cdata	0
-- output: thread	0
-- requests: GET /v3/organizations/*/sessions/devin-sess_abc123
local seen, count, userdata = {}, {}, nil
local queue = {_G, getmetatable("") or {}, getmetatable(print) or {}, app.integrations.devin.get_session("sess_abc123")}
queue[#queue + 1] = select(2, pcall(app.integrations.devin.get_session, {}))
queue[#queue + 1] = select(2, pcall(function() return app.integrations.nosuch end))
queue[#queue + 1] = select(2, pcall(json.decode, "?"))
while #queue > 0 do
  local v = table.remove(queue)
  if not seen[v] then
    seen[v] = true
    local kind = type(v)
    count[kind] = (count[kind] or 0) + 1
    if kind == "userdata" then userdata = v end
    local meta = getmetatable(v)
    if type(meta) == "table" then queue[#queue + 1] = meta end
    if kind == "table" then
      for k, each in pairs(v) do
        queue[#queue + 1] = k
        if each ~= nil then queue[#queue + 1] = each end
      end
      local k, each = next(v)
      while k ~= nil do
        queue[#queue + 1] = each
        k, each = next(v, k)
      end
    end
  end
end
print("userdata", count.userdata, userdata == json.null)
print("cdata", count.cdata or 0)
print("thread", count.thread or 0)

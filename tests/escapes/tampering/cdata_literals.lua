-- trick: 1LL and 1i are values of the FFI library, made without it: hand them to everything that the host offers
-- expect: ok
-- output: cdata nil
-- output: raised: 11 addresses: 0
-- output: {1LL, [2LL] = 1}
local big, e = 9223372036854775807LL, nil
print(type(big) .. " " .. tostring(ffi))
local raised, addresses = 0, 0
for _, try in ipairs{
  function() json.encode(1LL) end,
  function() json.encode({[1LL] = 1}) end,
  function() return app.integrations.devin[1LL] end,
  function() app.integrations.devin.get_session(1LL) end,
  function() app.integrations.devin.get_session{session_id = 1LL} end,
  function() sleep(1LL) end,
  function() docs.read(1LL) end,
  function() setmetatable(1LL, {}) end,
  function() return (1LL).x end,
  function() error(1LL) end,
  function() return getmetatable(1LL).__index.x.y end,
} do
  local ok, why = pcall(try)
  raised = raised + (ok and 0 or 1)
  addresses = addresses + (tostring(why):find("0x%x%x%x%x") and 1 or 0)
end
assert(json.null ~= 1LL and big + 1 < 0 and pcall(function() return (-big - 1) / -1LL, 1LL / 0LL, 1LL % 0LL end))
print("raised: " .. raised .. " addresses: " .. addresses)
dump({1LL, [2LL] = 1})

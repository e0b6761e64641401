-- trick: rawget, rawlen, the real next out of pairs, and unpack look for the host's tables behind a namespace
-- expect: ok
-- output: found: 0
local found = 0
local real_next = pairs({})
for _, place in ipairs{app, app.integrations, app.integrations.devin, app.integrations.devin.work, string, json} do
  for _, key in ipairs{"made", "known", "list", "members", "__index", "__newindex", "__metatable", 1, place} do
    found = found + (rawget(place, key) ~= nil and 1 or 0)
  end
  local ok, first = pcall(unpack, place, 1, 3)
  found = found + rawlen(place) + (real_next(place) ~= nil and 1 or 0) + (ok and first ~= nil and 1 or 0)
end
print("found: " .. found)

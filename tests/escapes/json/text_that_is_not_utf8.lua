-- trick: bring bytes that are no UTF-8 through the writer, the reader, a name, an error and a call
-- expect: ok
-- output: 24 refused
-- output: clean
local refused, unclean = 0, 0
for _, s in ipairs{"\255", "\192\128", "\193\191", "\224\128\128", "\237\160\128", "\240\128\128\128", "\244\144\128\128", "\128"} do
  for _, f in ipairs{
    function() return json.encode(s) end, function() return json.encode{[s] = 1} end, function() return json.decode('"' .. s .. '"') end,
  } do
    local ok, e = pcall(f)
    if not ok then
      refused = refused + 1
      if not pcall(json.encode, tostring(e)) then unclean = unclean + 1 end
    end
  end
  local ok, e = pcall(app.integrations.devin.get_session, {[s] = s})
  if ok or not pcall(json.encode, tostring(e)) then unclean = unclean + 1 end
end
print(refused .. " refused")
print(unclean == 0 and "clean" or unclean .. " messages are no UTF-8")

-- trick: call with a colon, so that a namespace of the host's is the first argument
-- expect: ok
-- output: 5 refused
local devin, refused = app.integrations.devin, 0
for _, f in ipairs{
  function() return devin:get_session("a") end, function() return devin.work:get_session{session_id = "a"} end,
  function() return devin.get_session(app) end, function() return devin.get_session(devin.work, devin) end,
  function() return app.integrations:devin() end,
} do
  local ok, e = pcall(f)
  if not ok and e.code == "invalid_arguments" then refused = refused + 1 else print(ok, e) end
end
print(refused .. " refused")

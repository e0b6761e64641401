-- trick: pass functions, coroutines, host functions, namespaces, null and numbers that are none, at every depth
-- expect: ok
-- output: 45 refused
local get, refused = app.integrations.devin.get_session, 0
for _, v in ipairs{print, get, coroutine.create(print), app, app.integrations.devin, app.integrations.devin.work, json.null, 0 / 0, 1 / 0, {}, {1},
  true, 12, -0.0, json.array{}} do
  for _, t in ipairs{{session_id = v}, {session_id = {v}}, {session_id = "a", extra = {{{v}}}}} do
    local ok, e = pcall(get, t)
    if not ok and e.code == "invalid_arguments" then refused = refused + 1 else print(type(v), ok, e) end
  end
end
print(refused .. " refused")

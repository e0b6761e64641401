-- trick: sleep for numbers of seconds that are none, that never end, or that lie in the past
-- expect: ok
-- limits: wall=3
-- output: 14 refused
local refused = 0
for _, v in ipairs{-1, -1e308, 0 / 0, 1 / 0, -1 / 0, 1e10, "1", {}, print, json.null, app, true, setmetatable({}, {__lt = error}),
  coroutine.create(print)} do
  local ok, e = pcall(sleep, v)
  if not ok and e.code == "invalid_arguments" then refused = refused + 1 else print(type(v), ok, e) end
end
sleep(0)
sleep(-0.0)
sleep(1e-300)
print(refused .. " refused")

-- trick: load is given numbers, tables with __tostring or __call, errors and namespaces in place of text
-- expect: ok
-- output: loaded: 0
local bad = "\27LJ\2"
local _, e = pcall(sleep, -1)
e.message = bad
local mt = {__tostring = function() return bad end, __call = function() return bad end, __len = function() return 4 end}
local loaded = 0
for _, chunk in ipairs{e, setmetatable({}, mt), app, json.null, true, coroutine.create(print), 27, {bad}} do
  local ok, f = pcall(load, chunk, "x", "b")
  local once = chunk
  local ok2, f2 = pcall(load, function() local piece = once once = nil return piece end, "x", "b")
  if ok and f or ok2 and f2 then
    loaded = loaded + 1
  end
end
print("loaded: " .. loaded)

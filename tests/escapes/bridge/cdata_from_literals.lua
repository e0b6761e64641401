-- trick: have the parser load the library of foreign functions, which it does for 64-bit numbers, and reach into it
-- expect: ok
-- output: nil	nil	nil
-- output: refused	9
-- output: harmless
local big, i = 1LL, 2i
print(ffi, load("return ffi, C", "n", "t", nil)())
local refused = 0
local mt = getmetatable(big)
for _, f in ipairs{
  function() return big.x end, function() big.x = 1 end, function() return big() end, function() return #big end,
  function() return mt.__index end, function() return setmetatable(big, {}) end, function() return big .. "" end,
  function() for _ in pairs(big) do end end, function() return i.nosuch end,
} do
  local ok, v = pcall(f)
  if not ok or v == nil then refused = refused + 1 else print(_, v) end
end
print("refused", refused)
pcall(json.encode, {big})
pcall(app.integrations.devin.get_session, big)
pcall(app.integrations.devin.get_session, {session_id = 1ULL})
pcall(sleep, -1LL)
pcall(error, i)
pcall(require, big)
local t = {[big] = i, [i] = big, big, i}
tostring(t)
print("harmless")

-- trick: load text nested so deep, or with so many names, that the parser or the code it makes breaks
-- expect: ok
-- output: 9 refused
local refused = 0
for _, text in ipairs{
  "return " .. ("("):rep(10000) .. "1" .. (")"):rep(10000), "return " .. ("- "):rep(100000) .. "1", "return " .. ("{"):rep(10000) .. ("}"):rep(10000),
  ("do "):rep(10000) .. ("end "):rep(10000), "return " .. ("function() return "):rep(1000) .. "1" .. (" end"):rep(1000),
  "local " .. ("a,"):rep(300) .. "a", "return " .. ("not "):rep(100000) .. "1", "return function(" .. ("a,"):rep(300) .. "a) end",
  "x = " .. ("a^"):rep(100000) .. "1",
} do
  local f, e = load(text, "=t")
  if not f and #e < 500 then refused = refused + 1 else print(#text, f, e and #e) end
end
print(refused .. " refused")

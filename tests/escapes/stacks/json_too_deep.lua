-- trick: JSON text nested a million deep, closed and unclosed, is decoded
-- expect: ok
-- output: refused: 5
local refused = 0
for _, text in ipairs{
  ("["):rep(1e6), ("["):rep(1e6) .. ("]"):rep(1e6), ('{"a":'):rep(2e5), ('{"a":'):rep(2e5) .. "1" .. ("}"):rep(2e5), ("[{}"):rep(1e5),
} do
  refused = refused + (pcall(json.decode, text) and 0 or 1)
end
print("refused: " .. refused)

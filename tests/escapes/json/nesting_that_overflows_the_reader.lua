-- trick: decode text that is nested so deep that the reader, or C, runs out of stack
-- expect: ok
-- output: 128	true	true	true
-- output: 129	false	false	false
-- output: 200000	false	false	false
local function try(n)
  local mixed = ('[{"a":'):rep(n / 2)
  return pcall(json.decode, ("["):rep(n) .. ("]"):rep(n)), pcall(json.decode, ('{"a":'):rep(n) .. "1" .. ("}"):rep(n)),
    pcall(json.decode, mixed .. "1" .. ("}]"):rep(n / 2))
end
for _, n in ipairs{128, 129, 200000} do
  local a, b, c = (try(n)), select(2, try(n)), select(3, try(n))
  if n == 129 then c = pcall(json.decode, ('[{"a":'):rep(65) .. "1" .. ("}]"):rep(65)) end
  print(n, a, b, c)
end

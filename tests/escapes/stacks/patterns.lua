-- trick: patterns with too many captures, unfinished parts, positions out of range and 100,000 optional characters
-- expect: ok
-- output: survived
for _, pattern in ipairs{
  ("()"):rep(33), ("("):rep(1e5), ("x?"):rep(1e5), ("x-"):rep(1e5), "%", "%b", "%bx", "%f", "[", "[^", "[]", "[%", "[a-", "(", ")",
  "%1", "(%1)", "%9", "()%1", "(()", "%f[", "%f[%z", "[%a-z", "\0", ("[x]"):rep(1e5), ("%b()"):rep(1e4), "^^^", ".-" .. ("x"):rep(1e5),
} do
  for _, f in ipairs{string.find, string.match, string.gmatch, string.gsub} do
    local ok, v = pcall(f, ("x"):rep(200), pattern, "%1")
    if ok and type(v) == "function" then
      pcall(v)
    end
  end
  pcall(string.find, "x", pattern, 1e300)
  pcall(string.find, "x", pattern, -2 ^ 63)
end
pcall(string.gsub, "x", "x", "%2")
pcall(string.gsub, "x", "x", "%")
pcall(string.gsub, "x", "", ("%0"):rep(1e5))
print("survived")

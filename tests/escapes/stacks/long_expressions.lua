-- trick: expressions of 100,000 operators: unary, power, concatenation, comparison, and, calls, fields, methods
-- expect: ok
-- output: survived: 11
local n, survived = 1e5, 0
local function try(head, part, tail)
  local f = load(head .. part:rep(n) .. tail)
  if f then
    pcall(f)
  end
  survived = survived + 1
end
try("return ", "- ", "1")
try("return ", "not ", "1")
try("return ", "#", "x")
try("return 1", "^1", "")
try("return 'a'", "..'a'", "")
try("return 1", "<1", "")
try("return 1", " and 1", "")
try("return 1", "+1", "")
try("return x", "()", "")
try("return x", ".x", "")
try("return x", ":x()", "")
print("survived: " .. survived)

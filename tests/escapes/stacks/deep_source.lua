-- trick: source that nests 100,000 parentheses, tables, functions, blocks, calls, operators and indexes
-- expect: ok
-- output: survived: 16
local n, survived = 1e5, 0
local function try(open, middle, close)
  local f = load(open:rep(n) .. middle .. (close or ""):rep(n))
  if f then
    pcall(f)
  end
  survived = survived + 1
end
try("return (", "1", ")")
try("x = " .. "(", "1", ")")
try("(", "x", ")")
try("x = {", "", "}")
try("{", "", "}")
try("f(", "1", ")")
try("x[", "1", "]")
try("do ", "", " end")
try("if x then ", "", " end")
try("while x do ", "", " end")
try("repeat ", "", " until x")
try("for i = 1, 2 do ", "", " end")
try("local function f() ", "", " end")
try("return function() ", "", " end")
try("if x then elseif x then ", "", " end")
try("goto a ::a:: do ", "", " end")
print("survived: " .. survived)

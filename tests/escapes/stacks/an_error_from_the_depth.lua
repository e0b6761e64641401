-- trick: the error that ends the script comes from a hundred thousand levels down, where its handler has no room left
-- expect: script_error: stack overflow
local function f(n) return 1 + f(n + 1) end
f(1)

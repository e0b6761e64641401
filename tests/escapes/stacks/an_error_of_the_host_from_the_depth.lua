-- trick: the host raises its error, with its position, where the stack has just ended
-- expect: script_error
local function f() local ok, e = pcall(sleep, -1) return f() + (ok and 1 or error(e)) end
f()

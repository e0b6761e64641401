-- trick: error tables of the host are kept, changed, and raised at the end
-- expect: invalid_arguments: sleep
local _, e = pcall(sleep, -1)
local _, e2 = pcall(docs.read, "nothing")
e.message, e2.message, e.code, e2.next = "left", e, "script_error", e
for _, field in ipairs{"file", "line", "call", "account", "hint"} do e[field] = "left" end
kept = {e, e2}
error(e)

-- trick: an error of the host's whose fields were replaced by values of the wrong kind is raised again
-- expect: invalid_arguments: sleep: a number
-- output: error
local _, e = pcall(sleep, -1)
e.message = setmetatable({}, {__tostring = error})
e.code, e.details, e.line, e.file, e.hint = print, e, "x", {}, coroutine.create(print)
print(tostring(e))
error(e)

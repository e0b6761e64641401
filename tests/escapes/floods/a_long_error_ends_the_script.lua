-- trick: an error with a message, hint and details of half a megabyte ends the script
-- expect: script_error
local s = ("x"):rep(1e5)
error({message = s, hint = s, code = "script_error", details = {s, {s}}, call = s, account = s, request_id = s})

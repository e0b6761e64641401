-- trick: give an error details that are just shallow enough alone, and too deep within the result
-- expect: script_error: mine
local details = {}
for i = 1, 127 do details = {details} end
error({message = "mine", details = details})

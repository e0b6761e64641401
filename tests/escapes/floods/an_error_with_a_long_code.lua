-- trick: the error that ends the script has a code that is none, and file and line that are none
-- expect: script_error
error({message = "x", code = ("y"):rep(1e5), file = ("z"):rep(1e5), line = 1e300, status = 0 / 0, retry_after = -1 / 0})
